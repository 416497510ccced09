"""Writes a PDF anew with its pages, and without what it would do or says of who made it.

A program of its own: it reads from stdin, writes to stdout and exits with a code. What someone
wrote to break a reader of PDF breaks this process alone, within its limits, which has no secrets
in its environment and no connection to anything.
"""

import contextlib
import io
import re
import resource
import sys
from collections.abc import Callable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream, Token, TokenType

# What it exits with; checks.py says them in sentences.
OK, BROKEN, LOCKED, HOLDS_FILES, TOO_LARGE = 0, 10, 11, 12, 13
MEMORY, SECONDS = 1024**3, 10
# Words and numbers that draw, read one by one where a picture may stand among them: 4 seconds.
TOKENS = 2_000_000

# What is there to be seen and to be read aloud. All else of these goes.
OF_ROOT = {"/Type", "/Pages", "/Lang", "/MarkInfo", "/StructTreeRoot", "/OCProperties"}
OF_PAGE = {
    "/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox",
    "/Contents", "/Rotate", "/Group", "/UserUnit", "/Tabs", "/StructParents",
}  # fmt: skip
# Wherever it stands: who made it, when and with what, what it does, and what is outside or behind.
# "/Obj" leads from the tags of a link or a field to what it would do.
NOWHERE = (
    "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/AA", "/AF", "/EF", "/JS", "/Obj",
    "/OPI", "/Ref", "/Measure", "/PtData",
)  # fmt: skip
OF_PICTURE = {
    "/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent",
    "/ImageMask", "/Mask", "/Decode", "/Interpolate", "/SMask", "/SMaskInData", "/Matte", "/Name",
    "/StructParent", "/OC", "/F", "/Filter", "/DecodeParms", "/Length",
}  # fmt: skip
# Of a JPEG what draws it: frames, tables, lines and scans. Of the rest two, each up to where a
# small picture or words may begin: how its colors are meant. Comments, place, camera and profiles
# stand in the others.
DRAWS = {*range(0xC0, 0xD0), *range(0xDA, 0xE0)}
JFIF, ADOBE = b"\xff\xe0", b"\xff\xee"
HEADS = {JFIF: (b"JFIF\0", 12, b"\0\0"), ADOBE: (b"Adobe", 12, b"")}
START_OF_SCAN, END_OF_PICTURE = 0xDA, 0xD9
# The same of JPEG 2000: boxes that hold the picture and its colors, and boxes that hold such boxes.
KEPT_BOXES = {
    b"jP  ", b"ftyp", b"jp2c", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res ",
    b"opct",
}  # fmt: skip
OUTER_BOXES = {b"jp2h", b"jpch", b"jplh", b"cgrp"}
BOXES_DEEP = 3
START, END, START_OF_TILE, START_OF_DATA, TOLD = (
    b"\xff\x4f", b"\xff\xd9", b"\xff\x90", b"\xff\x93", b"\xff\x64",
)  # fmt: skip
BEGINS_PICTURE = re.compile(rb"\bBI\b")


class HoldsFiles(Exception):
    """Its pages are not all that it holds: without the rest something would be lost unsaid."""


class TooLarge(Exception):
    """More than can be looked through in time."""


def written_anew(content: bytes) -> bytes:
    """Raises pikepdf.PasswordError, HoldsFiles, TooLarge or any error of a broken PDF."""
    with Pdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
        if pdf.is_encrypted:
            raise pikepdf.PasswordError("It opens without a password, and is locked all the same.")
        if not len(pdf.pages):
            raise pikepdf.PdfError("It has no pages.")
        require_pages_alone(pdf)
        # What stands in the fields of a form, and stamps and notes, become part of their page.
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("all")
        clean(pdf)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, fix_metadata_version=False)
    return out.getvalue()


def require_pages_alone(pdf: Pdf) -> None:
    root, fields = pdf.Root, pdf.Root.get("/AcroForm", Dictionary())
    if "/Collection" in root or "/NeedsRendering" in root or "/XFA" in fields or pdf.attachments:
        raise HoldsFiles
    if any(one.get("/Subtype") == Name.FileAttachment for one in annotations(pdf)):
        raise HoldsFiles


def annotations(pdf: Pdf) -> Iterator[pikepdf.Object]:
    for page in pdf.pages:
        yield from page.obj.get("/Annots", Array())


