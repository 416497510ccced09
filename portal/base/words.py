"""Fields for what people type. Too long is said, never cut: the words stay in the field."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What no field says in better words of its own. Django's are for people who write programs.
PLAIN: dict[type[forms.Field], dict[str, Any]] = {
    forms.Field: {"required": _("Fill this in.")},
    forms.DateField: {"invalid": _("Enter a real date.")},
    forms.ChoiceField: {"invalid_choice": _("Choose one from the list.")},
    forms.MultipleChoiceField: {
        "invalid_choice": _("Choose from the list."),
        "invalid_list": _("Choose from the list."),
    },
    forms.UUIDField: {"invalid": _("This page is too old. Open it again.")},
}
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)


def speak_plainly() -> None:
    """Once, before any form is made: its fields take their messages over when they are made."""
    for field, messages in PLAIN.items():
        field.default_error_messages = {**field.default_error_messages, **messages}
    validators.validate_email.message = _("Type an email like name@example.com.")
    forms.EmailField.default_validators[0].message = validators.validate_email.message  # type: ignore[attr-defined]
    MaxLengthValidator.message = _("Make it shorter: %(limit_value)d characters at most.")
    validators.ProhibitNullCharactersValidator.message = _("Take out what is not a letter or sign.")


def storable(words: str) -> str:
    """PostgreSQL takes no NUL and UTF-8 no half of a pair; nobody types them. One kind of line end,
    so that a browser's two do not count against the length."""
    kept = words.replace("\0", "").encode("utf-8", "ignore").decode()
    return kept.replace("\r\n", "\n").replace("\r", "\n")


# The other way round, a name is another one, and turns what stands beside it. Marks for one place
# (U+200E and its like) go too: a name needs none.
_TURNING = dict.fromkeys([0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def unturned(name: str) -> str:
    """A name or another line without signs that change the direction of writing."""
    return name.translate(_TURNING)


def can_be_seen(words: str) -> bool:
    """Whether any of it leaves a mark on a page: spaces and signs of format alone do not."""
    return any(unicodedata.category(sign)[0] not in "CZ" for sign in words)


class WordsField(forms.CharField):
    def __init__(self, *, most: int, too_long: str | Promise = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Not max_length: the browser would cut a pasted text without a word.
        message: Any = too_long or None
        self.validators.append(MaxLengthValidator(most, message))

    def to_python(self, value: Any) -> str:
        words = super().to_python(storable(str(value or ""))) or ""
        return words if can_be_seen(words) else ""


class LineField(WordsField):
    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(unturned(str(value or ""))).split())


class DayField(forms.DateField):
    """A day in a life that anyone here could have."""

    widget = forms.DateInput(attrs={"type": "date"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        between: Any = _("Enter a year from 1900 to 2099.")
        self.validators += [
            MinValueValidator(EARLIEST, between),
            MaxValueValidator(LATEST, between),
        ]


class SentAlready(Exception):
    """The same form was sent before, with other words: these are not stored."""


@contextmanager
def other_words_told(form: Any) -> Iterator[None]:
    """Where the form is saved. What was sent before stays; these words stay in the form."""
    try:
        yield
    except SentAlready:
        form.send_anew()
        form.add_error(
            None,
            ValidationError(
                _(
                    "This was sent before, in other words. What you see now is not saved yet. "
                    "Is it new? Then send it again."
                )
            ),
        )
