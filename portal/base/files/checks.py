"""What a person may upload, and what becomes of it before it is kept.

Nothing is unpacked before its size is known. A picture is drawn anew, so that where and with what
it was taken, and anything hidden behind its end, stays out. A PDF is written anew with its pages,
by a program of its own: whose it is, and what it would do, stays out.
"""

import re
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps

from portal.base.words import storable

MOST = 10 * 1024 * 1024
"""Bytes of one file. The published limit: deploy/nginx/portal.conf lets as much through."""
PIXELS = 50_000_000
UNPACKED = 200 * 1024 * 1024
NAME_LENGTH = 100
JPEG_QUALITY = 90
# Of a stream that is looked into: bytes read and bytes unpacked at once, and what it counts for.
PIECE_READ, PIECE, STREAM_COSTS = 4096, 64 * 1024, 2048
LAYERS = 3
STREAM = re.compile(rb"stream\r?\n")
# The end of a zip archive, where one is looked for: a file that is two things at once.
ZIP_END, ZIP_TAIL = b"PK\x05\x06", 66_000
# A decoder fails in many ways, and each says the same of the picture.
BROKEN = (
    Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, EOFError, SyntaxError,
    ValueError, TypeError, ArithmeticError, LookupError,
)  # fmt: skip
# A large picture unpacks to 200 MB: one at a time in each process. So with PDFs, which may take
# longer, so that no picture waits for one.
DRAWING, WRITING_PDF = Lock(), Lock()
LOCKED = gettext_lazy("This PDF is locked with a password. Save it without one, then choose it.")
HOLDS_FILES = gettext_lazy(
    "This PDF holds another file. Print it into a new PDF, then choose that."
)
TOO_LARGE = gettext_lazy("This PDF is too large inside. Print it into a new PDF, then choose that.")
# Never imported here: what breaks a reader of PDF must not be in this process.
PDF_ANEW = Path(__file__).with_name("pdf_anew.py")
# By its exit codes. Any other is a damaged file.
PDF_FAULTS = {11: LOCKED, 12: HOLDS_FILES, 13: TOO_LARGE}
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class Unfit(Exception):
    """The file is not taken. The argument is a sentence for whoever sent it."""


class Checked(NamedTuple):
    name: str
    content_type: str
    content: bytes


class Kind(NamedTuple):
    ending: str
    content_type: str
    begins: bytes
    clean: Callable[[bytes], bytes]


def check(upload: UploadedFile) -> Checked:  # type: ignore[type-arg]
    """The file as it may be kept. Raises Unfit."""
    if not upload.size:
        raise Unfit(_("This file is empty. Choose another one."))
    if upload.size > MOST:
        raise Unfit(_("This file is too large. Choose one of up to 10 MB."))
    kind = KINDS.get(ending_of(str(upload.name)))
    if kind is None:
        raise Unfit(_("We take PDF, JPG, PNG and text files. Save yours as one of these."))
    content = upload.read()
    if not content.startswith(kind.begins):
        raise Unfit(_("This file is not what its name says. Save it again, then choose it."))
    name = _shown_name(str(upload.name), kind)
    return Checked(name, kind.content_type, kind.clean(content))


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _shown_name(given: str, kind: Kind) -> str:
    """Without folders and signs that nobody sees, and never longer than a line."""
    last = re.split(r"[/\\]", storable(given))[-1].rpartition(".")[0]
    words = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    return f"{words[:NAME_LENGTH].strip() or _('File')}.{kind.ending}"


def _picture(form: str) -> Callable[[bytes], bytes]:
    def drawn_anew(content: bytes) -> bytes:
        damaged = Unfit(_("This picture is damaged or too large. Take it again, or save it anew."))
        try:
            with DRAWING, warnings.catch_warnings():
                # Pillow's own limit on pixels only warns at first.
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(BytesIO(content), formats=[form]) as found:
                    if found.width * found.height > PIXELS:
                        raise damaged
                    return _draw(found, form)
        except BROKEN as error:
            raise damaged from error

    return drawn_anew


