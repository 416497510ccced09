"""Reading printed letters: where their words stand on the sheet, in inches from its top left."""

import io
from typing import Any, NamedTuple

from pypdf import PdfReader

SHEET_HEIGHT = 792


class Word(NamedTuple):
    text: str
    left: float
    base: float
    size: float


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words(pdf: bytes, page: int = 0) -> list[Word]:
    found: list[Word] = []

    def see(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip():
            left, base = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            found.append(
                Word(text.strip(), left / 72, (SHEET_HEIGHT - base) / 72, abs(size * cm[0]))
            )

    reader(pdf).pages[page].extract_text(visitor_text=see)
    return found


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in reader(pdf).pages)
