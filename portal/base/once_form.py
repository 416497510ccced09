from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.base.once import new_key, read_key


class OnceForm(forms.Form):
    """Becomes one row, however often it is sent: see portal/base/once.py."""

    send_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user_id: UUID, **kwargs: Any) -> None:
        self.user_id = user_id
        super().__init__(*args, **kwargs)
        self.initial["send_key"] = new_key(user_id)

    def clean_send_key(self) -> UUID:
        key = read_key(self.cleaned_data["send_key"], self.user_id)
        if key is None:
            self.send_anew()
            raise ValidationError(_("This was not sent yet. Please send it again."))
        return key

    def send_anew(self) -> None:
        """With another key: the next sending is a new one."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("send_key")] = new_key(self.user_id)
        self.data = data
