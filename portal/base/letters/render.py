"""Letters as PDF/UA-1. Words reach the template as data, so that no name can be markup in it."""

import io
import json
from datetime import datetime

import typst
from django.conf import settings
from pypdf import PdfReader

from portal.base.letters.page import Content

TEMPLATE = settings.BASE_DIR / "templates" / "letters" / "letter.typ"
# What the template says when an address is too long for the window.
TOO_LONG = "address-too-long"
# What typst says of a sign that none of its fonts has.
NO_FONT = "could not be displayed"


class Unprintable(Exception):
    """A name or address that the sheet can't take: too long for the window, or no font has it."""


def render(content: Content, *, at: datetime, logo_name: str = "", logo: bytes = b"") -> bytes:
    """The PDF of one letter. Raises Unprintable for its name or address alone."""
    picture = f"logo.{logo_name.rpartition('.')[2]}" if logo else ""
    files = {"main.typ": TEMPLATE.read_bytes()} | ({picture: logo} if logo else {})
    try:
        made = typst.compile(  # type: ignore[call-overload]  # its stubs know no files in memory
            files,
            sys_inputs={"letter": json.dumps(content | {"logo": picture})},
            pdf_standards=["ua-1"],
            timestamp=at.replace(microsecond=0),
            # The same on every machine: the fonts that come with typst.
            ignore_system_fonts=True,
        )
    except typst.TypstError as error:
        raise _told(error) from None
    return bytes(made)


def _told(error: typst.TypstError) -> Exception:
    if TOO_LONG in str(error) or NO_FONT in str(error):
        return Unprintable()
    # Its own words may quote a name.
    return RuntimeError("A letter could not be set.")


def pages_of(letter: bytes) -> int:
    return len(PdfReader(io.BytesIO(letter)).pages)
