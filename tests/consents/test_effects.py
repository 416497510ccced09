"""What a mark changes is what the rules would answer before and after it."""

import pytest

from consents.effects import effects
from consents.question import Purpose, Recipient, Tag
from tests.consents.asking import NOW

pytestmark = pytest.mark.promise("AH2")
NONE: frozenset[Tag] = frozenset()


def closed_to(tag: Tag, age: int | None = 40) -> set[Recipient]:
    found = effects(NONE, frozenset({tag}), state="us", now=NOW, age=age)
    assert not any(one.may for one in found)
    return {one.recipient for one in found}


@pytest.mark.parametrize("tag", Tag)
def test_a_mark_closes_and_taking_it_off_opens_the_same(tag: Tag) -> None:
    on = effects(NONE, frozenset({tag}), state="us", now=NOW, age=40)
    off = effects(frozenset({tag}), NONE, state="us", now=NOW, age=40)
    assert [(one.recipient, one.purposes) for one in on] == [
        (one.recipient, one.purposes) for one in off
    ]
    assert all(one.may for one in off)
    assert effects(frozenset({tag}), frozenset({tag}), state="us", now=NOW, age=40) == []


def test_whom_each_mark_is_kept_from() -> None:
    assert Recipient.MEMBER in closed_to(Tag.ENDANGERMENT_HOLD)
    assert Recipient.MEMBER in closed_to(Tag.PSYCHOTHERAPY_NOTES)
    assert Recipient.MEMBER not in closed_to(Tag.PART2)
    assert {Recipient.PROVIDER, Recipient.PRIVACY_OFFICER} <= closed_to(Tag.PART2)
    assert Recipient.REPRESENTATIVE in closed_to(Tag.MINOR_CONFIDENTIAL)
    assert closed_to(Tag.HIV) == set()
    genes = effects(NONE, frozenset({Tag.GENETIC}), state="us", now=NOW, age=40)
    assert {one.recipient: one.purposes for one in genes} == {
        Recipient.AUTHORITY: (Purpose.LOCATE, Purpose.VIOLENT_CRIME),
    }


@pytest.mark.promise("LW9")
def test_of_a_minor_a_mark_closes_it_to_who_stands_for_them() -> None:
    """And of someone who may be one."""
    for age in (15, None):
        assert closed_to(Tag.HIV, age) == {Recipient.REPRESENTATIVE}
    assert closed_to(Tag.HIV, 12) == closed_to(Tag.HIV, 18) == set()
