"""What a password must be: long, not common, not made of what others know. No other rules.

The common ones are Django's own 20,000, kept offline: asking a service would tell it that someone
here is choosing a password. Few of them reach 12 letters, so what people do to make them longer
(repeat them, add numbers) is undone before the list is asked.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST, LONGEST = 12, 256
FEWEST_DIFFERENT = 5
# Shorter words say little about a person, and stand in many a good sentence.
SHORTEST_WORD = 4
DATE_DIGITS = 8
# As many letters as people put before or after a common password to make it longer.
ADDED = 4
HOUSE = ("password", "portal", "health", "member", "contrasena")


class LongEnough:
    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < SHORTEST:
            raise ValidationError(
                _("Use %(count)s letters or more.") % {"count": SHORTEST}, code="too_short"
            )
        if len(password) > LONGEST:
            raise ValidationError(
                _("Use %(count)s letters or fewer.") % {"count": LONGEST}, code="too_long"
            )

    def get_help_text(self) -> str:
        return _("Use 12 letters or more. A few words in a row are easy to remember.")


class HardToGuess:
    """Refuses what the list of common ones knows, plain or made longer, and very few letters."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = fold(password)[:LONGEST]
        if len(set(plain)) < FEWEST_DIFFERENT or any(core in common() for core in cores(plain)):
            raise ValidationError(
                _("Too many people use a password like this. Choose another."), code="common"
            )

    def get_help_text(self) -> str:
        return ""


class NotAboutYou:
    """Refuses a password that is little more than what anyone knows of this person or plan."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = whole = fold(password)[:LONGEST]
        for word in sorted(known_words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        letters, digits = re.sub(r"[\W\d_]", "", rest), re.sub(r"\D", "", rest)
        # A year or a birth date beside a name adds nothing that others don't know.
        if rest != whole and len(letters) < SHORTEST_WORD and len(digits) <= DATE_DIGITS:
            raise ValidationError(
                _("Do not use only your name, your User ID or the name of your plan."),
                code="about_you",
            )

    def get_help_text(self) -> str:
        return ""


@cache
def common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def fold(text: str) -> str:
    """Without capitals and accents, so that a name is found however it was typed."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def cores(plain: str) -> set[str]:
    """The password, and what is left of it without repeats and numbers at its ends."""
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    found = {plain, inner}
    for cut in range(1, ADDED + 1):
        found |= {plain[cut:], plain[:-cut]}
    for text in (plain, inner):
        found |= {
            text[:size] for size in range(1, len(text) // 2 + 1) if text == _filled(text, size)
        }
    return found


def _filled(text: str, size: int) -> str:
    unit = text[:size]
    return (unit * (len(text) // size + 1))[: len(text)]


def known_words(user: Any) -> set[str]:
    words = set(HOUSE)
    if user is not None and hasattr(user, "user_id"):
        told = [user.user_id, user.email, user.get_full_name(), user.plan.name, user.plan.slug]
        for text in told:
            words |= set(re.split(r"[\W\d_]+", fold(str(text))))
    return {word for word in words if len(word) >= SHORTEST_WORD}
