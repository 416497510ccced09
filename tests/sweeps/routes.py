"""What every route lets in: the one table that a new route must join before the tests pass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.theme import sheet_name
from portal.base import once
from tests import factories
from tests.sweeps.conftest import World

MEMBERS = frozenset({"member", "stranger", "other_plan_member"})
TEAM = frozenset({"care_worker", "supervisor"})
OFF_TEAM = frozenset({"off_team_worker"})
ALL_TEAMS = TEAM | OFF_TEAM
OFFICER = frozenset({"privacy_officer"})
OFFICE = OFFICER | {"plan_admin"}
STAFF = ALL_TEAMS | OFFICER | {"plan_admin", "operator"}
SIGNED_IN = MEMBERS | STAFF
OPERATOR = frozenset({"operator"})
ASKERS = OFFICER | OPERATOR
OWNER = frozenset({"member"})
# Sent to sign in, at every page that isn't public.
NOT_IN = frozenset({"anonymous", "password_given", "disabled", "idle", "too_old"})
CAST = (*sorted(SIGNED_IN), *sorted(NOT_IN), "not_enrolled")

Form = Callable[[World, Any], dict[str, Any]]


def no_form(world: World, user: Any) -> dict[str, str]:
    return {}


def words(world: World, user: Any) -> dict[str, str]:
    key = once.new_key(user.pk) if user else ""
    return {"send_key": key, "team": str(world.team.pk), "subject": "Plain", "body": "Plain words"}


def by_number(world: World, user: Any) -> dict[str, str]:
    return {"member_number": world.member.member_number}


def disclosure(world: World, user: Any) -> dict[str, str]:
    return {
        "send_key": once.new_key(user.pk) if user else "",
        "member_number": world.member.member_number,
        "disclosed_on": "2026-01-02",
        "recipient": "County",
        "what": "One result",
        "purpose": "A law",
        "basis": "512b",
    }


def once_key(user: Any) -> dict[str, str]:
    return {"send_key": once.new_key(user.pk) if user else ""}


def report(world: World, user: Any) -> dict[str, str]:
    return {**once_key(user), "kind": "seen", "told": "Plain words"}


def misdirected(world: World, user: Any) -> dict[str, str]:
    return {**once_key(user), "message": str(world.ids["message"])}


def why(world: World, user: Any) -> dict[str, str]:
    given = {"reason": "asked", "words": "Plain words"}
    return {**once_key(user), **by_number(world, user), **given}


def note(world: World, user: Any) -> dict[str, str]:
    return {**once_key(user), "text": "Plain words", "outcome": "no_problem"}


def marking(world: World, user: Any) -> dict[str, str]:
    said = {"way": "on", "tag": "hiv", "reason": "Plain words", "sure": "1"}
    return {**once_key(user), **said}


def key_to_destroy(world: World, user: Any) -> dict[str, str]:
    return {"what": "record", "who": world.member.member_number, "reason": "Plain words"}


def decision(world: World, user: Any) -> dict[str, str]:
    return {"seen": world.digest, "reason": "Plain words"}


def only_key(world: World, user: Any) -> dict[str, str]:
    return once_key(user)


def unmarked(world: World, user: Any) -> dict[str, Any]:
    return {"state": "mailed"}


def ticked(world: World, user: Any) -> dict[str, Any]:
    return {
        **once_key(user),
        # One in each state: every step finds one to take.
        "letters": [str(world.ids[name]) for name in ("waiting", "printed", "letter")],
        "day": factories.today(world.plan).isoformat(),
        "reason": "moved",
    }


def another_password(world: World, user: Any) -> dict[str, str]:
    new = "seven blue kites over town"
    return {"current": factories.PASSWORD, "password1": new, "password2": new}


def another_email(world: World, user: Any) -> dict[str, str]:
    return {"email": "moved@mail.example"}


def language(world: World, user: Any) -> dict[str, str]:
    return {"language": "es"}


def notice(world: World, user: Any) -> dict[str, str]:
    return {"notice": "npp.2"}


def look(world: World, user: Any) -> dict[str, str]:
    return {"look": "dark"}


@dataclass(frozen=True)
class Route:
    """Who passes, with which methods, and what the others of this plan are told."""

    lets: frozenset[str] | None  # None: public
    methods: str = "GET HEAD"
    refused: int = 404
    refused_staff: int = 0  # where their role alone decides, before anything is looked for
    kwargs: tuple[tuple[str, str], ...] = ()  # name of the argument, name of an id of the world
    words: tuple[tuple[str, str], ...] = ()  # arguments that are no ids
    # Who is told that it is another team's, and where to say why they need it; only of their plan.
    may_say_why: frozenset[str] = frozenset()
    form: Form = no_form
    stopped: bool = False  # its form is whole, and meets what stands in the way here
    closed: int = 0  # what it answers while no setting opens it
    kept: bool = False  # a cache may keep it for good
    writes: tuple[str, ...] = ()  # tables that a GET may change, beside those of every GET


ONE = (("id", "thread"),)
INCIDENT = (("id", "incident"),)
APPROVAL = (("id", "approval"),)
PUBLIC = Route(None)
ROUTES: dict[str, Route] = {
    "home": PUBLIC,
    "livez": PUBLIC,
    "readyz": PUBLIC,
    "metrics": Route(None, closed=404),
    "status": PUBLIC,
    "system": Route(OPERATOR, refused=403),
    "system-mail-test": Route(OPERATOR, "GET POST", 403, form=only_key),
    "set_language": Route(None, "POST", form=language),
    "plan-file": Route(None, words=(("name", sheet_name("#1c5048")),), kept=True),
    "look": Route(None, "POST", form=look),
    "signed-out": PUBLIC,
    "free-help": PUBLIC,
    "gpc": PUBLIC,
    "accessibility": PUBLIC,
    "cookies": PUBLIC,
    "notices:all": PUBLIC,
    "notices:current": Route(None, words=(("kind", "npp"),)),
    "notices:version": Route(None, words=(("kind", "npp"), ("number", "1"))),
    "notices:changes": Route(None, words=(("kind", "npp"), ("number", "2"))),
    "notices:seen": Route(SIGNED_IN, "GET POST", form=notice),
    "account_login": Route(None, "GET HEAD POST"),
    "account_logout": Route(None, "GET HEAD POST"),
    "second_step": Route(None, "GET POST"),
    "start-again": Route(None, "POST"),
    "account_reset_password": Route(None, "GET HEAD POST"),
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": Route(
        None, "GET HEAD POST", words=(("uidb36", "0"), ("key", "none"))
    ),
    "account_reset_password_from_key_done": PUBLIC,
    "enrol": Route(SIGNED_IN | {"not_enrolled"}, "GET POST", writes=("accounts_totpdevice",)),
    "printed_codes": Route(SIGNED_IN, "GET POST"),
    "confirm": Route(SIGNED_IN, "GET POST"),
    "account": Route(SIGNED_IN),
    "account-password": Route(SIGNED_IN, "GET POST", form=another_password),
    "account-email": Route(SIGNED_IN, "GET POST", form=another_email),
    "account-email-code": Route(SIGNED_IN, "GET POST"),
    "account-app": Route(SIGNED_IN, "GET POST", writes=("accounts_totpdevice",)),
    "account-language": Route(SIGNED_IN, "GET POST", form=language),
    "account-not-me": Route(SIGNED_IN, "GET POST", form=only_key),
    "account-sessions-end": Route(SIGNED_IN, "GET POST"),
    "keep-alive": Route(SIGNED_IN | {"not_enrolled"}, "GET POST"),
    "records:home": Route(MEMBERS, refused=403),
    "records:kind": Route(MEMBERS, refused=403, words=(("kind", "tests"),)),
    "records:detail": Route(OWNER, refused_staff=403, kwargs=(("id", "record"),)),
    "records:file": Route(
        OWNER, refused_staff=403, kwargs=(("id", "document"),), words=(("number", "1"),)
    ),
    "records:mark-search": Route(OFFICER, "GET HEAD POST", 403, form=by_number),
    "records:mark-detail": Route(OFFICER, refused=403, kwargs=(("id", "record"),)),
    "records:mark-change": Route(
        OFFICER, "GET POST", 403, kwargs=(("id", "record"),), form=marking
    ),
    "records:copy": Route(MEMBERS, "GET POST", refused=403),
    "records:copy-progress": Route(OWNER, refused_staff=403, kwargs=(("id", "job"),)),
    "records:copy-stop": Route(OWNER, "GET POST", refused_staff=403, kwargs=(("id", "job"),)),
    "records:copy-file": Route(OWNER, refused_staff=403, kwargs=(("id", "job"),)),
    "messaging:inbox": Route(MEMBERS, refused=403),
    "messaging:safety": Route(MEMBERS, "GET POST", 403),
    "messaging:compose": Route(MEMBERS, "GET POST", 403, form=words),
    "messaging:draft-delete": Route(
        OWNER, "GET POST", refused_staff=403, kwargs=(("id", "draft"),)
    ),
    "messaging:receipt": Route(OWNER, refused_staff=403, kwargs=(("id", "message"),)),
    "messaging:thread-detail": Route(
        OWNER, refused_staff=403, kwargs=ONE, writes=("messaging_thread",)
    ),
    "messaging:file": Route(
        OWNER | TEAM, refused_staff=403, kwargs=(*ONE, ("file", "file")), may_say_why=OFF_TEAM
    ),
    "messaging:thread-misdirected": Route(
        OWNER | TEAM,
        "GET POST",
        refused_staff=403,
        kwargs=ONE,
        form=misdirected,
        may_say_why=OFF_TEAM,
    ),
    "messaging:thread-reply": Route(OWNER, "GET POST", refused_staff=403, kwargs=ONE, form=words),
    "messaging:team-inbox": Route(ALL_TEAMS, refused=403),
    "messaging:team-thread": Route(
        TEAM, refused=403, kwargs=ONE, may_say_why=OFF_TEAM, writes=("messaging_thread",)
    ),
    "messaging:member-why": Route(ALL_TEAMS, "GET POST", 403, form=why),
    "messaging:thread-why": Route(ALL_TEAMS, "GET POST", 403, kwargs=ONE, form=why),
    "messaging:thread-take": Route(TEAM, "GET POST", 403, kwargs=ONE, may_say_why=OFF_TEAM),
    "messaging:thread-answer": Route(
        TEAM, "GET POST", 403, kwargs=ONE, form=words, may_say_why=OFF_TEAM
    ),
    "messaging:thread-close": Route(TEAM, "GET POST", 403, kwargs=ONE, may_say_why=OFF_TEAM),
    "messaging:mail-queue": Route(OPERATOR, refused=403),
    "disclosures:letter-queue": Route(OFFICE, refused=403),
    "disclosures:letter-print": Route(OFFICE, "GET POST", 403, form=ticked),
    "disclosures:letter-mail": Route(OFFICE, "GET POST", 403, form=ticked),
    "disclosures:letter-return": Route(OFFICE, "GET POST", 403, form=ticked),
    "disclosures:letter-batch": Route(OFFICE, refused=403, kwargs=(("id", "batch"),)),
    "disclosures:letter-detail": Route(OFFICE, refused=403, kwargs=(("id", "letter"),)),
    "disclosures:letter-file": Route(OFFICE, refused=403, kwargs=(("id", "letter"),)),
    "disclosures:letter-unmark": Route(
        OFFICE, "GET POST", 403, kwargs=(("id", "letter"),), form=unmarked
    ),
    "disclosures:letter-again": Route(OFFICE, "GET POST", 403, kwargs=(("id", "letter"),)),
    "disclosures:who-has-seen": Route(MEMBERS, refused=403),
    "disclosures:whole-record": Route(MEMBERS, refused=403),
    "disclosures:incident-new": Route(SIGNED_IN, "GET POST", form=report),
    "disclosures:incident-sent": Route(OWNER, kwargs=INCIDENT),
    "disclosures:incident-list": Route(OFFICER, refused=403),
    "disclosures:incident-detail": Route(OFFICER, refused=403, kwargs=INCIDENT),
    "disclosures:incident-take": Route(OFFICER, "GET POST", 403, kwargs=INCIDENT),
    "disclosures:incident-note": Route(OFFICER, "GET POST", 403, kwargs=INCIDENT, form=note),
    "disclosures:incident-close": Route(OFFICER, "GET POST", 403, kwargs=INCIDENT, form=note),
    "disclosures:approval-list": Route(ASKERS, refused=403),
    "disclosures:key-ask": Route(ASKERS, "GET POST", 403, form=key_to_destroy, stopped=True),
    "disclosures:approval-detail": Route(ASKERS, refused=403, kwargs=APPROVAL),
    "disclosures:approval-approve": Route(OFFICER, "GET POST", 403, kwargs=APPROVAL, form=decision),
    "disclosures:approval-refuse": Route(OFFICER, "GET POST", 403, kwargs=APPROVAL, form=decision),
    "disclosures:approval-take-back": Route(OPERATOR, "GET POST", kwargs=APPROVAL),
    "disclosures:trail-search": Route(OFFICER, "GET HEAD POST", 403, form=by_number),
    "disclosures:event-detail": Route(OFFICER, refused=403, kwargs=(("id", "event"),)),
    "disclosures:event-why": Route(OFFICER, refused=403, kwargs=(("id", "event"),)),
    "disclosures:event-proof": Route(OFFICER, refused=403, kwargs=(("id", "event"),)),
    "disclosures:disclosure-new": Route(OFFICER, "GET POST", 403, form=disclosure),
    "disclosures:disclosure-detail": Route(
        OWNER | OFFICER, refused_staff=403, kwargs=(("id", "disclosure"),)
    ),
}
if settings.DEMO:
    ROUTES["gallery"] = PUBLIC


def routes_of(resolver: URLResolver | None = None, space: str = "") -> list[str]:
    """Every route there is, by its full name."""
    found: list[str] = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            found += routes_of(entry, inner)
        elif isinstance(entry, URLPattern):
            found.append(f"{space}{entry.name}")
    return found
