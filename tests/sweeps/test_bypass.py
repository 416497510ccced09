"""Nothing reaches a member's sealed words round the engine: no page, no task, no command."""

import ast
import re
from collections.abc import Callable, Iterator
from importlib import import_module
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
        ("phi_records.RecordItem.content", "phi_records.StaffTag.word", "base.SealedFile.key"),
        "codes, words of officers and attached text are read, to mark what is sensitive; it counts",
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
    "disclosures/letter_shown.py": "names the letter that replaced one which its page opened",
    "disclosures/destroying.py": "tells files that are there from removed ones, to count them",
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
    "phi_records/actions/flowing.py": "passes marks on to what points at a record; opens nothing",
    "phi_records/actions/following.py": "for the door of marks: what a mark goes on to; shows "
    "nothing",
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
    "portal/base/backup/sample.py": "checks, as the owner, that restored files open",
    "portal/base/files/sealed.py": FLOOR,
    "portal/base/letters/queue.py": FLOOR,
    "portal/base/management/commands/rotate_keys.py": "says which files are sealed anew, as the "
    "owner",
    "portal/demo/load.py": "makes people up; refuses outside a demo",
}
# By which a module reaches all tables without naming one.
ANY = {
    "accounts/devices.py": "asks for the authenticator or the printed codes that a code is of",
    "accounts/people_actions.py": "asks for places in teams and for what teams care for alike",
    "accounts/sessions.py": "asks for its own sessions",
    "disclosures/destroying.py": "counts what a key seals and marks it as it is sealed",
    "portal/base/backup/sample.py": "checks, as the owner, that what was restored opens",
    "portal/base/crypto/fields.py": "checks at start that no two fields share a label",
    "portal/base/crypto/reseal.py": "seals all anew, as the owner",
    "portal/base/files/pdf_anew.py": "asks a PDF for its objects, and no table",
    "portal/base/health/keys.py": "holds a number against the mark that it is found by, and tells "
    "of neither",
    "portal/base/outbox/sender.py": "asks for the people who sign in",
    "portal/base/crypto/values.py": "reads one value of a row that its caller has",
}


# Which modules open a member's file, or see rows of all: without that the database shows nobody's
# (row-level security), by whatever words it is asked.
COMMAND = "for a command or scheduled work; see COMMANDS"
OPEN = {
    "accounts/access.py": "the file of a person's own account; and of a member for `file_for`",
    "disclosures/letter_actions.py": DOOR,
    "disclosures/letter_access.py": DOOR,
    "disclosures/destroying.py": KEY,
    "messaging/endings.py": ENDS,
    "messaging/letters.py": "puts a letter into the queue that tells no more than that one waits",
    "phi_records/actions/marking.py": DOOR,
    "phi_records/actions/rows.py": COMMAND,
    "phi_records/actions/tagging.py": COMMAND,
    "phi_records/actions/moving.py": COMMAND,
    "phi_records/actions/flowing.py": COMMAND,
    "phi_records/copies.py": "takes finished copies back, and opens none",
    "phi_records/door.py": DOOR,
    "phi_records/identity.py": "an import compares names and numbers; shows nothing",
    "phi_records/mark_access.py": DOOR,
    "phi_records/patients.py": COMMAND,
    "phi_records/shredding.py": KEY,
    "portal/middleware.py": "whose page it was, to write down that it was refused",
    "portal/base/approvals/actions.py": FLOOR,
    "portal/base/files/scan.py": "asks the scanner; shows nothing",
    "portal/base/jobs/runner.py": "does what its owner asked for, as they may",
    "portal/demo/load.py": "makes people up; refuses outside a demo",
}
OPENS = {"about_member", "seeing_all", "OpenFile", "OfficersFile"}
# Which modules ask the database in words of their own.
TRAIL, FILES, SERVER = "of the trail alone", "of names of files alone", "of the server, no table"
STATEMENTS = {
    "phi_records/actions/known.py": COMMAND,
    "phi_records/actions/rows.py": COMMAND,
    "phi_records/actions/units.py": COMMAND,
    "phi_records/fhir/reader/seen.py": "a file of its own, of addresses within one delivery",
    "portal/base/apps.py": SERVER,
    "portal/base/audit/check.py": TRAIL,
    "portal/base/audit/epoch.py": TRAIL,
    "portal/base/audit/lines.py": TRAIL,
    "portal/base/audit/owner.py": TRAIL,
    "portal/base/audit/rows.py": TRAIL,
    "portal/base/audit/seals.py": TRAIL,
    "portal/base/audit/state.py": TRAIL,
    "portal/base/audit/trail.py": TRAIL,
    "portal/base/audit/years.py": TRAIL,
    "portal/base/backup/dump.py": "a backup takes the names of files, as the owner",
    "portal/base/backup/facts.py": "counts the rows of each table, as the owner",
    "portal/base/backup/load.py": SERVER,
    "portal/base/context.py": "says who asks, and whose file is open",
    "portal/base/crypto/keyring.py": "of keys alone",
    "portal/base/crypto/reseal.py": "seals all anew, as the owner",
    "portal/base/embedded/build.py": SERVER,
    "portal/base/embedded/postgres.py": SERVER,
    "portal/base/files/sealed.py": FILES,
    "portal/base/files/sweep.py": FILES,
    "portal/base/health/checks.py": SERVER,
}
STATES = {"execute", "executemany", "callproc", "cursor", "extra", "RawSQL"}


