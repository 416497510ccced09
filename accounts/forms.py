from typing import Any

from allauth.account.forms import (
    LoginForm,
    ResetPasswordForm,
    default_token_generator,
)
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.core import context as allauth_context
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import access, signin


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("User ID")
        login.max_length = 150
        login.widget.attrs.update(autocapitalize="none", spellcheck="false")
        # The page has one link for trouble of every kind, and labels that stay.
        password.help_text = ""
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
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        plan = signin.plan_of(allauth_context.request)
        self.users = access.users_by_email(plan, email) if plan else []
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        if self.users:
            request_password_reset(request, email, self.users, default_token_generator)
        return email