def _draw(found: Image.Image, form: str) -> bytes:
    upright = ImageOps.exif_transpose(found)
    clear = form == "PNG" and (
        upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    )
    # Gray of 16 bits, as scans and X-rays have it: in 8 bits most of it would be white.
    deep = form == "PNG" and upright.mode.startswith("I")
    plain = upright.convert("I;16" if deep else "RGBA" if clear else "RGB")
    # Comments, profiles and text go along with a picture's info.
    plain.info = {}
    out = BytesIO()
    plain.save(out, form, optimize=True, **({"quality": JPEG_QUALITY} if form == "JPEG" else {}))
    return out.getvalue()


def _pdf(content: bytes) -> bytes:
    if b"%%EOF" not in content[-1024:]:
        raise Unfit(_("This PDF is damaged: its end is missing. Save it again, then choose it."))
    if ZIP_END in content[-ZIP_TAIL:]:
        raise Unfit(str(HOLDS_FILES))
    _require_small_inside(content)
    anew = _pdf_anew(content)
    # What was packed in ways that can't be measured before is deflated by now.
    _require_small_inside(anew)
    return anew


def _require_small_inside(content: bytes) -> None:
    if len(content) > MOST or unpacked_size(content, UNPACKED) > UNPACKED:
        raise Unfit(str(TOO_LARGE))


def _pdf_anew(content: bytes) -> bytes:
    program = [sys.executable, "-I", str(PDF_ANEW)]
    with WRITING_PDF:
        # It limits its own time. Nothing of our environment is its concern.
        done = subprocess.run(program, input=content, capture_output=True, env={}, check=False)
    if done.returncode:
        damaged = gettext_lazy("This PDF is damaged. Print it into a new PDF, then choose that.")
        raise Unfit(str(PDF_FAULTS.get(done.returncode, damaged)))
    return done.stdout


def unpacked_size(content: bytes, most: int) -> int:
    """Bytes in all deflated streams of a PDF, counted no further than just past `most`.

    Each stream counts for a little and each that breaks off for a piece, so that the work done
    stays as bounded as the size, whatever many streams someone writes into one file.
    """
    total = 0
    for found in STREAM.finditer(content):
        total += STREAM_COSTS + _stream_size(content, found.end(), most - total)
        if total > most:
            break
    return total


def _stream_size(content: bytes, start: int, most: int) -> int:
    """A stream may be deflated more than once: each layer counts."""
    size = 0
    for layers in range(1, LAYERS + 1):
        before, pieces = size, _pieces(content, start)
        for _layer in range(layers):
            pieces = _inflated(pieces)
        try:
            for piece in pieces:
                size += len(piece)
                if size > most:
                    return size
        except zlib.error:
            size += PIECE
        if size == before:
            break
    return size


def _pieces(content: bytes, start: int) -> Iterator[bytes]:
    # In small ones, since zlib copies what it leaves over.
    for at in range(start, len(content), PIECE_READ):
        yield content[at : at + PIECE_READ]


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Nothing where the first bytes are not zlib's, such as of a picture. Raises zlib.error."""
    unpack, first = zlib.decompressobj(), True
    for piece in pieces:
        if first and not _is_deflated(piece):
            return
        first = False
        while piece and not unpack.eof:
            yield unpack.decompress(piece, PIECE)
            piece = unpack.unconsumed_tail
        if unpack.eof:
            return


def _is_deflated(begin: bytes) -> bool:
    """By the header of RFC 1950: method 8, a check of both bytes, no dictionary."""
    return (
        len(begin) > 1
        and begin[0] & 0x0F == 8
        and int.from_bytes(begin[:2], "big") % 31 == 0
        and not begin[1] & 0x20
    )


def _text(content: bytes) -> bytes:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = content.decode("cp1252", "replace")
    if CONTROLS.search(words):
        raise Unfit(_("This is no text file. Save it as a PDF, then choose that."))
    return words.encode()


_JPEG = Kind("jpg", "image/jpeg", b"\xff\xd8\xff", _picture("JPEG"))
KINDS = {
    "pdf": Kind("pdf", "application/pdf", b"%PDF-", _pdf),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind("png", "image/png", b"\x89PNG\r\n\x1a\n", _picture("PNG")),
    "txt": Kind("txt", "text/plain; charset=utf-8", b"", _text),
}
ACCEPT = ",".join(f".{ending}" for ending in KINDS)
ENDINGS = {kind.content_type: kind.ending for kind in KINDS.values()}