def tables_of_members() -> set[str]:
    return {name.split(".")[1] for name in SECRET.split()} - {
        name.split(".")[1] for name in OF_NOBODYS_FILE
    }


def relations() -> list[Any]:
    """From a row to rows of members that point to it."""
    return [
        relation
        for model in apps.get_models()
        for relation in model._meta.related_objects
        if relation.related_model.__name__ in tables_of_members()
    ]


def leads() -> dict[str, str]:
    """The name of each, and those that Django would give where none is given."""
    given = {str(one.get_accessor_name()): one.related_model.__name__ for one in relations()}
    return {f"{table.lower()}_set": table for table in tables_of_members()} | given


def asks(tree: ast.AST) -> set[str]:
    """The tables of members that this code could ask: each that it names while it runs, whatever
    it does with it then, and each that a row leads it to."""
    passing = set(in_passing(tree))
    tables, led = called(tree), leads()
    return {
        table
        for node in ast.walk(tree)
        if node not in passing
        if (table := named(node, tables) or led.get(word(node)))
    }


def called(tree: ast.AST) -> dict[str, str]:
    """The tables of members by what this module calls them."""
    tables = {table: table for table in tables_of_members()}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.name in tables_of_members():
                    tables.pop(one.asname or one.name, None)
                    what = getattr(import_module(str(node.module)), one.name, None)
                    if what in apps.get_models():
                        tables[one.asname or one.name] = one.name
        elif isinstance(node, ast.ClassDef) and "models.Model" not in map(ast.unparse, node.bases):
            tables.pop(node.name, None)
    return tables


