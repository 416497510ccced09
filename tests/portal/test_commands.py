"""Every command answers wrong arguments with a sentence, and with no traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core import management
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError
from psycopg.errors import DiskFull

import manage as program
from accounts.models import Plan, User
from portal.base import context
from portal.base.embedded.place import CHECKOUT
from tests import factories

OURS = {
    name: app
    for name, app in get_commands().items()
    if app.partition(".")[0] in {"accounts", "consents", "phi_records", "messaging", "portal"}
}
CEDAR = ("--plan", "cedar")
STAFF = ("--email", "a@mail.example", "--role", "operator", "--name", "Lee")
ADMIN = ("--email", "a@mail.example", "--name", "Lee")
BY = ("--by", "lee.wong")
RECORD = "01987654-0000-7000-8000-000000000000"
PLACE = ("--phone", "1", "--hours", "9 to 5", "--address", "1 Street")
# By command: arguments that can't work, and what is said.
WRONG: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "decision_matrix": [(("all",), "unrecognized arguments")],
    "tag_records": [(("--plan", "ceder"), "The plans are: cedar")],
    "mark_record": [
        ((RECORD, *CEDAR, *BY), "required: --tag"),
        (("x", *CEDAR, *BY, "--tag", "hiv"), "invalid UUID"),
        ((RECORD, *CEDAR, *BY, "--tag", "secret"), "invalid choice"),
        ((RECORD, *CEDAR, *BY, "--tag", "hiv"), "Only a privacy officer"),
        ((RECORD, *CEDAR, "--by", "nobody", "--tag", "hiv"), "no open account “nobody”"),
        ((*CEDAR, *BY, "--tag", "hiv"), "one of the arguments RECORD --member-number is required"),
        ((*CEDAR, *BY, "--tag", "hiv", "--member-number", "C1"), "give --kind"),
    ],
    "create_account": [
        ((), "required: USER_ID, --plan, --email"),
        (("lee", "--plan", "ceder", *STAFF), "The plans are: cedar"),
        (("x", *CEDAR, *STAFF), "A User ID has 3 to 60"),
        (("lee.new", *CEDAR, "--email", "lee"), "not an email address"),
        (("lee.new", *CEDAR, "--email", f"{'a' * 60}@{'b.' * 120}example"), "email"),
        (("lee.new", *CEDAR, *STAFF, "--title", "x" * 81), "up to 80"),
        (("lee.new", *CEDAR, *STAFF, "--team", "Nurses"), "The teams are: none yet"),
        (("lee.new", *CEDAR, "--email", "a@mail.example", "--role", "king"), "invalid choice"),
    ],
    "identify_account": [
        (("lee", *CEDAR, *BY), "required: --why"),
        (("lee", *CEDAR, *BY, "--why", "fun"), "invalid choice"),
        (("lee", "--plan", "ceder", *BY, "--why", "call"), "The plans are: cedar"),
        (("nobody", *CEDAR, *BY, "--why", "call"), "has no account “nobody”"),
    ],
    "create_plan": [
        (("elm",), "required: --host"),
        (("elm", "--host", "elm.localhost", "--name", " ", *PLACE), "--name"),
        (("cedar", "--host", "elm.localhost", "--name", "Elm", *PLACE), "--slug"),
    ],
    "create_team": [
        (("Nurses", *CEDAR), "required: --about"),
        ((" ", *CEDAR, "--about", "Help"), "1 to 120"),
        (("x" * 121, *CEDAR, "--about", "Help"), "1 to 120"),
        (("Nurses", "--plan", "ceder", "--about", "Help"), "The plans are: cedar"),
    ],
    "plan_theme": [
        (("ceder",), "The plans are: cedar"),
        (("cedar", "--words", "/"), "can't be read"),
        (("cedar", "--logo", "/"), "can't be read"),
        (("cedar", "--color", "pink"), "--color"),
    ],
    "reset_second_step": [
        ((), "required: --plan, --by, --user"),
        (("--user", "a", "--by", "b", "--plan", "ceder"), "The plans are: cedar"),
        (("--user", "a", "--by", "b", *CEDAR), "no open account"),
    ],
    "import_fhir": [
        ((), "required: PATH, --plan"),
        (("/no/such", *CEDAR), "nothing at /no/such"),
        ((str(CHECKOUT / "README.md"), *CEDAR, "--errors", "/no/such/file"), "can’t be written"),
        ((str(CHECKOUT / "README.md"), "--plan", "ceder"), "The plans are: cedar"),
    ],
    "drop_log_year": [
        (("nineteen", "--export", "x"), "invalid int"),
        (("2026",), "required: --export"),
        (("1999", "--export", "x"), "no year 1999"),
        (("9" * 30, "--export", "x"), "no year 9"),
    ],
    "export_log": [
        ((), "required: file"),
        (("/no/such/file",), "can't be written"),
        (("x", "--event", "5"), "invalid UUID"),
        (("x", "--event", "0197aaaa-0000-7000-8000-000000000000"), "Not there"),
    ],
    "tell_failure": [((), "required: UNIT"), (("portal-web",), "OPERATOR_EMAIL is not set")],
    "log_public_key": [(("x",), "unrecognized arguments: x")],
    "raise_log_epoch": [((), "Nothing was changed")],
    "rotate_keys": [(("--batch", "0"), "1 or more"), (("--batch", "x"), "invalid int")],
    "verify_log": [(("--roots", "/"), "no file /"), (("--roots", "/no/such"), "no file /no")],
    "demo_accounts": [(("--jsn",), "unrecognized arguments: --jsn")],
    "demo_code": [(("nobody",), "no app that makes codes")],
    "demo_seed": [(("x",), "unrecognized arguments: x")],
    "first_administrator": [
        (("lee.new", *CEDAR), "required: --email, --name"),
        (("lee.new", "--plan", "ceder", *ADMIN), "The plans are: cedar"),
        (("x", *CEDAR, *ADMIN), "A User ID has 3 to 60"),
    ],
    "publish_notice": [
        (("--plan", "ceder", "--kind", "terms", "--contact", "Office"), "The plans are: cedar"),
        ((*CEDAR, "--kind", "npp", "--contact", " "), "whom people turn to"),
        ((*CEDAR, "--kind", "npp", "--contact", "x", "--effective", "2020-01-01"), "before today"),
    ],
    "plan_holidays": [
        (("ceder",), "The plans are: cedar"),
        (("cedar", "--add", "soon", "Rest"), "no date"),
        (("cedar", "--remove", "2026-11-27"), "no holiday"),
    ],
    "backup": [((), "required: folder"), (("x", "--keep", "-1"), "1 or more")],
    "restore": [
        ((), "required: folder"),
        (("/no/such",), "/no/such"),
        (("/no/such", "--keys", "/no/such", "--passphrase-file", "/no/such"), "can't be read"),
    ],
    "doctor": [(("x",), "unrecognized arguments: x")],
    "escrow_keys": [
        ((), "required: file"),
        (("/no/such/file", "--passphrase-file", "/no/such"), "can't be read"),
    ],
    "read_only": [
        (("maybe",), "invalid choice"),
        (("on", "--until", "soon"), "no time"),
        (("off",), "was not in read-only mode"),
    ],
    "join_team": [
        (("Nurses", *CEDAR, *BY), "one of the arguments --user --member-number is required"),
        (("Nurses", "--plan", "ceder", *BY, "--user", "x"), "The plans are: cedar"),
        (("Nurses", *CEDAR, *BY, "--user", "x", "--until", "soon"), "no day"),
        (("Nurses", *CEDAR, "--by", "nobody", "--user", "x"), "no open account “nobody”"),
        (("Nurses", *CEDAR, *BY, "--user", "x"), "The teams are: none yet"),
    ],
    "leave_team": [
        (("Nurses", *CEDAR, *BY), "one of the arguments --user --member-number is required"),
        (("Nurses", *CEDAR, *BY, "--member-number", "M1"), "The teams are: none yet"),
    ],
    "close_account": [
        ((), "required: USER_ID, --plan, --by"),
        (("lee.wong", *CEDAR, *BY), "their own account"),
        (("nobody", *CEDAR, *BY), "no open account “nobody”"),
    ],
    "registry": [(("x",), "unrecognized arguments: x")],
    "mail_queue": [((*CEDAR, "--again"), "unrecognized"), (("--plan", "x"), "The plans are")],
    "shred": [
        ((), "required: what, who, --plan, --by"),
        (("page", "M1", *CEDAR, "--by", "lee.wong"), "invalid choice"),
        (("record", "M1", "--plan", "ceder", "--by", "lee.wong"), "The plans are: cedar"),
        (("record", "M1", *CEDAR, "--by", "nobody"), "--by names nobody"),
        (("record", "M1", *CEDAR, "--by", "lee.wong"), "has that member number"),
        (("person", "nobody", *CEDAR, "--by", "lee.wong"), "has this User ID"),
    ],
}
CASES = [(name, args, told) for name, several in WRONG.items() for args, told in several]


def test_every_command_is_tried() -> None:
    assert set(WRONG) == set(OURS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_help_says_what_a_command_is_for(name: str) -> None:
    command = load_command_class(OURS[name], name)
    words = command.create_parser("manage.py", name).format_help()
    assert command.help.endswith((".", ")"))
    assert " ".join(command.help.split())[:60] in " ".join(words.split())


@pytest.fixture
def nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())


@pytest.mark.parametrize(("name", "args", "told"), CASES, ids=lambda one: str(one)[:40])
def test_wrong_arguments_are_told_in_a_sentence(
    plan: Plan, nobody_types: None, name: str, args: tuple[str, ...], told: str
) -> None:
    factories.staff_user(plan, "lee.wong", "Lee Wong", "operator")
    with pytest.raises(CommandError, match=told) as refused:
        call_command(name, *args, stdout=StringIO(), stderr=StringIO())
    assert refused.value.returncode != 0


def test_a_team_named_twice_is_joined_once(plan: Plan) -> None:
    factories.team(plan, "Nurses")
    twice = ("--team", "Nurses") * 2
    call_command("create_account", "lee.new", *CEDAR, *STAFF, *twice, stdout=StringIO())
    with context.system("test", plan.pk):
        assert User.objects.get(username="cedar:lee.new").seats.count() == 1


def manage(*args: Any, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        env={**os.environ, **env}, cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["decision_matrix", "log_public_key"])
def test_what_prints_ends_quietly_when_nobody_reads_on(command: str) -> None:
    reading, writing = os.pipe()
    # Nobody is there from the start: the first thing that is printed finds it out.
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=CHECKOUT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.stderr, done.returncode) == ("", 128 + signal.SIGPIPE)


@pytest.mark.parametrize(
    ("args", "env", "told"),
    [
        ([b"verify_log", b"\xff"], {}, "not UTF-8 text"),
        (["verify_log"], {"SECRET_KEY": ""}, "Set SECRET_KEY"),
        (["verify_log"], {"EMAIL_URL": "smtp://a:b@mail.example"}, "EMAIL_URL sends its password"),
        (["demo_accounts"], {"DATABASE_URL": "postgres://a:b@127.0.0.1:1/x"}, "doesn't answer"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_what_stops_every_command_is_told_in_a_line(
    args: list[Any], env: dict[str, str], told: str
) -> None:
    done = manage(*args, **env)
    assert done.returncode == 1
    # Before it, the log may say what it met.
    *log, sentence = done.stderr.strip().splitlines()
    assert told in sentence
    assert all(line.startswith("{") for line in log)


class Interrupted(OperationalError):
    __context__ = KeyboardInterrupt()


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (KeyboardInterrupt(), 130),
        (Interrupted("another command is already in progress"), 130),
    ],
)
def test_a_command_that_is_stopped_ends_in_a_sentence(failure, code, monkeypatch, capfd) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")
    monkeypatch.setattr(management, "execute_from_command_line", fails_by(failure))
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == code
    assert "Stopped." in capfd.readouterr().err


def test_a_full_disk_of_the_database_is_told_in_a_sentence(monkeypatch) -> None:
    full = OperationalError("could not extend file")
    full.__cause__ = DiskFull()
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")
    monkeypatch.setattr(management, "execute_from_command_line", fails_by(full))
    with pytest.raises(SystemExit, match="The database's disk is full"):
        program.main()


def fails_by(failure: BaseException) -> Callable[[list[str]], None]:
    def fail(_arguments: list[str]) -> None:
        raise failure

    return fail
