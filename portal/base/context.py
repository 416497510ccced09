"""Who acts, for which plan, about whom and why: bound to the database transaction.

Row-level security reads it. It is written with `set_config(..., true)`, so that it ends with the
transaction; a session-level setting would leak through the connection pool.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction

SYSTEM_ROLE = "system"


class NoContext(RuntimeError):
    """Private data was asked for outside an access context."""


@dataclass(frozen=True, kw_only=True)
class AccessContext:
    """One acting user, one plan, at most ONE member, one purpose and basis."""

    plan_id: UUID | None = None
    user_id: UUID | None = None
    role: str = ""
    member_id: UUID | None = None
    on_behalf_of: UUID | None = None
    purpose: str = ""
    basis: str = ""
    # What was decided, for the trail to keep: the question in codes.
    decision: str = ""
    session: str = ""
    client: str = "web"


_current: ContextVar[AccessContext | None] = ContextVar("access_context", default=None)


def current() -> AccessContext:
    context = _current.get()
    if context is None:
        raise NoContext("No access context is bound: open one with portal.base.context.bind().")
    return context


def current_or_none() -> AccessContext | None:
    return _current.get()


_SETTINGS = ("app.plan", "app.user", "app.role", "app.member")
_WRITE = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS)


def _values(context: AccessContext | None) -> tuple[str, ...]:
    if context is None:
        return ("",) * len(_SETTINGS)
    ids = (context.plan_id, context.user_id, context.member_id)
    plan, user, member = (str(one or "") for one in ids)
    return (plan, user, context.role, member)


def _write(context: AccessContext | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, _values(context))


def _changes(before: AccessContext | None, after: AccessContext | None) -> bool:
    """Whether the database would see another context: purpose and basis are for the trail alone.

    Without one before, nothing is known of what the transaction holds, so it is written.
    """
    return before is None or after is None or _values(before) != _values(after)


@contextmanager
def bind(context: AccessContext) -> Iterator[AccessContext]:
    """Act under `context`. Must be inside a transaction; restores the earlier one on leaving."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An access context lives in a transaction: open atomic() round bind()."
        )
    earlier = _current.get()
    if _changes(earlier, context):
        _write(context)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
        # A broken transaction is about to be rolled back, and the settings with it.
        broken = connection.connection is None or connection.needs_rollback
        if not broken and _changes(context, earlier):
            _write(earlier)


@contextmanager
def about_member(
    member_id: UUID, *, purpose: str = "", basis: str = "", decision: str = ""
) -> Iterator[AccessContext]:
    """Narrow the current context to one member, whose file the acting user may open."""
    now = current()
    with bind(
        replace(
            now,
            member_id=member_id,
            purpose=purpose or now.purpose,
            basis=basis or now.basis,
            # Grounds that name no decision of their own are not those of the one before.
            decision=decision if purpose or basis else now.decision,
        )
    ) as context:
        yield context


@contextmanager
def seeing_all() -> Iterator[AccessContext]:
    """See of the plan what scheduled work sees, in the name of whoever acts.

    For a check that must not miss what row-level security hides. None of what it finds is shown.
    """
    now = current()
    if now.plan_id is None and now.role != SYSTEM_ROLE:
        raise NoContext("Whoever acts here acts for no plan.")
    with bind(replace(now, role=SYSTEM_ROLE)) as context:
        yield context


def owner_by(function: str, id: UUID) -> UUID | None:
    """Whose a row is, by a function of `policies.tells_owner`. For `seeing_all` and the like."""
    with connection.cursor() as cursor:
        cursor.callproc(function, [id])
        found = cursor.fetchone()
    return found[0] if found else None


def run_for_members(
    statements: Sequence[tuple[UUID, str, Sequence[Any]]],
) -> list[list[tuple[Any, ...]]]:
    """Run each statement (member, SQL, values) in that member's file, all in one round trip.

    Bulk files mix thousands of members, and opening one file takes two round trips. Policies hold
    for each statement as they do in `about_member`.
    """
    now = current()
    opened = "SELECT set_config('app.member', %s, true)"
    text = "; ".join(f"{opened}; {sql}" for _member, sql, _values in statements)
    values = [one for member, _sql, given in statements for one in (str(member), *given)]
    found = []
    with connection.cursor() as cursor:
        cursor.execute(f"{text}; {opened}", [*values, str(now.member_id or "")])
        for _statement in statements:
            cursor.nextset()
            found.append(cursor.fetchall() if cursor.description else [])
            cursor.nextset()
    return found


@contextmanager
def system(client: str, plan_id: UUID | None = None) -> Iterator[AccessContext]:
    """A transaction of scheduled work or a command, which no person is signed in to."""
    with (
        transaction.atomic(),
        bind(AccessContext(plan_id=plan_id, role=SYSTEM_ROLE, client=client)) as context,
    ):
        yield context
