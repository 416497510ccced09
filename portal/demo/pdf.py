"""A plain PDF of lines of text, written by hand so that the demo needs no tool for it."""

from collections.abc import Iterable, Sequence

LINES_ON_PAGE = 46
LETTER = "0 0 612 792"  # In points: US Letter.


def make_pdf(title: str, lines: Sequence[str]) -> bytes:
    pages = [lines[at : at + LINES_ON_PAGE] for at in range(0, len(lines), LINES_ON_PAGE)] or [[]]
    first = 5  # Catalog, tree of pages, two fonts, and then a page and its words in turn.
    kids = " ".join(f"{first + 2 * nth} 0 R" for nth in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-US) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for nth, page in enumerate(pages):
        foot = f"Page {nth + 1} of {len(pages)}"
        words = _words(title if nth == 0 else f"{title}, continued", page, foot)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{LETTER}] /Contents {first + 2 * nth + 1} 0 R"
            " /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words))
    return _bound(objects)


def _font(name: str) -> bytes:
    kind = "/Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding"
    return f"<< {kind} /BaseFont /{name} >>".encode()


def _words(title: str, lines: Iterable[str], foot: str) -> bytes:
    rows = [f"BT /F2 16 Tf 1 0 0 1 54 740 Tm ({_escaped(title)}) Tj ET"]
    for nth, line in enumerate(lines):
        # A line that starts with "# " is a heading.
        font, text = ("F2", line[2:]) if line.startswith("# ") else ("F1", line)
        rows.append(f"BT /{font} 10.5 Tf 1 0 0 1 54 {712 - 14 * nth} Tm ({_escaped(text)}) Tj ET")
    rows.append(f"BT /F1 9 Tf 1 0 0 1 54 40 Tm ({foot}) Tj ET")
    return "\n".join(rows).encode("cp1252", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _bound(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
