from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.base.words import WordsField

WHATS = [
    ("record", _("A member's record: health records, messages and files")),
    ("privacy-file", _("A member's privacy file: who they are, and what we sent outside the plan")),
    ("person", _("The name of someone who signs in")),
]


def reason(**more: Any) -> WordsField:
    return WordsField(
        most=1000,
        too_long=_("Make it shorter: 1,000 characters at most. Your words are here."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the reason.")},
        **more,
    )


class KeyForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What must be destroyed?"),
        widget=forms.RadioSelect,
        choices=WHATS,
        error_messages={"required": _("Choose what must be destroyed.")},
    )
    who = forms.CharField(
        label=_("Member ID, or the User ID of a person"),
        max_length=100,
        error_messages={"required": _("Enter whose it is.")},
    )
    reason = reason(
        label=_("Why?"),
        help_text=_("The second person reads this. It is kept, so write no names in it."),
    )


class DecideForm(forms.Form):
    """Both buttons send it: what was seen is asked for where it is approved."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = reason(
        label=_("Your reason"),
        help_text=_("It is kept with your name, so write no names of members in it."),
    )
