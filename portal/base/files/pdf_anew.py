"""Writes a PDF anew with its pages, and without what it would do or says of who made it.

A program of its own: it reads from stdin, writes to stdout and exits with a code. What someone
wrote to break a reader of PDF breaks this process alone, within its limits, which has no secrets
in its environment and no connection to anything.
"""

import contextlib
import io
import resource
import sys
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

# What it exits with; checks.py says them in sentences.
OK, BROKEN, LOCKED, HOLDS_FILES = 0, 10, 11, 12
MEMORY, SECONDS = 1024**3, 20

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
    "/OPI", "/Ref",
)  # fmt: skip
# Of a picture: how its colors are meant. Comments, place, camera and profiles stand in the others.
KEPT_SEGMENTS = {0xE0, 0xEE}
START_OF_SCAN, END_OF_PICTURE, COMMENT = 0xDA, 0xD9, 0xFE
JPEG = (Name.DCTDecode, Name.DCT)


class HoldsFiles(Exception):
    """Its pages are not all that it holds: without the rest something would be lost unsaid."""


def written_anew(content: bytes) -> bytes:
    """Raises pikepdf.PasswordError, HoldsFiles or any error of a broken PDF."""
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
    for one in pdf.objects:
        if isinstance(one, (Dictionary, Stream, Array)):
            scrub(one)


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


def scrub(one: pikepdf.Object) -> None:
    """This object and what stands inside it, but not what it leads to: that comes by itself."""
    within = [one]
    while within:
        part = within.pop()
        if isinstance(part, Array):
            inner = list(part.as_list())
        else:
            for key in NOWHERE:
                if key in part:
                    del part[key]
            inner = [value for _key, value in part.items()]
        within += [
            value for value in inner
            if isinstance(value, (Dictionary, Array)) and not value.is_indirect
        ]  # fmt: skip
    if isinstance(one, Stream):
        scrub_stream(one)


def scrub_stream(stream: Stream) -> None:
    if "/F" in stream:
        raise HoldsFiles
    filters = listed(stream.get("/Filter"))
    if not filters or filters[-1] not in JPEG:
        return
    packed = stream.read_raw_bytes()
    if len(filters) > 1:
        parameters = listed(stream.get("/DecodeParms"))[: len(filters) - 1]
        with Pdf.new() as around:
            outer = Stream(around, packed, Filter=Array(filters[:-1]))
            if parameters:
                outer.DecodeParms = Array(parameters)
            packed = outer.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    own = listed(stream.get("/DecodeParms"))[len(filters) - 1 :]
    stream.write(
        plain_jpeg(packed), filter=Name.DCTDecode, decode_parms=Array(own) if own else None
    )


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
        if not (0xE0 <= kind <= 0xEF or kind == COMMENT) or kind in KEPT_SEGMENTS:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


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
    except Exception:
        # A broken file fails in many ways, and each says the same of it.
        return BROKEN
    return OK


if __name__ == "__main__":
    sys.exit(main())
