"""What a mark changes is what the rules would answer before and after it."""

from datetime import datetime

import pytest

from consents.effects import effects
from consents.question import Fact, Purpose, Recipient, Tag
from tests.consents.asking import NOW, ZONE

pytestmark = pytest.mark.promise("AH2")
NONE: frozenset[Tag] = frozenset()
# When North Carolina's second pack is in force.
LATER = datetime(2026, 12, 1, tzinfo=ZONE)


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
    assert Recipient.REPRESENTATIVE not in closed_to(Tag.MINOR_CONFIDENTIAL)
    assert closed_to(Tag.HIV) == set()
    genes = effects(NONE, frozenset({Tag.GENETIC}), state="us", now=NOW, age=40)
    assert {one.recipient: one.purposes for one in genes} == {
        Recipient.AUTHORITY: (Purpose.LOCATE, Purpose.VIOLENT_CRIME),
    }


def unless(
    tag: Tag, state: str, age: int = 40
) -> dict[tuple[Recipient, Purpose], tuple[Fact, ...]]:
    found = effects(NONE, frozenset({tag}), state=state, now=NOW, age=age)
    return {(one.recipient, why): facts for one in found for why, facts in one.unless.items()}


@pytest.mark.promise("AL12")
def test_what_would_still_let_it_go_is_named_beside_what_is_closed() -> None:
    nc = effects(NONE, frozenset({Tag.MENTAL_HEALTH}), state="nc", now=LATER, age=40)
    [authority] = [one for one in nc if one.recipient is Recipient.AUTHORITY]
    assert Purpose.SERIOUS_THREAT in authority.purposes
    assert authority.unless == {
        Purpose.PUBLIC_HEALTH: (Fact.CHILD_ABUSE_REPORT,),
        Purpose.SERIOUS_THREAT: (Fact.RESPONSIBLE_PROFESSIONAL,),
    }
    part2 = unless(Tag.PART2, "us")
    assert part2[Recipient.AUTHORITY, Purpose.COURT] == (Fact.PART2_COURT_ORDER,)
    assert Fact.PART2_EMERGENCY in part2[Recipient.PROVIDER, Purpose.TREATMENT]
    [needed] = unless(Tag.HIV, "us", 15).values()
    assert needed == (Fact.PROFESSIONAL_AGREES,)
    assert unless(Tag.ENDANGERMENT_HOLD, "us") == {}


@pytest.mark.promise("LW9")
def test_of_a_minor_a_mark_closes_it_to_who_stands_for_them() -> None:
    """And of someone who may be one."""
    for age in (15, None):
        assert closed_to(Tag.HIV, age) == {Recipient.REPRESENTATIVE}
        assert Recipient.REPRESENTATIVE in closed_to(Tag.MINOR_CONFIDENTIAL, age)
    assert closed_to(Tag.HIV, 12) == closed_to(Tag.HIV, 18) == set()
