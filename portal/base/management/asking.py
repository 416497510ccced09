from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def ask(question: str) -> str:
    """What is typed; nothing where nobody is there to type."""
    try:
        return input(question).strip()
    except EOFError:
        print()
        return ""


def secret(question: str, file: Path | None) -> str:
    """From the file, else typed without being shown."""
    try:
        return file.read_text().strip() if file else getpass(question)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(_("%s can't be read as text.") % file) from error
    except EOFError as error:
        raise CommandError(_("Nothing was typed.")) from error
