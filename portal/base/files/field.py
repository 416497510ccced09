from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from portal.base.files import checks


class UploadField(forms.FileField):
    """One file that someone may add. Cleaned, it is a `checks.Checked`, or None."""

    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = checks.ACCEPT

    def clean(self, data: Any, initial: Any = None) -> checks.Checked | None:
        if not data:
            return None
        # A form that is shown again is judged again, and a PDF may have taken 20 seconds.
        if told := getattr(data, "unfit", ""):
            raise ValidationError(told)
        try:
            return checks.check(data)
        except checks.Unfit as error:
            data.unfit = str(error)
            raise ValidationError(data.unfit) from error


def kind_and_size(ending: str, size: int) -> str:
    """Such as "PDF, 1.2 MB"."""
    named = {
        "pdf": _("PDF"),
        "txt": _("Text"),
        "jpg": _("Picture"),
        "png": _("Picture"),
        "html": _("Web page"),
    }.get(ending, _("File"))
    return _("%(kind)s, %(size)s") % {"kind": named, "size": filesizeformat(size)}
