"""Their side of saving with an audit: django-pghistory's triggers keep what each row was."""

import os
import time
from uuid import UUID

import django
import psycopg

with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
    owner.execute("CREATE SCHEMA IF NOT EXISTS tracked")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.serving import Question, answer  # noqa: E402
from bench.tracked.models import Draft  # noqa: E402
from portal.base.ids import uuid7  # noqa: E402


class _Saving:
    def prepare(self) -> Question:
        call_command("migrate", run_syncdb=True, verbosity=0)
        self.ids: dict[str, UUID] = {
            name: uuid7() for name in ("plan_id", "member_id", "record_holder_id", "author_id")
        }
        return {}

    def go(self, count: int, words: str) -> Question:
        begun = time.perf_counter()
        for _ in range(count):
            with transaction.atomic():
                draft = Draft(id=uuid7(), subject="Dizzy", body=words, saved_at=timezone.now())
                for name, value in self.ids.items():
                    setattr(draft, name, value)
                draft.save(force_insert=True)
            with transaction.atomic():
                draft.body, draft.saved_at = f"{words}.", timezone.now()
                draft.save(update_fields=["body", "saved_at"])
        return {"seconds": time.perf_counter() - begun}

    def handle(self, question: Question) -> Question:
        found: Question = getattr(self, question.pop("do"))(**question)
        return found


if __name__ == "__main__":
    answer(_Saving().handle)
