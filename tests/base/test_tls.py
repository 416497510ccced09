"""Servers prove who they are, or nothing is sent to them and `doctor` says why."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from portal.base.embedded.place import CHECKOUT
from portal.base.health.proof import trouble
from tests.base import tls

pytestmark = pytest.mark.promise("AH7")
OTHER_NAME = "shows a certificate for another name"
NOT_SIGNED = "shows a certificate that its authority did not sign"
PLAIN = "speaks no TLS"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tls.certificates() as made:
        yield made


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[int]:
    with tls.postgres(folder) as port:
        yield port


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[int]:
    with tls.redis(folder) as port:
        yield port


def run(*argv: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *argv], cwd=CHECKOUT, env={**os.environ, **env}, capture_output=True,
        text=True,
    )  # fmt: skip
    return done.stdout + done.stderr


def doctor(**env: str) -> str:
    return run("manage.py", "doctor", **env)


def address(port: int, host: str, ca: Path) -> str:
    return f"postgresql://portal_app@{host}:{port}/portal?sslmode=verify-full&sslrootcert={ca}"


def test_a_database_that_proves_itself_is_used(database: int, folder: Path) -> None:
    said = doctor(DATABASE_URL=address(database, "localhost", folder / "ours.pem"))
    assert "migrations are not applied" in said


@pytest.mark.parametrize(
    ("host", "ca", "sentence"),
    [("127.0.0.1", "ours", OTHER_NAME), ("localhost", "stranger", NOT_SIGNED)],
)
def test_a_database_that_does_not_is_refused(
    database: int, folder: Path, host: str, ca: str, sentence: str
) -> None:
    said = doctor(DATABASE_URL=address(database, host, folder / f"{ca}.pem"))
    assert f"The database {sentence}" in said
    assert "migrations" not in said


def test_a_database_without_tls_is_told_as_that(folder: Path) -> None:
    port = int(settings.DATABASES["default"]["PORT"])
    said = doctor(DATABASE_URL=address(port, "localhost", folder / "ours.pem"))
    assert f"The database {PLAIN}" in said


def test_a_certificate_that_ended_is_refused() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-tls-") as name:
        old = Path(name)
        old.chmod(0o777)
        ca = tls.authority(old, "ours")
        tls.certify(ca, old, left=timedelta(hours=-1))
        with tls.redis(old) as port:
            said = doctor(REDIS_URL=f"rediss://localhost:{port}/0?ssl_ca_certs={ca.file}")
    assert "The certificate of Valkey has ended" in said


@pytest.mark.parametrize(
    ("host", "ca", "sentence"),
    [
        ("localhost", "ours", None),
        ("127.0.0.1", "ours", OTHER_NAME),
        ("localhost", "stranger", NOT_SIGNED),
        # The system's authorities did not sign it.
        ("localhost", None, NOT_SIGNED),
    ],
)
def test_a_broker_proves_itself_to_doctor_and_to_celery(
    broker: int, folder: Path, host: str, ca: str | None, sentence: str | None
) -> None:
    asked = f"?ssl_ca_certs={folder / ca}.pem" if ca else ""
    url = f"rediss://{host}:{broker}/0{asked}"
    said = doctor(REDIS_URL=url)
    assert ("Valkey" in said) is bool(sentence)
    assert f"Valkey {sentence or ''}" in said or sentence is None
    code = (
        "from portal.celery import app\n"
        "with app.connection_for_write() as link: link.default_channel.client.ping(); print('in')"
    )
    assert (run("-c", code, REDIS_URL=url) == "in\n") is (sentence is None)


def test_a_broker_without_tls_is_told_as_that() -> None:
    plain = os.environ["REDIS_URL"].replace("redis://", "rediss://")
    assert f"Valkey {PLAIN}" in doctor(REDIS_URL=plain)


@pytest.mark.parametrize("error", ["", "connection refused", "password authentication failed"])
def test_what_has_nothing_to_do_with_tls_is_none_of_it(error: str) -> None:
    assert trouble("The database", "DATABASE_URL", error) is None
