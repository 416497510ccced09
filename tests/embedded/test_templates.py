"""`make check` names file and line of a template that doesn't compile."""

from pathlib import Path

import pytest

from portal.base.embedded import templates
from portal.base.embedded.checks import CHECKS

WRONG = [
    ("one\n{% nosuchtag %}", 2, "nosuchtag"),
    ("one\n\n{% if a %}\nno end", 3, "Unclosed tag"),
    ("{% load nosuchlibrary %}", 1, "nosuchlibrary"),
    ("one\ntwo\n\n{{ a|nosuchfilter }}", 4, "nosuchfilter"),
    ("one\n{{ a b }}", 2, "Could not parse"),
    ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", 2, "more than once"),
]


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_file_line_and_reason_are_named(text: str, line: int, told: str, tmp_path: Path) -> None:
    page = tmp_path / "mail" / "page.txt"
    page.parent.mkdir()
    page.write_text(text)
    (tmp_path / "good.html").write_text("{% if a %}{{ a }}{% endif %}")
    (found,) = templates.problems([tmp_path])
    assert found.startswith(f"{page}:{line}: ")
    assert told in found


def test_all_of_ours_compile() -> None:
    folders = templates.own_folders()
    assert [folder.name for folder in folders] == ["templates"]
    assert list(templates.problems(folders)) == []


def test_the_check_is_one_of_those_that_run() -> None:
    assert ("templates", ("portal.base.embedded.templates",)) in CHECKS
