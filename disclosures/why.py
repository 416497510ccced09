"""Why an entry of the trail was allowed or refused: its decision, made again, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.access import users_of_plan
from accounts.models import User
from consents import replay, rules, states, words
from consents.sentences import LAWS
from disclosures import entries, facts
from portal.base.audit.models import Event, Outcome

Lines = list[entries.Fact]

# As people are told; a pack that is not here goes by its own name.
_STATES = {"us": _lazy("National default"), "nc": _lazy("North Carolina")}


def page(user: User, event: Event) -> dict[str, Any]:
    """Without a question where no rules decided, or what they wrote can't be read."""
    row = entries.rows(user, [event])[0]
    lines = [
        (_("When"), row["when"]),
        (_("Who"), row["who"]),
        (_("About"), row["member"]),
        (_("Member ID"), row["member_number"]),
    ]
    told = str(event.facts.get("decision", ""))
    question = replay.read(told, event.at) if told else None
    found: dict[str, Any] = {
        "title": str(row["action"]),
        "about": entries.labelled(lines),
        "unreadable": bool(told),
    }
    if question is None:
        return found
    decision, version = rules.decide(question), replay.version_of(told)
    lines, alike = _answer(event, question, decision)
    if not_shown := event.outcome == Outcome.REFUSED and _left_out(question, decision):
        lines, alike = _not_shown(user, event, decision)
    alike = alike and replay.same(told, question, decision)
    return found | {
        "asked": _asked(question),
        "answer": entries.labelled([*lines, *_law(question, decision, version)]),
        "takes": _takes(question),
        "owed": [str(words.OBLIGATIONS[one]) for one in decision.obligations],
        "told": _told(alike, version),
        "record_id": event.object_id if not_shown and _is_their_own(user, event) else None,
    }


def _asked(question: rules.Question) -> Lines:
    who = [question.recipient, *sorted(question.also)]
    return entries.labelled(
        [
            (_("Who"), _listed(words.RECIPIENTS, (one for one in who if one))),
            (_("Wanted to"), words.ACTS[question.act]),
            (_("Asked for"), _listed(words.CATEGORIES, {i.category for i in question.items})),
            (_("Why"), words.PURPOSES[question.purpose] if question.purpose else ""),
        ]
    )


def _listed(table: Mapping[str, Any], codes: Iterable[str]) -> str:
    return "; ".join(str(table[code]) for code in sorted(codes))


def _state_law(question: rules.Question) -> str:
    pack = states.find(question.state, question.pack, question.now.date())
    if pack is None:
        return _("A version that is not kept here")
    return f"{_STATES.get(question.state, pack.name)}, {pack.version}"


def _left_out(question: rules.Question, decision: rules.Decision) -> bool:
    """Whether what is cut was left out of a file that was shown."""
    whole = replay.asks_of_whole_file(question)
    return whole and decision.permitted and question.items[0] not in decision.cut


def _answer(
    event: Event, question: rules.Question, decision: rules.Decision
) -> tuple[list[tuple[str, Any]], bool]:
    """And whether it is that of then. A cut answer was refused to who asked for all."""
    refused = event.outcome == Outcome.REFUSED
    left_out = _left_out(question, decision)
    why = decision.reason
    lines = [
        (_("Answer"), _("Refused") if refused else _("Allowed")),
        (_("Left out, if there is any"), _marks(decision) if left_out else ""),
        (_("Reason"), words.REASONS.get(why, "") if not left_out else ""),
        (_("They were told"), (decision.sentence or rules.NO) if refused else ""),
    ]
    allowed = decision.permitted and (not decision.cut or left_out)
    return lines, allowed != refused


def _not_shown(
    user: User, event: Event, decision: rules.Decision
) -> tuple[list[tuple[str, Any]], bool]:
    """Of one record that was asked for and is not in the file as far as it was open."""
    if not _is_their_own(user, event):
        return [(_("Answer"), _("Not found in their file"))], True
    lines = [
        (_("Answer"), _("Held back")),
        (_("Held back are records with one of these marks"), _marks(decision)),
    ]
    return lines, bool(decision.cut)


def _marks(decision: rules.Decision) -> str:
    return _listed(words.TAGS, {tag for item in decision.cut for tag in item.tags})


def _is_their_own(user: User, event: Event) -> bool:
    """Whether what was asked for was of the member who asked."""
    who = users_of_plan(user.plan_id, {event.actor_id} if event.actor_id else set())
    return any(one.member_id == event.member_id is not None for one in who.values())


def _law(question: rules.Question, decision: rules.Decision, version: str) -> list[tuple[str, Any]]:
    return [
        (_("Legal ground"), facts.ground(decision.basis)),
        (_("Law"), _cited(decision.citation)),
        (
            _("Law by which something is left out"),
            "; ".join(_laws_of_cut(question, decision)),
        ),
        (_("Rules"), version),
        (_("Law of the state"), _state_law(question)),
    ]


def _laws_of_cut(question: rules.Question, decision: rules.Decision) -> list[str]:
    """Of each item alone: the decision names one reason for all of them."""
    alone = (rules.decide(replace(question, items=(item,))) for item in decision.cut)
    laws = {LAWS[rules.Reason(one.reason)] for one in alone}
    return [_cited(law) for law in sorted(laws)]


def _cited(law: str) -> str:
    return f"45 CFR {law}" if law and " CFR " not in law else law


def _takes(question: rules.Question) -> Lines:
    return entries.labelled(
        [
            (str(words.FACTS[fact]), _("On file") if held else _("Not on file"))
            for fact, held in rules.asks_for(question)
        ]
    )


def _told(alike: bool, version: str) -> dict[str, str]:
    """Whether today's answer is that of then."""
    if alike:
        return {
            "tone": "good",
            "text": _(
                "This was decided anew just now, with the facts as they stood then. "
                "The answer is the same."
            ),
        }
    if version != rules.VERSION:
        text = _(
            "Decided anew by the rules of today, the answer is not the same. "
            "The rules have changed since."
        )
        return {"tone": "wait", "text": text}
    text = _(
        "Decided anew by the same rules, the answer is not the same. "
        "Please tell whoever runs the portal."
    )
    return {"tone": "due", "text": text}
