"""A FHIR resource as a page: headings, and facts below them."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.money import Amounts, amounts_of, amounts_of_item
from phi_records.fhir.statuses import status_of
from phi_records.fhir.summaries import dose_text, is_the_patient, result_text, title_of

Resolve = Callable[[str], Mapping[str, Any] | None]
"""Gives the resource that a reference string points at, if the reader may see it."""

Fact = tuple[str, str]

MAX_FACTS = 200
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_MAX_NESTING = 6
_HIDDEN = frozenset(
    """
    resourceType id meta text implicitRules language extension modifierExtension contained
    identifier system url reference data hash sequence focal div primarySource uid sopClass
    instance resource
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    facts: list[Fact] = field(default_factory=list)


def describe(resource: Mapping[str, Any], resolve: Resolve | None = None) -> list[Section]:
    page = _Page(resource, resolve or (lambda _reference: None))
    made = _PAGES.get(words.text(resource.get("resourceType")), _other)
    kept = (_kept(one) for one in made(page))
    return [one for one in kept if one.facts]


def _kept(section: Section) -> Section:
    facts = [(label, value) for label, value in section.facts if label and value]
    return Section(section.heading, list(dict.fromkeys(facts))[:MAX_FACTS])


class _Page:
    """Shorthands for reading one resource."""

    def __init__(self, resource: Mapping[str, Any], resolve: Resolve) -> None:
        self.resource = resource
        self._resolve = resolve
        self._contained = {
            "#" + words.text(words.fields(one).get("id")): words.fields(one)
            for one in words.items(resource.get("contained"))
        }

    def get(self, name: str) -> Any:
        return self.resource.get(name)

    def parts(self, name: str) -> list[Mapping[str, Any]]:
        return [words.fields(one) for one in words.items(self.get(name))]

    def concept(self, name: str) -> str:
        return words.concepts(self.get(name))

    def date(self, name: str) -> str:
        """The choice name[x], or the field itself: a date, a period or an age."""
        kind, value = words.value_of(self.resource, name)
        if value is None:
            value = self.get(name)
            kind = "DateTime"
        return words.any_text(kind, value) if value is not None else ""

    def follow(self, value: object) -> Mapping[str, Any]:
        reference = words.fields(value).get("reference")
        if not isinstance(reference, str):
            return {}
        return self._contained.get(reference) or self._resolve(reference) or {}

    def name(self, value: object) -> str:
        """Of what a Reference points at: as written beside it, else from the thing itself."""
        shown = words.text(words.fields(value).get("display"))
        if shown:
            return shown
        found = self.follow(value)
        return title_of(found) if found else ""

    def names(self, *fields: str) -> str:
        return words.joined(
            self.name(one) for name in fields for one in words.items(self.get(name))
        )

    @property
    def status(self) -> str:
        return status_of(self.resource)[0]

    def notes(self) -> Section:
        facts = [(_("Note"), words.lines(one.get("text"))) for one in self.parts("note")]
        return Section(_("Notes"), facts)

    def code(self, *fields: str) -> Section:
        codes = [words.code_text(one) for name in fields for one in words.items(self.get(name))]
        return Section(_("For your clinic"), [(_("Code"), one) for one in codes])


