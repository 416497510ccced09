import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.sessions import SessionStore


@pytest.fixture
def stored(db: None) -> SessionStore:
    session = SessionStore()
    session["held"] = "before"
    session.save()
    return session


def test_one_statement_keeps_a_session_alive(stored: SessionStore) -> None:
    stored["held"] = "after"
    with CaptureQueriesContext(connection) as seen:
        stored.save()
    assert [query["sql"].split()[0] for query in seen] == ["UPDATE"]
    assert SessionStore(stored.session_key)["held"] == "after"


def test_a_visit_that_changes_nothing_writes_nothing_over_another(stored: SessionStore) -> None:
    """Two tabs: what one keeps is not undone by one that only looked."""
    looks = SessionStore(stored.session_key)
    assert looks["held"] == "before"
    stored["held"] = "after"
    stored.save()
    looks.save()
    assert SessionStore(stored.session_key)["held"] == "after"


def test_a_session_that_was_ended_meanwhile_stays_ended(stored: SessionStore) -> None:
    SessionStore(stored.session_key).delete()
    with pytest.raises(UpdateError):
        stored.save()
    assert not stored.exists(stored.session_key or "")
