"""What becomes of a PDF: its pages, and nothing of what it would do or says of who made it."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

from portal.base.files import checks
from portal.base.files.pdf_anew import plain_jpeg, plain_jpeg_2000
from tests.files import pdfs
from tests.files.pdfs import as_it_is, made, script

pytestmark = pytest.mark.promise("AL2")


def kept(content: bytes) -> bytes:
    return checks.check(SimpleUploadedFile("a.pdf", content)).content


def everything(content: bytes) -> bytes:
    """All objects that are in there, unpacked."""
    out = io.BytesIO()
    with Pdf.open(io.BytesIO(content)) as pdf:
        pdf.save(
            out, qdf=True, compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )  # fmt: skip
    return out.getvalue()


GIVEN: dict[str, Callable[[Pdf], Any]] = {
    "its author": pdfs.signed_by,
    "where a photo in it was taken": pdfs.photo,
    "where a picture is on the map": pdfs.mapped,
    "a second picture behind a photo": lambda pdf: pdfs.put_picture(pdf, pdfs.jpeg() + pdfs.jpeg()),
    "a photo by its short name": pdfs.short_photo,
    "a photo among what draws a page": pdfs.drawn(pdfs.inside()),
    "a photo within a form": pdfs.form_with_photo,
    "a photo within a pattern": pdfs.pattern_with_photo,
    "a photo within a letter": pdfs.letter_with_photo,
    "a photo within a stamp": pdfs.note_with_photo,
    "a JPEG 2000 photo": pdfs.modern_photo,
    "a JPEG 2000 photo without boxes": lambda pdf: pdfs.modern_photo(
        pdf, pdfs.jpeg_2000(bare=True)
    ),
    "who made its layers": pdfs.layered,
    "a script at its start": lambda pdf: setattr(pdf.Root, "OpenAction", script()),
    "a script by name": lambda pdf: setattr(
        pdf.Root, "Names", Dictionary(JavaScript=Dictionary(Names=Array(["a", script()])))
    ),
    "a script of a page": lambda pdf: setattr(
        pdf.pages[0].obj, "AA", Dictionary(O=script(), C=script())
    ),
    "a program that a link starts": lambda pdf: pdfs.annotate(
        pdf, Name.Link, A=Dictionary(S=Name.Launch, F="canary.exe")
    ),
    "an address that it asks": lambda pdf: setattr(
        pdf.Root, "OpenAction", Dictionary(S=Name.URI, URI="https://canary.example")
    ),
    "a link that its tags lead to": pdfs.tagged_link,
    "a script of a field": pdfs.filled_in,
}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("packed", ["disable", "generate"])
def test_what_it_would_do_or_tell_is_gone(name: str, packed: str) -> None:
    given = made(GIVEN[name], object_stream_mode=pikepdf.ObjectStreamMode[packed])
    found = everything(kept(given))
    assert b"canary" in everything(given)
    assert b"canary" not in found
    for word in (b"/JavaScript", b"/Launch", b"/URI", b"/OpenAction", b"/AA", b"/Annots"):
        assert word not in found


def test_what_was_filled_in_stays_on_the_page() -> None:
    given = made(pdfs.filled_in)
    found = everything(kept(given))
    assert b"Visible words" in found
    assert b"/AcroForm" not in found


def test_a_picture_in_it_stays_as_it_was() -> None:
    def pixels(content: bytes) -> bytes:
        with Pdf.open(io.BytesIO(content)) as pdf:
            image = pdf.pages[0].obj.Resources.XObject.Im
            return bytes(pikepdf.PdfImage(image).as_pil_image().tobytes())

    given = made(pdfs.photo)
    assert pixels(kept(given)) == pixels(given)


def test_a_picture_with_bytes_to_fill_is_whole() -> None:
    first = pdfs.jpeg()
    filled = first[:2] + b"\xff\xff" + first[2:]
    assert plain_jpeg(filled) == plain_jpeg(first)
    assert plain_jpeg(first + b"canary") == plain_jpeg(first)
    Image.open(io.BytesIO(plain_jpeg(first))).load()


def segment(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    "more",
    [
        segment(0xE0, b"JFXX\0\x10" + pdfs.jpeg()),
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\2\1canary"),
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\1canary"),
        segment(0xEE, b"canary"),
        segment(0xF0, b"canary"),
        segment(0x02, b"canary"),
    ],
    ids=["a small picture", "its colors", "Adobe's colors", "words", "JPEG's own", "reserved"],
)
def test_a_picture_within_a_picture_goes(more: bytes) -> None:
    first = pdfs.jpeg()
    plain = plain_jpeg(first[:2] + more + first[2:])
    assert b"canary" not in plain
    assert b"Exif" not in plain
    Image.open(io.BytesIO(plain)).load()


def test_how_colors_are_meant_stays() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (20, 20), (10, 200, 30, 4)).save(out, "JPEG")
    given = out.getvalue()
    plain = plain_jpeg(given)
    first, second = (Image.open(io.BytesIO(one)) for one in (given, plain))
    assert (first.tobytes(), first.info.get("adobe")) == (
        second.tobytes(), second.info.get("adobe"),
    )  # fmt: skip
    assert first.info.get("adobe") is not None


def test_a_picture_packed_twice_says_no_more() -> None:
    def twice(pdf: Pdf) -> None:
        pdfs.photo(pdf)
        image = pdf.pages[0].obj.Resources.XObject.Im
        packed = zlib.compress(image.read_raw_bytes())
        image.write(packed, filter=Array([Name.FlateDecode, Name.DCTDecode]))

    with Pdf.open(io.BytesIO(kept(made(twice)))) as pdf:
        image = pdf.pages[0].obj.Resources.XObject.Im
        assert b"canary" not in image.read_raw_bytes()
        assert pikepdf.PdfImage(image).as_pil_image().size == (20, 20)


INSIDE = {
    "as it is": (pdfs.jpeg(), b"/DCT"),
    "by its long name, in other signs": (pdfs.jpeg(), b"[ /D#43TDecode ]"),
    "with its length": (pdfs.jpeg(), b"/DCT /L %d" % len(pdfs.jpeg())),
    "packed twice": (zlib.compress(pdfs.jpeg()), b"[/Fl /DCT]"),
    "in hexadecimal": (pdfs.jpeg().hex().encode() + b">", b"[/AHx /DCT] /DP [null null]"),
    "after a line's end": (b"\n" + pdfs.jpeg(), b"/DCT"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_picture_within_a_page_is_seen_as_before(name: str) -> None:
    content = kept(made(pdfs.drawn(pdfs.inside(*INSIDE[name]))))
    with Pdf.open(io.BytesIO(content)) as pdf:
        words = pikepdf.parse_content_stream(pdf.pages[0])
    assert [str(one.operator) for one in words] == ["q", "cm", "INLINE IMAGE", "Q", "Tj"]
    image = words[2].operands[0]
    assert plain_jpeg(pdfs.jpeg()) + b"\nEI" in image.unparse()
    assert (image.width, image.filters, image.obj.get("/L")) == (20, ["/DCTDecode"], None)
    assert b"canary" not in everything(content)


def test_what_else_stands_within_a_page_stays_to_the_byte() -> None:
    drawing = b"(BI) Tj q BI /W 1 /H 1 /CS /G /BPC 8 ID x\nEI Q"
    given = made(lambda pdf: setattr(pdf.pages[0].obj, "Contents", Stream(pdf, drawing)))
    with Pdf.open(io.BytesIO(kept(given))) as pdf:
        assert pdf.pages[0].obj.Contents.read_bytes().split() == drawing.split()


@pytest.mark.parametrize("bare", [True, False])
def test_a_jpeg_2000_picture_stays_as_it_was(bare: bool) -> None:
    given = pdfs.jpeg_2000(bare=bare, tile_size=(16, 16))
    plain = plain_jpeg_2000(given)
    assert b"canary" in given
    assert b"canary" not in plain
    first, second = (Image.open(io.BytesIO(one)) for one in (given, plain))
    assert first.tobytes() == second.tobytes()


BOXES = {
    "XML": pdfs.box(b"xml ", b"<gps>canary</gps>"),
    "Exif": pdfs.box(b"uuid", b"JpgTiffExif->JP2" + b"canary"),
    "a list of addresses": pdfs.box(b"uinf", pdfs.box(b"url ", b"canary")),
    "a large one": pdfs.box(b"uuid", b"canary", large=True),
    "a label within": pdfs.box(b"jplh", pdfs.box(b"lbl ", b"canary")),
    "one of another kind": pdfs.box(b"jp2i", b"canary"),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_jpeg_2000_picture_says_nothing_of_itself(name: str) -> None:
    given = pdfs.jpeg_2000(boxes=BOXES[name])
    plain = plain_jpeg_2000(given)
    assert b"canary" not in plain
    assert Image.open(io.BytesIO(plain)).tobytes() == Image.open(io.BytesIO(given)).tobytes()
    assert plain_jpeg_2000(pdfs.jpeg_2000() + BOXES[name]) == plain


def test_nothing_follows_the_end_of_a_jpeg_2000_picture() -> None:
    bare = pdfs.jpeg_2000(bare=True)
    assert plain_jpeg_2000(bare + b"canary") == plain_jpeg_2000(bare)
    # A tile that goes as far as the picture does.
    at = bare.index(b"\xff\x90") + 6
    open_ended = bare[:at] + bytes(4) + bare[at + 4 :]
    assert plain_jpeg_2000(open_ended + b"canary") == plain_jpeg_2000(open_ended)


def test_a_tile_that_ends_before_it_begins_is_damaged() -> None:
    bare = pdfs.jpeg_2000(bare=True)
    at = bare.index(b"\xff\x90") + 6
    with pytest.raises(pikepdf.PdfError):
        plain_jpeg_2000(bare[:at] + b"\0\0\0\1" + bare[at + 4 :])


def test_its_tags_for_reading_aloud_stay() -> None:
    assert b"(A link)" in everything(kept(made(pdfs.tagged_link)))


def test_written_anew_once_more_it_is_the_same() -> None:
    once = kept(made(pdfs.signed_by))
    assert kept(once) == once


DRM = pikepdf.Encryption(owner="canary", user="", R=6)
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "locked": (
        lambda: made(as_it_is, encryption=pikepdf.Encryption(owner="o", user="u", R=6)),
        "locked",
    ),
    "locked, though it opens": (lambda: made(as_it_is, encryption=DRM), "locked"),
    "a file in it": (lambda: made(pdfs.attach), "holds another file"),
    "a file behind a note": (lambda: made(pdfs.behind_a_note), "holds another file"),
    "a page that is elsewhere": (lambda: made(pdfs.from_outside), "holds another file"),
    "a collection of files": (
        lambda: made(lambda pdf: setattr(pdf.Root, "Collection", Dictionary())),
        "holds another file",
    ),
    "a form that only a program can draw": (
        lambda: made(lambda pdf: setattr(pdf.Root, "AcroForm", Dictionary(XFA=Stream(pdf, b"")))),
        "holds another file",
    ),
    "nothing that can be read": (lambda: b"%PDF-1.7\n" + bytes(500) + b"\n%%EOF\n", "is damaged"),
    "no pages": (lambda: made(lambda pdf: pdf.pages.__delitem__(0)), "is damaged"),
    "a broken picture": (
        lambda: made(lambda pdf: pdfs.put_picture(pdf, b"\xff\xd8\xff\xe1\x00")), "is damaged"
    ),
    "a broken JPEG 2000 picture": (
        lambda: made(lambda pdf: pdfs.modern_photo(pdf, pdfs.jpeg_2000()[:90])), "is damaged"
    ),
    "a broken picture within a page": (
        lambda: made(pdfs.drawn(pdfs.inside(b"\xff\xd8canary"))), "is damaged"
    ),
    "a picture within a page that does not end": (
        lambda: made(pdfs.drawn(b"q BI /F /DCT ID " + pdfs.jpeg())), "is damaged"
    ),
    "more that draws than can be looked through": (
        lambda: made(pdfs.drawn(pdfs.inside() + b"1 " * 1_050_000)), "too large inside"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_kept_whole_is_refused_in_a_sentence(name: str) -> None:
    given, sentence = REFUSED[name]
    with pytest.raises(checks.Unfit, match=sentence):
        kept(given())


def test_what_is_packed_in_another_way_is_measured_too() -> None:
    def bomb(pdf: Pdf) -> None:
        page = Stream(pdf, pdfs.lzw_zeros(checks.UNPACKED + 1))
        page.Filter = Name.LZWDecode
        pdf.pages[0].obj.Contents = page

    given = made(bomb)
    assert len(given) < 500_000
    with pytest.raises(checks.Unfit, match="too large inside"):
        kept(given)


def test_one_of_many_pages_and_pictures_is_taken() -> None:
    def long(pdf: Pdf) -> None:
        for _page in range(700):
            pdf.add_blank_page()
            photo = pdfs.picture_of(pdf, pdfs.jpeg((400, 400)))
            pdf.pages[-1].obj.Resources = Dictionary(XObject=Dictionary(Im=photo))
            pdf.pages[-1].obj.Contents = Stream(pdf, b"BT (Page) Tj ET " * 500)

    given = made(long)
    assert len(given) < checks.MOST
    with Pdf.open(io.BytesIO(kept(given))) as pdf:
        assert len(pdf.pages) == 701
        assert b"(Page)" in pdf.pages[-1].obj.Contents.read_bytes()


# Eats memory, ends as if it had been shot, falls over.
FALLS = ["b'x' * 2 * 1024**3", "import os; os.kill(os.getpid(), 9)", "1 / 0"]


@pytest.mark.parametrize("fall", FALLS)
def test_a_program_that_falls_over_a_file_is_a_broken_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fall: str
) -> None:
    program, folder = tmp_path / "program.py", str(Path(checks.__file__).parent)
    first = f"import sys; sys.path.insert(0, {folder!r}); import pdf_anew; pdf_anew.limit()"
    program.write_text(f"{first}\n{fall}\nsys.exit(pdf_anew.main())\n")
    monkeypatch.setattr(checks, "PDF_ANEW", program)
    with pytest.raises(checks.Unfit, match="is damaged"):
        kept(made(as_it_is))


def test_the_program_knows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import os; print('%PDF-', *os.environ)")
    monkeypatch.setattr(checks, "PDF_ANEW", program)
    assert set(kept(made(as_it_is)).split()) <= {b"%PDF-", b"LC_CTYPE"}
