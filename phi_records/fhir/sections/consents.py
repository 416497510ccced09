from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import MAX_FACTS, Fact, Page, Section, cut_here
from phi_records.fhir.summaries.titles import policy_of


def consent(page: Page) -> Iterator[Section]:
    """Each of its rules by itself: whom one of them names must not be read into another."""
    yield Section(
        _("About this consent"),
        [
            (_("Where it stands"), page.status),
            (_("What it is about"), _plainly(page.get("scope"))),
            (_("Kind"), page.concept("category")),
            (_("Date"), page.date("dateTime")),
            (_("Agreed by"), page.names("performer")),
            (_("Kept by"), page.names("organization")),
            (_("What holds if no rule says more"), _policy(page)),
        ],
    )
    for count, rule in enumerate(_rules(page, page.get("provision"), "")):
        if count == MAX_FACTS:
            yield cut_here()
            return
        yield rule


def _plainly(concept: object) -> str:
    return words.concept_words(concept) or words.plain_code(words.concept(concept))


def _policy(page: Page) -> str:
    holds = policy_of(page.resource)
    if len(holds) != 1:
        return page.concept("policyRule")
    return _("It is allowed") if holds == {"permit"} else _("It is NOT allowed")


def _rules(page: Page, several: object, above: str) -> Iterator[Section]:
    """In reading order. FHIR makes each rule inside another an exception to that one."""
    for number, rule in enumerate(map(words.fields, words.items(several)), 1):
        place = f"{above}.{number}" if above else str(number)
        yield Section(_heading(rule, place, above), _rule(page, rule))
        yield from _rules(page, rule.get("provision"), place)


def _heading(rule: Mapping[str, Any], place: str, above: str) -> str:
    said = {"permit": _("Rule %s: allowed"), "deny": _("Rule %s: NOT allowed")}
    named = said.get(words.text(rule.get("type")), _("Rule %s")) % place
    if not above:
        return named
    return _("%(rule)s (exception to rule %(above)s)") % {"rule": named, "above": above}


def _rule(page: Page, rule: Mapping[str, Any]) -> list[Fact]:
    says = {"permit": _("Allows this"), "deny": _("Does NOT allow this")}
    facts = [
        *((_("Who"), _actor(page, one)) for one in _parts(rule, "actor")),
        (_("When it holds"), words.period(rule.get("period"))),
        (_("What may be done with it"), words.concepts(rule.get("action"))),
        (_("What for"), _codings(rule, "purpose")),
        (_("Kind of information"), _codings(rule, "class")),
        (_("What it is about"), words.concepts(rule.get("code"))),
        (_("How private it is"), _codings(rule, "securityLabel")),
        (_("Days of care"), words.period(rule.get("dataPeriod"))),
        *((_("Record"), _record(page, one)) for one in _parts(rule, "data")),
    ]
    if not rule.get("type") and not any(value for _label, value in facts):
        # It only holds the others.
        return []
    first = says.get(words.text(rule.get("type")), _("Does not say if it allows or not"))
    return [(_("What this rule does"), first), *facts]


def _parts(rule: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [words.fields(one) for one in words.items(rule.get(name))]


def _codings(rule: Mapping[str, Any], name: str) -> str:
    return words.joined(words.concept({"coding": [one]}) for one in _parts(rule, name))


def _named(page: Page, reference: object) -> str:
    return page.name(reference) or _("Not named in this record")


def _actor(page: Page, actor: Mapping[str, Any]) -> str:
    named, role = _named(page, actor.get("reference")), words.concept_words(actor.get("role"))
    return f"{named} ({role})" if role else named


def _record(page: Page, data: Mapping[str, Any]) -> str:
    """Which records are meant, by the one that is pointed at."""
    forms = {
        "related": _("%s and what belongs to it"),
        "dependents": _("%s and what depends on it"),
        "authoredby": _("What was written by: %s"),
    }
    return forms.get(words.text(data.get("meaning")), "%s") % _named(page, data.get("reference"))
