"""`doctor` says in sentences what is wrong, and only then ends with 1."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Plan
from portal.base import context
from portal.base.audit import keys as trail_keys
from portal.base.audit import seals, state
from portal.base.audit.keys import NoSigningKey
from portal.base.crypto import reseal
from portal.base.embedded.place import free_port, key
from portal.base.files import blobs, sealed
from portal.base.files.models import FileCheck, Scan, SealedFile
from portal.base.health import checks, keys, outside
from portal.base.ids import uuid7
from portal.base.outbox.models import Mail
from portal.base.standing import done, read_only
from portal.base.standing.models import LastDone
from tests import factories
from tests.base.trails import seal, write_events
from tests.faults.post_office import PostOffice
from tests.files import scanners

pytestmark = pytest.mark.promise("AH19")


@pytest.fixture
def well(db: None, settings: Any, files_root: Path) -> Any:
    """A machine on which nothing is wrong."""
    office = PostOffice()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
    settings.OPERATOR_EMAIL = "ola@mail.example"
    scanner = scanners.OddScanner()
    settings.CLAMD_URL = scanner.address
    (files_root / "0a").mkdir(parents=True)
    with context.system("test"):
        for what in (done.SCHEDULED, done.BACKUP, done.RESTORE):
            done.note(what)
    yield settings
    office.close()
    scanner.close()


def whole_plan() -> Plan:
    """One that lacks nothing which `doctor` asks for."""
    plan = factories.plan("cedar")
    factories.notices(plan)
    factories.staff_user(plan, "victor.lang", "Victor Lang", "privacy_officer")
    return plan


def told() -> list[str]:
    return [found.says for found in checks.wrong()]


def test_where_all_is_well_it_says_so(well: Any) -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue() == "Everything looks well.\n"


def test_what_is_wrong_ends_with_1(well: Any) -> None:
    well.REDIS_URL, out = "", StringIO()
    with pytest.raises(CommandError, match="Found: 1") as ended:
        call_command("doctor", stdout=out)
    assert ended.value.returncode == 1
    assert out.getvalue() == "REDIS_URL is not set: no mail goes out and nothing is sealed.\n"


def test_on_a_real_server_someone_is_told_of_failures(well: Any) -> None:
    well.DEMO = False
    assert list(outside.nobody_told()) == []
    well.OPERATOR_EMAIL = ""
    [found] = outside.nobody_told()
    assert (found.level, "OPERATOR_EMAIL" in found.says) == (checks.Level.LOOK, True)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0", "Valkey doesn't answer"),
        ("EMAIL_PORT", free_port(), "doesn't take us"),
        ("KEY_RING", [key()], "The ring lacks key"),
        ("CLAMD_URL", f"tcp://127.0.0.1:{free_port()}", "The virus scanner doesn't answer"),
        ("CERTIFICATE_PATH", "/nowhere.pem", "no certificate that can be read"),
    ],
    ids=["valkey", "mail", "ring", "scanner", "certificate"],
)
def test_what_does_not_answer_is_named(well: Any, name: str, value: Any, sentence: str) -> None:
    whole_plan()
    factories.staff_user(factories.Plan.objects.get(), "sam.lee", "Sam Lee", "care_worker")
    setattr(well, name, value)
    [said] = told()
    assert sentence in said


@pytest.mark.parametrize("reason", [seals.RowsGone, NoSigningKey])
def test_a_sealer_that_refuses_is_told_as_readyz_tells_it(well: Any, reason: Any) -> None:
    state.tell_refusal(reason("canary"))
    [said] = told()
    assert said == str(state.REASONS[reason.__name__])


def test_folders_and_disks_are_looked_at(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside.os, "access", lambda place, mode: False)
    monkeypatch.setattr(outside, "ROOM", 2**60)
    monkeypatch.setattr(outside, "ROOM_SHARE", 1.0)
    said = " ".join(told())
    assert "(FILES_ROOT) can't be read and written" in said
    assert "(LOG_ANCHOR_PATH) can't be written: nothing can be sealed" in said
    assert "MB left" in said


@pytest.mark.parametrize(("days", "sentence"), [(90, ""), (5, "ends in 4"), (-3, "ended 3 days")])
def test_a_certificate_that_ends_soon_is_told(
    well: Any, tmp_path: Path, days: int, sentence: str
) -> None:
    path, secret = tmp_path / "c.pem", Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.example")])
    end = datetime.now(UTC) + timedelta(days=days)
    made = x509.CertificateBuilder(
        name, name, secret.public_key(), 7, end - timedelta(days=365), end
    ).sign(secret, None)
    path.write_bytes(made.public_bytes(Encoding.PEM))
    well.CERTIFICATE_PATH = str(path)
    assert [sentence in said for said in told()] == [True] * bool(sentence)
    assert [found.level for found in checks.wrong()] == [checks.Level.WRONG] * bool(sentence)


def test_what_is_not_urgent_asks_for_a_look(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = timezone.now() + timedelta(days=14)
    monkeypatch.setattr(checks.figures, "certificate_ends", lambda: ends)
    [found] = checks.wrong()
    assert (found.level, "ends in 13 days" in found.says) == (checks.Level.LOOK, True)


def test_silence_of_beat_and_worker_is_told_apart(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with context.system("test"):
        done.note(done.SCHEDULED, timezone.now() - timedelta(minutes=5))
    for answers, sentence in ((True, "start beat."), (False, "start worker and beat.")):
        monkeypatch.setattr(checks, "_worker_answers", lambda answers=answers: answers)
        [said] = told()
        assert said.endswith(sentence)


def test_no_worker_answers_where_none_runs(well: Any) -> None:
    assert checks._worker_answers() is False


def test_mail_that_waits_is_told(well: Any) -> None:
    plan = whole_plan()
    now = timezone.now()
    with context.system("test"):
        mail = Mail.objects.create(
            plan_id=plan.pk,
            recipient_id=plan.pk,
            kind="new_answer",
            event_id=plan.pk,
            next_attempt_at=now,
        )
        Mail.objects.filter(pk=mail.pk).update(created_at=now - timedelta(hours=1))
    [found] = checks.wrong()
    assert found.says.startswith("1 mail waits for more than 15 minutes")
    assert found.level == checks.Level.WRONG
    with context.system("test"):
        Mail.objects.update(attempts=3, reply_code=452)
    assert [found.level for found in checks.wrong()] == [checks.Level.LOOK]


def put_file(plan: Plan, minutes: int) -> None:
    with context.system("test"):
        FileCheck.objects.create(
            file_id=uuid7(),
            plan_id=plan.pk,
            member_id=plan.pk,
            uploaded_by=plan.pk,
            uploaded_at=timezone.now() - timedelta(minutes=minutes),
        )


def test_files_that_wait_for_a_scanner_that_answers_are_told(well: Any) -> None:
    plan = whole_plan()
    put_file(plan, 14)
    assert told() == []
    for count, says in ((2, "2 files wait for the virus scanner"), (3, "3 files wait")):
        put_file(plan, 20)
        [found] = checks.wrong()
        assert (found.says[: len(says)], found.level) == (says, checks.Level.WRONG), count
        first = timezone.now() - timedelta(minutes=20)
        assert f"the first since {first:%Y-%m-%d %H:}" in found.says
    with context.system("test"):
        FileCheck.objects.update(state=Scan.CLEAN, scanned_at=timezone.now())
    assert told() == []


def test_old_backups_and_untried_ones_are_told(well: Any) -> None:
    well.DEMO = False
    assert [line for line in told() if not line.startswith("Settings:")] == []
    with context.system("test"):
        done.note(done.BACKUP, timezone.now() - timedelta(days=2))
        done.note(done.RESTORE, timezone.now() - timedelta(days=200))
    said = " ".join(told())
    assert "The last backup is of" in said
    assert "No backup was put back since" in said
    with context.system("test"):
        LastDone.objects.all().delete()
    assert "There was never a backup" in " ".join(told())


def test_a_clock_that_is_off_is_told(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = checks.time.time
    monkeypatch.setattr(checks.time, "time", lambda: real() + 60)
    assert any("The clock here is 60 s ahead of the database's" in said for said in told())


def test_read_only_mode_that_should_be_over_is_told(well: Any) -> None:
    past = timezone.now() - timedelta(hours=1)
    read_only.begin(client="test", until=past, why={})
    assert [said[:14] for said in told()] == ["Read-only mode"]


def test_without_a_database_the_rest_is_told_all_the_same(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def gone() -> None:
        raise OperationalError

    well.REDIS_URL = ""
    with monkeypatch.context() as broken:
        broken.setattr(checks.connection, "ensure_connection", gone)
        said = told()
    assert [line.split()[0] for line in said] == ["REDIS_URL", "The"]
    assert "The database doesn't answer" in said[1]


LOOK = (
    "import django; django.setup(); from portal.base.health import outside; print([*outside.{}()])"
)


def test_settings_as_documented_are_no_fault() -> None:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEMO": "0",
        "TESTING": "0",
        "BASE_DOMAIN": "portal.example",
        "PUBLIC_SCHEME": "https",
        "TRUSTED_PROXIES": "1",
        "IDLE_SECONDS": "",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK.format("unsafe_settings")],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n", done.stderr


def write_file() -> SealedFile:
    plan = whole_plan()
    ana = factories.member(plan, "Ana", "Diaz")
    with context.system("test", plan.pk), context.about_member(ana.pk):
        return sealed.write(
            plan_id=plan.pk,
            member_id=ana.pk,
            holder_id=ana.record_holder_id,
            about_id=uuid7(),
            content_type="text/plain",
            source=[b"words"],
        )


def test_an_empty_folder_in_the_place_of_the_files_is_told(well: Any, files_root: Path) -> None:
    write_file()
    assert told() == []
    shutil.move(files_root, files_root.with_name("away"))
    files_root.mkdir()
    [said] = told()
    assert "(FILES_ROOT) is empty" in said


def test_files_that_are_not_in_their_place_are_told(well: Any, tmp_path: Path) -> None:
    file = write_file()
    blobs.path_of(file.stored_as).unlink()
    [said] = told()
    assert f"{well.FILES_ROOT} (FILES_ROOT): 1. Missing: 1. Name the right folder" in said


def test_another_folder_in_the_place_of_the_files_is_told(well: Any, tmp_path: Path) -> None:
    write_file()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    well.FILES_ROOT = tmp_path / "other"
    [said] = told()
    assert "Missing: 1." in said


def test_a_file_that_was_removed_is_not_missed(well: Any, settings: Any) -> None:
    file = write_file()
    with context.system("test", file.plan_id), context.about_member(file.member_id):
        sealed.remove(file)
    blobs.path_of(file.stored_as).unlink()
    assert told() == []


@pytest.mark.parametrize("who", ["oldest", "newest"])
def test_another_blind_key_is_told(well: Any, who: str) -> None:
    plan, right, wrong = whole_plan(), well.BLIND_KEY, key()
    for name in ("oldest", "newest"):
        well.BLIND_KEY = right if name == who else wrong
        factories.member(plan, name, "Diaz")
    well.BLIND_KEY = right
    [said] = told()
    assert said.startswith("BLIND_KEY is not the key")


def test_a_key_that_data_are_still_under_is_asked_for(well: Any) -> None:
    """New data keys are made, and what the older key wraps is not all sealed anew."""
    factories.member(whole_plan(), "Ana", "Diaz")
    well.KEY_RING = [key(), *well.KEY_RING]
    assert reseal._replace_keys(reseal.Done(), lambda _stage, _done, _total: None)
    assert told() == []
    well.KEY_RING = well.KEY_RING[:1]
    [said] = told()
    assert "The ring lacks key" in said


def test_the_right_blind_key_is_no_fault_whatever_the_ring_lacks(well: Any) -> None:
    factories.member(whole_plan(), "Ana", "Diaz")
    assert told() == []
    well.KEY_RING = [key()]
    assert all("The ring lacks key" in said for said in told())


PAIR = "LOG_SIGNING_KEY belongs to no key in LOG_PUBLIC_KEY"
NEWEST = "The newest seal of the trail does not fit"


@pytest.mark.parametrize(
    ("signing", "listed", "starts"),
    [
        ("own", "", []),
        ("own", "own", []),
        ("own", "other own", []),
        ("", "own", []),
        ("other", "other own", []),
        ("other", "own", [PAIR]),
        ("own", "other", [PAIR, NEWEST]),
        ("", "other", [NEWEST]),
        ("other", "", [NEWEST]),
        ("other", "other", [NEWEST]),
    ],
)
def test_keys_of_the_trail_that_do_not_fit_are_told(
    commits: str, settings: Any, signing: str, listed: str, starts: list[str]
) -> None:
    write_events(1)
    seal()
    seeds, public = {"": "", "own": settings.LOG_SIGNING_KEY, "other": key()}, {}
    for name in ("other", "own"):
        settings.LOG_SIGNING_KEY = seeds[name]
        public[name] = trail_keys.encoded(trail_keys.public_keys()[0])
    settings.LOG_SIGNING_KEY = seeds[signing]
    settings.LOG_PUBLIC_KEYS = [public[name] for name in listed.split()]
    with context.system("test"):
        said = [found.says for found in keys.signing_key()]
    assert [one[: len(start)] for one, start in zip(said, starts, strict=True)] == starts


def test_a_second_place_that_lacks_seals_is_told(commits: str, second_place: Path) -> None:
    for _turn in range(2):
        write_events(2)
        seal()
    with context.system("test"):
        assert list(checks.lost_disks()) == []
    first, second = second_place.read_text().splitlines(keepends=True)
    for kept in ("", second, first):
        second_place.write_text(kept)
        with context.system("test"):
            [found] = checks.lost_disks()
        assert "lacks seals that the database holds" in found.says
