"""Every part of the look on one page, for people who build pages. Not there in a live portal."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

SWATCHES = (
    ("paper", "Paper"),
    ("sheet", "Sheet"),
    ("well", "Well"),
    ("ink", "Ink"),
    ("ink2", "Ink 2"),
    ("edge", "Edge"),
    ("accent", "Plan"),
    ("accentsoft", "Plan soft"),
    ("ochre", "Ochre: acting for"),
    ("crisis", "Wine: crisis"),
    ("good", "Good"),
    ("wait", "Waiting"),
    ("due", "Due"),
    ("bad", "Problem"),
)
ICONS = (
    "home",
    "message",
    "record",
    "share",
    "shield",
    "person",
    "eye",
    "pen",
    "clip",
    "download",
    "print",
    "clock",
    "calendar",
    "search",
    "check",
    "cross",
    "warn",
    "info",
    "phone",
    "next",
    "globe",
    "lab",
    "pill",
    "key",
)
TONES = (
    {"tone": "plan", "text": "New"},
    {"tone": "wait", "text": "Waiting"},
    {"tone": "good", "text": "Answered"},
    {"tone": "due", "text": "Due in 3 h"},
    {"tone": "bad", "text": "2 h late"},
    {"tone": "off", "text": "Ended"},
)
COSTS = (
    ("Office visit", "$180.00", "$95.00", "$25.00"),
    ("Blood test", "$60.00", "$35.00", "$0.00"),
)


POSTS = (
    {
        "nth": "-1",
        "author": "You",
        "sent_at": "Aug 4, 2026, 3:42 PM ET",
        "body": "My new tablets make me dizzy in the morning.",
        "state": "Opened by your team",
        "state_tone": "good",
    },
    {
        "nth": "-2",
        "author": "Dr. Lee’s team",
        "is_team": True,
        "is_new": True,
        "sent_at": "Aug 5, 2026, 9:10 AM ET",
        "body": "Thank you, Ana. Please take them in the evening.",
    },
    {
        "nth": "-3",
        "author": "Sam Reyes",
        "is_note": True,
        "sent_at": "Aug 5, 2026, 9:12 AM ET",
        "body": "Asked Dr. Lee to look at the dose.",
    },
)


class GalleryForm(forms.Form):
    subject = forms.CharField(max_length=120)
    password = forms.CharField(widget=forms.PasswordInput)
    code = forms.CharField(
        label="Code from your app",
        help_text="6 digits",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    team = forms.ChoiceField(
        choices=[("lee", "Dr. Lee, Elm Street"), ("ono", "Dr. Ono, Mill Road")]
    )
    body = forms.CharField(label="Message", widget=forms.Textarea(attrs={"rows": 4}))
    reach = forms.ChoiceField(
        label="How should we reach you?",
        choices=[("here", "A message here"), ("letter", "A letter")],
        widget=forms.RadioSelect,
    )
    parts = forms.MultipleChoiceField(
        label="What can they see?",
        choices=[("visits", "Visits"), ("tests", "Test results")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    attachment = forms.FileField(help_text="Pictures or PDF, up to 6 MB each", required=False)
    own = forms.BooleanField(label="Show my own visits", required=False)


class BadForm(forms.Form):
    birth_date = forms.DateField(
        help_text="For example, 3/12/1984",
        error_messages={"invalid": "Enter a birth date that is a real date"},
    )
    note = forms.CharField(
        label="Message", widget=forms.Textarea, error_messages={"required": "Write your message"}
    )


def _side(name: str, title: str) -> dict[str, Any]:
    """The parts once more in the other colors: their forms need ids of their own."""
    return {
        "name": name,
        "title": title,
        "form": GalleryForm(initial={"reach": "here"}, auto_id=f"{name}_%s"),
        "bad_form": BadForm({"birth_date": "31/02/1984"}, auto_id=f"{name}_bad_%s"),
    }


@require_safe
@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    if not (settings.DEBUG or getattr(settings, "DEMO", False)):
        raise Http404
    labels = ("Service", "Charged", "Plan paid", "You may owe")
    pages = Paginator(range(60), 20)
    return render(
        request,
        "pages/gallery.html",
        {
            "sides": [_side("light", "By day"), _side("dark", "By night")],
            "swatches": SWATCHES,
            "icons": ICONS,
            "tones": TONES,
            "entry_chip": {"tone": "good", "text": "In range"},
            "facts": [
                {"label": "Can see", "value": "Visits, medicines"},
                {"label": "Until", "value": "Sunday, August 30, 2026"},
            ],
            "columns": [{"label": label, "num": label != "Service"} for label in labels],
            "rows": [
                {
                    "cells": [
                        {"label": label, "text": text, "num": label != "Service"}
                        for label, text in zip(labels, cost, strict=True)
                    ]
                }
                for cost in COSTS
            ],
            "first": pages.page(1),
            "page": pages.page(2),
            "last": pages.page(3),
            "posts": POSTS,
        },
    )


urlpatterns = [path("gallery/", gallery, name="gallery")]
