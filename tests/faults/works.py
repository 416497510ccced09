"""What people and commands are at when a server dies: each goes on until it was acknowledged."""

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from accounts.models import SignIn
from phi_records.access import resource_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit.models import Event, Seal
from portal.base.audit.seals import entries
from portal.base.crypto import ring
from portal.base.crypto.models import KeyHolder
from portal.base.jobs.models import Job
from portal.base.tasks import run_jobs, seal_audit
from tests import factories
from tests.faults.afterwards import messages
from tests.faults.clients import APART, Client
from tests.faults.house import House, People
from tests.faults.visit import Visit, field_of
from tests.messaging.test_copy import bodies
from tests.phi_records.bundles import bundle, observation, patient
from tests.phi_records.test_copies import held

PATIENCE = 60


@dataclass
class Scene:
    house: House
    people: People
    # Ana's, signed in before anything was killed.
    client: Client
    folder: Path
    # Of this cell alone.
    name: str
    killed: str
    told: list[str] = field(default_factory=list)

    def again(self, tried: Callable[[], bool], what: str) -> None:
        """As often as it takes, whatever fails on the way."""
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(*APART, DatabaseError, OperationalError):
                if tried():
                    return
            assert time.monotonic() < end, f"{what} was never acknowledged"
            connection.close()
            time.sleep(0.2)


class SignInWork:
    dies_at = b'INSERT INTO "accounts_signin"'

    def do(self, scene: Scene) -> None:
        def tried() -> bool:
            # The next code comes in half a minute, and a test can't wait for it.
            scene.people.forget_codes()
            visit, user = scene.house.visit(), scene.people.member
            visit.sign_in(user.user_id, factories.PASSWORD, scene.people.secrets[user.user_id])
            self.visits.append(visit)
            return visit.get("/").status == 200

        self.visits: list[Visit] = []
        scene.again(tried, "the sign-in")

    def check(self, scene: Scene) -> None:
        assert self.visits[-1].get("/records/").status == 200
        assert scene.client.visit.twin().get("/").status == 200, "an earlier session is lost"
        with context.system("test"):
            assert SignIn.objects.filter(user=scene.people.member).count() >= 2


class SendWork:
    dies_at = b'INSERT INTO "messaging_message"'

    def do(self, scene: Scene) -> None:
        page = scene.client.page("/messages/new/")
        form = {key: field_of(page, key) for key in ("send_key", "team")}
        form |= {"subject": "Hi", "body": f"Of {scene.name}"}
        if scene.client.until_done("/messages/new/", form, "/messages/sent/"):
            scene.told.append(form["body"])

    def check(self, scene: Scene) -> None:
        assert messages(scene.people).count(f"Of {scene.name}") == len(scene.told) == 1


class ImportWork:
    dies_at = b'INSERT INTO "phi_records_importedunit"'
    count = 5

    def do(self, scene: Scene) -> None:
        self.ids = [f"{scene.name}-{number}" for number in range(self.count)]
        number = scene.people.member.member.member_number
        path, errors = scene.folder / "in.json", str(scene.folder / "errors")
        path.write_text(bundle(patient(number), *map(observation, self.ids)))

        def tried() -> bool:
            call_command(
                "import_fhir",
                str(path),
                plan="cedar",
                feed="lab",
                errors=errors,
                stdout=io.StringIO(),
            )
            return True

        scene.again(tried, "the import")

    def check(self, scene: Scene) -> None:
        found = [one for one in record_ids(scene.people) if one.startswith(f"{scene.name}-")]
        assert sorted(found) == self.ids


class SealWork:
    dies_at = b'INSERT INTO "base_seal"'

    def do(self, scene: Scene) -> None:
        self.lines = read_and_noted(scene)

        def tried() -> bool:
            scene.house.sweep_soon(seal_audit)
            return self.lines <= sealed()

        scene.again(tried, "the seal")

    def check(self, scene: Scene) -> None:
        assert self.lines <= sealed()
        if scene.killed == "beat":
            # It is back, and asks by itself.
            later = read_and_noted(scene)
            scene.again(lambda: later <= sealed(), "the next seal")


def read_and_noted(scene: Scene) -> set[UUID]:
    """All lines there are after a page was read."""
    scene.client.page("/records/")
    with context.system("test"):
        return set(Event.objects.values_list("pk", flat=True))


class RotateWork:
    """Of the ring of two, the one is the newest for one cell, and the other for the next."""

    dies_at = b"UPDATE base_keyholder"

    def do(self, scene: Scene) -> None:
        settings.KEY_RING = settings.KEY_RING[::-1]
        assert KeyHolder.objects.exclude(ring_key_id=ring.newest()).exists()

        def tried() -> bool:
            call_command("rotate_keys", batch=2, **quiet())
            return True

        scene.again(tried, "the rotation")
        scene.client.page("/records/")

    def check(self, scene: Scene) -> None:
        assert not KeyHolder.objects.exclude(ring_key_id=ring.newest()).exists()
        assert "Ana" in scene.client.page("/")
        assert record_ids(scene.people)


class CopyWork:
    dies_at = b'UPDATE "base_job" SET "done"'

    def do(self, scene: Scene) -> None:
        form = {"send_key": field_of(scene.client.page("/records/copy/"), "send_key")}
        if scene.client.until_done("/records/copy/", form, "/records/copy/"):
            scene.told.append("asked")

        def tried() -> bool:
            scene.house.sweep_soon(run_jobs)
            with context.system("test"):
                return not Job.objects.exclude(state="done").exists()

        scene.again(tried, "the copy")

    def check(self, scene: Scene) -> None:
        with context.system("test"):
            job = Job.objects.latest("asked_at")
        user = scene.people.member
        assert held(user, job) == sorted(record_ids(scene.people))
        assert sorted(bodies(user, job)) == messages(scene.people)


WORKS = {
    "sign_in": SignInWork,
    "import": ImportWork,
    "send": SendWork,
    "seal": SealWork,
    "rotate_keys": RotateWork,
    "copy_of_all": CopyWork,
}


def quiet() -> dict[str, io.StringIO]:
    return {"stdout": io.StringIO(), "stderr": io.StringIO()}


def sealed() -> set[UUID]:
    with context.system("test"):
        return {pk for seal in Seal.objects.all() for pk, _hash in entries(seal)}


def record_ids(people: People) -> list[str]:
    user = people.member
    with context.system("test", user.plan_id), context.about_member(user.member_id):
        return [resource_of(row)["id"] for row in RecordItem.objects.all()]
