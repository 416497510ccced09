"""A UUID that two sources gave to two people: each goes on in a feed of its own."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, Plan
from phi_records.models import RecordItem
from portal.base import context
from tests.phi_records.bundles import observation
from tests.phi_records.test_ahead import mixed_lines, reasons, send
from tests.phi_records.test_two_people import ANA, OTHERS, owners

pytestmark = pytest.mark.promise("AL4")

ID = "6f1c2c1e-0f7b-4b52-9a53-6a9d7f0c7a11"
SHARED = "0d7b1f3a-55aa-4b1e-8c2d-1f4be2d5a001"
FIRST = {**ANA, "id": ID}
OTHER = {**OTHERS["someone else"], "id": ID}


def about(id: str) -> dict[str, Any]:
    return {**observation(id), "subject": {"reference": f"Patient/{ID}"}}


def holders(plan: Plan, id: str) -> set[str]:
    with context.system("test", plan.pk):
        found = set()
        for member in Member.objects.filter(plan=plan):
            with context.about_member(member.pk):
                rows = RecordItem.objects.filter(member=member, source_key__endswith=id)
                found |= {member.given_name} if rows.exists() else set()
    return found


@pytest.fixture
def mixed(plan: Plan, tmp_path: Path) -> tuple[Path, Path]:
    first = mixed_lines(tmp_path / "first", FIRST, about("o1"), about(SHARED))
    other = mixed_lines(tmp_path / "other", about("o2"), about(SHARED), OTHER)
    send(first, "--feed", "lab")
    send(other, "--feed", "clinic")
    assert "--settle" in reasons(other)[0]
    return first, other


def test_the_other_one_is_settled_under_a_feed_of_its_own(
    plan: Plan, mixed: tuple[Path, Path], tmp_path: Path
) -> None:
    first, other = mixed
    assert "set aside" not in send(other, "--feed", "clinic", "--settle")
    assert "set aside" not in send(first, "--feed", "lab", "--settle")
    later = mixed_lines(tmp_path / "later", about("o3"))
    send(later, "--feed", "clinic")
    send(mixed_lines(tmp_path / "last", about("o4")), "--feed", "lab")
    found = owners()
    assert (found["o1"], found["o2"], found["o3"], found["o4"]) == ("Ana", "Bob", "Bob", "Ana")
    # Records whose UUIDs are the same stand in both files, each its own.
    assert holders(plan, SHARED) == {"Ana", "Bob"}
    for name, feed in ((other, "clinic"), (first, "lab")):
        assert "passed over" in send(name, "--feed", feed)


def test_nobody_goes_apart_under_the_feed_of_the_first(
    plan: Plan, mixed: tuple[Path, Path]
) -> None:
    send(mixed[1], "--feed", "lab", "--settle")
    assert owners().keys() == {"o1", SHARED}


def test_nobody_goes_apart_unasked(plan: Plan, mixed: tuple[Path, Path]) -> None:
    send(mixed[1], "--feed", "clinic")
    assert owners().keys() == {"o1", SHARED}


def test_what_has_both_of_them_is_nobodys(
    plan: Plan, mixed: tuple[Path, Path], tmp_path: Path
) -> None:
    both = mixed_lines(tmp_path / "both", OTHER, about("o5"), FIRST, about("o6"))
    send(both, "--feed", "clinic", "--settle")
    assert owners().keys() == {"o1", SHARED}


def test_the_first_one_in_the_feed_of_the_other_is_held(
    plan: Plan, mixed: tuple[Path, Path], tmp_path: Path
) -> None:
    send(mixed[1], "--feed", "clinic", "--settle")
    send(mixed_lines(tmp_path / "back", about("o5"), FIRST), "--feed", "clinic")
    assert "o5" not in owners()