def clean(pdf: Pdf) -> None:
    keep(pdf.Root, OF_ROOT)
    for page in pdf.pages:
        keep(page.obj, OF_PAGE)
    name_no_maker_of_layers(pdf.Root.get("/OCProperties", Dictionary()))
    for key in ("/Info", "/ID"):
        if key in pdf.trailer:
            del pdf.trailer[key]
    inside = PicturesInside()
    for page in pdf.pages:
        if any(may_hold_pictures(one) for one in listed(page.obj.get("/Contents"))):
            page.obj.Contents = Stream(pdf, page.get_filtered_contents(inside))
    for one in pdf.objects:
        if isinstance(one, (Dictionary, Stream, Array)):
            scrub(one)
            for drawing in drawings(one):
                if may_hold_pictures(drawing):
                    page = Page(Dictionary(Type=Name.Page, Contents=drawing))
                    drawing.write(page.get_filtered_contents(inside))


def name_no_maker_of_layers(layers: pikepdf.Object) -> None:
    for settings in (*listed(layers.get("/D")), *listed(layers.get("/Configs"))):
        if "/Creator" in settings:
            del settings["/Creator"]
    for layer in listed(layers.get("/OCGs")):
        usage = layer.get("/Usage", Dictionary())
        for key in ("/CreatorInfo", "/User"):
            if key in usage:
                del usage[key]


def keep(one: pikepdf.Object, kept: set[str]) -> None:
    for key in set(one.keys()) - kept:
        del one[key]


