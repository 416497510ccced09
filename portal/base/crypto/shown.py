"""A plain sentence in place of what was destroyed, so that the rest of a page still shows."""

from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.base.crypto.errors import KeyDestroyed


def shown(row: Any, name: str) -> str:
    """A sealed text of this row, or the day it was destroyed."""
    try:
        return str(getattr(row, name))
    except KeyDestroyed as gone:
        return destroyed(gone)


def destroyed(gone: KeyDestroyed) -> str:
    return _("Destroyed on %(date)s") % {"date": date_format(localtime(gone.at), "DATE_FORMAT")}
