from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import MEMBER_NUMBER_LENGTH
from consents.roles import RULES
from consents.words import PURPOSES
from disclosures.models import Basis
from disclosures.rules import ACTIONS, OF_NO_PLAN
from portal.base.once_form import OnceForm
from portal.base.words import DayField, LineField, WordsField

BASES = [
    (Basis.REQUIRED_BY_LAW, _("A law requires it")),
    (Basis.PUBLIC_HEALTH, _("Public health")),
    (Basis.ABUSE_VICTIM, _("Abuse, neglect or violence at home")),
    (Basis.HEALTH_OVERSIGHT, _("Health oversight")),
    (Basis.COURT, _("Court or hearing")),
    (Basis.LAW_ENFORCEMENT, _("Law enforcement")),
    (Basis.CORONER, _("Coroner or funeral director")),
    (Basis.ORGAN_DONATION, _("Organ donation")),
    (Basis.RESEARCH, _("Research")),
    (Basis.SERIOUS_THREAT, _("To stop a serious threat")),
    (Basis.MILITARY, _("Military")),
    (Basis.PROTECTIVE, _("Protective services for officials")),
    (Basis.STATE_DEPARTMENT, _("State Department")),
    (Basis.PUBLIC_BENEFITS, _("Public benefit programs")),
    (Basis.WORKERS_COMPENSATION, _("Workers' compensation")),
    (Basis.HHS, _("Review by the US health department (HHS)")),
    (Basis.MISTAKE, _("A mistake")),
]


OF_A_PLAN = [(name, said) for name, said in ACTIONS.items() if name not in OF_NO_PLAN]
# Within the house: what left it is in the list of disclosures.
WHY = [("", _("All")), *((why, PURPOSES[why]) for why in sorted({rule.purpose for rule in RULES}))]
NO_SUCH_MEMBER = _("No member of this plan has this member ID.")


class TrailSearchForm(forms.Form):
    """Sent by POST: a member ID has no place in an address, which browsers and servers keep."""

    member_number = forms.CharField(
        label=_("Member ID"), required=False, max_length=MEMBER_NUMBER_LENGTH
    )
    person = forms.CharField(label=_("User ID of the person who looked"), required=False)
    kind = forms.ChoiceField(
        label=_("What was done"), required=False, choices=[("", _("All")), *OF_A_PLAN]
    )
    purpose = forms.ChoiceField(label=_("Why"), required=False, choices=WHY)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("All")), ("permitted", _("Allowed")), ("refused", _("Refused"))],
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first. Change one of them."))
        return found


class TrailQueryForm(forms.Form):
    """The same search as it stands in an address: ids that mean nothing elsewhere."""

    member = forms.UUIDField(required=False)
    person = forms.UUIDField(required=False)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *OF_A_PLAN])
    purpose = TrailSearchForm.base_fields["purpose"]
    outcome = TrailSearchForm.base_fields["outcome"]
    since = DayField(required=False)
    until = DayField(required=False)


class DisclosureForm(OnceForm):
    member_number = forms.CharField(
        label=_("Member ID"),
        max_length=MEMBER_NUMBER_LENGTH,
        error_messages={"required": _("Enter the member ID.")},
    )
    disclosed_on = DayField(
        label=_("Date it left"), error_messages={"required": _("Enter the date it left.")}
    )
    recipient = LineField(
        label=_("Who received it"),
        most=200,
        error_messages={"required": _("Enter who received it.")},
    )
    recipient_address = WordsField(
        label=_("Their address, if known"),
        required=False,
        most=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    what = WordsField(
        label=_("What was sent"),
        most=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what was sent.")},
    )
    purpose = WordsField(
        label=_("Why it was sent"),
        most=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write why it was sent.")},
    )
    basis = forms.ChoiceField(
        label=_("Legal ground"),
        choices=[("", _("Choose one")), *BASES],
        error_messages={"required": _("Choose the legal ground.")},
    )

    def clean_disclosed_on(self) -> date:
        day: date = self.cleaned_data["disclosed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This date is in the future. Enter the date it left."))
        return day
