"""Sessions in the database, kept alive by one statement for each request."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError


class SessionStore(db.SessionStore):
    """As Django's; but a request is a transaction already, so an update needs no savepoint."""

    passive = False

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        if self.passive and not self.modified:
            return
        values: dict[str, Any] = {"expire_date": self.get_expiry_date()}
        if self.modified:
            values["session_data"] = self.encode(self._get_session())  # type: ignore[attr-defined]
        kept = self.model.objects.filter(pk=self.session_key).update(**values)
        if not kept:
            # Ended meanwhile, from elsewhere: it must not come back to life.
            raise UpdateError
