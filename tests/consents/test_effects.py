"""What a mark changes is what the rules would answer before and after it."""

import pytest

from consents.effects import effects
from consents.question import Purpose, Recipient, Tag
from tests.consents.asking import NOW

pytestmark = pytest.mark.promise("AH2")
NONE: frozenset[Tag] = frozenset()


def closed_to(tag: Tag) -> set[Recipient]:
    found = effects(NONE, frozenset({tag}), state="us", now=NOW)
    assert not any(one.may for one in found)
    return {one.recipient for one in found}


@pytest.mark.parametrize("tag", Tag)
def test_a_mark_closes_and_taking_it_off_opens_the_same(tag: Tag) -> None:
    on = effects(NONE, frozenset({tag}), state="us", now=NOW)
    off = effects(frozenset({tag}), NONE, state="us", now=NOW)
    assert [(one.recipient, one.purposes) for one in on] == [
        (one.recipient, one.purposes) for one in off
    ]
    assert all(one.may for one in off)
    assert effects(frozenset({tag}), frozenset({tag}), state="us", now=NOW) == []


def test_whom_each_mark_is_kept_from() -> None:
    assert Recipient.MEMBER in closed_to(Tag.ENDANGERMENT_HOLD)
    assert Recipient.MEMBER in closed_to(Tag.PSYCHOTHERAPY_NOTES)
    assert Recipient.MEMBER not in closed_to(Tag.PART2)
    assert {Recipient.PROVIDER, Recipient.PRIVACY_OFFICER} <= closed_to(Tag.PART2)
    assert Recipient.REPRESENTATIVE in closed_to(Tag.MINOR_CONFIDENTIAL)
    assert closed_to(Tag.HIV) == set()
    [genes] = effects(NONE, frozenset({Tag.GENETIC}), state="us", now=NOW)
    assert (genes.recipient, genes.purposes) == (Recipient.OTHER_PLAN, (Purpose.UNDERWRITING,))