def _condition(page: _Page) -> Iterator[Section]:
    yield Section(
        _("About this condition"),
        [
            (_("Condition"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("How bad it is"), page.concept("severity")),
            (_("Part of the body"), page.concept("bodySite")),
            (_("Started"), page.date("onset")),
            (_("Ended"), page.date("abatement")),
            (_("Written down"), page.date("recordedDate")),
            (_("Written down by"), page.names("recorder", "asserter")),
            (_("Found at"), page.names("encounter")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def _medicine(page: _Page) -> Iterator[Section]:
    dispense = words.fields(page.get("dispenseRequest"))
    yield Section(
        _("About this medicine"),
        [
            (_("Medicine"), _medicine_name(page)),
            (_("Where it stands"), page.status),
            (_("What it is for"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Ordered"), page.date("authoredOn")),
            (_("Picked up"), page.date("whenHandedOver")),
            (_("Taken"), page.date("effective")),
            (_("Ordered by"), page.names("requester", "performer")),
            (_("Amount"), words.quantity(page.get("quantity"))),
            (_("Amount"), words.quantity(dispense.get("quantity"))),
            (_("Refills left"), words.number_text(dispense.get("numberOfRepeatsAllowed"))),
            (_("Days it lasts"), words.quantity(page.get("daysSupply"))),
        ],
    )
    doses = page.parts("dosageInstruction") or page.parts("dosage")
    facts = [(_("How to take it"), dose_text(one)) for one in doses]
    facts += [(_("Also"), words.concepts(one.get("additionalInstruction"))) for one in doses]
    facts += [(_("Way it is taken"), words.concept(one.get("route"))) for one in doses]
    facts += [
        (_("In your clinic’s words"), words.text(one.get("patientInstruction"))) for one in doses
    ]
    yield Section(_("How to take it"), facts)
    yield page.notes()
    yield page.code("medicationCodeableConcept")


def _medicine_name(page: _Page) -> str:
    return page.concept("medicationCodeableConcept") or page.names("medicationReference")


def _allergy(page: _Page) -> Iterator[Section]:
    risks = {"low": _("Low"), "high": _("High"), "unable-to-assess": _("Not known")}
    kinds = words.joined(words.plain_code(one) for one in words.items(page.get("category")))
    yield Section(
        _("About this allergy"),
        [
            (_("Allergy"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("Kind"), kinds),
            (_("Risk"), risks.get(words.text(page.get("criticality")), "")),
            (_("Started"), page.date("onset")),
            (_("Last happened"), page.date("lastOccurrence")),
            (_("Written down"), page.date("recordedDate")),
        ],
    )
    for one in page.parts("reaction"):
        yield Section(
            _("What happened"),
            [
                (_("Reaction"), words.concepts(one.get("manifestation"))),
                (_("How bad"), words.plain_code(one.get("severity"))),
                (_("When"), words.moment_text(one.get("onset"))),
                (_("Details"), words.text(one.get("description"))),
            ],
        )
    yield page.notes()
    yield page.code("code")


def _vaccine(page: _Page) -> Iterator[Section]:
    protocol = page.parts("protocolApplied")
    yield Section(
        _("About this vaccine"),
        [
            (_("Vaccine"), page.concept("vaccineCode")),
            (_("Where it stands"), page.status),
            (_("Given"), page.date("occurrence")),
            (_("Where"), page.names("location")),
            (
                _("Given by"),
                words.joined(page.name(one.get("actor")) for one in page.parts("performer")),
            ),
            (
                _("Protects against"),
                words.joined(words.concepts(one.get("targetDisease")) for one in protocol),
            ),
            (_("Dose"), words.joined(_dose_number(one) for one in protocol)),
            (_("Part of the body"), page.concept("site")),
            (_("Lot number"), words.text(page.get("lotNumber"))),
            (_("Why not"), page.concept("statusReason")),
        ],
    )
    yield page.notes()
    yield page.code("vaccineCode")


def _dose_number(protocol: Mapping[str, Any]) -> str:
    kind, value = words.value_of(protocol, "doseNumber")
    return words.any_text(kind, value) if value is not None else ""


def _result(page: _Page) -> Iterator[Section]:
    parts = page.parts("component")
    yield Section(
        _("Result"),
        [
            (_("Test"), page.concept("code")),
            (_("Result"), result_text(page.resource)),
            (_("Where it stands"), page.status),
            *_ranges(page.resource),
            (_("No result because"), page.concept("dataAbsentReason")),
        ],
    )
    for one in parts if len(parts) > 1 else ():
        kind, value = words.value_of(one, "value")
        shown = words.any_text(kind, value) if value is not None else ""
        yield Section(
            words.concept(one.get("code")) or _("Part of the result"),
            [(_("Result"), shown), *_ranges(one)],
        )
    yield Section(
        _("About this test"),
        [
            (_("Taken"), page.date("effective")),
            (_("Result ready"), page.date("issued")),
            (_("Done by"), page.names("performer")),
            (_("How"), page.concept("method")),
            (_("Part of the body"), page.concept("bodySite")),
            (_("Visit"), page.names("encounter")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def _ranges(resource: Mapping[str, Any]) -> list[Fact]:
    several = [words.fields(one) for one in words.items(resource.get("referenceRange"))]
    return [
        (
            words.concept(one.get("type")) or _("Usual range"),
            words.span(one) or words.text(one.get("text")),
        )
        for one in several
    ]


def _report(page: _Page) -> Iterator[Section]:
    yield Section(
        _("About this report"),
        [
            (_("Report"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("Conclusion"), words.lines(page.get("conclusion"))),
            (_("Conclusion"), page.concept("conclusionCode")),
            (_("Taken"), page.date("effective")),
            (_("Report ready"), page.date("issued")),
            (_("Done by"), page.names("performer", "resultsInterpreter")),
        ],
    )
    facts = []
    for one in page.parts("result"):
        found = page.follow(one)
        named = words.text(one.get("display")) or words.concept(found.get("code"))
        facts.append((named or _("Result"), result_text(found) if found else _("See this result")))
    yield Section(_("Results"), facts)
    yield _attachments(page.parts("presentedForm"))
    yield page.code("code")


def _visit(page: _Page) -> Iterator[Section]:
    stay = words.fields(page.get("hospitalization"))
    people = page.parts("participant")
    places = page.parts("location")
    yield Section(
        _("About this visit"),
        [
            (_("Visit"), title_of(page.resource)),
            (_("Where it stands"), page.status),
            (_("When"), words.period(page.get("period")) or page.date("start")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (
                _("Who you saw"),
                words.joined(
                    page.name(one.get("individual") or one.get("actor")) for one in people
                ),
            ),
            (_("Clinic"), page.names("serviceProvider")),
            (_("Place"), words.joined(page.name(one.get("location")) for one in places)),
            (_("Where you went after"), words.concept(stay.get("dischargeDisposition"))),
        ],
    )
    found = [(_("Found"), page.name(one.get("condition"))) for one in page.parts("diagnosis")]
    yield Section(_("What was found"), found)
    yield page.code("type")


def _procedure(page: _Page) -> Iterator[Section]:
    yield Section(
        _("About this procedure"),
        [
            (_("Procedure"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("When"), page.date("performed")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Part of the body"), page.concept("bodySite")),
            (
                _("Done by"),
                words.joined(page.name(one.get("actor")) for one in page.parts("performer")),
            ),
            (_("Where"), page.names("location")),
            (_("How it went"), page.concept("outcome")),
            (_("Problems"), page.concept("complication")),
            (_("Care after it"), page.concept("followUp")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def _claim(page: _Page) -> Iterator[Section]:
    amounts = amounts_of(page.resource)
    yield Section(_("What you may owe"), _amount_facts(amounts))
    for number, item in enumerate(page.parts("item")[:MAX_FACTS], 1):
        named = words.concept(item.get("productOrService")) or _("Service %d") % number
        when = words.period(item.get("servicedPeriod")) or words.moment_text(
            item.get("servicedDate")
        )
        facts = [(_("When"), when), (_("How many"), _count(item.get("quantity")))]
        yield Section(named, facts + _amount_facts(amounts_of_item(item)))
    problems = [
        words.concept(one.get("diagnosisCodeableConcept"))
        or page.name(one.get("diagnosisReference"))
        for one in page.parts("diagnosis")
    ]
    yield Section(_("What the care was for"), [(_("Condition"), one) for one in problems])
    yield Section(_("This claim"), _claim_facts(page))
    yield page.notes()


def _count(quantity: object) -> str:
    """60, where a laboratory's 60.0 would keep its last digit."""
    amount = words.number(words.fields(quantity).get("value"))
    if amount is not None and amount == amount.to_integral_value():
        return words.number_text(int(amount))
    return words.quantity(quantity)


def _claim_facts(page: _Page) -> list[Fact]:
    team = page.parts("careTeam")
    payment = words.fields(page.get("payment"))
    numbers = (words.text(one.get("value")) for one in page.parts("identifier"))
    cover = (page.name(one.get("coverage")) for one in page.parts("insurance"))
    return [
        (_("Where it stands"), page.status),
        (_("Care from"), words.period(page.get("billablePeriod"))),
        (_("Sent"), page.date("created")),
        (_("Clinic or doctor"), page.names("provider")),
        (_("Place"), page.names("facility")),
        (
            _("People who cared for you"),
            words.joined(page.name(one.get("provider")) for one in team),
        ),
        (_("Plan"), page.names("insurer") or words.joined(cover)),
        (_("Paid on"), words.moment_text(payment.get("date"))),
        (_("What the plan said"), words.text(page.get("disposition"))),
        (_("Claim number"), next(numbers, "")),
    ]


def _amount_facts(amounts: Amounts) -> list[Fact]:
    labels = (
        ("billed", _("Billed")),
        ("discount", _("Plan discount")),
        ("allowed", _("Price the plan agreed to")),
        ("paid", _("The plan paid")),
        ("deductible", _("Deductible: your part before the plan pays")),
        ("copay", _("Copay: a set amount for each visit")),
        ("coinsurance", _("Coinsurance: your share of the price")),
        ("noncovered", _("Not covered")),
        ("you_paid", _("You paid")),
        ("you_owe", _("You may owe")),
    )
    return [(label, amounts.text(name)) for name, label in labels]


def _coverage(page: _Page) -> Iterator[Section]:
    yield Section(
        _("About this coverage"),
        [
            (_("Plan"), title_of(page.resource)),
            (_("Kind"), page.concept("type")),
            (_("Where it stands"), page.status),
            (_("When it holds"), words.period(page.get("period"))),
            (_("Paid by"), page.names("payor")),
            (_("You are"), page.concept("relationship")),
            *(
                (
                    words.concept(one.get("type")) or _("Group"),
                    words.text(one.get("name") or one.get("value")),
                )
                for one in page.parts("class")
            ),
        ],
    )
    costs = [
        (
            words.concept(one.get("type")) or _("Your part"),
            words.money(one.get("valueMoney")) or words.quantity(one.get("valueQuantity")),
        )
        for one in page.parts("costToBeneficiary")
    ]
    yield Section(_("What you pay"), costs)


def _team(page: _Page) -> Iterator[Section]:
    yield Section(
        _("About this team"),
        [
            (_("Team"), words.text(page.get("name"))),
            (_("Where it stands"), page.status),
            (_("When"), words.period(page.get("period"))),
            (_("Why"), page.concept("reasonCode")),
            (_("Clinic"), page.names("managingOrganization")),
        ],
    )
    people = [
        (words.concepts(one.get("role")) or _("Member of the team"), page.name(one.get("member")))
        for one in page.parts("participant")
        if not is_the_patient(one)
    ]
    yield Section(_("People"), people)


def _document(page: _Page) -> Iterator[Section]:
    context = words.fields(page.get("context"))
    yield Section(
        _("About this document"),
        [
            (_("Document"), page.concept("type")),
            (_("What it is about"), words.text(page.get("description"))),
            (_("Where it stands"), page.status),
            (_("Date"), page.date("date")),
            (_("Care from"), words.period(context.get("period"))),
            (_("Written by"), page.names("author")),
            (_("Kept by"), page.names("custodian")),
        ],
    )
    yield _attachments([words.fields(one.get("attachment")) for one in page.parts("content")])


def _attachments(several: Iterable[Mapping[str, Any]]) -> Section:
    return Section(_("What it says"), [_attachment(one) for one in several])


def _attachment(attachment: Mapping[str, Any]) -> Fact:
    kind = words.text(attachment.get("contentType")).partition(";")[0].strip().lower()
    data = attachment.get("data")
    raw = _decoded(data) if isinstance(data, str) else b""
    if raw and kind == "text/plain":
        return words.text(attachment.get("title")) or _("Text"), words.lines(
            raw.decode("utf-8", "replace")
        )
    names = {"application/pdf": _("A PDF file"), "text/html": _("A web page")}
    named = names.get(kind) or (_("A picture") if kind.startswith("image/") else _("A file"))
    size = _("%s KB") % max(1, len(raw) // 1024) if raw else ""
    return words.text(attachment.get("title")) or _("File"), ", ".join(
        x for x in (named, size) if x
    )


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return b""


# Everything else


def _other(page: _Page) -> Iterator[Section]:
    """Each field with its own name in words; what has none inside is left out."""
    plain: list[Fact] = [(_("Where it stands"), page.status)]
    inner: list[Section] = []
    for key, value in page.resource.items():
        if key in _HIDDEN or key == "status":
            continue
        shown = _value(page, key, value)
        if shown:
            plain.append((_label(key), shown))
        else:
            inner.append(Section(_label(key), list(islice(_nested(page, value, 1), MAX_FACTS))))
    yield Section(_("About this record"), plain)
    yield from inner
    yield page.code("code")


def _label(key: str) -> str:
    known = {"telecom": _("Phone or e-mail"), "gender": _("Sex"), "birthDate": _("Date of birth")}
    return known.get(key) or words.plain_code(key)


def _value(page: _Page, key: str, value: object) -> str:
    """In one line, if it can be said in one."""
    several = words.items(value)
    shown = [_one_value(page, key, one) for one in several[:50]]
    return words.joined(iter(shown)) if several and all(shown) else ""


def _one_value(page: _Page, key: str, value: object) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return words.plain_code(value)
    if isinstance(value, list):
        return ""
    found = words.fields(value)
    return page.name(found) if "reference" in found else words.any_text("", value)


def _nested(page: _Page, value: object, depth: int) -> Iterator[Fact]:
    if depth > _MAX_NESTING:
        return
    for one in words.items(value)[:50]:
        for key, inner in words.fields(one).items():
            if key in _HIDDEN:
                continue
            shown = _value(page, key, inner)
            if shown:
                yield _label(key), shown
            else:
                yield from _nested(page, inner, depth + 1)


_PAGES: dict[str, Callable[[_Page], Iterator[Section]]] = {
    "Condition": _condition,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
    "MedicationDispense": _medicine,
    "MedicationAdministration": _medicine,
    "AllergyIntolerance": _allergy,
    "Immunization": _vaccine,
    "Observation": _result,
    "DiagnosticReport": _report,
    "Encounter": _visit,
    "Appointment": _visit,
    "Procedure": _procedure,
    "ExplanationOfBenefit": _claim,
    "Claim": _claim,
    "Coverage": _coverage,
    "CareTeam": _team,
    "DocumentReference": _document,
}
