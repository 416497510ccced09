from datetime import date

import pytest
from django.utils import translation

from portal.base.clock import shown

TODAY = date(2026, 8, 4)


@pytest.mark.parametrize(
    ("last", "tone", "text"),
    [
        (date(2026, 8, 6), "wait", "Answer by Thu, Aug 6"),
        (date(2026, 8, 5), "wait", "Answer due tomorrow"),
        (date(2026, 8, 4), "due", "Answer due today"),
        (date(2026, 8, 3), "bad", "Answer is 1 day late"),
        (date(2026, 8, 2), "bad", "Answer is 2 days late"),
        (date(2027, 1, 4), "wait", "Answer by Mon, Jan 4, 2027"),
    ],
)
def test_it_says_by_when_in_words(last: date, tone: str, text: str) -> None:
    assert shown.answer_by(last, TODAY) == {"tone": tone, "text": text}


def test_dates_read_as_the_language_writes_them() -> None:
    with translation.override("es"):
        assert shown.day(date(2026, 8, 6), TODAY) == "jue, 6 ago"
