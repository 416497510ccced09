from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import MEMBER_NUMBER_LENGTH
from disclosures.facts import INCIDENT_KINDS, INCIDENT_OUTCOMES
from disclosures.models import IncidentKind
from portal.base.once_form import OnceForm
from portal.base.words import WordsField

# What a person can see; the rest is noticed by the portal.
SEEN_BY_PEOPLE = (
    IncidentKind.SEEN,
    IncidentKind.SENT,
    IncidentKind.ACCOUNT,
    IncidentKind.LOST,
    IncidentKind.OTHER,
)


class ReportForm(OnceForm):
    kind = forms.ChoiceField(
        label=_("What happened?"),
        widget=forms.RadioSelect,
        choices=[(kind, INCIDENT_KINDS[kind]) for kind in SEEN_BY_PEOPLE],
        error_messages={"required": _("Choose what happened.")},
    )
    member_number = forms.CharField(
        label=_("Member ID, if it is about one member"),
        required=False,
        max_length=MEMBER_NUMBER_LENGTH,
    )
    told = WordsField(
        label=_("Tell us more"),
        help_text=_("What did you see, and when? Only the privacy office reads this."),
        most=4000,
        too_long=_("Make it shorter: 4,000 characters at most. Your words are here."),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Tell us what happened.")},
    )
    event = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, names_a_member: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not names_a_member:
            del self.fields["member_number"]


class IncidentFilterForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Open ones")),
            ("mine", _("Mine")),
            ("closed", _("Closed")),
            ("all", _("All")),
        ],
    )
    kind = forms.ChoiceField(
        label=_("What happened"), required=False, choices=[("", _("All")), *INCIDENT_KINDS.items()]
    )


class NoteForm(OnceForm):
    text = WordsField(
        label=_("Note"),
        help_text=_("What you found or did. It stays as it is."),
        most=4000,
        too_long=_("Make it shorter: 4,000 characters at most. Your words are here."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write your note.")},
    )


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        widget=forms.RadioSelect,
        choices=list(INCIDENT_OUTCOMES.items()),
        error_messages={"required": _("Choose what came of it.")},
    )
