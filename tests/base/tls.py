"""A Postgres and a Redis that speak TLS alone, with certificates made here."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.base.embedded import tls_servers
from portal.base.embedded.place import free_port, unprivileged_user

PATIENCE = 20.0


@dataclass(frozen=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path


@contextlib.contextmanager
def certificates() -> Iterator[Path]:
    """Our authority, the server's certificate by it, and an authority that has signed nothing; in
    a folder where the servers' own user can read what is theirs."""
    with tempfile.TemporaryDirectory(prefix="portal-tls-") as name:
        made = Path(name)
        made.chmod(0o777)
        authority(made, "stranger")
        certify(authority(made, "ours"), made)
        yield made


def authority(folder: Path, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = _builder(subject, subject, key, timedelta(days=2))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = made.sign(key, hashes.SHA256())
    file = folder / f"{name}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    file.chmod(0o644)
    return Authority(key, certificate, file)


def certify(by: Authority, folder: Path, *, left: timedelta = timedelta(days=1)) -> None:
    """As server.pem and server.key, for localhost by name and not by number."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = _builder(subject, by.certificate.subject, key, left)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = made.add_extension(names, critical=False).sign(by.key, hashes.SHA256())
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    for name in ("server.pem", "server.key"):
        (folder / name).chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(folder / name, unprivileged_user())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, left: timedelta
) -> x509.CertificateBuilder:
    ends = datetime.now(UTC) + left
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return made.not_valid_before(ends - timedelta(days=3)).not_valid_after(ends)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """Its port. Nobody needs a password, but a connection that is encrypted."""
    programs = tls_servers.find_postgres()
    if programs is None:
        pytest.skip(tls_servers.NO_POSTGRES)
    data, port = folder / "data", free_port()
    made = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run(made, check=True, capture_output=True, **_as_other())
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
    options = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "",
        "fsync": "off", "ssl": "on", "ssl_cert_file": folder / "server.pem",
        "ssl_key_file": folder / "server.key",
    }  # fmt: skip
    asked = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with _running([programs / "postgres", "-D", data, *asked], port):
        with once_up(port) as db:
            db.execute("CREATE ROLE portal_app LOGIN")
            db.execute("CREATE DATABASE portal")
        yield port


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[int]:
    found = tls_servers.find_or_install_redis()
    if found is None:
        pytest.skip(tls_servers.NO_REDIS)
    port = free_port()
    asked = [
        "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "",
        "--tls-cert-file", folder / "server.pem", "--tls-key-file", folder / "server.key",
        "--tls-auth-clients", "no", "--dir", folder,
    ]  # fmt: skip
    with _running([found, *asked], port):
        yield port


@contextlib.contextmanager
def _running(argv: Sequence[object], port: int) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(list(map(str, argv)), stdout=quiet, stderr=quiet, **_as_other())
    try:
        until = time.monotonic() + PATIENCE
        while not _listens(port):
            assert running.poll() is None, f"{argv[0]} ended at once."
            assert time.monotonic() < until, f"{argv[0]} does not start."
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(10)


def once_up(port: int) -> psycopg.Connection:
    """It listens a moment before it lets anyone in."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return psycopg.connect(
                host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _as_other() -> dict[str, str]:
    """Postgres refuses to run as root."""
    return {"user": unprivileged_user(), "cwd": "/"} if os.geteuid() == 0 else {}
