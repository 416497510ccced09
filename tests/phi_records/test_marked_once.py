"""Twenty equal forms for one mark at the same moment, with real commits."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from consents.question import Tag
from phi_records.actions.marking import mark_record
from phi_records.models import StaffTag
from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests import factories
from tests.messaging.conftest import acting
from tests.phi_records.bundles import load_for
from tests.phi_records.test_tags import PLAIN, rows

pytestmark = pytest.mark.promise("AH2")
TRIES = 20


@pytest.mark.parametrize("keys", [1, TRIES], ids=["one form", "as many forms"])
def test_20_forms_at_once_are_one_mark(
    own_database: str, django_db_blocker: pytest.FixtureRequest, tmp_path: Path, keys: int
) -> None:
    with django_db_blocker.unblock():
        plan = factories.plan("cedar")
        member = factories.member_user(plan, "ana.diaz", "Ana", "Diaz").member
        officer = factories.staff_user(plan, "pat.nolan", "Pat Nolan", "privacy_officer")
        load_for(member, tmp_path, PLAIN)
        pk, start = rows(member)["o1"][0], Barrier(TRIES)
        sent = [uuid7() for _each in range(keys)]

        def mark(number: int) -> bool:
            try:
                start.wait(timeout=60)
                with acting(User.objects.select_related("plan").get(pk=officer.pk)):
                    return mark_record(
                        by=officer, record_id=pk, tag=Tag.HIV, on=True, reason="Why",
                        key=sent[number % keys],
                    )  # fmt: skip
            finally:
                connection.close()

        with ThreadPoolExecutor(TRIES) as pool:
            changed = list(pool.map(mark, range(TRIES)))
        assert sorted(changed) == [False] * (TRIES - 1) + [True]
        assert rows(member)["o1"][1] == {Tag.HIV}
        with context.system("test", plan.pk), context.about_member(member.pk):
            assert StaffTag.objects.count() == 1
            assert Event.objects.filter(action="record.marked").count() == 1
