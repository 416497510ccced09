"""Both sides of the audit append, on one connection of the application's role."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django
import psycopg
from django.db import connection

django.setup()

from django.utils import timezone  # noqa: E402

from bench.plan import make_plan  # noqa: E402
from bench.serving import Question, answer  # noqa: E402
from portal.base import context  # noqa: E402
from portal.base.audit import trail  # noqa: E402
from portal.base.ids import uuid7  # noqa: E402

FACTS: dict[str, str | int] = {"kind": "claims", "count": 20}
COLUMNS = (*trail.COLUMNS, "row_hash")
# The columns of a line, and none of what guards it.
TWIN = """
CREATE TABLE bench_event (
    id uuid PRIMARY KEY, at timestamptz NOT NULL, plan_id uuid, actor_id uuid, on_behalf_of uuid,
    actor_role varchar(30) NOT NULL, client varchar(60) NOT NULL, member_id uuid,
    action varchar(60) NOT NULL, purpose varchar(40) NOT NULL, basis varchar(60) NOT NULL,
    outcome varchar(10) NOT NULL, object_kind varchar(40) NOT NULL, object_id uuid,
    session varchar(16) NOT NULL, facts jsonb NOT NULL, row_hash bytea NOT NULL);
GRANT INSERT ON bench_event TO portal_app;
"""
INSERT = (
    f"INSERT INTO bench_event ({', '.join(COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(['%s'] * len(COLUMNS))})"
)


def _committed(append: Callable[[], object]) -> float:
    """Seconds from an append to its commit; opening the transaction is not counted."""
    context._write(context.current())
    started = time.perf_counter()
    append()
    connection.commit()
    return time.perf_counter() - started


class _Appends:
    bound: context.AccessContext

    def prepare(self) -> None:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute(TWIN)
        plan = make_plan("append")
        self.bound = context.AccessContext(
            plan_id=plan.pk,
            user_id=uuid7(),
            member_id=uuid7(),
            role="member",
            purpose="own_access",
            basis="to_the_member",
            session="0123456789abcdef",
        )
        connection.set_autocommit(False)
        context._current.set(self.bound)

    def go(self, count: int) -> Question:
        """One by one in turn: whatever else the machine does, it does to both."""
        ours = theirs = 0.0
        # psycopg's own cursor: no framework between the row and the server.
        cursor = connection.connection.cursor()
        for _ in range(count):
            ours += _committed(self.ours)
            row = self._row()
            theirs += _committed(partial(cursor.execute, INSERT, row))
        return {"ours": ours, "theirs": theirs}

    def ours(self) -> None:
        trail.record(
            "records.listed", member_id=self.bound.member_id, object_kind="record", facts=FACTS
        )

    def _row(self) -> list[Any]:
        now = self.bound
        facts = json.dumps(FACTS)
        return [
            uuid7(), timezone.now(), now.plan_id, now.user_id, None, now.role, now.client,
            now.member_id, "records.listed", now.purpose, now.basis, "permitted", "record", None,
            now.session, facts, hashlib.sha256(facts.encode()).digest(),
        ]  # fmt: skip

    def handle(self, question: Question) -> Question:
        if question["do"] == "prepare":
            self.prepare()
            return {}
        return self.go(question["count"])


if __name__ == "__main__":
    answer(_Appends().handle)
