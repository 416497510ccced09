"""A plan's look: one color checked and spread, its own files alone, commands that refuse."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import logo, theme
from accounts.models import Plan
from accounts.plan_form import PlanForm
from portal.base import context
from portal.base.audit.models import Event

CSS = Path(settings.BASE_DIR) / "static" / "css"
SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><path d="M0 0h9"/></svg>'


def token(name: str, nth: int = 0) -> str:
    return re.findall(rf"--{name}: (#[0-9a-f]+);", (CSS / "tokens.css").read_text())[nth]


def test_contrast_is_reckoned_against_what_pages_show() -> None:
    assert (token("paper"), token("sheet"), token("ink"), token("ink-2")) == (
        theme.PAPER, theme.SHEET, theme.INK, theme.INK_2,
    )  # fmt: skip
    night = (token("paper", 1), token("sheet", 1), token("ink", 1), token("ink-2", 1))
    assert night == (theme.NIGHT, theme.NIGHT_SHEET, theme.NIGHT_INK, theme.NIGHT_INK_2)
    assert token("on-accent", 1) == theme.ON_BRIGHT
    # https://webaim.org/resources/contrastchecker/ gives the same.
    assert round(theme.contrast("#000000", "#ffffff"), 2) == 21
    assert round(theme.contrast("#767676", "#ffffff"), 2) == 4.54


@given(st.integers(0, 0xFFFFFF))
def test_a_color_is_taken_or_a_darker_one_is_named(number: int) -> None:
    color = f"#{number:06x}"
    try:
        assert theme.lowest_contrast(theme.check_color(color)) >= 4.5
    except theme.BadTheme as error:
        named = re.findall(r"#[0-9a-f]{6}", str(error))
        assert named[0] == color
        assert theme.lowest_contrast(named[1]) >= 4.5


def test_a_color_goes_to_oklch_and_back() -> None:
    for color in ("#1c5048", "#24457a", "#ffffff", "#000000", "#c00000"):
        assert theme.to_hex(theme.to_oklch(color)) == color


@pytest.mark.parametrize("color", ["red", "#12345", "#12345g", "1c5048", "#1c5048;}", ""])
def test_what_is_no_color_is_told(color: str) -> None:
    with pytest.raises(theme.BadTheme, match="such as #1c5048"):
        theme.check_color(color)


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ('<path onload="x()"/>', "uses onload"),
        ('<path fill="url(https://elsewhere.example/a)"/>', "uses fill"),
        ('<image href="https://elsewhere.example/a.png"/>', "holds <image>"),
        ("<style>*{}</style>", "holds <style>"),
        ("<path", "can't be read"),
    ],
)
def test_an_svg_that_could_do_more_than_show_is_refused(inside: str, told: str) -> None:
    with pytest.raises(theme.BadTheme, match=told):
        logo.read(SQUARE.replace(b'<path d="M0 0h9"/>', inside.encode()))


def test_an_svg_with_entities_is_refused() -> None:
    with pytest.raises(theme.BadTheme, match="declares things"):
        logo.read(b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SQUARE)


def test_pictures_of_each_kind_are_taken_with_their_size() -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (64).to_bytes(4, "big") + (32).to_bytes(4, "big")
    lossless = ((90 - 1) | (30 - 1) << 14).to_bytes(4, "little")
    webp = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + lossless + bytes(9)
    assert logo.read(SQUARE)[2:] == (36, 36)
    assert logo.read(png)[2:] == (64, 32)
    assert logo.read(webp)[2:] == (90, 30)
    with pytest.raises(theme.BadTheme, match="PNG, WebP or SVG"):
        logo.read(b"GIF89a")


def test_the_sheet_is_the_plans_own_and_kept_for_good(plan: Plan, other_plan: Plan) -> None:
    with context.system("test"):
        Plan.objects.filter(pk=other_plan.pk).update(color="#24457a")
    mine, theirs = theme.sheet_name(plan.color), theme.sheet_name("#24457a")
    browser = Client(headers={"host": plan.host})
    answer = browser.get(f"/theme/{mine}")
    assert answer.text == theme.sheet(plan.color)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer
    assert f'href="/theme/{mine}"' in browser.get("/sign-in/").text
    assert browser.get(f"/theme/{theirs}").status_code == 404
    assert Client(headers={"host": other_plan.host}).get(f"/theme/{theirs}").status_code == 200


def test_a_session_is_not_carried_by_the_plans_files(member_user, client_for) -> None:
    browser = client_for(member_user)
    answer = browser.get(f"/theme/{theme.sheet_name(member_user.plan.color)}")
    assert (answer.status_code, dict(answer.cookies)) == (200, {})


def make(**more: str) -> Plan:
    options = {
        "host": "elm.localhost", "name": "Elm Plan", "phone": "1-800-555-0100",
        "hours": "Always", "address": "1 Elm Street",
    }  # fmt: skip
    call_command("create_plan", "elm", **{**options, **more})
    return Plan.objects.get(slug="elm")


@pytest.mark.django_db
def test_a_plan_is_made_with_its_logo(tmp_path: Path, other_plan: Plan) -> None:
    picture = tmp_path / "logo.svg"
    picture.write_bytes(SQUARE)
    plan = make(logo=picture, color="#7A1F5C")
    assert (plan.color, plan.logo_width) == ("#7a1f5c", 36)
    browser = Client(headers={"host": "elm.localhost"})
    assert f'src="/theme/{plan.logo_name}"' in browser.get("/sign-in/").text
    shown = browser.get(f"/theme/{plan.logo_name}")
    assert (shown.content, shown["Content-Type"]) == (SQUARE, "image/svg+xml")
    other = Client(headers={"host": other_plan.host})
    assert other.get(f"/theme/{plan.logo_name}").status_code == 404
    with context.system("test", plan.pk):
        assert Event.objects.filter(action="plan.created", plan_id=plan.pk).count() == 1


@pytest.mark.django_db
def test_a_color_too_light_is_refused_and_nothing_changes() -> None:
    plan = make()
    with pytest.raises(CommandError, match="is too light to read: it reaches a contrast of"):
        call_command("plan_theme", "elm", color="#ffcc00", phone="1-800-555-0199")
    plan.refresh_from_db()
    assert (plan.color, plan.phone) == ("#1c5048", "1-800-555-0100")
    call_command("plan_theme", "elm", color="#816500")
    plan.refresh_from_db()
    assert (plan.color, plan.phone) == ("#816500", "1-800-555-0100")


@pytest.mark.django_db
def test_each_language_has_its_own_lines_and_words(tmp_path: Path) -> None:
    words = tmp_path / "words.json"
    lines = [
        {"label": "¿Crisis?", "tel": "988", "note": "Oprima 2"},
        {"label": "¿911?", "tel": "911"},
    ]
    words.write_text(
        json.dumps({"crisis_lines": {"es": lines}, "texts": {"es": {"hours": "Siempre"}}})
    )
    make(words=words)
    browser = Client(headers={"host": "elm.localhost"})
    spanish = browser.get("/accessibility/", headers={"accept-language": "es"}).text
    assert "Oprima 2" in spanish
    assert "Siempre" in spanish
    english = browser.get("/accessibility/").text
    assert "Oprima 2" not in english
    assert "Veterans: press 1" in english
    assert "Always" in english


@pytest.mark.django_db
def test_a_plan_in_one_language_shows_no_other(plan: Plan) -> None:
    with context.system("test"):
        Plan.objects.filter(pk=plan.pk).update(languages=["en"])
    page = Client(headers={"host": plan.host}).get("/sign-in/", headers={"accept-language": "es"})
    assert '<html lang="en"' in page.text
    assert 'name="language"' not in page.text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("crisis_lines", {"en": [{"label": "Help", "tel": "988"}]}, "Keep 911"),
        ("crisis_lines", {"en": [{"label": "x", "tel": "javascript:1"}]}, "Write each crisis line"),
        ("crisis_lines", {"xx": []}, "by language"),
        ("texts", {"en": {"color": "red"}}, "Texts are"),
        ("languages", ["fr"], "Choose one or more"),
        ("host", "elm.elsewhere.example", "Use a host under localhost"),
        ("time_zone", "Mars/Olympus", "such as America/New_York"),
    ],
)
@pytest.mark.django_db
def test_what_pages_could_not_show_is_refused(field: str, value: object, told: str) -> None:
    given_value = value if isinstance(value, str) else json.dumps(value)
    assert told in " ".join(PlanForm({field: given_value}).errors[field])
