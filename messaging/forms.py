"""Each form checks one sending. Too long is said, never cut: the words stay in the field."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import MEMBER_NUMBER_LENGTH, CareTeam
from disclosures.facts import OPENING_REASONS
from messaging.rules import BODY_LENGTH, SUBJECT_LENGTH, TOLD_LENGTH, WHY_LENGTH
from portal.base.files import scan
from portal.base.files.field import UploadField
from portal.base.once_form import OnceForm
from portal.base.words import LineField, WordsField


def _subject(**kwargs: Any) -> LineField:
    return LineField(
        label=_("Subject"),
        most=SUBJECT_LENGTH,
        too_long=_("Make the subject shorter: 120 characters at most."),
        error_messages={"required": _("Write a subject.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **kwargs,
    )


def _body(label: str | Promise, **kwargs: Any) -> WordsField:
    return WordsField(
        label=label,
        most=BODY_LENGTH,
        too_long=_("Make your message shorter: 10,000 characters at most. It is still here."),
        error_messages={"required": _("Write your message.")},
        widget=forms.Textarea(attrs={"rows": 8}),
        **kwargs,
    )


def _upload() -> UploadField:
    return UploadField(
        label=_("File"),
        help_text=_("PDF, JPG, PNG or text, up to 10 MB. A message takes 5 files."),
    )


class MessageForm(OnceForm):
    """What goes to the other side, with a file if someone may look at it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if scan.is_there():
            self.fields["upload"] = _upload()

    def judge_what_is_there(self) -> None:
        """Half-written: what is missing is no mistake yet."""
        needed = [field for field in self.fields.values() if field.required]
        for field in needed:
            field.required = False
        self.full_clean()
        for field in needed:
            field.required = True


class ComposeForm(MessageForm):
    team = forms.ChoiceField(
        label=_("Send to"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who to send this to."),
            "invalid_choice": _("Choose who to send this to."),
        },
    )
    subject = _subject()
    body = _body(_("Message"))

    def __init__(self, *args: Any, teams: Sequence[CareTeam], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        field: Any = self.fields["team"]
        field.choices = [(key, team_words(team)) for key, team in self.teams.items()]
        if not self.teams:
            # The page says so, in the place of a choice of nothing.
            field.widget = forms.HiddenInput()
        if len(self.teams) == 1:
            self.initial.setdefault("team", next(iter(self.teams)))

    def clean_team(self) -> CareTeam | None:
        """None in what is half-written alone."""
        return self.teams.get(self.cleaned_data["team"])


def team_words(team: CareTeam) -> str:
    """A care team by kind of care, name and place: people do not know codes."""
    more = ", ".join(part for part in (team.care_type, team.place) if part)
    return f"{team.name}: {more}" if more else team.name


class ReplyForm(MessageForm):
    body = _body(_("Your message"))


class MisdirectedForm(OnceForm):
    message = forms.ChoiceField(
        label=_("Which message?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the message."),
            "invalid_choice": _("Choose the message."),
        },
    )
    told = WordsField(
        label=_("What is wrong with it?"),
        most=TOLD_LENGTH,
        too_long=_("Make it shorter: 4,000 characters at most. Your words are here."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["message"]
        field.choices = choices

    def clean_message(self) -> UUID:
        return UUID(self.cleaned_data["message"])


class DraftForm(forms.Form):
    """Half-written words: anything goes but more than a message can hold."""

    team = forms.CharField(required=False)
    subject = _subject(required=False)
    body = _body(_("Message"), required=False)

    def __init__(self, *args: Any, teams: Sequence[CareTeam] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if scan.is_there():
            self.fields["upload"] = _upload()
        self.teams = {str(team.pk): team for team in teams}

    def clean_team(self) -> CareTeam | None:
        return self.teams.get(self.cleaned_data["team"])


class WhyForm(OnceForm):
    """Why someone who is not on a member's team must read their messages."""

    member_number = forms.CharField(
        label=_("Member ID"),
        max_length=MEMBER_NUMBER_LENGTH,
        error_messages={"required": _("Enter the member ID.")},
    )
    reason = forms.ChoiceField(
        label=_("Why do you need to open it?"),
        widget=forms.RadioSelect,
        choices=list(OPENING_REASONS.items()),
        error_messages={"required": _("Choose a reason.")},
    )
    words = WordsField(
        label=_("Say it in your own words"),
        help_text=_("The member can read this, and a privacy officer checks it."),
        most=WHY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why you need to open it.")},
    )

    def __init__(self, *args: Any, member_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member_known:
            del self.fields["member_number"]
