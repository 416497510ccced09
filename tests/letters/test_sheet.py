"""What comes out on paper."""

import io
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings
from pikepdf import Name, NumberTree, Pdf, parse_content_stream

from portal.base.ids import uuid7
from portal.base.letters import kinds, page, render
from portal.base.letters.joined import together
from portal.base.letters.kinds import COMPLAINT_ROUTES, Block, Kind, Text
from tests.letters.conftest import AT, SENDER, unsaved
from tests.letters.sheets import reader, text_of, words


def made(sender: Any = SENDER, **changed: Any) -> bytes:
    content = page.content(unsaved(**changed), sender, AT)
    return render.render(content, at=AT, logo_name=sender.logo_name, logo=sender.logo)


def test_the_letter_is_tagged_for_readers_aloud() -> None:
    found = reader(made())
    root = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en-US"
    assert found.metadata.title == "Something new waits for you"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


def test_every_font_is_in_the_file() -> None:
    fonts = [
        font.get_object()
        for sheet in reader(made()).pages
        for font in sheet["/Resources"]["/Font"].values()
    ]
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile3" in inner or "/FontFile2" in inner


@pytest.mark.parametrize("lines", [2, 3, 4, 5])
def test_the_address_is_seen_through_the_window_wherever_the_sheet_lies(lines: int) -> None:
    # The most that is in sight at every place, less 1/8 in round it (see the template).
    address = ["Ana Díaz", "c/o Rosa Díaz", "Building 7", "12 Elm Street, Apt. 4", "Fresno, NC 2"]
    shown = [address[0], *address[-(lines - 1) :]]
    at = {word.text: word for word in words(made(address="\n".join(shown)))}
    for line in shown:
        word = at[line]
        assert word.left == pytest.approx(1.0, abs=0.01)
        cap_height = word.size * 0.66 / 72
        assert word.base - cap_height >= 2.62
        assert word.base <= 3.25
        assert word.size >= 8


def test_nothing_else_shows_through_the_window() -> None:
    """At no place of the sheet, nor of one folded in three like parts."""
    letter = unsaved(replaces=unsaved())
    pdf = render.render(page.content(letter, SENDER, AT), at=AT)
    in_sight = [
        word.text
        for word in words(pdf)
        if word.left < 5.375 and word.base >= 2.04 and word.base - word.size / 72 <= 3.63
    ]
    assert in_sight == ["Ana Díaz", "12 Elm Street", "Springfield, NC 27000"]


