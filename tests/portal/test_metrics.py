"""Figures for a program that watches: closed without a token, and about nobody."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Plan, User
from portal.base import context
from portal.base.embedded.place import free_port
from portal.base.files.models import FileCheck
from portal.base.ids import uuid7
from portal.base.outbox.models import Mail, MailState
from portal.base.standing import done, read_only
from portal.system import metrics

URL, TOKEN = reverse("metrics"), "k3J9xQ7mZ2vT5wB8nR4yL6pD1cF0hG"
SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[A-Za-z_]+"\})? -?[0-9.e+-]+')


@pytest.fixture
def token(settings: Any) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


def scrape(told: str = f"Bearer {TOKEN}", host: str = "cedar.localhost") -> Any:
    return Client(headers={"host": host, "authorization": told} if told else {"host": host}).get(
        URL
    )


def figures() -> dict[str, float]:
    lines = scrape().text.splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _space, value in samples}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_is_written_in_any_case(db: None, token: str, scheme: str) -> None:
    assert scrape(f"{scheme} {token}").status_code == 200


def test_without_a_setting_it_is_not_there(db: None) -> None:
    assert scrape("").status_code == scrape("Bearer ").status_code == 404


@pytest.mark.parametrize(
    "told", ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_without_the_token_nothing_is_told(db: None, token: str, told: str) -> None:
    answer = scrape(told)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_the_figures_are_those_of_now(plan: Plan, token: str) -> None:
    now = timezone.now()
    with context.system("test"):
        done.note(done.BACKUP, now)
        for number, state in enumerate((MailState.WAITING, MailState.WAITING, MailState.FAILED)):
            Mail.objects.create(
                plan_id=plan.pk,
                recipient_id=plan.pk,
                kind=f"kind{number}",
                event_id=plan.pk,
                next_attempt_at=now,
                state=state,
            )
        Mail.objects.filter(kind="kind0").update(created_at=now - timedelta(hours=1))
        for hours in (1, 2):
            FileCheck.objects.create(
                file_id=uuid7(),
                plan_id=plan.pk,
                member_id=plan.pk,
                uploaded_by=plan.pk,
                uploaded_at=now - timedelta(hours=hours),
            )
    read_only.begin(client="test", until=None, why={})
    found = figures()
    assert found["portal_files_unscanned"] == 2
    assert 7200 <= found["portal_files_unscanned_oldest_seconds"] < 7300
    assert found['portal_mail{state="waiting"}'] == 2
    assert found['portal_mail{state="failed"}'] == 1
    assert 3600 <= found["portal_mail_oldest_seconds"] < 3700
    assert found['portal_last_done_timestamp_seconds{what="backup"}'] == now.timestamp()
    assert 'portal_last_done_timestamp_seconds{what="restore"}' not in found
    assert found["portal_read_only"] == found["portal_database_up"] == 1
    assert found["portal_broker_up"] == found["portal_trail_next_partition"] == 1
    assert found['portal_trail_sealing{state="ok"}'] == 1
    assert found['portal_disk_free_bytes{setting="FILES_ROOT"}'] > 0


def test_it_is_the_text_that_prometheus_reads(db: None, token: str) -> None:
    answer = scrape()
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    for gauge in metrics.gauges():
        assert f"# HELP {gauge.name} {gauge.means}\n# TYPE {gauge.name} gauge\n" in answer.text
    for line in answer.text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line), line


def test_it_names_no_plan_and_nobody(member_user: User, token: str) -> None:
    text = scrape(host="localhost").text
    for word in ("cedar", "Cedar", "Diaz", "ana", str(member_user.pk), str(member_user.plan_id)):
        assert word not in text


def test_what_is_away_is_told(
    db: None, token: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any) -> Any:
        raise DatabaseError

    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(metrics.context, "system", gone)
    found = figures()
    assert found["portal_database_up"] == found["portal_broker_up"] == 0
    assert "portal_read_only" not in found
    assert 'portal_disk_size_bytes{setting="FILES_ROOT"}' in found


def test_a_folder_that_web_is_kept_out_of_is_left_out(
    db: None, token: str, second_place_shut: None
) -> None:
    found = figures()
    assert 'portal_disk_free_bytes{setting="LOG_ANCHOR_PATH"}' not in found
    assert found['portal_disk_free_bytes{setting="FILES_ROOT"}'] > 0
