"""`make run` as a person meets it. One long story, because each start takes seconds."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.base.embedded.place import CHECKOUT, free_port, reachable, write_env
from tests.embedded.demo import Demo

CHILDREN = ("web", "worker", "beat", "sink", "valkey", "postgres")
ROLES = {"care_worker", "member", "operator", "plan_admin", "privacy_officer", "supervisor"}


def accounts(demo: Demo) -> list[dict[str, str]]:
    output, complaint = demo.manage("demo_accounts", "--json").communicate(timeout=60)
    assert output, complaint
    found: list[dict[str, str]] = json.loads(output)
    return found


def reset(demo: Demo, answer: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [demo.python, "-m", "portal.base.embedded", "reset"],
        cwd=demo.checkout,
        env=demo.env,
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(demo: Demo) -> str:
    """What a second `make run` of the same folder says."""
    done = subprocess.run(
        [demo.python, "-m", "portal.base.embedded", "run"],
        cwd=demo.checkout,
        env=demo.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_a_demo_from_its_first_start_to_its_end(demo: Demo) -> None:
    demo.start_and_wait()
    everyone = welcomes(demo)
    is_shared(demo)
    mends_itself(demo)
    assert demo.stop(signal.SIGTERM) < 10
    assert demo.running
    assert demo.running.returncode == 0
    assert demo.left() == []

    rows = table(demo)
    # Ten seconds are promised to a machine that does nothing else.
    assert demo.start_and_wait() < 10 * busy()
    assert table(demo) == rows
    os.kill(demo.pid("supervisor"), signal.SIGKILL)
    assert demo.running.wait(5) == -signal.SIGKILL
    assert demo.left() != []
    demo.start_and_wait()
    assert "Ending what an earlier run left behind" in demo.said()
    assert demo.ask("/sign-in/") == 200
    assert demo.stop(signal.SIGINT) < 10
    assert demo.left() == []

    works_alone(demo, everyone)
    assert "Nothing was deleted." in reset(demo, "no\n").stdout
    assert list(demo.run_dir.iterdir())
    assert "Deleted." in reset(demo, "yes\n").stdout
    assert not demo.run_dir.exists()


def busy() -> float:
    """How many others wait for each processor; 1 where none does."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def table(demo: Demo) -> list[str]:
    return [line for line in demo.said().splitlines() if line.startswith(("cedar ", "harbor "))]


def welcomes(demo: Demo) -> list[dict[str, str]]:
    everyone = accounts(demo)
    lines = demo.said().splitlines()
    assert lines[-1] == f"Ready at http://localhost:{demo.port}"
    for plan in ("cedar", "harbor"):
        rows = [line.split() for line in lines if line.startswith(f"{plan} ")]
        assert [row[1] for row in rows] == sorted(ROLES)
        assert {row[-1] for row in rows} == {f"http://{plan}.localhost:{demo.port}/"}
        known = {one["user_id"]: one for one in everyone if one["plan"] == plan}
        assert all(known[row[2]]["totp_secret"] == row[-2] for row in rows)
    assert "No mail was sent yet." in demo.mail_page()
    return everyone


def is_shared(demo: Demo) -> None:
    assert "running already" in refusal(demo)
    asked = reset(demo, "yes\n")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "stop it with Ctrl-C first" in asked.stderr


def mends_itself(demo: Demo) -> None:
    for name in CHILDREN:
        os.kill(demo.pid(name), signal.SIGKILL)
    for name in CHILDREN:
        demo.wait_for(f"{name} ended by itself and is started again")
    demo.answers_again("/sign-in/")
    demo.answers_again("/readyz")
    for name in CHILDREN:
        os.kill(demo.pid(name), 0)


def works_alone(demo: Demo, everyone: list[dict[str, str]]) -> None:
    """Commands start the servers for themselves; the last to end stops them."""
    waiting = demo.manage("shell", "-c", "print('in', flush=True); import time; time.sleep(60)")
    assert waiting.stdout
    while waiting.stdout.readline() != "in\n":
        assert waiting.poll() is None
    assert accounts(demo) == everyone
    assert "wait until it ends" in refusal(demo)
    waiting.terminate()
    waiting.communicate(timeout=20)
    assert demo.left() == []


def test_a_stop_in_the_middle_of_a_start_leaves_nothing(demo: Demo) -> None:
    demo.without_seed()
    for delay in (0.3, 0.8, 1.5):
        demo.start()
        time.sleep(delay)
        assert demo.stop(signal.SIGINT) < 10
        assert demo.left() == []
    demo.start_and_wait()
    demo.stop()


def test_two_that_start_at_once_show_their_mail_at_two_addresses(demo: Demo) -> None:
    other, asked = Demo(demo.run_dir.with_name("other")), str(free_port())
    demos = [demo.without_seed(), other.without_seed()]
    try:
        for one in demos:
            write_env(one.run_dir / "env", {"MAIL_PAGE_PORT": asked})
        for one in demos:
            one.start()
        for one in demos:
            one.wait_for(f"Ready at http://localhost:{one.port}\n")
        addresses = [one.mail_address() for one in demos]
        assert len(set(addresses)) == 2
        assert f"http://localhost:{asked}" in addresses
        for name, one in zip("ab", demos, strict=True):
            (one.run_dir / "mail" / "1.eml").write_text(f"Subject: Of {name}\n\nWords\n")
            assert f"Of {name}" in one.mail_page()
        # Nobody else gets the address while what answers there is started again.
        os.kill(demo.pid("sink"), signal.SIGKILL)
        assert "Of a" in demo.mail_page()
        for one in demos:
            one.stop()
    finally:
        other.clean_up()


def test_servers_of_ones_own_are_used(demo: Demo, template_database: str) -> None:
    """The tests' own Postgres and Valkey, as if someone had started them by hand."""
    own = {
        name: urlsplit(os.environ[name])._replace(path=f"/{template_database}").geturl()
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    demo.more = {**own, "REDIS_URL": os.environ["REDIS_URL"].replace("/0", "/8")}
    demo.without_seed().start_and_wait()
    assert "Starting Postgres" not in demo.said()
    assert not (demo.run_dir / "postgres").exists()
    assert set(demo.children()) == {"web", "worker", "beat", "sink"}
    assert demo.ask("/readyz") == 200
    demo.stop()
    assert demo.left() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as another user")
def test_a_person_without_rights_runs_it_from_their_own_copy(demo: Demo) -> None:
    if not all(reachable(Path(name).resolve()) for name in (sys.prefix, sys.executable)):
        pytest.skip("Python or its packages are in a folder that only root may enter")
    demo.user, demo.checkout = "nobody", demo.run_dir.with_name("copy")
    shutil.copytree(
        CHECKOUT, demo.checkout, ignore=shutil.ignore_patterns(".*", "tests", "bench", "docs")
    )
    (demo.checkout / ".venv").symlink_to(sys.prefix)
    for path in (demo.run_dir.parent, *demo.checkout.rglob("*"), demo.without_seed().run_dir):
        shutil.chown(path, "nobody")
    demo.start_and_wait()
    assert demo.ask("/readyz") == 200
    assert {Path(f"/proc/{pid}").owner() for pid in demo.left()} == {"nobody"}
    demo.stop()
    assert demo.left() == []
