"""No name turns a line round, wherever it comes from."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, Plan, Role
from accounts.people_actions import create_account
from portal.base import context
from portal.base.words import LineField, unturned
from tests.phi_records.bundles import bundle, load, patient

TURNED = "\u202eanA\u2066"


@pytest.mark.parametrize("sign", "\u061c\u200e\u200f\u202a\u202d\u202e\u2066\u2069")
def test_each_sign_goes_and_letters_stay(sign: str) -> None:
    assert unturned(f"{sign}An{sign}a") == LineField(most=9).clean(f" An{sign}a ") == "Ana"
    assert unturned("می\u200cخواهم") == "می\u200cخواهم"


def test_a_patients_name_comes_in_without(plan: Plan, tmp_path: Path) -> None:
    name = [{"family": f"Diaz{TURNED}", "given": [TURNED]}]
    (tmp_path / "a.json").write_text(bundle({**patient("M1"), "name": name}))
    load(plan, tmp_path / "a.json")
    with context.system("test", plan.pk):
        [member] = Member.objects.filter(plan=plan)
        assert (member.given_name, member.full_name) == ("anA", "anA DiazanA")


def test_an_account_is_made_without(plan: Plan, django_capture_on_commit_callbacks: Any) -> None:
    user = create_account(
        plan=plan, user_id="bo", email="bo@example.org", role=Role.CARE_WORKER, name=TURNED,
        client="test", teams=[], mail_link=False,
    )  # fmt: skip
    with context.system("test", plan.pk):
        assert user.display_name == "anA"
