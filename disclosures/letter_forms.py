"""Each form is about the letters that were ticked."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.base.letters.models import Reason
from portal.base.once import read_key
from portal.base.words import DayField

REASONS = [
    (Reason.MOVED, _("They moved")),
    (Reason.NO_SUCH_ADDRESS, _("No such address")),
    (Reason.NOT_KNOWN, _("Not known at this address")),
    (Reason.REFUSED, _("They did not take it")),
    (Reason.NOT_FETCHED, _("Not picked up")),
    (Reason.OTHER, _("Another reason")),
]
NONE = _("Choose at least one letter.")
IN_FUTURE = _("This date is in the future. Enter a day up to today.")


class TickedField(forms.MultipleChoiceField):
    """Ids of letters. Those that aren't there, or aren't in this state, are passed over."""

    widget = forms.MultipleHiddenInput

    def __init__(self) -> None:
        super().__init__(
            label=_("Letters"), error_messages={"required": NONE, "invalid_choice": NONE}
        )

    def valid_value(self, value: Any) -> bool:
        try:
            UUID(str(value))
        except ValueError:
            return False
        return True

    def clean(self, value: Any) -> list[UUID]:
        return [UUID(one) for one in super().clean(value)]


def day_field(label: Any) -> DayField:
    return DayField(label=label, error_messages={"required": _("Enter the date.")})


def past(day: date) -> date:
    if day > timezone.localdate():
        raise forms.ValidationError(IN_FUTURE)
    return day


class PrintForm(forms.Form):
    letters = TickedField()
    send_key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id

    def clean_send_key(self) -> UUID:
        key = read_key(self.cleaned_data["send_key"], self.user_id)
        if key is None:
            raise forms.ValidationError(_("This page is too old. Choose the letters again."))
        return key


class MailForm(forms.Form):
    letters = TickedField()
    day = day_field(_("Day you mail them"))

    def clean_day(self) -> date:
        return past(self.cleaned_data["day"])


class ReturnForm(forms.Form):
    letters = TickedField()
    day = day_field(_("Day they came back"))
    reason = forms.ChoiceField(
        label=_("Why they came back"),
        choices=[("", _("Choose one")), *REASONS],
        error_messages={"required": _("Choose why they came back.")},
    )

    def clean_day(self) -> date:
        return past(self.cleaned_data["day"])
