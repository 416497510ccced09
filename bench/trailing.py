"""A long trail, made as the product makes it, and what is asked of it."""

import hashlib
import json
import os
import random
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import django
import psycopg
from django.db import connection, transaction
from psycopg.types.json import Jsonb

django.setup()

from django.db.models import QuerySet  # noqa: E402

from accounts.models import Member, User, stored_username  # noqa: E402
from bench.plan import make_plan  # noqa: E402
from bench.serving import Question, answer  # noqa: E402
from disclosures import access  # noqa: E402
from portal.base import context  # noqa: E402
from portal.base.audit import check, marks, proof, rows, seals, trail  # noqa: E402
from portal.base.audit.models import Event  # noqa: E402
from portal.base.crypto import keyring  # noqa: E402
from portal.base.ids import uuid7  # noqa: E402

# Rows of one transaction: a batch of seals is a few of them.
TOGETHER = 5_000
# Of a thousand lines, so many are about the member whose list is read.
ABOUT_MEMBER = 2
PROOFS = 200
COLUMNS = (*trail.COLUMNS, "row_hash", "mark")
COPY_IN = f"COPY base_event ({', '.join(COLUMNS)}) FROM STDIN"
COPY_OUT = (
    f"COPY (SELECT {', '.join(trail.COLUMNS)} FROM base_event"  # noqa: S608  our own names
    " ORDER BY epoch, xid, id) TO STDOUT"
)
# The page of the list as plainly as it can be read: of one index, and of nothing else.
BARE = (
    """SELECT at FROM base_event WHERE plan_id = %s AND member_id = %s ORDER BY at DESC LIMIT %s"""
)


def _seconds(begun: float) -> float:
    return time.perf_counter() - begun


def _owner() -> "psycopg.Connection[Any]":
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)


