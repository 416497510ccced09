"""PDFs for tests: one page, and what someone did to it."""

import io
from collections.abc import Callable
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

from portal.base.files.pdf_anew import written_anew


def made(change: Callable[[Pdf], Any], *, anew: bool = False, **saved: Any) -> bytes:
    out = io.BytesIO()
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(99, 99))
        change(pdf)
        pdf.save(out, **saved)
    return written_anew(out.getvalue()) if anew else out.getvalue()


def as_it_is(pdf: Pdf) -> None:
    """Nothing is done to it."""


def script(words: str = "app.alert('canary')") -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=words)


def annotate(pdf: Pdf, subtype: Name, **more: Any) -> None:
    one = Dictionary(Type=Name.Annot, Subtype=subtype, Rect=Array([9, 9, 90, 30]), **more)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(one)])


def signed_by(pdf: Pdf) -> None:
    pdf.docinfo["/Author"], pdf.docinfo["/Producer"] = "canary author", "canary program"
    with pdf.open_metadata() as words:
        words["dc:creator"] = ["canary author"]
    pdf.pages[0].obj.PieceInfo = Dictionary(Program=Dictionary(Private="canary draft"))
    pdf.pages[0].obj.Metadata = Stream(pdf, b"canary of the page")


def jpeg(size: tuple[int, int] = (20, 20)) -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010E] = "canary place"
    Image.new("RGB", size, "#1c5048").save(out, "JPEG", exif=exif, comment=b"canary comment")
    return out.getvalue()


def photo(pdf: Pdf) -> None:
    put_picture(pdf, jpeg())


def mapped(pdf: Pdf) -> None:
    photo(pdf)
    place = Dictionary(Type=Name.Measure, Subtype=Name.GEO, Bounds="canary")
    pdf.pages[0].obj.Resources.XObject.Im.Measure = place
    pdf.pages[0].obj.Resources.XObject.Im.Canary = "canary"


def short_photo(pdf: Pdf) -> None:
    photo(pdf)
    image = pdf.pages[0].obj.Resources.XObject.Im
    image.write(image.read_raw_bytes(), filter=Name.DCT)


def inside(packed: bytes = b"", filters: bytes = b"/DCT") -> bytes:
    """A photo among what draws a page."""
    facts = b"/W 20 /H 20 /CS /RGB /BPC 8 /F " + filters
    return b"q 90 0 0 90 0 0 cm BI " + facts + b" ID " + (packed or jpeg()) + b"\nEI Q (after) Tj "


def drawn(content: bytes) -> Callable[[Pdf], None]:
    def draw(pdf: Pdf) -> None:
        half = content.find(b"BI")
        parts = [Stream(pdf, content[:half]), Stream(pdf, content[half:])]
        pdf.pages[0].obj.Contents = Array([pdf.make_indirect(one) for one in parts])

    return draw


def form_with_photo(pdf: Pdf) -> None:
    form = Stream(pdf, inside(), Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 90, 90]))
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Fm=form))


def pattern_with_photo(pdf: Pdf) -> None:
    pattern = Stream(pdf, inside(), PatternType=1, PaintType=1, TilingType=1, XStep=9, YStep=9)
    pattern.BBox, pattern.Resources = Array([0, 0, 9, 9]), Dictionary()
    pdf.pages[0].obj.Resources = Dictionary(Pattern=Dictionary(P=pattern))


def letter_with_photo(pdf: Pdf) -> None:
    letters = Dictionary(a=pdf.make_indirect(Stream(pdf, inside())))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=letters)
    pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary(F=font))


def note_with_photo(pdf: Pdf) -> None:
    form_with_photo(pdf)
    form = pdf.pages[0].obj.Resources.XObject.Fm
    annotate(pdf, Name.Stamp, AP=Dictionary(N=form), F=4)


def jpeg_2000(*, boxes: bytes = b"", bare: bool = False, **saved: Any) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (20, 20), "#1c5048")
    picture.save(out, "JPEG2000", comment="canary comment", no_jp2=bare, **saved)
    content = out.getvalue()
    if bare:
        return content
    at = content.index(b"jp2c") - 4
    return content[:at] + boxes + content[at:]


def box(kind: bytes, inside: bytes, *, large: bool = False) -> bytes:
    if large:
        return b"\0\0\0\1" + kind + (len(inside) + 16).to_bytes(8, "big") + inside
    return (len(inside) + 8).to_bytes(4, "big") + kind + inside


def modern_photo(pdf: Pdf, content: bytes = b"") -> None:
    put_picture(pdf, content or jpeg_2000())
    pdf.pages[0].obj.Resources.XObject.Im.Filter = Name.JPXDecode


def layered(pdf: Pdf) -> None:
    maker = Dictionary(CreatorInfo=Dictionary(Creator="canary program", Subtype=Name.Artwork))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Notes", Usage=maker))
    pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]), D=Dictionary(Creator="canary author", Order=Array([layer]))
    )


def put_picture(pdf: Pdf, content: bytes) -> None:
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Im=picture_of(pdf, content)))
    pdf.pages[0].obj.Contents = Stream(pdf, b"90 0 0 90 0 0 cm /Im Do")


def picture_of(pdf: Pdf, content: bytes) -> Stream:
    image = Stream(pdf, content, Type=Name.XObject, Subtype=Name.Image, Width=20, Height=20)
    image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceRGB, 8, Name.DCTDecode
    return image


def filled_in(pdf: Pdf) -> None:
    """A form with a field that someone filled in, and a script that works on it."""
    annotate(
        pdf, Name.Widget, FT=Name.Tx, T="name", V="Visible words", DA="/Helv 9 Tf 0 g",
        AA=Dictionary(K=script()),
    )  # fmt: skip
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.Root.AcroForm = Dictionary(
        Fields=Array([pdf.pages[0].obj.Annots[0]]), NeedAppearances=True, DA="/Helv 9 Tf 0 g",
        DR=Dictionary(Font=Dictionary(Helv=font)),
    )  # fmt: skip


def tagged_link(pdf: Pdf) -> None:
    """Its tags lead to it from another side."""
    annotate(pdf, Name.Link, A=Dictionary(S=Name.Launch, F="canary.exe"))
    led = Dictionary(Type=Name.OBJR, Obj=pdf.pages[0].obj.Annots[0])
    tag = Dictionary(Type=Name.StructElem, S=Name.Link, K=Array([led]), Alt="A link")
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Array([tag]))


def attach(pdf: Pdf) -> None:
    pdf.attachments["canary.exe"] = b"MZ canary"


def behind_a_note(pdf: Pdf) -> None:
    file = pdf.make_stream(b"MZ canary", Type=Name.EmbeddedFile)
    annotate(pdf, Name.FileAttachment, FS=Dictionary(Type=Name.Filespec, EF=Dictionary(F=file)))


def from_outside(pdf: Pdf) -> None:
    page = Stream(pdf, b"")
    page.F = "canary.exe"
    pdf.pages[0].obj.Contents = page


def lzw_zeros(size: int) -> bytes:
    """At least so many, packed so that each code stands for one zero more than the last."""
    bits, done = [f"{256:09b}"], 0
    while done < size:
        bits.append(f"{0:09b}")
        for code in range(258, 4094):
            width = 9 + (code >= 511) + (code >= 1023) + (code >= 2047)
            bits.append(f"{code:0{width}b}")
            done += code - 256
        bits.append(f"{256:012b}")
    joined = "".join([*bits, f"{257:09b}"])
    octets = -(-len(joined) // 8)
    return int(joined.ljust(octets * 8, "0"), 2).to_bytes(octets, "big")
