from typing import Any

from allauth.account.fields import PasswordField
from allauth.account.forms import (
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import access, actions, signin
from portal.base.once_form import OnceForm
from portal.base.words import WordsField


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("User ID")
        login.widget.attrs.update(autocapitalize="none", spellcheck="false")
        # The page has one link for trouble of every kind, and labels that stay.
        password.help_text = ""
        login.error_messages["required"] = _("Enter your User ID.")
        password.error_messages["required"] = _("Enter your password.")
        for field in (login, password):
            field.widget.attrs.pop("placeholder", None)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        error_messages={"required": _("Type the code.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Looks only among the people of the plan, and is silent about whom it found."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Email")
        self.fields["email"].error_messages["required"] = _("Type your email.")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        plan = signin.plan_of(request)
        if plan is not None:
            actions.ask_for_reset(plan=plan, users=access.users_by_email(plan, email))
        return email


class NewPasswordFields:
    """What both pages that set a password ask for: once hidden, once again."""

    def tidy(self, fields: dict[str, Any]) -> None:
        first, again = fields["password1"], fields["password2"]
        first.label, again.label = _("New password"), _("New password, once more")
        first.help_text = _("Use 12 letters or more. A few words in a row are easy to remember.")
        for field in (first, again):
            field.error_messages["required"] = _("Type the new password.")
            field.widget.attrs.pop("placeholder", None)


class PasswordFromLinkForm(NewPasswordFields, ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tidy(self.fields)


class PasswordForm(NewPasswordFields, SetPasswordForm):  # type: ignore[misc]
    """For someone signed in, who also shows that they know the password of today."""

    current = PasswordField(
        label=_("Password now"),
        autocomplete="current-password",
        error_messages={"required": _("Type your password.")},
    )
    field_order = ("current", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tidy(self.fields)
        self.fields["current"].widget.attrs.pop("placeholder", None)

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise forms.ValidationError(_("That is not your password of today."))
        return current


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("New email"),
        error_messages={
            "required": _("Type your new email."),
            "invalid": _("Type an email like name@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, now: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.casefold() == self.now.casefold():
            raise forms.ValidationError(_("This is the email that we have now."))
        return email


class NotMeForm(OnceForm):
    told = WordsField(
        label=_("What did you see?"),
        required=False,
        most=4000,
        too_long=_("Make it shorter: 4,000 characters at most. Your words are here."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language of our emails"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
