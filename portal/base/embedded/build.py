"""Brings database, static files and demo up to date; what the last start did is not done again."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg

from portal.base.embedded.instance import Instance
from portal.base.embedded.place import CHECKOUT, Place
from portal.base.embedded.progress import step

LOCK = CHECKOUT / "requirements" / "dev.txt"


def build(instance: Instance) -> None:
    place, owner_url = instance.place, instance.env["DATABASE_OWNER_URL"]
    collecting = None
    if not unchanged(place, "static", static_digest()):
        collecting = instance.command("collectstatic", "--noinput")
    if not unchanged(place, "migrations", migrations_digest(owner_url)):
        with step("Bringing the database up to date"):
            instance.finish(instance.command("migrate", "--database", "owner", "--noinput"))
        remember(place, "migrations", migrations_digest(owner_url))
    if collecting:
        with step("Collecting static files"):
            instance.finish(collecting)
        remember(place, "static", static_digest())
    # Written after the seed is whole, so that a start cut short seeds again.
    seeded = place.run_dir / "seeded"
    if not seeded.exists():
        with step("Making the demo's plans and people"):
            instance.finish(instance.command("demo_seed"))
        seeded.touch()


def migrations_digest(owner_url: str) -> str:
    """Of the code that migrates and of what the database says was migrated."""
    ours = (*CHECKOUT.glob("*/migrations/*.py"), *CHECKOUT.glob("portal/*/migrations/*.py"))
    helpers = CHECKOUT.glob("portal/base/*.py")
    code = (path.read_bytes() for path in (*sorted(ours), *sorted(helpers), LOCK))
    return digest([*code, *(line.encode() for line in migrated(owner_url))])


def migrated(owner_url: str) -> Iterator[str]:
    with psycopg.connect(owner_url, connect_timeout=5) as db:
        if db.execute("SELECT to_regclass('django_migrations') IS NULL").fetchone() == (True,):
            return
        for app, name in db.execute("SELECT app, name FROM django_migrations ORDER BY id"):
            yield f"{app}.{name}"


def static_digest() -> str:
    found = (*CHECKOUT.glob("static/**/*"), *CHECKOUT.glob("*/static/**/*"))
    facts = (
        f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}"
        for path in sorted(found)
        if path.is_file()
    )
    return digest([LOCK.read_bytes(), *(fact.encode() for fact in facts)])


def digest(parts: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def note(place: Place, name: str) -> Path:
    return place.run_dir / f"{name}.built"


def unchanged(place: Place, name: str, now: str) -> bool:
    return note(place, name).exists() and note(place, name).read_text() == now


def remember(place: Place, name: str, now: str) -> None:
    note(place, name).write_text(now)
