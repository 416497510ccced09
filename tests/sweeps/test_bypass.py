"""Nothing reaches a member's sealed words round the engine: no page, no task, no command."""

import ast
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from accounts.models import Member, TeamSeat, User
from accounts.people_actions import Told, keep_registration
from consents.question import Decision
from messaging import actions as messaging_actions
from messaging.models import Message, Thread
from phi_records import copies
from portal.base import context
from portal.base.ids import uuid7
from portal.celery import app
from tests import factories
from tests.files import scanners
from tests.messaging.conftest import acting
from tests.phi_records.bundles import bundle, observation, patient
from tests.portal.test_commands import OURS
from tests.sweeps.conftest import World, attach
from tests.sweeps.recorder import OF_A_MEMBER, OF_NOBODYS_FILE, OF_THE_PLAN, watching
from tests.sweeps.routes import ROUTES
from tests.sweeps.test_code import modules
from tests.sweeps.test_fields import SECRET
from tests.sweeps.test_trail import WHO
from tests.sweeps.test_urls import address, ask

pytestmark = pytest.mark.promise("AL2")


def requests_of(who: str) -> list[tuple[str, str]]:
    """What lets them in, with each method that shows or does something; and each refusal once."""
    return [
        (method, name)
        for name, route in ROUTES.items()
        for method in ("GET", "POST")
        if method in route.methods.split()
        if method == "GET" or route.lets is None or who in route.lets
    ]


@pytest.mark.parametrize("who", [*WHO, "anonymous"])
def test_no_page_opens_what_was_not_decided(world: World, who: str) -> None:
    client, found, opened = world.browser(who), set(), set()
    for method, name in requests_of(who):
        with watching() as seen:
            ask(world, who, client, method, name, address(world, name))
        opened |= seen.opened
        found |= {(name, one) for one in seen.bypasses}
    assert found == set()
    # It sees what is opened, or this shows nothing.
    assert bool(opened) == (who not in {"anonymous", "off_team_worker"})


def test_with_a_reason_it_is_decided_too(world: World) -> None:
    kim = world.people["off_team_worker"]
    browser, page = world.browser("off_team_worker"), address(world, "messaging:team-thread")
    form = ROUTES["messaging:thread-why"].form(world, kim)
    with watching() as refused:
        assert browser.get(page).status_code == 403
    browser.post(address(world, "messaging:thread-why"), form)
    with watching() as seen:
        assert browser.get(page).status_code == 200
    assert refused.opened == set()
    assert "messaging.Message.body" in seen.opened
    assert seen.bypasses == set()


@pytest.fixture
def scanner(settings: Any) -> Iterator[scanners.OddScanner]:
    odd = scanners.OddScanner()
    settings.CLAMD_URL = odd.address
    yield odd
    odd.close()


@pytest.fixture
def waiting(world: World, scanner: object) -> World:
    """Something for each task to do."""
    ana, sam = world.people["member"], world.people["care_worker"]
    with context.system("test"):
        User.objects.filter(pk=ana.pk).update(email="")
        thread = Thread.objects.get(pk=world.ids["thread"])
        TeamSeat.objects.filter(user=world.people["supervisor"]).update(until=ana.created_at)
    with acting(sam):
        sent = messaging_actions.answer(by=sam, thread=thread, body="Plain", key=uuid7())
    assert sent.message
    attach(world, sent.message)
    with acting(ana):
        copies.ask(ana, uuid7())
    return world


# What a task opens with no decision, and why it may. Nobody sees any of it.
TASKS: dict[str, dict[str, str]] = {
    "portal.base.tasks.scan_files": {
        "base.SealedFile.key": "a virus scanner sees each file before any person may",
    },
    "portal.base.tasks.sweep_outbox": dict.fromkeys(
        ("accounts.Member.given_name", "accounts.Member.family_name", "accounts.Member.address"),
        "where no email arrives, a letter is written: whose name and street are on it",
    ),
}


