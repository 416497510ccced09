from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import MEMBER_NUMBER_LENGTH
from consents.question import Tag
from consents.words import TAGS
from phi_records.fhir.kinds import KINDS
from portal.base.once_form import OnceForm
from portal.base.words import WordsField

ON, OFF = "on", "off"


class MarkSearchForm(forms.Form):
    """Sent by POST: a member ID has no place in an address."""

    member_number = forms.CharField(
        label=_("Member ID"),
        max_length=MEMBER_NUMBER_LENGTH,
        error_messages={"required": _("Enter the member ID.")},
    )
    kind = forms.ChoiceField(label=_("Kind of record"), required=False)
    every = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Sensitive records")),
            ("unnamed", _("Medicines without a name")),
            ("1", _("All records")),
        ],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds: list[tuple[str, object]] = [(kind.slug, kind.title) for kind in KINDS]
        self.fields["kind"].choices = [("", _("All")), *kinds]  # type: ignore[attr-defined]


class MarkQueryForm(forms.Form):
    """The same as it stands in an address."""

    member = forms.UUIDField()
    kind = forms.ChoiceField(
        required=False, choices=[("", ""), *((kind.slug, kind.slug) for kind in KINDS)]
    )
    every = MarkSearchForm.base_fields["every"]
    # A record: those that may tell the same as it does.
    like = forms.UUIDField(required=False)
    # A record: those that go with it, and have its marks.
    goes = forms.UUIDField(required=False)


class MarkForm(OnceForm):
    way = forms.ChoiceField(
        label=_("What to do"),
        widget=forms.RadioSelect,
        choices=[(ON, _("Put a mark on")), (OFF, _("Take a mark off"))],
        error_messages={"required": _("Choose one.")},
    )
    tag = forms.ChoiceField(
        label=_("Mark"),
        choices=[("", _("Choose one")), *((tag.value, TAGS[tag]) for tag in Tag)],
        error_messages={"required": _("Choose the mark.")},
    )
    reason = WordsField(
        label=_("Reason"),
        help_text=_("Only privacy officers read it. It stays as it is."),
        most=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write why.")},
    )