def parts(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """This object and what stands inside it, but not what it leads to: that comes by itself."""
    within = [one]
    while within:
        part = within.pop()
        yield part
        inner = (
            part.as_list() if isinstance(part, Array) else (value for _key, value in part.items())
        )
        within += [
            value for value in inner
            if isinstance(value, (Dictionary, Array)) and not value.is_indirect
        ]  # fmt: skip


def scrub(one: pikepdf.Object) -> None:
    for part in parts(one):
        for key in () if isinstance(part, Array) else NOWHERE:
            if key in part:
                del part[key]
    if isinstance(one, Stream):
        scrub_stream(one)


def scrub_stream(stream: Stream) -> None:
    if "/F" in stream:
        raise HoldsFiles
    if stream.get("/Subtype") == Name.Image:
        keep(stream, OF_PICTURE)
    filters, own = listed(stream.get("/Filter")), listed(stream.get("/DecodeParms"))
    if not filters or str(filters[-1]) not in PLAIN:
        return
    plain = plain_picture(stream.read_raw_bytes(), filters, own)
    last = own[len(filters) - 1 :]
    stream.write(plain, filter=Array(filters[-1:]), decode_parms=Array(last) if last else None)


def plain_picture(
    packed: bytes, filters: list[pikepdf.Object], parameters: list[pikepdf.Object]
) -> bytes:
    """Out of what it is packed in, and without what it says of itself."""
    outer = filters[:-1]
    if outer:
        with Pdf.new() as around:
            stream = Stream(around, packed, Filter=Array(outer))
            if parameters:
                stream.DecodeParms = Array(parameters[: len(outer)])
            packed = stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    return PLAIN[str(filters[-1])](packed)


def drawings(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """What draws as a page does: a form, a pattern, the letters of a font that is drawn."""
    if isinstance(one, Stream) and (
        one.get("/Subtype") == Name.Form or one.get("/PatternType") == 1
    ):
        yield one
    for part in parts(one):
        if isinstance(part, Dictionary):
            yield from (letter for _name, letter in part.get("/CharProcs", Dictionary()).items())


def may_hold_pictures(drawing: pikepdf.Object) -> bool:
    content = drawing.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    return BEGINS_PICTURE.search(content) is not None


class PicturesInside(pikepdf.TokenFilter):
    """Lets all through that draws; of a picture that stands in there, what is to be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = 0
        self.said: list[bytes] | None = None

    def handle_token(self, token: Token) -> Token | None:
        self.tokens += 1
        if self.tokens > TOKENS:
            raise TooLarge
        raw = token.raw_value
        if self.said is None:
            if raw != b"BI":
                return token
            self.said = []
        elif token.type_ == TokenType.inline_image:
            said, self.said = b"".join(self.said[:-2]), None
            return Token(TokenType.inline_image, plain_inside(said, raw))
        elif token.type_ == TokenType.eof:
            raise pikepdf.PdfError("A picture in it has no end.")
        else:
            self.said.append(raw)
        return None


def plain_inside(said: bytes, content: bytes) -> bytes:
    """A picture among what draws a page, from its first word up to its last, "EI"."""
    facts = pikepdf.Object.parse(b"<<" + said + b">>")
    filters = listed(facts.get("/F", facts.get("/Filter")))
    if not filters or str(filters[-1]) not in PLAIN:
        return b"BI" + said + b"ID " + content
    own = listed(facts.get("/DP", facts.get("/DecodeParms")))
    plain = plain_picture(content.lstrip(), filters, own)
    for key in ("/F", "/Filter", "/DP", "/DecodeParms", "/L", "/Length"):
        if key in facts:
            del facts[key]
    facts.F = Array(filters[-1:])
    if last := own[len(filters) - 1 :]:
        facts.DP = Array(last)
    return b"BI" + facts.unparse()[2:-2] + b"ID " + plain + b"\n"


def listed(value: pikepdf.Object | None) -> list[pikepdf.Object]:
    if value is None:
        return []
    return list(value.as_list()) if isinstance(value, Array) else [value]


def plain_jpeg(content: bytes) -> bytes:
    """Without the segments that say where and with what it was taken, and without what follows its
    end, such as a second picture of the same camera; the rest as it was."""
    kept, at = [content[:2]], 2
    while at < len(content):
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 2 > len(content) or content[at] != 0xFF:
            raise pikepdf.PdfError("A picture in it is damaged.")
        kind = content[at + 1]
        if kind == END_OF_PICTURE:
            kept.append(content[at : at + 2])
            break
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if kind == START_OF_SCAN:
            end = _end_of_scan(content, end)
        kept.append(content[at:end] if kind in DRAWS else _head(content[at:end]))
        at = end
    return b"".join(kept)


def _head(segment: bytes) -> bytes:
    begins, length, rest = HEADS.get(segment[:2], (b"", 0, b""))
    body = segment[4 : 4 + length]
    if not begins or not body.startswith(begins) or len(body) < length:
        return b""
    body += rest
    return segment[:2] + (len(body) + 2).to_bytes(2, "big") + body


def _end_of_scan(content: bytes, at: int) -> int:
    """Within a scan, a marker is what neither stands for a byte of it nor starts it again."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        following = content[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at
    return len(content)


def plain_jpeg_2000(content: bytes) -> bytes:
    return plain_codestream(content) if content.startswith(START) else plain_boxes(content)


def plain_boxes(content: bytes, depth: int = 1) -> bytes:
    """A JPEG 2000 file without the boxes that say where and with what it was taken."""
    kept, at = [], 0
    while at < len(content):
        size, kind, begin = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if size == 1:
            size, begin = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        end = at + size if size else len(content)
        if not at + begin <= end <= len(content):
            raise pikepdf.PdfError("A picture in it is damaged.")
        inside = content[at + begin : end]
        if kind == b"jp2c":
            inside = plain_codestream(inside)
        elif kind in OUTER_BOXES and depth < BOXES_DEEP:
            inside = plain_boxes(inside, depth + 1)
        elif kind not in KEPT_BOXES:
            inside = b""
        if inside:
            kept.append((len(inside) + 8).to_bytes(4, "big") + kind + inside)
        at = end
    return b"".join(kept)


def plain_codestream(content: bytes) -> bytes:
    """With each comment made blank, as tiles count their bytes, and nothing behind its end."""
    plain, at = bytearray(content), 2
    if not content.startswith(START):
        raise pikepdf.PdfError("A picture in it is damaged.")
    tile_end = 0
    while at < len(content) and (kind := content[at : at + 2]) != END:
        if kind == START_OF_DATA:
            # No two bytes within the data stand for an end.
            after = tile_end or content.find(END, at) % (len(content) + 1)
            if after <= at:
                raise pikepdf.PdfError("A picture in it is damaged.")
            at = after
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if kind[0] != 0xFF or not at + 4 <= end <= len(content):
            raise pikepdf.PdfError("A picture in it is damaged.")
        if kind == START_OF_TILE:
            length = int.from_bytes(content[at + 6 : at + 10], "big")
            tile_end = at + length if length else 0
        elif kind == TOLD:
            plain[at + 4 : end] = bytes(end - at - 4)
        at = end
    return bytes(plain[: at + 2])


PLAIN: dict[str, Callable[[bytes], bytes]] = {
    "/DCTDecode": plain_jpeg, "/DCT": plain_jpeg, "/JPXDecode": plain_jpeg_2000,
}  # fmt: skip


def limit() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        # macOS takes no limit of memory.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    limit()
    try:
        sys.stdout.buffer.write(written_anew(sys.stdin.buffer.read()))
    except pikepdf.PasswordError:
        return LOCKED
    except HoldsFiles:
        return HOLDS_FILES
    except TooLarge:
        return TOO_LARGE
    except Exception:
        # A broken file fails in many ways, and each says the same of it.
        return BROKEN
    return OK


if __name__ == "__main__":
    sys.exit(main())