def test_no_task_opens_what_was_not_decided(waiting: World) -> None:
    found: dict[str, set[str]] = {}
    app.loader.import_default_modules()
    ours = sorted(name for name in app.tasks if not name.startswith("celery."))
    assert set(ours) == {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    for name in ours:
        with watching() as seen:
            app.tasks[name]()
        if seen.bypasses:
            found[name] = seen.bypasses
    assert found == {name: set(fields) for name, fields in TASKS.items()}


# Commands that are given something of a member to work on.
RUN: dict[str, Callable[[World, Path], list[str]]] = {
    "create_account": lambda world, _folder: [
        "late.rest", "--email", "late@mail.example", "--member-number", late(world),
    ],
    "identify_account": lambda world, _folder: [
        registered(world), "--by", "lee.wong", "--why", "call",
    ],
    "join_team": lambda world, _folder: [
        "Behavioral health", "--by", "lee.wong", "--member-number", world.member.member_number,
    ],
    "leave_team": lambda world, _folder: [
        "Primary care", "--by", "lee.wong", "--member-number", world.member.member_number,
    ],
    "close_account": lambda _world, _folder: ["jin.cho", "--by", "lee.wong"],
    "import_fhir": lambda world, folder: [feed(world, folder)],
    "shred": lambda world, _folder: ["record", late(world, deceased=True), "--by", "ola.berg"],
    "mail_queue": lambda _world, _folder: [],
    "mark_record": lambda world, _folder: [
        str(world.ids["record"]), "--tag", "hiv", "--by", "pat.nolan",
    ],
    "tag_records": lambda _world, _folder: [],
    "reset_second_step": lambda _world, _folder: ["--user", "ana.diaz", "--by", "ola.berg"],
}  # fmt: skip
# Why the rest need not be run here.
NOT_RUN = {
    **dict.fromkeys(
        ("backup", "restore", "escrow_keys", "rotate_keys"),
        "works as the owner, whom no policy and no rule stops, and prints no value",
    ),
    **dict.fromkeys(
        ("verify_log", "export_log", "log_public_key", "raise_log_epoch", "drop_log_year"),
        "works on lines of the trail, in which nothing is sealed",
    ),
    **dict.fromkeys(
        ("demo_accounts", "demo_code", "demo_seed"), "refuses outside a demo with made-up people"
    ),
    **dict.fromkeys(
        (
            "create_plan",
            "create_team",
            "plan_holidays",
            "plan_theme",
            "first_administrator",
            "publish_notice",
        ),
        "makes or changes a plan, its notices and its staff",
    ),
    **dict.fromkeys(
        ("decision_matrix", "registry", "doctor", "read_only", "tell_failure"),
        "is about the portal and nobody in it",
    ),
}
# What a command opens with no decision, and why it may.
COMMANDS: dict[str, dict[str, str]] = {
    "create_account": dict.fromkeys(
        ("accounts.Member.given_name", "accounts.Member.family_name"),
        "the account takes over the member's name; it is not printed",
    ),
    "tag_records": dict.fromkeys(
        ("phi_records.RecordItem.content", "phi_records.StaffTag.word"),
        "codes and words of officers are read, to mark what is sensitive; it counts",
    ),
    "import_fhir": dict.fromkeys(
        ("accounts.Member.family_name", "accounts.Member.given_name", "accounts.Member.birth_date"),
        "a number alone can be mistyped: names and birth date must fit the Patient",
    ),
}


def late(world: World, *, deceased: bool = False) -> str:
    """The number of a member without an account."""
    member = factories.member(world.plan, "Late", "Rest")
    with context.system("test", world.plan.pk):
        Member.objects.filter(pk=member.pk).update(deceased=deceased)
    return member.member_number


def registered(world: World) -> str:
    worker = world.people["care_worker"]
    with context.system("test", world.plan.pk):
        keep_registration(worker, Told("Canary", "Canary", "123456789"))
    return worker.user_id


def feed(world: World, folder: Path) -> str:
    path, known = folder / "again.json", world.member
    name = {"family": known.family_name, "given": [known.given_name]}
    path.write_text(bundle(patient(known.member_number) | {"name": [name]}, observation("o9")))
    return str(path)


def test_each_command_is_run_or_said_why_not() -> None:
    assert set(RUN) | set(NOT_RUN) == set(OURS)
    assert set(RUN) & set(NOT_RUN) == set()


def test_no_command_opens_what_was_not_decided(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("Plain words\nyes\nPlain words\n"))
    found: dict[str, set[str]] = {}
    for name, arguments in RUN.items():
        given = arguments(world, tmp_path)
        with watching() as seen:
            call_command(name, *given, "--plan", "cedar", stdout=StringIO(), stderr=StringIO())
        if seen.bypasses:
            found[name] = seen.bypasses
    assert found == {name: set(fields) for name, fields in COMMANDS.items()}


# Which modules ask a table that holds something of a member, and by what right. Whoever joins is
# looked at by a person: a page or a template may not, nor may a new command or task.
DOOR = "decides first: reads and writes of its app go through it"
FOUND = "finds who is meant, after its caller decided or for a command; opens nothing"
KEY = "asks whether rows are there before a key is destroyed, or takes marks away; opens nothing"
ENDS = "ends or reminds of what is there; opens nothing"
FLOOR = "keeps rows for the doors above it, which decide"
ASK = {
    "accounts/access.py": FOUND,
    "accounts/people_actions.py": "keeps what staff told of who they are; shows nothing",
    "accounts/shredding.py": KEY,
    "consents/opening_access.py": FOUND,
    "consents/opening_actions.py": DOOR,
    "disclosures/access.py": DOOR,
    "disclosures/actions.py": DOOR,
    "disclosures/approval_access.py": DOOR,
    "disclosures/incident_access.py": DOOR,
    "disclosures/incident_actions.py": DOOR,
    "disclosures/letter_access.py": DOOR,
    "disclosures/letter_actions.py": DOOR,
    "disclosures/parts.py": DOOR,
    "disclosures/shredding.py": KEY,
    "disclosures/due.py": ENDS,
    "messaging/access.py": DOOR,
    "messaging/actions.py": DOOR,
    "messaging/attachments.py": "inside a file that its caller opened by a decision",
    "messaging/draft_actions.py": DOOR,
    "messaging/due.py": ENDS,
    "messaging/endings.py": ENDS,
    "messaging/file_news.py": "whose file was scanned or sent: finds its message, opens no words",
    "messaging/parts.py": DOOR,
    "messaging/shredding.py": KEY,
    "phi_records/actions/rows.py": "an import looks which marks are new; opens nothing",
    "phi_records/actions/moving.py": "an import takes out what is another member's, with what "
    "officers said of it; shows nothing",
    "phi_records/actions/tagging.py": "reads codes to mark what is sensitive, and prints a count",
    "phi_records/actions/marking.py": DOOR,
    "phi_records/door.py": DOOR,
    "phi_records/mark_access.py": DOOR,
    "phi_records/marks.py": "reads what officers said, for imports; shows nothing",
    "phi_records/patients.py": "an import finds whose records these are; see COMMANDS",
    "phi_records/identity.py": "an import compares names and numbers; shows nothing",
    "phi_records/shredding.py": KEY,
    "portal/base/approvals/actions.py": FLOOR,
    "portal/base/files/sealed.py": FLOOR,
    "portal/base/letters/queue.py": FLOOR,
    "portal/demo/load.py": "makes people up; refuses outside a demo",
}
# By which a module reaches all tables without naming one.
ANY = {
    "disclosures/destroying.py": "counts what a key seals and marks it as it is sealed",
    "portal/base/backup/sample.py": "checks, as the owner, that what was restored opens",
    "portal/base/crypto/fields.py": "checks at start that no two fields share a label",
    "portal/base/crypto/reseal.py": "seals all anew, as the owner",
    "portal/base/crypto/values.py": "reads one value of a row that its caller has",
}


def tables_of_members() -> set[str]:
    return {name.split(".")[1] for name in SECRET.split()} - {
        name.split(".")[1] for name in OF_NOBODYS_FILE
    }


def asks(tree: ast.AST) -> set[str]:
    """The tables of members that this code asks, as `Model.objects`."""
    known = tables_of_members()
    return {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_base_manager", "_default_manager"}
        and isinstance(node.value, ast.Name)
        and node.value.id in known
    }


def reaches_all(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and (
            node.attr in {"get_models", "get_model"}
            or (node.attr == "_base_manager" and not isinstance(node.value, ast.Name))
            or (node.attr == "_base_manager" and ast.unparse(node.value) == "model")
        )
        for node in ast.walk(tree)
    )


def test_each_table_is_in_the_recorder() -> None:
    known = {name.rpartition(".")[0] for name in SECRET.split()}
    assert known == set(OF_A_MEMBER) | set(OF_THE_PLAN) | OF_NOBODYS_FILE


def test_only_the_doors_ask_tables_of_members() -> None:
    assert {name for name, tree in modules() if asks(tree)} == set(ASK)


# From a row to rows of members, by a name of that row and without asking a table. One is there:
# from a letter to the one that replaced it, to the same person.
BY_A_NAME = {"base.Letter.replacement"}


def test_no_other_row_leads_to_rows_of_members() -> None:
    """`member.record_items` would pass by the list above."""
    found = {
        f"{model._meta.label}.{relation.get_accessor_name()}"
        for model in apps.get_models()
        for relation in model._meta.related_objects
        if relation.related_model.__name__ in tables_of_members()
    }
    assert found == BY_A_NAME


def test_only_what_seals_and_keeps_reaches_every_table() -> None:
    assert {name for name, tree in modules() if reaches_all(tree)} == set(ANY)


# A statement of our own that names one, and why.
SQL = {
    "portal/base/backup/dump.py": "a backup takes the names of files, as the owner",
}


def test_no_other_way_in_is_there() -> None:
    """No admin, no tags of our own in templates, no statement that names a table of members."""
    assert not apps.is_installed("django.contrib.admin")
    root = Path(settings.BASE_DIR)
    assert not [one for one in root.glob("*/**/templatetags") if ".venv" not in one.parts]
    names = {
        model._meta.db_table for model in apps.get_models() if model.__name__ in tables_of_members()
    }
    assert {"messaging_message", "phi_records_recorditem"} <= names
    found = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"SELECT|INSERT|UPDATE|DELETE|COPY", node.value)
        if any(table in node.value for table in names)
    }
    assert found == set(SQL)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Message.objects.get(pk=1)", {"Message"}),
        ("models = [RecordItem._base_manager, Member.objects]", {"RecordItem", "Member"}),
        ("Plan.objects.get(pk=1)", set()),
    ],
)
def test_a_planted_query_is_found(code: str, found: set[str]) -> None:
    assert asks(ast.parse(code)) == found


def test_a_planted_look_is_found(world: World) -> None:
    about_her = context.about_member(world.member.pk)
    with watching() as seen, context.system("test", world.plan.pk), about_her:
        assert Message.objects.first().body
    assert seen.bypasses == {"messaging.Message.body"}


def test_a_page_that_asks_nobody_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page still shows it; the recorder sees that nothing was decided."""
    browser, page = world.browser("member"), address(world, "messaging:receipt")
    with watching() as before:
        assert browser.get(page).status_code == 200
    yes = Decision(permitted=True, basis="to_the_member")
    monkeypatch.setattr("consents.access.require", lambda **_asked: yes)
    with watching() as seen:
        assert browser.get(page).status_code == 200
    assert before.bypasses == set()
    assert seen.bypasses == {"base.SealedFile.original_name", "messaging.Thread.subject"}
