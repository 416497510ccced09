"""Units name what exists, give secrets only to what needs them, and are shut in."""

import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec

import pytest
from gunicorn.config import Config

from portal.base.embedded.place import CHECKOUT
from tests.deploy import reading

PYTHON = "/opt/portal/.venv/bin/python"
SHUT_IN = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "User": "portal",
    "PrivateUsers": "yes", "MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "",
    "EnvironmentFile": "/etc/portal/portal.env", "LimitCORE": "0",
}  # fmt: skip
# Who gets which secret; nobody else gets any.
SECRETS = {
    "portal-worker.service": {"log_signing_key"},
    "portal-verify.service": {"log_signing_key"},
    "portal-doctor.service": {"log_signing_key"},
    "portal-backup.service": {"database_owner_url"},
    "portal-restore-test.service": {"log_signing_key", "database_owner_url"},
}


@pytest.mark.parametrize("service", reading.services())
def test_what_a_unit_starts_exists(service: str) -> None:
    (line,) = reading.unit(service)["ExecStart"]
    program, *rest = shlex.split(line)
    if program != PYTHON:
        assert (CHECKOUT / program.removeprefix("/opt/portal/")).stat().st_mode & 0o111
    elif rest[0] == "-m":
        assert find_spec(rest[1])
        assert all(find_spec(one) for one in re.findall(r"\bportal\.[a-z]+", line))
    else:
        assert rest[0] == "manage.py"
        reading.takes(rest[1], shlex.join(rest[2:]))


def test_the_operator_is_told_of_each_that_fails() -> None:
    for service in reading.services():
        told = reading.unit(service).get("OnFailure", [])
        # What tells of it tells nobody of itself: it would never end.
        assert told == ([] if "@" in service else ["portal-failed@%p.service"]), service


def test_gunicorn_takes_what_the_unit_tells_it() -> None:
    (line,) = reading.unit("portal-web.service")["ExecStart"]
    words = shlex.split(line)
    taken = Config().parser().parse_args(words[words.index("gunicorn") + 1 :])
    assert taken.args == ["portal.wsgi:application"]


@pytest.mark.parametrize("service", reading.services())
def test_every_service_is_shut_in(service: str) -> None:
    told = reading.unit(service)
    assert {name: told[name][-1] for name in SHUT_IN} == SHUT_IN


@pytest.mark.parametrize("service", reading.services())
def test_a_secret_goes_to_whom_it_is_for(service: str) -> None:
    told = reading.unit(service)
    given = {one.partition(":")[0] for one in told.get("LoadCredential", [])}
    assert given == SECRETS.get(service, set())
    named = set(re.findall(r"_FILE=%d/([a-z_]+)", " ".join(told.get("Environment", []))))
    assert named == given


def test_long_running_ones_start_again_and_stop_with_the_target() -> None:
    wanted = set(" ".join(reading.unit("portal.target")["Wants"]).split())
    for name in ("web", "worker", "beat"):
        told = reading.unit(f"portal-{name}.service")
        assert f"portal-{name}.service" in wanted
        assert (told["Restart"], told["PartOf"]) == (["always"], ["portal.target"])


def test_timers_have_their_services_and_the_walk_starts_them() -> None:
    walk = reading.OPERATING.read_text()
    for path in reading.UNITS.glob("*.timer"):
        assert path.with_suffix(".service").exists()
        assert f" {path.name}" in walk


def test_folders_that_a_unit_writes_to_are_made_by_the_walk() -> None:
    walk = reading.OPERATING.read_text()
    for service in reading.services():
        for place in " ".join(reading.unit(service).get("ReadWritePaths", [])).split():
            assert re.search(rf"^install -d .*{re.escape(place)}\b", walk, re.MULTILINE), place


@pytest.mark.parametrize("script", ["portal-manage", "restore-test", "certbot-hook"])
def test_a_script_is_one_that_a_shell_reads(script: str) -> None:
    path = reading.DEPLOY / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0


@pytest.mark.parametrize(
    ("address", "practice"),
    [
        ("postgres://a:b@h:5432/portal", "postgres://a:b@h:5432/portal_practice"),
        ("postgres://a:b@h/x?sslmode=require&sslrootcert=/a/b",
         "postgres://a:b@h/portal_practice?sslmode=require&sslrootcert=/a/b"),
    ],
)  # fmt: skip
def test_a_practice_never_reaches_the_real_database(address: str, practice: str) -> None:
    script = (reading.DEPLOY / "restore-test").read_text()
    (function,) = re.findall(r"^practice\(\) .*$", script, re.MULTILINE)
    asked = ["sh", "-c", f'{function}\npractice "$1"', "sh", address]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == practice


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_each_service_well_shut_in() -> None:
    for service in reading.services():
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20",
             str(reading.UNITS / service)],
            env={"SYSTEMD_UNIT_PATH": f"{reading.UNITS}:", "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, (service, done.stdout[-200:], done.stderr)
