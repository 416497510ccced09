"""What operating.md and the runbooks tell to type exists, with the options that they give it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import get_commands
from django.urls import resolve

from portal.base import context, registry
from portal.base.embedded.place import CHECKOUT
from portal.base.health import checks, outside
from portal.base.outbox.models import MailState
from portal.base.outbox.sender import GIVEN_UP
from portal.base.standing import done
from portal.system import metrics
from tests.deploy import reading

pytestmark = pytest.mark.promise("AH19")
LINES = sorted(set(reading.run_lines()))
NAMED = sorted(set(reading.mentioned()))
DOCS = CHECKOUT / "docs"
ALL = [*reading.DOCUMENTS, DOCS / "security.md", DOCS / "bench.md", CHECKOUT / "README.md"]
# Of the system, which stand in backticks as addresses of pages do.
FOLDERS = {"/run", "/tmp"}  # noqa: S108
MADE_BY_RUNS = {"bench/results.json"}
SAID = {
    "at most 2 minutes ago": timedelta(minutes=2) == checks.SILENT,
    "mail that waits for more than 15 minutes": timedelta(minutes=15) == checks.MAIL_WAITS,
    "wait for it for more than 15 minutes": timedelta(minutes=15) == checks.FILES_WAIT,
    "the certificate (21 days)": timedelta(days=21) == outside.CERTIFICATE_LEFT,
    "the last backup (26 hours)": timedelta(hours=26) == checks.BACKUP_AGE,
    "the last restore (92 days)": timedelta(days=92) == checks.RESTORE_AGE,
    "against the database's (5 s)": checks.SKEW == 5,
}
RUNBOOKS = {
    "lost-key", "stolen-key", "restore", "breach", "legal-hold", "death-of-a-member",
}  # fmt: skip


@pytest.mark.parametrize(("document", "name", "rest"), NAMED, ids=lambda one: str(one)[:40])
def test_a_command_that_is_named_exists_with_its_options(
    document: str, name: str, rest: str
) -> None:
    assert name in get_commands(), f"{document} names {name}"
    known = reading.parser_of(name)._option_string_actions
    assert set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", rest)) <= known.keys()


@pytest.mark.parametrize(("name", "words"), LINES, ids=lambda one: str(one)[:40])
def test_a_line_that_is_to_be_typed_would_be_taken(name: str, words: str) -> None:
    reading.takes(name, words)


def test_enough_was_found_to_mean_something() -> None:
    assert len(LINES) > 15
    assert {name for _, name, _ in NAMED} >= {"create_plan", "first_administrator", "restore"}


def test_every_runbook_says_when_who_how_and_what_to_write_down() -> None:
    found = {path.stem: path.read_text() for path in reading.DOCUMENTS[1:]}
    assert found.keys() == RUNBOOKS
    for name, text in found.items():
        assert f"(runbooks/{name}.md)" in reading.OPERATING.read_text()
        for part in ("**When**", "**Who**", "\n## It worked when", "\n## Write down"):
            assert part in text, (name, part)


def test_runbooks_name_nobody_whom_the_first_document_does_not() -> None:
    operating = reading.OPERATING.read_text()
    made = set(re.findall(r"(?:first_administrator|create_account) ([a-z]+\.[a-z]+)", operating))
    stand_for = set(re.findall(r"`([a-z]+\.[a-z]+|[A-Z]\d{4})`", operating.split("## Runbooks")[1]))
    for path in reading.DOCUMENTS[1:]:
        lines = re.findall(r"portal-manage [^`\n]*", path.read_text())
        by = {name for line in lines for name in re.findall(r"--by (\S+)", line)}
        about = {
            name
            for line in lines
            for name in re.findall(
                r"(?:--user|close_account|--member-number|record) ([a-z]+\.[a-z]+|[A-Z]\d{4})", line
            )
        }
        assert by <= made, path.name
        assert about <= stand_for, path.name


def test_links_between_these_documents_lead_somewhere() -> None:
    for path in reading.DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", path.read_text()):
            assert not link or (path.parent / link).exists(), (path.name, link)


def test_files_of_deploy_that_are_named_are_there() -> None:
    for path in reading.DOCUMENTS:
        for name in re.findall(r"(?<![\w-])deploy/[\w./@-]*\w", path.read_text()):
            assert name == "deploy/portal" or (CHECKOUT / name).exists(), (path.name, name)


def test_anchors_lead_to_a_heading() -> None:
    for path in ALL:
        for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", path.read_text()):
            aim = path.parent / link if link else path
            assert anchor in reading.anchors(aim), (path.name, f"{link}#{anchor}")


def test_units_that_are_named_are_there() -> None:
    known = {path.name for path in reading.UNITS.iterdir()}
    short = {name.partition(".")[0] for name in known}
    for path in ALL:
        text = path.read_text()
        named = set(re.findall(r"\bportal[a-z@-]*\.(?:service|timer|socket|target)\b(?!\.d)", text))
        assert named <= known, path.name
        after_systemctl = re.findall(
            r"(?:systemctl [a-z -]+|journalctl .*?-u) (portal-[a-z-]+)", text
        )
        assert set(after_systemctl) <= short, path.name


def test_files_of_the_code_that_are_named_are_there() -> None:
    tops = "|".join(path.name for path in CHECKOUT.glob("[a-z]*") if path.is_dir())
    for path in ALL:
        named = re.findall(rf"`((?:{tops})/[\w./-]+)`", path.read_text())
        missing = {name for name in named if not (CHECKOUT / name).exists()}
        assert missing <= MADE_BY_RUNS, (path.name, missing)


def test_pages_that_are_named_answer_or_ask_to_sign_in(db: None, plan: Any, client: Any) -> None:
    named = set(re.findall(r"`(/[a-z-]+/?)`", reading.OPERATING.read_text())) - FOLDERS
    assert named >= {"/status/", "/livez", "/readyz", "/metrics"}
    for name in named:
        assert resolve(name), name


def test_the_table_of_figures_is_what_metrics_gives(db: None) -> None:
    with context.system("test"):
        done.note(done.BACKUP)
    section = reading.OPERATING.read_text().partition("| figure | is |")[2].partition("\n\n")[0]
    told = dict(re.findall(r"`(portal_\w+)(?:\{(\w+)\})?`", section))
    given = {gauge.name: label_of(gauge.samples) for gauge in metrics.gauges()}
    # Without CERTIFICATE_PATH there is none here.
    assert told == {**given, "portal_certificate_ends_timestamp_seconds": ""}


def test_every_state_of_mail_is_told() -> None:
    text = reading.OPERATING.read_text()
    [row] = re.findall(r"^\| `portal_mail\{state\}` \|(.*)\|$", text, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == [one.value for one in metrics.UNSENT]
    [states] = re.findall(r"^`base_mail\.state`:.*$", text, re.MULTILINE)
    assert {one.value for one in MailState} <= set(re.findall(r"`(\w+)`", states))
    [letters] = re.findall(r"ends as (.*) becomes a letter", text)
    assert set(re.findall(r"`(\w+)`", letters)) == set(GIVEN_UP)


def label_of(samples: dict[str, float]) -> str:
    return next(iter(samples), "").partition("=")[0]


def test_the_table_of_guards_is_what_the_apps_sign_up() -> None:
    text = reading.OPERATING.read_text().partition("| guard | forbids |")[2]
    told = re.findall(r"^\| `([a-z_.]+)` \|", text.partition("\n\n")[0], re.MULTILINE)
    assert set(told) == set(registry.shred_guards)


def test_the_times_that_doctor_waits_for_are_those_it_is_said_to() -> None:
    text = reading.OPERATING.read_text().partition("## Is it well?")[2].partition("### Watching")[0]
    for words, held in SAID.items():
        assert words in text
        assert held, words
