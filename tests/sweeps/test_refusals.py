"""Every refusal says why in plain words, and nothing of what is there."""

import ast
import re

import pytest
from django.utils import translation
from django.utils.html import escape

from consents.question import Category, Fact, Purpose, Recipient, Tag
from consents.sentences import SENTENCES, Reason
from tests.pages import still
from tests.sweeps.conftest import CANARY, World
from tests.sweeps.routes import ROUTES
from tests.sweeps.test_code import modules
from tests.sweeps.test_urls import address, ask

pytestmark = pytest.mark.promise("AL2")
# School years that a sentence takes (Flesch and Kincaid), and the most words of one in Spanish,
# for which the measure was not made.
GRADE, MOST_WORDS = 8, 20
# What a sentence may not name: sensitive kinds of records, by our codes or in words.
KINDS = {
    "substance", "drug", "alcohol", "psychotherapy", "mental", "hiv", "reproductive", "genetic",
    "genes", "minor", "pregnan", "abuse", "part 2", "notes",
}  # fmt: skip


def sentences_of(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.?!])\s+", text) if one]


def syllables(word: str) -> int:
    bare = re.sub(r"(?:[^laeiouy]es|[^laeiouy]e|ed)$", "", word.casefold())
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def grade(text: str) -> float:
    words = re.findall(r"[A-Za-z']+", text)
    beats = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences_of(text)) + 11.8 * beats / len(words) - 15.59


def said(reason: Reason, language: str) -> str:
    with translation.override(language):
        return str(SENTENCES[reason])


def test_the_measure_tells_plain_from_hard() -> None:
    assert grade("We do not sell it. Ask who pays.") < 3
    hard = "Authorization for redisclosure of individually identifiable information is prohibited."
    assert grade(hard) > 15


@pytest.mark.parametrize("reason", sorted(Reason))
@pytest.mark.parametrize("language", ["en", "es"])
def test_each_reason_is_said_in_plain_words(reason: Reason, language: str) -> None:
    text = said(reason, language)
    assert text.endswith(".")
    assert all(len(one.split()) <= MOST_WORDS for one in sentences_of(text))
    if language == "en":
        assert grade(text) <= GRADE, text


@pytest.mark.parametrize("reason", sorted(Reason))
def test_no_reason_names_what_is_there(reason: Reason) -> None:
    text = said(reason, "en").casefold()
    # No place for a name, a number or an id; no code of ours.
    assert not re.search(r"[%{}\d_]", text)
    codes = {c.value for kind in (Tag, Fact, Purpose, Category, Recipient) for c in kind}
    assert not {code for code in codes if "_" in code and code in text}
    assert not {kind for kind in KINDS if kind in text}


def test_every_refusal_in_the_code_has_a_sentence() -> None:
    bare = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
        if re.fullmatch(r"PermissionDenied(\(\))?", ast.unparse(node.exc))
    ]
    assert bare == []


def main(page: str) -> str:
    """What is said; the frame round it marks which part of the portal the address is in."""
    return page.partition("<main")[2].partition("</main>")[0]


REFUSED = (
    "stranger",
    "off_team_worker",
    "care_worker",
    "plan_admin",
    "operator",
    "privacy_officer",
)


@pytest.mark.parametrize("who", REFUSED)
def test_refused_pages_say_why_or_are_all_one(world: World, who: str) -> None:
    client, silent, telling = world.browser(who), [], []
    absent: dict[str, list[str]] = {}
    for name, route in ROUTES.items():
        if route.lets is None or who in route.lets or "GET" not in route.methods.split():
            continue
        answer = ask(world, who, client, "GET", name, address(world, name))
        if CANARY in answer.text:
            telling.append(name)
        if answer.status_code == 404:
            absent.setdefault(main(still(answer)), []).append(name)
        elif escape(answer.context["sentence"] or "-") not in answer.text:
            silent.append(name)
    assert telling == []
    assert silent == []
    # What is not there and what is not theirs: one page, whatever was asked for.
    assert len(absent) == 1, list(absent.values())
