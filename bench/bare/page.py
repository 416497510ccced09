"""Their side of the records page."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bench.bare.models import Record, Thread  # noqa: E402
from bench.serving import Question, Visitor, answer  # noqa: E402


def _prepare(rows: list[dict[str, str]]) -> User:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA bare")
    call_command("migrate", verbosity=0)
    # Its own tables point to those of Django's apps, so they come after them.
    call_command("migrate", run_syncdb=True, verbosity=0)
    user = User.objects.create(username="bo.bench", first_name="Bo Bench")
    for row in rows:
        Record.objects.create(user=user, kind="claims", **row)
    Thread.objects.create(user=user)
    return user


def _sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    names = {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: "c" * 32}
    return "; ".join(f"{name}={value}" for name, value in names.items())


class _Page:
    visitor: Visitor

    def handle(self, question: Question) -> Question:
        if question["do"] == "prepare":
            cookie = _sign_in(_prepare(question["rows"]))
            self.visitor = Visitor(
                application, path=question["path"], host=question["host"], cookie=cookie
            )
            return {}
        if question["do"] == "page":
            return {"html": self.visitor.page().decode()}
        return self.visitor.go(question["count"])


if __name__ == "__main__":
    answer(_Page().handle)
