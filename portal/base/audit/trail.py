"""Writing the audit trail. No log, no access: a line goes in with what it tells of."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from portal.base import context
from portal.base.audit import marks
from portal.base.audit.models import Event, Outcome
from portal.base.ids import uuid7

COLUMNS = (
    "id", "at", "plan_id", "actor_id", "on_behalf_of", "actor_role", "client", "member_id",
    "action", "purpose", "basis", "outcome", "object_kind", "object_id", "session", "facts",
)  # fmt: skip
# Written here once: the ORM would put the same statement together anew for each line.
_INSERT = (
    f'INSERT INTO "base_event" ({", ".join(COLUMNS)}, row_hash, mark)'  # noqa: S608  our own names
    f" VALUES ({', '.join(['%s'] * (len(COLUMNS) + 2))})"
)
_LINE = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
# Codes and counts may stand in the clear. Anything else belongs in a sealed field elsewhere.
FACTS = frozenset(
    {
        "kind", "count", "reason_code", "status", "route", "method", "state", "basis_code",
        "searched", "year", "epoch", "decision", "version",
    }
)  # fmt: skip


class TrailUnavailable(DatabaseError):
    """No log, no access: whoever meets this must show and change nothing."""


def exported_line(row: dict[str, Any]) -> bytes:
    """The exact line that `verify_log` and an export print; its hash is the leaf of the tree."""
    return canonical([_plain(row[name]) for name in COLUMNS])


def canonical(value: Any) -> bytes:
    """The one way in which JSON is written in a line."""
    return _LINE.encode(value).encode()


def facts_of(stored: str | bytes) -> Any:
    """None for what the portal can't have written: no line fits it."""
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def row_hash(row: dict[str, Any]) -> bytes:
    return hashlib.sha256(exported_line(row)).digest()


def record(
    action: str,
    *,
    member_id: UUID | None = None,
    outcome: Outcome = Outcome.PERMITTED,
    object_kind: str = "",
    object_id: UUID | None = None,
    purpose: str = "",
    basis: str = "",
    decision: str = "",
    facts: dict[str, str | int] | None = None,
) -> UUID:
    """Add one line under the bound context, in the caller's transaction, and return its id.

    Raises ValueError for a fact that is not on the list of names that may stand in the clear, and
    TrailUnavailable when the database doesn't take it.
    """
    row = _row(action, facts or {}, purpose, basis, decision)
    row |= {"member_id": member_id, "outcome": outcome.value}
    row |= {"object_kind": object_kind, "object_id": object_id}
    leaf = row_hash(row)
    row["facts"] = Jsonb(row["facts"])
    # As the ORM does: what restores a context on the way out must know that all is undone.
    with _or_nothing(), transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [*(row[name] for name in COLUMNS), leaf, marks.mark(leaf)])
    line: UUID = row["id"]
    return line


def record_each(
    action: str,
    facts_of: Mapping[UUID, dict[str, str | int]],
    *,
    purpose: str,
    basis: str,
    decision: str = "",
    object_kind: str = "",
    object_id: UUID | None = None,
) -> None:
    """One line for each member whom a single act touched, in one statement.

    Raises as `record` does.
    """
    events = []
    for member_id, facts in facts_of.items():
        row = _row(action, facts, purpose, basis, decision)
        row |= {"member_id": member_id, "outcome": Outcome.PERMITTED.value}
        row |= {"object_kind": object_kind, "object_id": object_id}
        leaf = row_hash(row)
        events.append(Event(**row, row_hash=leaf, mark=marks.mark(leaf)))
    with _or_nothing():
        Event.objects.bulk_create(events, batch_size=500)


@contextmanager
def _or_nothing() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise TrailUnavailable("The trail took no line, so nothing may be shown.") from error


def _row(
    action: str, facts: dict[str, str | int], purpose: str, basis: str, decision: str
) -> dict[str, Any]:
    if unknown := set(facts) - FACTS:
        raise ValueError(f"These may not be written to the trail in the clear: {sorted(unknown)}")
    now = context.current()
    if not purpose and not basis:
        decision = decision or now.decision
    if decision:
        facts = {**facts, "decision": decision}
    return {
        "id": uuid7(),
        "at": timezone.now(),
        "plan_id": now.plan_id,
        "actor_id": now.user_id,
        "on_behalf_of": now.on_behalf_of,
        "actor_role": now.role,
        "client": now.client,
        "action": action,
        "purpose": purpose or now.purpose,
        "basis": basis or now.basis,
        "session": now.session,
        "facts": facts,
    }
