"""What the documents, the units and the settings name, as they are written."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from django.core.management import get_commands, load_command_class

from portal.base.embedded.place import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
UNITS = DEPLOY / "systemd"
OPERATING = CHECKOUT / "docs" / "operating.md"
DOCUMENTS = [OPERATING, *sorted((CHECKOUT / "docs" / "runbooks").glob("*.md"))]
READ = re.compile(r'(?:optional|required|flag|number|environ\.get)\(\s*"([A-Z_]+)"')
FROM_FILE = re.compile(r'(?:optional|required)\("([A-Z_]+)"\)')
COMMAND = re.compile(r"(?:portal-manage|manage\.py) ([a-z_]+)([^`\n|]*)")
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def settings_names(pattern: re.Pattern[str] = READ) -> set[str]:
    return set(pattern.findall((CHECKOUT / "portal" / "settings.py").read_text()))


def parser_of(name: str) -> argparse.ArgumentParser:
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    return command.create_parser("manage.py", name)


def takes(name: str, words: str) -> None:
    """Raises SystemExit where the command would not take these."""
    parser_of(name).parse_args(shlex.split(words, comments=True))


def mentioned() -> Iterator[tuple[str, str, str]]:
    """Document, command and the rest of the line, wherever one is named."""
    for path in DOCUMENTS:
        for name, rest in COMMAND.findall(path.read_text()):
            yield path.name, name, rest
    table = OPERATING.read_text().partition("## Commands")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        for words in re.findall(r"`([^`]+)`", row):
            if not words.startswith("--"):
                name, _, rest = words.partition(" ")
                yield "table of commands", name, rest


def run_lines() -> Iterator[tuple[str, str]]:
    """Commands that stand in a block to be run as they are."""
    for path in DOCUMENTS:
        for block in BLOCK.findall(path.read_text()):
            for name, rest in COMMAND.findall(block):
                if "..." not in rest:
                    # What follows in the shell is no argument: a closing bracket or a pipe.
                    yield name, rest.strip().removesuffix(")").removesuffix(')"')


def anchors(path: Path) -> set[str]:
    """What links can name, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def unit(name: str) -> dict[str, list[str]]:
    """The settings of one unit, together with those that all services share."""
    found: dict[str, list[str]] = {}
    texts = [(UNITS / name).read_text()]
    if name.endswith(".service"):
        texts.insert(0, (UNITS / "portal-.service.d" / "common.conf").read_text())
    for line in "\n".join(texts).replace("\\\n", " ").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value.strip())
    return found


def services() -> list[str]:
    return sorted(path.name for path in UNITS.glob("*.service"))
