"""New data keys for everybody, while people read and write, and whatever is killed on the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connections, transaction
from django.utils import timezone

from accounts.models import Member, Plan, User
from disclosures.models import Disclosure
from messaging.models import Draft
from portal.base import context
from portal.base.audit.models import Event
from portal.base.crypto import keyring, reseal
from portal.base.crypto.errors import SealBroken
from portal.base.crypto.models import KeyHolder
from portal.base.files import blobs, sealed
from portal.base.files.models import SealedFile
from tests import factories
from tests.crypto.test_keyring import new_key
from tests.files.test_sealed import write

DRAFTS = 5


@pytest.fixture
def ring(settings: Any, monkeypatch: Any) -> Callable[[], None]:
    """Puts a new key in front of the ring, as an operator does."""
    monkeypatch.setattr(keyring, "EPOCH_SECONDS", 0.05)
    monkeypatch.setattr(reseal, "FENCE_SECONDS", 0.02)

    def add() -> None:
        settings.KEY_RING = [new_key(), *settings.KEY_RING]

    return add


@pytest.fixture
def ana(owner: str, settings: Any) -> User:
    ana = factories.member_user(factories.plan("cedar"), "ana.diaz", "Ana", "Diaz")
    assert ana.member
    with context.system("test", ana.plan_id), context.about_member(ana.member.pk):
        write(ana.member, b"Canary " * 20_000)
        for _number in range(DRAFTS):
            draft(ana, ana.member, factories.staff_user)
    with context.system("test", ana.plan_id):
        disclosure(ana, ana.member)
    return ana


def draft(ana: User, member: Member, make: Any) -> None:
    worker = make(ana.plan, f"w{os.urandom(4).hex()}", "Sam", "care_worker")
    Draft.objects.create(
        plan=ana.plan,
        member=member,
        record_holder_id=member.record_holder_id,
        author=worker,
        subject="Words",
        body="Words 0",
        saved_at=timezone.now(),
    )


def disclosure(ana: User, member: Member) -> None:
    Disclosure.objects.create(
        plan=ana.plan,
        member=member,
        privacy_holder_id=member.privacy_holder_id,
        disclosed_on=timezone.localdate(),
        recipient="County",
        what="One result",
        purpose="A law",
        basis="512b",
        recorded_by=ana,
        recorded_at=timezone.now(),
    )


def forget() -> None:
    keyring._cache.meet(os.urandom(8))


def everything(ana: User) -> list[str]:
    """All that is sealed of hers, opened afresh with nothing but the ring as it is now."""
    forget()
    found = []
    with context.system("test", ana.plan_id), context.about_member(ana.member_id):
        member = Member.objects.get()
        found += [member.full_name, str(member.birth_date), member.member_number]
        for row in Disclosure.objects.all():
            found += [row.recipient, row.recipient_address, row.what, row.purpose]
        found += [f"{row.subject} {row.body}" for row in Draft.objects.order_by("pk")]
        found += [sealed.read(file).decode() for file in SealedFile.objects.all()]
    return found


def say(stage: reseal.Stage, done: int, total: int) -> None:
    pass


def test_all_data_are_under_new_keys(ana: User, ring: Callable[[], None], settings: Any) -> None:
    before, old = everything(ana), dict(KeyHolder.objects.values_list("pk", "wrapped"))
    place = stored_as(ana)
    ring()
    out = StringIO()
    call_command("rotate_keys", reseal_data=True, stdout=out, stderr=StringIO())
    assert f"New data keys: {len(old)} in this run, {len(old)} with" in out.getvalue()
    assert "Older keys may now leave the ring." in out.getvalue()
    settings.KEY_RING = settings.KEY_RING[:1]
    assert everything(ana) == before
    for holder in KeyHolder.objects.all():
        assert holder.old_wrapped is None
        assert bytes(holder.wrapped) != bytes(old[holder.pk])
    assert stored_as(ana) != place
    assert not blobs.path_of(place).exists()
    # Of all plans, so that no single plan's work sees it.
    with context.system("test"):
        assert Event.objects.get(action="keys.replaced").facts == {"count": len(old)}


def stored_as(ana: User) -> str:
    with context.system("test", ana.plan_id), context.about_member(ana.member_id):
        return SealedFile.objects.get().stored_as


def test_the_keys_before_open_nothing(ana: User, ring: Callable[[], None], settings: Any) -> None:
    """Who has the old ring and the old database has no key of what is written now."""
    old = {h.pk: (h.ring_key_id, h.wrapped) for h in KeyHolder.objects.all()}
    ring()
    reseal.run(say=say, also={SealedFile: sealed.renewed})
    for holder in KeyHolder.objects.all():
        holder.ring_key_id, holder.wrapped = old[holder.pk]
        holder.save()
    forget()
    with context.system("test", ana.plan_id), context.about_member(ana.member_id):
        for read in (
            lambda: Member.objects.get().given_name,
            lambda: Disclosure.objects.get().what,
            lambda: Draft.objects.first().body,
            lambda: sealed.read(SealedFile.objects.get()),
        ):
            with pytest.raises(SealBroken):
                read()


def test_run_again_there_is_nothing_to_do(ana: User, ring: Callable[[], None]) -> None:
    ring()
    assert reseal.run(say=say).keys
    done = reseal.run(say=say)
    assert (done.keys, done.values) == (0, 0)


class Stopped(Exception):
    pass


def stops_after(count: int) -> reseal.Say:
    heard: list[object] = []

    def stop(*told: object) -> None:
        heard.append(told)
        if len(heard) > count:
            raise Stopped

    return stop


def test_stopped_anywhere_the_next_run_ends_it(
    ana: User, ring: Callable[[], None], settings: Any, monkeypatch: Any
) -> None:
    """Each round is stopped at a later place than the one before: after each thing it says."""
    before, stops = everything(ana), 0
    monkeypatch.setattr(reseal, "KEYS_AT_ONCE", 4)
    ring()
    while True:
        try:
            reseal.run(say=stops_after(stops), also={SealedFile: sealed.renewed}, batch=2)
        except Stopped:
            stops += 2
            assert everything(ana) == before
            continue
        break
    assert stops > 5
    settings.KEY_RING = settings.KEY_RING[:1]
    assert everything(ana) == before
    assert reseal.unfinished() == 0


def test_a_run_that_goes_on_tells_of_all_keys(
    ana: User, ring: Callable[[], None], monkeypatch: Any
) -> None:
    monkeypatch.setattr(reseal, "KEYS_AT_ONCE", 4)
    ring()
    with pytest.raises(Stopped):
        reseal.run(say=stops_after(1))
    whole, out = KeyHolder.objects.count(), StringIO()
    assert reseal.replaced_so_far() == 4
    call_command("rotate_keys", reseal_data=True, stdout=out, stderr=StringIO())
    assert f"New data keys: {whole - 4} in this run, {whole} with" in out.getvalue()
    with context.system("test"):
        assert Event.objects.get(action="keys.replaced").facts == {"count": whole}


def test_a_second_compromise_on_the_way_is_met_too(
    ana: User, ring: Callable[[], None], settings: Any
) -> None:
    before = everything(ana)

    def stop(stage: reseal.Stage, done: int, total: int) -> None:
        if done:
            raise Stopped

    ring()
    with pytest.raises(Stopped):
        reseal.run(say=stop)
    ring()
    out = StringIO()
    call_command("rotate_keys", stdout=out, stderr=StringIO())
    assert "being replaced still" in out.getvalue()
    reseal.run(say=say, also={SealedFile: sealed.renewed})
    settings.KEY_RING = settings.KEY_RING[:1]
    assert everything(ana) == before


def test_what_opens_under_no_key_is_named_and_left(ana: User, ring: Callable[[], None]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE messaging_draft SET subject = left(subject, -8) || 'AAAAAAA='")
    ring()
    done = reseal.run(say=say, also={SealedFile: sealed.renewed})
    assert {label for label, _pk in done.broken} == {"messaging.Draft"}
    assert len(done.broken) == DRAFTS
    assert reseal.unfinished() == 0


def processes(ana: User, database: str, *args: str, **more: Any) -> subprocess.Popen[str]:
    def url(alias: str) -> str:
        one = django_settings.DATABASES[alias]
        return f"postgres://{one['USER']}:{one['PASSWORD']}@{one['HOST']}:{one['PORT']}/{database}"

    env = {
        **os.environ,
        "DATABASE_URL": url("default"),
        "DATABASE_OWNER_URL": url("owner"),
        "KEY_RING": ",".join(django_settings.KEY_RING),
        "FILES_ROOT": str(django_settings.FILES_ROOT),
        "LOG_ANCHOR_PATH": str(django_settings.LOG_ANCHOR_PATH),
    }
    return subprocess.Popen(
        [sys.executable, *args], env=env, cwd=django_settings.BASE_DIR, text=True, **more
    )


def test_people_read_and_write_meanwhile_and_the_run_is_killed(
    ana: User, ring: Callable[[], None], settings: Any, own_database: str
) -> None:
    ring()
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    busy = [
        processes(
            ana, own_database, "-m", "tests.crypto.busy", str(ana.plan_id), str(ana.member_id),
            **pipes,
        )
        for _ in range(2)
    ]  # fmt: skip
    for one in busy:
        assert one.stdout
        assert one.stdout.readline() == "going\n"
    command = ("manage.py", "rotate_keys", "--reseal-data", "--batch", "1")
    running = processes(ana, own_database, *command, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not reseal.unfinished() and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -9
    assert reseal.unfinished()
    keyring.EPOCH_SECONDS = 5.0  # the processes have not heard of a shorter one
    done = reseal.run(say=say, also={SealedFile: sealed.renewed}, batch=1)
    assert done.values
    for one in busy:
        said, _ = one.communicate("stop", timeout=60)
        rounds, _, faults = said.partition(" rounds\n")
        assert faults.strip() == ""
        assert int(rounds) > 5
    settings.KEY_RING = settings.KEY_RING[:1]
    assert len(everything(ana)) == 3 + 4 + DRAFTS + 1


@pytest.mark.parametrize(
    "change", ["what = 's1:AAAA', basis = '512c'", "what = 'plain'"], ids=["a fact", "plain words"]
)
def test_under_its_flag_only_ciphertexts_may_change(ana: User, change: str) -> None:
    """The flag that lets data be sealed anew opens nothing else of an append-only table."""
    with pytest.raises((InternalError, ProgrammingError), match="never changed"):
        change_disclosures("owner", change)
    with pytest.raises(ProgrammingError, match="permission denied"):
        change_disclosures("default", "what = 's1:AAAA'")


def change_disclosures(alias: str, change: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL app.reseal = 'on'")
        cursor.execute(f"UPDATE disclosures_disclosure SET {change}")  # noqa: S608


def test_a_holder_cannot_vanish(ana: User) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        KeyHolder.objects.all().delete()
    with (
        pytest.raises((InternalError, ProgrammingError), match="never removed"),
        transaction.atomic(using="owner"),
    ):
        KeyHolder.objects.using("owner").all().delete()


def test_a_new_holder_needs_no_new_key(ana: User, ring: Callable[[], None]) -> None:
    ring()
    plan: Plan = ana.plan
    made = keyring.create_holder("person", plan.pk)
    before = bytes(KeyHolder.objects.get(pk=made).wrapped or b"")
    reseal.run(say=say)
    assert bytes(KeyHolder.objects.get(pk=made).wrapped or b"") == before
