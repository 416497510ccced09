"""Delicate changes ask for a code that is at most ten minutes old: "Confirm it's you"."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts import signin
from accounts.models import User
from portal.base.following import is_page_of_ours

View = Callable[..., HttpResponseBase]


def fresh_code_needed(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return asks_for_code(request) or view(request, *args, **kwargs)

    return checked


def asks_for_code(request: HttpRequest) -> HttpResponseBase | None:
    """For a view that first looks whether this person may come here at all."""
    if signin.has_fresh_code(request, cast(User, request.user)):
        return None
    query = urlencode({REDIRECT_FIELD_NAME: request.path})
    return redirect(f"{reverse('confirm')}?{query}")


def next_page(request: HttpRequest) -> str:
    """Where the person was going, if that is a page of ours."""
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    return asked if is_page_of_ours(asked) else reverse("account")
