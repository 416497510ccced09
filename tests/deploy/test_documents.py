"""What operating.md and the runbooks tell to type exists, with the options that they give it."""

import re

import pytest
from django.core.management import get_commands

from portal.base.embedded.place import CHECKOUT
from tests.deploy import reading

pytestmark = pytest.mark.promise("AH19")
LINES = sorted(set(reading.run_lines()))
NAMED = sorted(set(reading.mentioned()))
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


def test_links_between_these_documents_lead_somewhere() -> None:
    for path in reading.DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", path.read_text()):
            assert not link or (path.parent / link).exists(), (path.name, link)


def test_files_of_deploy_that_are_named_are_there() -> None:
    for path in reading.DOCUMENTS:
        for name in re.findall(r"(?<![\w-])deploy/[\w./-]*\w", path.read_text()):
            assert name == "deploy/portal" or (CHECKOUT / name).exists(), (path.name, name)
