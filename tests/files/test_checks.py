"""What may be uploaded: told by its bytes, drawn anew, and never unpacked beyond a limit."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from portal.base.files import checks
from tests.files.pdfs import as_it_is, made

pytestmark = pytest.mark.promise("AH19")
# One page, as the portal keeps it.
PDF = made(as_it_is, anew=True)


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#1c5048").save(out, form, **more)
    return out.getvalue()


def located() -> bytes:
    """A photograph that tells where it was taken, by whom, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn it to the right
    exif[0x010E] = "canary description"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = "canary-day"
    return picture(exif=exif, comment=b"canary comment")


def with_streams(*streams: bytes) -> bytes:
    objects = (b"2 0 obj\n<<>>\nstream\r\n" + one + b"\nendstream\n" for one in streams)
    return PDF.replace(b"%%EOF", b"".join(objects) + b"%%EOF")


def with_stream(size: int) -> bytes:
    return with_streams(zlib.compress(bytes(size), 9))


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


GOOD: dict[str, Callable[[], bytes]] = {
    "letter.pdf": lambda: PDF,
    "scan.PDF": lambda: with_stream(1_000_000),
    "photo.jpg": picture,
    "photo.JPEG": picture,
    "drawing.png": lambda: picture("PNG"),
    "note.txt": "Presión: 120/80\n".encode,
    "old note.txt": lambda: "Presión".encode("cp1252"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_people_have_is_taken(name: str) -> None:
    found = checks.check(upload(name, GOOD[name]()))
    assert found.name.lower().rpartition(".")[0] == name.lower().rpartition(".")[0]
    assert found.content
    assert checks.ENDINGS[found.content_type] == found.name.rpartition(".")[2]


def test_a_scan_in_deep_gray_keeps_its_grays() -> None:
    given = Image.new("I;16", (256, 1))
    for x in range(256):
        given.putpixel((x, 0), x * 257)
    out = io.BytesIO()
    given.save(out, "PNG")
    found = Image.open(io.BytesIO(checks.check(upload("xray.png", out.getvalue())).content))
    assert [found.getpixel((x, 0)) for x in range(256)] == [x * 257 for x in range(256)]


def test_a_pdf_that_speaks_of_locks_is_not_locked() -> None:
    words = PDF.replace(b"%%EOF", b"% the name /Encrypt\n%%EOF")
    assert checks.check(upload("a.pdf", words)).content


BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.pdf", b"", "is empty"),
    "large": ("a.pdf", PDF + b" " * checks.MOST, "too large"),
    "kind": ("a.exe", b"MZ", "We take PDF"),
    "no ending": ("a", PDF, "We take PDF"),
    "two endings": ("a.pdf.html", PDF, "We take PDF"),
    "program": ("a.pdf", b"MZ\x90\x00", "not what its name says"),
    "picture": ("a.png", picture(), "not what its name says"),
    "page": ("a.jpg", b"<html><script>", "not what its name says"),
    "cut picture": ("a.jpg", picture(size=(900, 900))[:600], "damaged"),
    "head alone": ("a.png", b"\x89PNG\r\n\x1a\n", "damaged"),
    "cut pdf": ("a.pdf", PDF[:40], "its end is missing"),
    "pdf and zip": ("a.pdf", PDF[:-7] + b"PK\x05\x06" + bytes(18) + b"%%EOF\n", "another file"),
    "program as text": ("a.txt", b"MZ\x00\x01\x02", "no text file"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_may_harm_is_refused_in_a_sentence(name: str) -> None:
    given, content, sentence = BAD[name]
    with pytest.raises(checks.Unfit, match=sentence):
        checks.check(upload(given, content))


def test_a_pdf_that_unpacks_to_much_is_refused_without_doing_so() -> None:
    bomb = with_stream(checks.UNPACKED + 1)
    assert len(bomb) < 300_000
    assert checks.unpacked_size(bomb, 5_000_000) < 10_000_000
    with pytest.raises(checks.Unfit, match="too large inside"):
        checks.check(upload("a.pdf", bomb))


BOMBS: dict[str, Callable[[], bytes]] = {
    "deflated twice": lambda: with_streams(
        zlib.compress(zlib.compress(bytes(checks.UNPACKED + 1), 9), 9)
    ),
    # A reader shows what came before the break, so it counts.
    "that break off": lambda: with_streams(
        *[zlib.compress(bytes(1_000_000), 9)[:-4] + b"\xff" * 4] * 250
    ),
    "of nothing, many of them": lambda: PDF.replace(b"%%EOF", b"stream\n" * 200_000 + b"%%EOF"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_pdf_of_many_or_nested_streams_is_refused(name: str) -> None:
    bomb = BOMBS[name]()
    assert len(bomb) < checks.MOST
    with pytest.raises(checks.Unfit, match="too large inside"):
        checks.check(upload("a.pdf", bomb))


def test_a_picture_of_too_many_points_is_never_unpacked() -> None:
    sides = 8_000
    assert sides * sides > checks.PIXELS
    bomb = picture("PNG", (sides, sides))
    assert len(bomb) < checks.MOST
    with pytest.raises(checks.Unfit, match="damaged or too large"):
        checks.check(upload("a.png", bomb))


@pytest.mark.promise("AL2")
def test_where_a_picture_was_taken_stays_out() -> None:
    given = located()
    assert b"canary" in given
    found = checks.check(upload("IMG_1.jpg", given))
    kept = Image.open(io.BytesIO(found.content))
    assert b"canary" not in found.content
    assert not kept.getexif()
    # It stands as the camera meant it.
    assert kept.size == (20, 40)


def test_what_hides_behind_a_picture_is_gone() -> None:
    found = checks.check(upload("a.jpg", picture() + b"PK\x03\x04 canary"))
    assert b"canary" not in found.content


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Ana\\a.txt", "a.txt"),
        ("\u202egpj.txt", "gpj.txt"),
        ("a\x00b\n.txt", "ab.txt"),
        (".txt", "File.txt"),
        ("x" * 300 + ".txt", "x" * 100 + ".txt"),
    ],
)
def test_a_name_is_a_line_of_plain_signs(given: str, shown: str) -> None:
    sent = upload("a.txt", b"words")
    sent._name = given  # type: ignore[attr-defined]  # Django's own cleaning is passed by
    assert checks.check(sent).name == shown
