"""The trail's facts and codes in words: what an officer reads of an entry."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consents.models import OpeningReason
from consents.notice_text import TITLES
from disclosures.models import Basis, IncidentKind, IncidentOutcome, IncidentWay
from disclosures.rules import ROLES
from portal.base.approvals.models import Void
from portal.base.letters.models import Reason

# A test checks that each fact that may be written has its name here.
NAMES: dict[str, Promise] = {
    "kind": _("What"),
    "count": _("How many"),
    "reason_code": _("Reason"),
    "status": _("Answer"),
    "route": _("Page"),
    "method": _("Way"),
    "state": _("State"),
    "basis_code": _("Legal ground"),
    "searched": _("Searched by"),
    "year": _("Year"),
    "epoch": _("Part of the list"),
    "decision": _("Decision"),
    "version": _("Version"),
}
KINDS: dict[str, Promise] = {
    "conditions": _("Conditions"),
    "medicines": _("Medicines"),
    "allergies": _("Allergies"),
    "immunizations": _("Vaccines"),
    "tests": _("Test results"),
    "vitals": _("Vitals"),
    "visits": _("Visits"),
    "procedures": _("Procedures"),
    "claims": _("Claims"),
    "coverage": _("Coverage"),
    "care-team": _("Care team"),
    "documents": _("Documents"),
    "other": _("Other records"),
    "latest": _("The newest records"),
    "mine": _("Their own messages to answer"),
    "unassigned": _("Messages with no owner"),
    "team": _("Messages of the team"),
    "waiting": _("Messages that wait for the member"),
    "all": _("All messages"),
    "opened": _("Messages opened with a reason"),
    "something_waits": _("Something new in the portal"),
    **{code: word for code, word in ROLES.items() if code},
}
INCIDENT_KINDS: dict[str, Promise] = {
    IncidentKind.SEEN: _("Someone saw information that they should not see"),
    IncidentKind.SENT: _("Information went to the wrong person"),
    IncidentKind.LOST: _("Paper or a device was lost or stolen"),
    IncidentKind.ACCOUNT: _("Someone else may use an account"),
    IncidentKind.OTHER: _("Something else"),
    IncidentKind.TRAIL: _("The list of accesses does not match its seals"),
    IncidentKind.MISFILED: _("Records stood in another person’s file and were moved"),
    IncidentKind.MIXED: _("One ID came for two people in an import"),
    IncidentKind.VIRUS: _("A file that someone sent has a virus"),
    IncidentKind.OUTSIDE: _("Someone outside the care team opened messages"),
    IncidentKind.REFUSALS: _("One person was refused again and again"),
    IncidentKind.GUESSING: _("Someone tries many passwords"),
}
INCIDENT_WAYS: dict[str, Promise] = {
    IncidentWay.BUTTON: _("A report form"),
    IncidentWay.NOT_ME: _("“This wasn't me”"),
    IncidentWay.MESSAGE: _("A message to the wrong person"),
    IncidentWay.ALARM: _("An alarm of the portal"),
    IncidentWay.DISCLOSURE: _("The list of what was sent"),
}
INCIDENT_OUTCOMES: dict[str, Promise] = {
    IncidentOutcome.NO_PROBLEM: _("No privacy problem"),
    IncidentOutcome.PUT_RIGHT: _("A problem, now put right"),
    IncidentOutcome.MAY_BE_BREACH: _("May be a breach"),
    IncidentOutcome.KNOWN: _("Known already from another report"),
    IncidentOutcome.UNCLEAR: _("We could not find out"),
}
KINDS |= INCIDENT_KINDS
KINDS |= TITLES
# What needs a second person; a test checks that each that is signed up has its words.
APPROVALS: dict[str, Promise] = {"disclosures.destroy_key": _("Destroy a key")}
# What a key is asked to be destroyed of.
KEYS: dict[str, Promise] = {
    "member_record": _("A member's record"),
    "member_privacy": _("A member's privacy file"),
    "person": _("A person who signs in"),
}
KINDS |= APPROVALS | KEYS
VOID: dict[str, Promise] = {
    Void.TIME: _("Nobody decided or used it in time"),
    Void.CHANGED: _("It changed after someone asked"),
    Void.TAKEN_BACK: _("The person who asked took it back"),
}
# Why a key may not be destroyed. A test checks that each guard that is signed up has its words.
GUARDS: dict[str, Promise] = {
    "accounts.open_account": _("The person, or the member, can still sign in. Close the account."),
    "accounts.record_first": _("The member's record is still there. Destroy that one first."),
    "accounts.plan_here": _("The plan still has its portal here."),
    "disclosures.open_incident": _("A privacy report about or by them is open."),
    "disclosures.six_years": _("Six years have not passed since our lists last named them."),
    "messaging.open_thread": _("The member has messages that are not closed."),
    "phi_records.coverage": _("Nothing shows that the member's coverage has ended."),
}
SEARCHED: dict[str, Promise] = {
    "member": _("member"),
    "person": _("person who looked"),
    # As older entries say it; none is ever changed.
    "member_id": _("member"),
    "actor_id": _("person who looked"),
    "kind": _("what was done"),
    "outcome": _("outcome"),
    "purpose": _("why"),
    "since": _("from date"),
    "until": _("to date"),
}
# Why someone outside a member's team had to open their messages; the member reads it too.
OPENING_REASONS: dict[str, Promise] = {
    OpeningReason.MEMBER_ASKED: _("The member asked for help"),
    OpeningReason.TEAM_ASKED: _("The care team asked for help"),
    OpeningReason.STANDING_IN: _("Stands in for someone on the team"),
    OpeningReason.URGENT: _("Someone may be in danger"),
    OpeningReason.OTHER: _("Another reason"),
}
REASONS: dict[str, Promise] = {
    "unknown_number": _("Nobody has this number"),
    "rate_limited": _("Too many tries"),
    "other_plan": _("The sign-in was for another plan"),
    "too_old": _("The sign-in was too old"),
    "ended_elsewhere": _("They had signed out there from another device"),
    "second_step_missing": _("The second sign-in step was missing"),
    **OPENING_REASONS,
    **INCIDENT_OUTCOMES,
    **VOID,
    **GUARDS,
}
ANSWERS: dict[str, Promise] = {
    "403": _("Not allowed for this role"),
    "404": _("Not found, or not theirs"),
    "410": _("Its key was destroyed"),
}
WAYS: dict[str, Promise] = {
    "GET": _("Open"),
    "HEAD": _("Open"),
    "POST": _("Send a form"),
    **INCIDENT_WAYS,
}
# By the first part of a page's name; what is finer says nothing to a reader.
PAGES: dict[str, Promise] = {
    "records": _("Health records"),
    "records:mark-search": _("Sensitive records"),
    "records:mark-detail": _("How sensitive a record is"),
    "records:mark-change": _("How sensitive a record is"),
    "messaging:team-inbox": _("Team inbox"),
    "messaging:team-thread": _("A message in the team inbox"),
    "messaging:thread-why": _("Why they must open a message"),
    "messaging:member-why": _("Why they must open messages"),
    "messaging:file": _("A file of a message"),
    "messaging:mail-queue": _("Email that has not gone out"),
    "messaging": _("Messages"),
    "disclosures:who-has-seen": _("Who has seen my information"),
    "disclosures:trail-search": _("Access search"),
    "disclosures:event-detail": _("An entry of the access search"),
    "disclosures:event-proof": _("The proof of an entry"),
    "disclosures:event-why": _("Why an entry was allowed or refused"),
    "disclosures:disclosure-new": _("Log a disclosure"),
    "disclosures:disclosure-detail": _("A disclosure"),
    "disclosures:incident-new": _("Report a privacy problem"),
    "disclosures:incident-sent": _("A report of their own"),
    "disclosures:incident-list": _("Privacy reports"),
    "disclosures:incident-detail": _("A privacy report"),
    "disclosures:incident-take": _("A privacy report"),
    "disclosures:incident-note": _("A privacy report"),
    "disclosures:incident-close": _("A privacy report"),
    "disclosures:whole-record": _("What we keep about you"),
    **{
        f"disclosures:letter-{name}": _("Letters on paper")
        for name in (
            "queue",
            "print",
            "mail",
            "return",
            "batch",
            "detail",
            "file",
            "unmark",
            "again",
        )
    },
    **{
        f"disclosures:approval-{name}": _("Approvals")
        for name in ("list", "detail", "approve", "refuse", "take-back")
    },
    "disclosures:key-ask": _("Ask to destroy a key"),
    "notices": _("Notices and terms"),
    "account": _("Own account"),
    "system": _("System"),
    "home": _("Home"),
}
# What the house does of itself, and no rule is asked for.
WORK: dict[str, Promise] = {"keep_records": _("Keeping records right")}
GROUNDS: dict[str, Promise] = {
    "plan_operations": _("Running the plan (45 CFR 164.506(c)(4))"),
    "to_the_member": _("Members may see their own information (45 CFR 164.502(a)(1)(i))"),
    "staff_use": _("Staff who need it for their work (45 CFR 164.514(d)(2))"),
    "reason_given": _("Staff outside the team who said why (45 CFR 164.514(d)(2))"),
    "incident_report": _("Anyone may report a privacy problem (45 CFR 164.530(d)(1))"),
    "privacy_oversight": _("The privacy officer's duty (45 CFR 164.530(a)(1))"),
    "disposal": _("Destroying data that need not be kept (45 CFR 164.310(d)(2)(i))"),
    "identification": _("To know who someone is (45 CFR 164.514(h))"),
    "to_the_representative": _(
        "Who stands for a member is treated as the member (45 CFR 164.502(g))"
    ),
    "treatment": _("Care (45 CFR 164.506(c))"),
    "payment": _("Payment for care (45 CFR 164.506(c)(3))"),
    "operations": _("Running the plan (45 CFR 164.506(c)(4))"),
    "plan_sponsor": _("What an employer may have of its plan (45 CFR 164.504(f))"),
    "business_associate": _("Companies that work for the plan (45 CFR 164.502(e))"),
    "involved": _("Family and friends who help (45 CFR 164.510(b))"),
    "authorization": _("A form that the member signed (45 CFR 164.508)"),
    "public_ground": _("A ground of law (45 CFR 164.512)"),
    "hhs": _("The department that checks privacy (45 CFR 164.502(a)(2)(ii))"),
    "limited_data_set": _("Data without names (45 CFR 164.514(e))"),
    "system_review": _("Watching how the portal works (45 CFR 164.308(a)(1)(ii)(D))"),
}
CLIENTS: dict[str, Promise] = {"web": _("The website")}


def named(facts: Mapping[str, str | int]) -> list[tuple[str, str]]:
    """Each fact's name and value in words; a code without words shows as it is.

    The decision has a page of its own.
    """
    shown = sorted(set(facts) - {"decision"})
    return [(str(NAMES.get(name, name)), value_of(name, facts[name])) for name in shown]


def value_of(name: str, value: str | int) -> str:
    text = str(value)
    if name == "searched":
        words = [str(SEARCHED.get(part, part)) for part in text.split()]
        return ", ".join(words) or str(_("Nothing: all entries"))
    if name == "route":
        return page(text)
    return str(_TABLES.get(name, {}).get(text, text))


def page(route: str) -> str:
    known = PAGES.get(route) or PAGES.get(route.partition(":")[0].partition("-")[0])
    return str(known or route)


def ground(basis: str) -> str:
    return str(GROUNDS.get(basis, basis))


def client(code: str) -> str:
    """By which way it came: the site, a command, or scheduled work."""
    kind, _colon, name = code.partition(":")
    if kind == "command":
        return str(_("The command %(name)s")) % {"name": name}
    if kind == "task":
        return str(_("Scheduled work: %(name)s")) % {"name": name}
    return str(CLIENTS.get(code, code))


def _basis_words() -> dict[str, Promise]:
    from disclosures.forms import BASES

    return {Basis(code).value: word for code, word in BASES}


def _reason_words() -> dict[str, Promise]:
    from disclosures.letter_forms import REASONS as RETURNED

    return {**REASONS, **{Reason(code).value: word for code, word in RETURNED}}


_TABLES: dict[str, Mapping[str, Promise]] = {
    "kind": KINDS,
    "reason_code": _reason_words(),
    "status": ANSWERS,
    "method": WAYS,
    "basis_code": _basis_words(),
}
