import pytest

from messaging import rules
from messaging.models import ThreadState
from messaging.rules import Step
from portal.base.words import can_be_seen, storable


@pytest.mark.parametrize("state", ThreadState.values)
def test_words_are_never_turned_away(state: str) -> None:
    assert rules.after(Step.REPLY, state) == ThreadState.WAITING
    assert rules.after(Step.ANSWER, state) == ThreadState.ANSWERED


def test_only_a_closed_conversation_opens_again() -> None:
    assert rules.after(Step.REOPEN, ThreadState.CLOSED) == ThreadState.WAITING
    assert rules.after(Step.REOPEN, ThreadState.WAITING) is None
    assert rules.after(Step.CLOSE, ThreadState.CLOSED) is None


def test_what_a_database_cannot_hold_is_left_out() -> None:
    assert storable("a\0b\ud800c\r\nd\re 🙂") == "abc\nd\ne 🙂"


def test_words_that_nobody_can_see_are_none() -> None:
    assert not can_be_seen("\u200b\u2060 \n\ufeff")
    assert can_be_seen("\u200b.")
    assert can_be_seen("🙂")
