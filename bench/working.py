"""Work beside pages: keys wrapped anew, and a message on its way to the team."""

import base64
import os
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import django
from django.conf import settings
from django.db import transaction
from django.utils import timezone

django.setup()

from accounts.models import Member, User, stored_username  # noqa: E402
from accounts.people_actions import create_team, join_team  # noqa: E402
from bench.plan import make_plan  # noqa: E402
from bench.serving import Question, answer  # noqa: E402
from messaging import access, actions  # noqa: E402
from messaging.access import View  # noqa: E402
from messaging.models import Draft  # noqa: E402
from portal.base import context  # noqa: E402
from portal.base.audit import trail  # noqa: E402
from portal.base.crypto import keyring  # noqa: E402
from portal.base.ids import uuid7  # noqa: E402

WORDS = "I feel dizzy since I began the new medicine. " * 4


class _Work:
    def prepare(self, holders: int) -> Question:
        self.plan = make_plan("work")
        with context.system("bench", self.plan.pk):
            for _ in range(holders // 500):
                keyring.create_holders(["member_record"] * 500, self.plan.pk)
            member = Member.objects.create(
                plan=self.plan,
                record_holder_id=keyring.create_holder("member_record", self.plan.pk),
                privacy_holder_id=keyring.create_holder("member_privacy", self.plan.pk),
                given_name="Bo",
                family_name="Bench",
                birth_date=date(1980, 1, 1),
                member_number="B1",
            )
        self.member = self._person("bo", "member", member)
        self.worker = self._person("kim", "care_worker")
        self.team = create_team(plan=self.plan, name="Team", care_type="Care", client="bench")
        for who in (member, self.worker):
            with context.system("bench", self.plan.pk), transaction.atomic():
                join_team(team=self.team, who=who)
        return {}

    def _person(self, name: str, role: str, member: Member | None = None) -> User:
        with context.system("bench", self.plan.pk):
            user = User(
                plan=self.plan,
                username=stored_username(self.plan.slug, f"{name}.bench"),
                role=role,
                member=member,
                holder_id=keyring.create_holder("person", self.plan.pk),
                display_name=f"{name} Bench",
            )
            user.set_unusable_password()
            user.save()
        return user

    def save(self, count: int, words: str) -> Question:
        """A draft made and changed, each with its line in the trail and committed."""
        member, begun = self.member.member, time.perf_counter()
        assert member
        acting = self._acting(self.member)
        for _ in range(count):
            with transaction.atomic(), context.bind(acting):
                draft = Draft(
                    id=uuid7(),
                    plan_id=member.plan_id,
                    member=member,
                    record_holder_id=member.record_holder_id,
                    author=self.member,
                    subject="Dizzy",
                    body=words,
                    saved_at=timezone.now(),
                    thread_id=None,
                )
                draft.save(force_insert=True)
                self._note(draft)
            with transaction.atomic(), context.bind(acting):
                draft.body, draft.saved_at = f"{words}.", timezone.now()
                draft.save(update_fields=["body", "saved_at"])
                self._note(draft)
            # There is one to a person: the next needs its place. Outside the clock.
            begun += _took(partial(self._drop, draft, acting))
        return {"seconds": time.perf_counter() - begun}

    def _drop(self, draft: Draft, acting: context.AccessContext) -> None:
        with transaction.atomic(), context.bind(acting):
            draft.delete()

    def _note(self, draft: Draft) -> None:
        trail.record(
            "draft.saved", member_id=draft.member_id, object_kind="draft", object_id=draft.pk
        )

    def rotate(self) -> Question:
        """With a new key in front of the ring, all data keys are wrapped anew."""
        settings.KEY_RING = [base64.b64encode(os.urandom(32)).decode(), *settings.KEY_RING]
        begun = time.perf_counter()
        with context.system("bench"):
            count = keyring.rewrap_all()
        return {"count": count, "seconds": time.perf_counter() - begun}

    def send(self, count: int) -> Question:
        """Each message from "Send" to its row in the team's inbox: the slowest of a hundred."""
        spent = []
        for _ in range(count):
            begun = time.perf_counter()
            self._send_one()
            spent.append(time.perf_counter() - begun)
        return {"seconds": sorted(spent)[int(count * 0.99)]}

    def _send_one(self) -> None:
        assert self.member.member
        with transaction.atomic(), context.bind(self._acting(self.member)):
            actions.start_thread(
                by=self.member,
                member=self.member.member,
                team=self.team,
                subject="Dizzy",
                body=WORDS,
                key=uuid7(),
            )
        with transaction.atomic(), context.bind(self._acting(self.worker)):
            page = access.team_threads(self.worker, View.TEAM)
            assert page.object_list[0].subject == "Dizzy"

    def _acting(self, user: Any) -> context.AccessContext:
        return context.AccessContext(
            plan_id=user.plan_id, user_id=user.pk, role=user.role, member_id=user.member_id
        )

    def handle(self, question: Question) -> Question:
        found: Question = getattr(self, question.pop("do"))(**question)
        return found


def _took(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    answer(_Work().handle)