HOSTILE = [
    '#panic("x") *bold* $x$ `raw` <label> @ref // no \\ = Title',
    "Robert'); DROP TABLE--",
    "</script> &amp; {{ name }} %(url)s",
    '#image("/etc/passwd")',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_markup(name: str) -> None:
    pdf = made(address=f"{name}\n1 Elm\nCity")
    assert any(word.text == name for word in words(pdf))


def test_signs_that_turn_words_round_are_left_out() -> None:
    assert page.lines("Ana\u202e Díaz\u200b\n\n 12  Elm\x07") == ["Ana Díaz", "12 Elm"]


@pytest.mark.parametrize(
    "name",
    ["Núñez Ñandú ÁÉÍÓÚÜ áéíóúü ¿¡«»", "Linh Nguyễn", "Adébáyọ̀", "Zofia Łuczak", "Søren O’Brien"],
)
def test_names_of_our_members_have_their_letters(name: str) -> None:
    assert name.split()[0][0] in text_of(made(address=f"{name}\n1 Elm\nCity"))


@pytest.mark.parametrize(
    "address",
    [
        "李明\n1 Elm\nCity",
        f"{'W' * 60}\n1 Elm\nCity",
        "Ana Dias\nB\nC\nD\nE\nF",
    ],
)
def test_what_the_sheet_cannot_take_goes_on_an_envelope(address: str) -> None:
    with pytest.raises(render.Unprintable):
        made(address=address)
    pdf = made(address=address, by_hand=True)
    assert "Hello," in text_of(pdf)
    assert address.split("\n")[0] not in text_of(pdf)


def test_a_letter_in_spanish_is_marked_and_dated_so() -> None:
    pdf = made(language="es")
    assert reader(pdf).trailer["/Root"]["/Lang"] == "es"
    assert "25 de noviembre de 2026" in text_of(pdf)


def test_help_stands_in_both_languages() -> None:
    help_lines = page.content(unsaved(), SENDER, AT)["help"]
    assert [line["language"] for line in help_lines] == ["en", "es"]


def test_it_says_which_letter_it_replaces() -> None:
    first = unsaved()
    notes = page.content(unsaved(replaces=first), SENDER, AT)["notes"]
    assert notes[1] == f"Sent in place of letter {first.number}"


@pytest.mark.parametrize(
    ("changed", "sender", "part"),
    [
        ({"address": ""}, SENDER, "address"),
        ({"address": "Ana Díaz"}, SENDER, "address"),
        ({"address": "Ana Díaz\nUnknown"}, SENDER, "address"),
        ({}, replace(SENDER, address=()), "return_address"),
        ({}, replace(SENDER, phone=""), "phone"),
        ({}, replace(SENDER, url=""), "how_to_read"),
    ],
)
def test_what_is_lacking_is_named_with_what_to_do(changed: Any, sender: Any, part: str) -> None:
    letter = unsaved(**changed)
    needs = page.missing(page.content(letter, sender, AT), letter)
    assert [need.part for need in needs] == [part]
    assert str(needs[0].label)
    assert str(needs[0].remedy)


def test_a_kind_names_the_law_that_asks_for_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of access, say: its routes to complain are text of its own kind."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    need = replace(COMPLAINT_ROUTES, citation="45 CFR 164.524(d)(2)(iii)")
    routes = Block(("Write to us, or to HHS.",), part=need.part)
    for name, blocks in (("bare", ()), ("whole", (routes,))):
        text = Text("No", blocks)
        kinds.register(Kind(name, name, lambda letter, sender, text=text: text, (need,)))
    bare, whole = (unsaved(kind=name) for name in ("bare", "whole"))
    assert page.missing(page.content(bare, SENDER, AT), bare) == [need]
    assert page.missing(page.content(whole, SENDER, AT), whole) == []


def test_each_letter_begins_on_a_sheet_of_its_own() -> None:
    long = unsaved()
    content = page.content(long, SENDER, AT)
    content["blocks"] = [{"heading": "", "text": ["Words. " * 200] * 3, "steps": False}]
    two = render.render(content, at=AT)
    one = made()
    assert (render.pages_of(one), render.pages_of(two)) == (1, 2)
    joined = reader(together([one, two, one, one]))
    starts = [n for n, sheet in enumerate(joined.pages) if "Ana Díaz" in sheet.extract_text()]
    assert starts == [0, 2, 4, 6]
    assert len(joined.pages) == 7


def test_letters_in_one_file_keep_their_tags() -> None:
    whole = Pdf.open(io.BytesIO(together([made(), made(language="es"), made()])))
    tags = whole.Root.StructTreeRoot
    assert [str(letter.Lang) for letter in tags.K] == ["en-US", "es", "en-US"]
    assert all(letter.P.objgen == tags.objgen for letter in tags.K)
    # What is read aloud as a page's own stands on that page.
    on_page = NumberTree(tags.ParentTree)
    for sheet in whole.pages[::2]:
        elements = [one for one in on_page[int(sheet.obj.StructParents)] if "/Pg" in one]
        assert len(elements) > 10
        assert all(one.Pg.objgen == sheet.obj.objgen for one in elements)
    assert "/StructParents" not in whole.pages[1].obj
    assert whole.Root.MarkInfo.Marked
    assert whole.docinfo["/Title"] == "Letters"
    assert whole.check_pdf_syntax() == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_letters_of_one_language_make_a_file_of_that_language(language: str) -> None:
    one = made(language=language)
    whole = Pdf.open(io.BytesIO(together([one, one])))
    assert whole.Root.Lang == Pdf.open(io.BytesIO(one)).Root.Lang
    assert {str(letter.Lang) for letter in whole.Root.StructTreeRoot.K} == {str(whole.Root.Lang)}


def test_a_file_of_two_languages_says_them_at_each_letter() -> None:
    whole = Pdf.open(io.BytesIO(together([made(), made(language="es")])))
    assert "/Lang" not in whole.Root
    assert [str(letter.Lang) for letter in whole.Root.StructTreeRoot.K] == ["en-US", "es"]


def test_an_empty_back_is_no_part_of_what_is_read_aloud() -> None:
    whole = Pdf.open(io.BytesIO(together([made(), made()])))
    _front, back, _second = whole.pages
    words = [str(one.operator) for one in parse_content_stream(back)]
    assert words == ["BMC", "EMC"]
    assert parse_content_stream(back)[0].operands[0] == Name.Artifact
    assert "/StructParents" not in back.obj
    tagged = [
        one for _n, ones in NumberTree(whole.Root.StructTreeRoot.ParentTree).items() for one in ones
    ]
    assert all(one.Pg.objgen != back.obj.objgen for one in tagged if "/Pg" in one)


def test_words_of_a_fault_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What typst says of a template may quote a name."""
    content = page.content(unsaved(), SENDER, AT) | {"color": "Ana Díaz"}
    with pytest.raises(RuntimeError) as told:
        render.render(content, at=AT)
    assert "Ana" not in str(told.value)
    assert told.value.__cause__ is None


@override_settings(PUBLIC_SCHEME="https", PORT="443")
def test_numbers_tell_letters_apart() -> None:
    letter = unsaved(id=uuid7())
    assert letter.number.replace("-", "").lower() == letter.pk.hex[-8:]
