"""Sessions in the database, kept alive by one statement for each request."""

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
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        kept = self.model.objects.filter(pk=row.pk).update(
            session_data=row.session_data, expire_date=row.expire_date
        )
        if not kept:
            # Ended meanwhile, from elsewhere: it must not come back to life.
            raise UpdateError
