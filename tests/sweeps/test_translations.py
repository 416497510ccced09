from collections.abc import Iterator

import polib
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Plan
from portal.base.embedded import translations


@pytest.fixture(autouse=True)
def english_after() -> Iterator[None]:
    yield
    translation.deactivate()


def sign_in_page(plan: Plan, language: str) -> str:
    browser = Client(headers={"host": plan.host, "accept-language": language})
    return browser.get(reverse("account_login"), secure=True).text


def test_a_browser_that_asks_for_spanish_gets_it(plan: Plan) -> None:
    page = sign_in_page(plan, "es-US,es;q=0.9")
    assert 'lang="es"' in page
    assert "Iniciar sesión" in page
    assert "Contraseña" in page
    assert "Sign in" not in page


def test_a_browser_that_asks_for_english_gets_it(plan: Plan) -> None:
    page = sign_in_page(plan, "en-US")
    assert 'lang="en"' in page
    assert "Iniciar sesión" not in page


def test_every_word_has_its_spanish() -> None:
    assert list(translations.problems()) == []


@pytest.mark.parametrize(
    "entry",
    [
        polib.POEntry(msgid="Hello"),
        polib.POEntry(msgid="Hello", msgstr="Hola", flags=["fuzzy"]),
        polib.POEntry(msgid="From %(source)s", msgstr="De %(fuente)s"),
        polib.POEntry(
            msgid="%d time", msgid_plural="%d times", msgstr_plural={0: "%d vez", 1: "veces"}
        ),
    ],
)
def test_a_fault_in_the_spanish_is_found(entry: polib.POEntry) -> None:
    assert list(translations.wrong(entry))


def test_words_are_found_without_gettext() -> None:
    assert list(translations.in_python('_("One " "two")\nngettext("%d a", "%d as", 2)')) == [
        "One two",
        "%d a",
    ]
    page = '{% translate "It\'s" %}<p>{% blocktranslate %}{{ n }} a{% endblocktranslate %}'
    assert list(translations.in_template(page)) == ["It's", "%(n)s a"]
