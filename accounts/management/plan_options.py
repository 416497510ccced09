"""The options that the commands about plans share."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.logo import Logo, read
from accounts.plan_form import PlanForm
from accounts.theme import BadTheme

EXAMPLE = """
words.json holds what differs by language; leave out what the plan has no own words for:
  {"crisis_lines": {"en": [{"label": "In crisis?", "tel": "988", "sms": "988",
                            "note": "Veterans: press 1"},
                           {"label": "Emergency?", "tel": "911"}]},
   "texts": {"es": {"hours": "De lunes a viernes, de 8 a.m. a 6 p.m.", "reply_promise": "...",
                    "footer_notice": "..."}}}
"""
OPTIONS = {
    "host": "the host name of its pages, such as cedar.example.org",
    "name": "its name, such as Cedar Valley Health Plan",
    "short-name": "its name in a word or two",
    "phone": "the number that members call",
    "tty": "the number for TTY",
    "hours": "when the phone is answered",
    "address": "its postal address",
    "time-zone": "such as America/New_York",
    "state": "whose law holds beside federal law, such as NC; nothing for no state's own",
    "color": "its one color, such as #1c5048; shades for light and dark follow from it",
    "reply-days": "work days within which care teams answer",
}


def add_to(parser: ArgumentParser, needed: frozenset[str] = frozenset()) -> None:
    for name, words in OPTIONS.items():
        parser.add_argument(f"--{name}", required=name in needed, help=words)
    parser.add_argument("--languages", help="languages of its pages, such as en,es")
    parser.add_argument("--logo", type=Path, help="PNG, WebP or plain SVG, up to 200 KB")
    parser.add_argument("--words", type=Path, help="JSON file: crisis lines and texts (below)")


def given(options: dict[str, Any]) -> dict[str, Any]:
    """What was said on the command line, as a form takes it."""
    names = (name.replace("-", "_") for name in OPTIONS)
    found = {name: options[name] for name in names if options[name] is not None}
    if options["languages"]:
        found["languages"] = json.dumps(options["languages"].split(","))
    if options["words"]:
        found |= {name: json.dumps(value) for name, value in _words(options["words"]).items()}
    return found


def _words(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        said = {"path": path, "reason": error.strerror or "?"}
        raise CommandError(_("%(path)s can't be read: %(reason)s.") % said) from error
    except ValueError as error:
        said = {"path": path, "reason": error}
        raise CommandError(_("%(path)s can't be read as JSON: %(reason)s.") % said) from error
    if not isinstance(found, dict) or not set(found) <= {"crisis_lines", "texts"}:
        raise CommandError(_("%s may hold “crisis_lines” and “texts” alone.") % path)
    return found


def logo_of(path: Path | None) -> Logo | None:
    if path is None:
        return None
    try:
        return read(path.read_bytes())
    except OSError as error:
        said = {"path": path, "reason": error.strerror or "?"}
        raise CommandError(_("%(path)s can't be read: %(reason)s.") % said) from error
    except BadTheme as error:
        raise CommandError(f"--logo: {error}") from error


def checked(form: PlanForm) -> dict[str, Any]:
    if form.is_valid():
        return form.cleaned_data
    told = [
        f"--{name.replace('_', '-')}: {' '.join(map(str, errors))}"
        for name, errors in form.errors.items()
    ]
    raise CommandError("\n".join([_("Nothing was saved."), *told]))
