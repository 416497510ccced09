"""The cast, and a database that tests reach as the application's role, never as its owner."""

import contextlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TESTING", "1")

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import translation

from accounts.models import CareTeam, Member, Plan, User
from tests import factories, loopback
from tests.owner import connect_as_owner

sys.addaudithook(loopback.only)
# How long a drawn example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")
_numbers = itertools.count(1)
COST = {
    cost: getattr(Argon2PasswordHasher, cost)
    for cost in ("time_cost", "memory_cost", "parallelism")
}


def _owner_execute(statement: str) -> None:
    with connect_as_owner("postgres") as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def _point_to(name: str) -> None:
    connection = connections["default"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


@pytest.fixture(scope="session")
def template_database(django_db_blocker: pytest.FixtureRequest) -> str:
    """Built once by the owner: the database that every test's own is a copy of."""
    if built := os.environ.get("TEMPLATE_DATABASE"):
        connections["owner"].settings_dict["NAME"] = built
        return built
    name = f"test_{os.getpid()}"
    _owner_execute(f"DROP DATABASE IF EXISTS {name}")
    _owner_execute(f"CREATE DATABASE {name}")
    with django_db_blocker.unblock():
        owner = connections["owner"]
        owner.close()
        owner.settings_dict["NAME"] = name
        with owner.cursor() as cursor:
            cursor.execute(
                "GRANT USAGE ON SCHEMA public TO portal_app;"
                "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES"
                " TO portal_app;"
                "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO portal_app"
            )
        call_command("migrate", database="owner", verbosity=0)
        owner.close()
    return name


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: pytest.FixtureRequest) -> None:
    name = f"{template_database}_{os.getpid()}_shared"
    _owner_execute(f"DROP DATABASE IF EXISTS {name}")
    _owner_execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    with django_db_blocker.unblock():
        _point_to(name)


@pytest.fixture
def own_database(
    template_database: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[str]:
    """A database of one's own with real commits; the role may not flush a shared one."""
    name = f"{template_database}_{os.getpid()}_{next(_numbers)}"
    shared = settings.DATABASES["default"]["NAME"]
    # A test before may have left the owner's connection open, at the template itself.
    connections["owner"].close()
    _owner_execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    with django_db_blocker.unblock():
        _point_to(name)
        try:
            yield name
        finally:
            _point_to(shared)
            # What a test's own processes still hold goes with the server.
            with contextlib.suppress(psycopg.errors.ObjectInUse):
                _owner_execute(f"DROP DATABASE {name}")


@pytest.fixture
def commits(own_database: str, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The same, open to the test itself."""
    with django_db_blocker.unblock():
        yield own_database


@pytest.fixture
def owner(commits: str) -> Iterator[str]:
    """The owner's connection, at the test's own database."""
    connection = connections["owner"]
    connection.close()
    shared = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = commits
    yield commits
    connection.close()
    connection.settings_dict["NAME"] = shared


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests make many accounts. What is stored stays what the real server can read."""
    for cost in COST:
        monkeypatch.setattr(Argon2PasswordHasher, cost, 8 if cost == "memory_cost" else 1)


@pytest.fixture
def real_hashes(quick_hashes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that measures; name it before the fixtures that make people."""
    for cost, real in COST.items():
        monkeypatch.setattr(Argon2PasswordHasher, cost, real)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request leaves its language behind in the thread, and so to the next test."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def second_place() -> Iterator[Path]:
    """Each test's own second place for the roots of the trail."""
    folder = Path(tempfile.mkdtemp())
    settings.LOG_ANCHOR_PATH = folder / "roots"
    yield settings.LOG_ANCHOR_PATH
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def files_root() -> Iterator[Path]:
    """Each test's own folder for sealed files, made when one is written."""
    folder = Path(tempfile.mkdtemp())
    settings.FILES_ROOT = folder / "files"
    yield settings.FILES_ROOT
    shutil.rmtree(folder)


@pytest.fixture
def plan(db: None) -> Plan:
    return factories.plan("cedar")


@pytest.fixture
def other_plan(db: None) -> Plan:
    return factories.plan("harbor")


@pytest.fixture
def team(plan: Plan) -> CareTeam:
    return factories.team(plan, "Primary care")


@pytest.fixture
def other_team(plan: Plan) -> CareTeam:
    return factories.team(plan, "Behavioral health")


@pytest.fixture
def member_user(plan: Plan, team: CareTeam) -> User:
    return factories.member_user(plan, "ana.diaz", "Ana", "Diaz", team=team)


@pytest.fixture
def member(member_user: User) -> Member:
    assert member_user.member
    return member_user.member


@pytest.fixture
def stranger(plan: Plan, other_team: CareTeam) -> User:
    """A member of the same plan who has nothing to do with Ana."""
    return factories.member_user(plan, "jin.cho", "Jin", "Cho", team=other_team)


@pytest.fixture
def other_plan_member(other_plan: Plan) -> User:
    """The same User ID in another plan: another person as far as this portal goes."""
    return factories.member_user(other_plan, "ana.diaz", "Ana", "Diaz")


@pytest.fixture
def care_worker(plan: Plan, team: CareTeam) -> User:
    return factories.staff_user(plan, "sam.reyes", "Sam Reyes", "care_worker", team=team)


@pytest.fixture
def off_team_worker(plan: Plan, other_team: CareTeam) -> User:
    return factories.staff_user(plan, "kim.park", "Kim Park", "care_worker", team=other_team)


@pytest.fixture
def privacy_officer(plan: Plan) -> User:
    return factories.staff_user(plan, "pat.nolan", "Pat Nolan", "privacy_officer")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """A browser in which this person has passed both steps, at their plan's host."""
    return factories.signed_in