def named(node: ast.AST, tables: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return tables.get(node.id)
    # `models.Thread`, whatever the module is called here.
    of_module = isinstance(node, ast.Attribute) and ast.unparse(node.value) != "threading"
    return word(node) if of_module and word(node) in tables_of_members() else None


def word(node: ast.AST) -> str:
    """What a row or a module is asked for, as an attribute or in quotes."""
    if isinstance(node, ast.Attribute):
        return node.attr
    quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if quoted else ""


def says(tree: ast.AST) -> set[str]:
    """What stands there as a name, as an attribute or in quotes, but as a type; and what is
    imported under another name."""
    types = {
        inner
        for node in ast.walk(tree)
        for part in ("annotation", "returns")
        if isinstance(found := getattr(node, part, None), ast.AST)
        for inner in ast.walk(found)
    }
    return {
        node.id if isinstance(node, ast.Name) else word(node)
        for node in ast.walk(tree)
        if node not in types
    } | {one.name for one in ast.walk(tree) if isinstance(one, ast.alias) and one.asname}


def states(tree: ast.AST) -> bool:
    """Whether it asks the database in words of its own."""
    called = {
        ast.unparse(node.func).rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    return bool(called & STATES or says(tree) & (STATES - {"cursor"}))


def in_passing(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a table is named and not asked: as a type, by a key to it, to make a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            keys = ast.unparse(node.func) in {"models.ForeignKey", "models.OneToOneField"}
            yield from (node.func, *node.args[:1]) if keys else (node.func,)
        if isinstance(node, ast.keyword) and node.arg == "related_name":
            yield node.value
        for part in ("annotation", "returns", "slice"):
            if isinstance(inner := getattr(node, part, None), ast.AST):
                yield from ast.walk(inner)


MANAGERS = {"objects", "_base_manager", "_default_manager"}
ALL = {"get_models", "get_model", "related_model", "model_class", "base_manager", "default_manager"}
# By which a module gets at another's names without saying them.
BY_WORDS = {
    "import_string", "import_module", "__import__", "all_models", "vars", "globals", "eval", "exec",
}  # fmt: skip


def reaches_all(tree: ast.AST) -> bool:
    return any(is_of_all(node) for node in ast.walk(tree))


def is_of_all(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "serializers" in ast.unparse(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"raw", "serialize"}
    if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
        # Of what is no class by its name: it may be any.
        return not re.search(r"(^|\.)[A-Z]\w+$", ast.unparse(node.value))
    if isinstance(node, ast.Name | ast.alias):
        return (node.id if isinstance(node, ast.Name) else node.name) in BY_WORDS
    return word(node) in ALL | MANAGERS | BY_WORDS | {"dumpdata"}


def test_each_table_is_in_the_recorder() -> None:
    known = {name.rpartition(".")[0] for name in SECRET.split()}
    assert known == set(OF_A_MEMBER) | set(OF_THE_PLAN) | OF_NOBODYS_FILE


def test_only_the_doors_ask_tables_of_members() -> None:
    assert {name for name, tree in modules() if asks(tree)} == set(ASK)


def test_only_these_open_the_file_of_a_member() -> None:
    """What the database shows nobody without it needs no list of ways to ask for it."""
    assert {name for name, tree in modules() if says(tree) & OPENS} == set(OPEN)


def test_only_these_ask_the_database_in_words_of_their_own() -> None:
    assert {name for name, tree in modules() if states(tree)} == set(STATEMENTS)


# From a row to rows of members, by a name of that row and without asking a table. One is there:
# from a letter to the one that replaced it, to the same person.
BY_A_NAME = {"base.Letter.replacement"}


def test_no_other_row_leads_to_rows_of_members() -> None:
    """`member.record_items` would pass by the list above."""
    found = {f"{one.model._meta.label}.{one.get_accessor_name()}" for one in relations()}
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
        if re.search(r"\b(?:SELECT|INSERT|UPDATE|DELETE|COPY)\b", node.value, re.IGNORECASE)
        if any(table in node.value for table in names)
    }
    assert found == set(SQL)


FROM = "from phi_records.models import RecordItem"


@pytest.mark.parametrize(
    "code",
    [
        f"{FROM}\nRecordItem.objects.get(pk=1)",
        f"{FROM}\n[RecordItem._base_manager, Plan.objects]",
        f"{FROM}\nRecordItem._default_manager.first()",
        f"{FROM}\nRecordItem._meta.default_manager.first()",
        f"{FROM}\nRecordItem.objects.raw(words)",
        f"{FROM}\nget_object_or_404(RecordItem, pk=1)",
        f"{FROM}\nget_list_or_404(klass=RecordItem)",
        f"{FROM}\nQuerySet(RecordItem).first()",
        f"{FROM}\nserializers.serialize('json', RecordItem.objects.all())",
        f"{FROM}\ntable = RecordItem\ntable.objects.first()",
        f"{FROM} as Row\nRow.objects.first()",
        "def late():\n    from phi_records.models import RecordItem\n    return RecordItem.objects",
        "from phi_records import models as m\nm.RecordItem.objects.first()",
        "import phi_records.models\nphi_records.models.RecordItem.objects.first()",
        "member.recorditem_set.all()",
        "Member.objects.prefetch_related('recorditem_set')",
    ],
)
def test_a_planted_query_is_found(code: str) -> None:
    assert "RecordItem" in asks(ast.parse(code))


def test_a_planted_way_from_a_row_to_another_is_found() -> None:
    assert asks(ast.parse("letter.replacement.words")) == {"Letter"}


@pytest.mark.parametrize(
    "code",
    [
        "Plan.objects.get(pk=1)",
        f"{FROM}\ndef told(item: RecordItem) -> list[RecordItem]: ...",
        f"{FROM}\nitem = RecordItem(id=1)",
        f"{FROM}\nitem = models.ForeignKey(RecordItem, on_delete=models.PROTECT)",
        "from portal.demo.threads import Thread\nThread(1).posts",
        "threading.Thread(target=tick)",
    ],
)
def test_what_names_no_table_of_members_is_not(code: str) -> None:
    assert asks(ast.parse(code)) == set()


@pytest.mark.parametrize(
    "code",
    [
        "with context.about_member(thread.member_id): ...",
        "from portal.base.context import seeing_all as see\nwith see(): ...",
        "getattr(context, 'about_member')(member_id)",
        "OpenFile(plan_id, member_id, frozenset(), '').rows()",
        "from phi_records.door import OpenFile as Open\nOpen(plan_id, member_id, set(), '')",
    ],
)
def test_a_planted_opening_of_a_file_is_found(code: str) -> None:
    assert says(ast.parse(code)) & OPENS
    assert not says(ast.parse("def rows(file: OpenFile) -> OpenFile: ...")) & OPENS


@pytest.mark.parametrize(
    "code",
    [
        "connection.cursor()",
        "db.execute('TABLE phi_records_recorditem')",
        "db.execute(sql.SQL('SELECT * FROM {}').format(sql.Identifier(name)))",
        "Plan.objects.extra(select={'told': words})",
        "from django.db.models.expressions import RawSQL as Raw\nRaw('1', [])",
        "getattr(db, 'execute')(words)",
    ],
)
def test_a_planted_statement_is_found(code: str) -> None:
    assert states(ast.parse(code))
    assert not states(ast.parse("job.cursor = 1"))


@pytest.mark.parametrize(
    "code",
    [
        "import_string('phi_records.models.RecordItem').objects.first()",
        "from importlib import import_module as load\nload('phi_records.models')",
        "vars(models)['RecordItem'].objects.first()",
        "apps.all_models['phi_records']['recorditem'].objects.first()",
        "apps.get_model('phi_records', 'RecordItem').objects.first()",
        "type(row)._base_manager.first()",
        "row._meta.model._default_manager.first()",
        "row._meta.default_manager.first()",
        "ContentType.objects.get(pk=1).model_class()",
        "field.related_model.objects.first()",
        "getattr(table, 'objects').first()",
        "getattr(models, 'RecordItem').objects.first()",
        "Plan.objects.raw(words)",
        "from django.core import serializers",
        "from django.core.serializers import serialize as told",
        "django.core.serializers.serialize('json', rows)",
        "call_command('dumpdata')",
    ],
)
def test_a_planted_way_to_every_table_is_found(code: str) -> None:
    assert reaches_all(ast.parse(code))
    assert not reaches_all(ast.parse("accounts.models.Member.objects.get(pk=value.raw)"))


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
