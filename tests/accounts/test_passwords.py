"""What a password must be, and no more than that."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import cores


def told(password: str, user: User | None = None) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return [error.code or "" for error in refused.error_list]
    return []


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",  # no numbers, no capitals: no rules of that kind
        "ñandú corre por la pampa",
        "839201748365",  # numbers alone
        "🦊🐢🐙🦉🐝🐞🦋🐌🐛🦗🐜🦟",
        "x7!" * 20 + "otter",  # 65 letters
        "a long sentence that someone knows by heart " * 5,
    ],
)
def test_long_passwords_of_any_kind_are_taken(member_user: User, password: str) -> None:
    assert told(password, member_user) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenlette", "too_short"),
        ("otter river " * 900, "too_long"),
        ("passwordpassword", "common"),
        ("Password123456", "common"),
        ("123456789012", "common"),
        ("qwertyqwerty12", "common"),
        ("abababababab", "common"),
        ("aaaaaaaaaaaaaaaaaaa", "common"),
        ("Ana.Diaz.2026", "about_you"),
        ("diaz12121984", "about_you"),
        ("CedarHealthPlan1", "about_you"),
        ("Cédar Díaz portal", "about_you"),
    ],
)
def test_what_others_guess_is_refused(member_user: User, password: str, code: str) -> None:
    assert code in told(password, member_user)


def test_a_name_within_a_sentence_is_fine(member_user: User) -> None:
    assert told("diaz walks her otter", member_user) == []


def test_repeats_and_numbers_are_taken_off() -> None:
    assert {"dragon"} <= cores("dragondragon99")
    assert {"abc"} <= cores("abcabcabca")