class _Trail:
    def prepare(self, count: int, folder: str) -> Question:
        self.plan = make_plan("long")
        self.user = self._member()
        self.staff = [uuid7() for _ in range(40)]
        self.random = random.Random(1)
        self.count = 0
        self.file = Path(folder, "trail.ndjson")
        self.grow(count)
        return {}

    def _member(self) -> User:
        with context.system("bench", self.plan.pk):
            member = Member.objects.create(
                plan=self.plan,
                record_holder_id=keyring.create_holder("member_record", self.plan.pk),
                privacy_holder_id=keyring.create_holder("member_privacy", self.plan.pk),
                given_name="Bo",
                family_name="Bench",
                birth_date=datetime(1980, 1, 1, tzinfo=UTC).date(),
                member_number="B1",
            )
            user = User(
                plan=self.plan,
                username=stored_username(self.plan.slug, "bo.bench"),
                role="member",
                member=member,
                holder_id=keyring.create_holder("person", self.plan.pk),
                display_name="Bo Bench",
            )
            user.set_unusable_password()
            user.save()
        return user

    def grow(self, count: int) -> Question:
        """Up to so many lines, sealed."""
        with _owner() as db:
            while self.count < count:
                with db.transaction(), db.cursor().copy(COPY_IN) as copy:
                    for _ in range(min(TOGETHER, count - self.count)):
                        copy.write_row(self._row())
                        self.count += 1
            db.execute("ANALYZE base_event")
        while True:
            with context.system("bench"), transaction.atomic():
                if not seals.seal_finished():
                    return {}

    def _row(self) -> list[Any]:
        # A full page from the first: what grows is the trail, not the page.
        mine = self.count < 2 * access.PAGE or self.random.randrange(1000) < ABOUT_MEMBER
        row = {
            "id": uuid7(),
            "at": datetime.now(UTC),
            "plan_id": self.plan.pk,
            "actor_id": self.random.choice(self.staff),
            "on_behalf_of": None,
            "actor_role": "care_worker",
            "client": "web",
            "member_id": self.user.member_id if mine else UUID(int=self.random.getrandbits(128)),
            "action": "thread.opened",
            "purpose": "care_message",
            "basis": "staff_use",
            "outcome": "permitted",
            "object_kind": "thread",
            "object_id": uuid7(),
            "session": "0123456789abcdef",
            "facts": {"count": 3},
        }
        leaf = trail.row_hash(row)
        row["facts"] = Jsonb(row["facts"])
        return [*row.values(), leaf, marks.mark(leaf)]

    def verify(self) -> Question:
        begun = time.perf_counter()
        with context.system("bench"), transaction.atomic():
            report = check.verify()
        assert report.fault is None, report.fault
        assert report.rows >= self.count
        return {"seconds": _seconds(begun)}

    def copy(self) -> Question:
        begun = time.perf_counter()
        with _owner() as db, db.cursor().copy(COPY_OUT) as copy:
            for _ in copy:
                pass
        return {"seconds": _seconds(begun)}

    def export(self) -> Question:
        with context.system("bench"), transaction.atomic():
            proof.export_trail(self.file)
        return {}

    def sha256(self) -> Question:
        begun = time.perf_counter()
        with self.file.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        return {"seconds": _seconds(begun)}

    def proofs(self) -> Question:
        """How long the way from a line to its signed root is, and how long checking it takes."""
        with context.system("bench"), transaction.atomic():
            prover, longest, spent = proof.Prover(), 0, []
            for row_id in _some(Event.objects.filter(action="thread.opened"), PROOFS):
                row = rows.by_id(row_id)
                made = row and prover.of(row)
                assert made
                longest = max(longest, len(made["path"]))
                begun = time.perf_counter()
                root = _root(made)
                spent.append(_seconds(begun))
                assert root.hex() in made["seal"]["signed"]
        return {"longest": longest, "seconds": statistics.median(spent)}

    def page(self, times: int) -> Question:
        """The first page of the list, through the door; each as a request of its own."""
        spent = []
        for _ in range(times):
            begun = time.perf_counter()
            with transaction.atomic(), context.bind(self._acting()):
                access.seen_by_others(self.user)
            spent.append(_seconds(begun))
        spent.sort()
        return {"median": statistics.median(spent), "p99": spent[int(len(spent) * 0.99)]}

    def query(self, times: int) -> Question:
        """The rows of that page as the application asks for them, beside the bare scan."""
        ours = theirs = 0.0
        with transaction.atomic(), context.bind(self._acting()), connection.cursor() as cursor:
            bare = [self.plan.pk, self.user.member_id, access.PAGE]
            for _ in range(times):
                begun = time.perf_counter()
                list(self._listed())
                ours += _seconds(begun)
                begun = time.perf_counter()
                cursor.execute(BARE, bare)
                cursor.fetchall()
                theirs += _seconds(begun)
        return {"ours": ours, "theirs": theirs}

    def _listed(self) -> "QuerySet[Event]":
        found = Event.objects.filter(
            plan_id=self.plan.pk, member_id=self.user.member_id, outcome="permitted"
        )
        return found.order_by("-at", "-id")[: access.PAGE]

    def _acting(self) -> context.AccessContext:
        user = self.user
        return context.AccessContext(
            plan_id=user.plan_id, user_id=user.pk, role=user.role, member_id=user.member_id
        )

    def handle(self, question: Question) -> Question:
        found: Question = getattr(self, question.pop("do"))(**question)
        return found


def _some(events: "QuerySet[Event]", count: int) -> list[UUID]:
    ids = list(events.order_by("id").values_list("pk", flat=True))
    return ids[:: max(1, len(ids) // count)]


def _root(made: dict[str, Any]) -> bytes:
    """As docs/proof/verify_trail.py climbs: RFC 6962, section 2.1."""
    line = hashlib.sha256(made["line"].encode()).digest()
    node, index = hashlib.sha256(b"\0" + line).digest(), made["index"]
    width, path = json.loads(made["seal"]["signed"])[5], list(map(bytes.fromhex, made["path"]))
    while width > 1:
        if index ^ 1 < width:
            beside = path.pop(0)
            pair = beside + node if index & 1 else node + beside
            node = hashlib.sha256(b"\1" + pair).digest()
        index, width = index // 2, (width + 1) // 2
    return node


if __name__ == "__main__":
    answer(_Trail().handle)
