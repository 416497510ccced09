"""What a plan says of itself, checked: for commands now, and for an administrator's page."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import theme
from accounts.models import Plan

LINE_PARTS = {"label", "tel", "sms", "note"}
TEXTS = {"hours", "reply_promise", "footer_notice"}
NUMBER = re.compile(r"[+0-9][0-9-]*")
# The lines that no plan may leave out: crisis and emergency.
ALWAYS = {"988", "911"}
STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "DC",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "AS",
        "GU",
        "MP",
        "PR",
        "VI",
    ]
)


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Plan
        fields = [
            "slug", "host", "name", "short_name", "phone", "tty", "hours", "address", "time_zone",
            "state", "color", "reply_days", "languages", "crisis_lines", "texts",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("crisis_lines", "texts"):
            self.fields[name].required = False

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip().casefold()
        if host != settings.BASE_DOMAIN and not host.endswith(f".{settings.BASE_DOMAIN}"):
            raise ValidationError(
                _("Use a host under %(domain)s, such as cedar.%(domain)s.")
                % {"domain": settings.BASE_DOMAIN}
            )
        return host

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError(_("Use a time zone such as America/New_York.")) from error
        return zone

    def clean_state(self) -> str:
        state: str = self.cleaned_data["state"].upper()
        if state and state not in STATES:
            raise ValidationError(_("Use a state as the post writes it, such as NC."))
        return state

    def clean_color(self) -> str:
        try:
            return theme.check_color(self.cleaned_data["color"])
        except theme.BadTheme as error:
            raise ValidationError(str(error)) from error

    def clean_languages(self) -> list[str]:
        found = self.cleaned_data["languages"]
        known = [code for code, _name in settings.LANGUAGES]
        if not isinstance(found, list) or not found or not set(found) <= set(known):
            raise ValidationError(_("Choose one or more of these: %s.") % ", ".join(known))
        return found

    def clean_crisis_lines(self) -> dict[str, Any]:
        found = self.cleaned_data["crisis_lines"] or {}
        for language, lines in self._by_language(found).items():
            if not isinstance(lines, list) or not all(map(_is_line, lines)):
                raise ValidationError(
                    _('Write each crisis line as {"label": "In crisis?", "tel": "988"}, and'
                      ' "sms" and "note" if it has them.')
                )  # fmt: skip
            if missing := ALWAYS - {line["tel"] for line in lines}:
                raise ValidationError(
                    _("Keep %(number)s among the crisis lines in %(language)s.")
                    % {"number": min(missing), "language": language}
                )
        return dict(found)

    def clean_texts(self) -> dict[str, Any]:
        found = self.cleaned_data["texts"] or {}
        for texts in self._by_language(found).values():
            known = isinstance(texts, dict) and set(texts) <= TEXTS
            if not known or not all(isinstance(text, str) for text in texts.values()):
                raise ValidationError(_("Texts are %s, each in words.") % ", ".join(sorted(TEXTS)))
        return dict(found)

    def _by_language(self, found: Any) -> dict[str, Any]:
        known = {code for code, _name in settings.LANGUAGES}
        if not isinstance(found, dict) or not set(found) <= known:
            raise ValidationError(_("Give these by language: %s.") % ", ".join(sorted(known)))
        return found


def _is_line(line: Any) -> bool:
    if not isinstance(line, dict) or not {"label", "tel"} <= set(line) <= LINE_PARTS:
        return False
    if not all(isinstance(part, str) and len(part) <= 80 for part in line.values()):
        return False
    return all(NUMBER.fullmatch(line[part]) for part in ("tel", "sms") if line.get(part))
