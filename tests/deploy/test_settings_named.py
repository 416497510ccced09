"""Names of settings are the same in the code, the example, the documents and deploy/."""

import os
import re
import subprocess
import sys
from pathlib import Path

from portal.base.embedded.place import CHECKOUT
from tests.deploy import reading


def test_the_example_names_what_the_settings_read_and_nothing_else() -> None:
    example = (CHECKOUT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == reading.settings_names()
    files = {name.removesuffix("_FILE") for name in re.findall(r"\b[A-Z_]+_FILE\b", example)}
    assert files == reading.settings_names(reading.FROM_FILE)


def test_the_table_of_settings_has_each_and_says_which_come_from_files() -> None:
    table = reading.OPERATING.read_text().partition("\n## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|(.*)\|$", table, re.MULTILINE))
    assert rows.keys() == reading.settings_names()
    files = {name for name, rest in rows.items() if re.search(r"\bfile *$", rest)}
    assert files == reading.settings_names(reading.FROM_FILE)


def test_the_settings_of_the_walk_are_ones_that_are_read() -> None:
    walk = re.search(r"portal\.env <<END\n(.*?)\nEND", reading.OPERATING.read_text(), re.DOTALL)
    assert walk
    given = set(re.findall(r"^([A-Z_]+)='", walk[1], re.MULTILINE))
    assert given <= reading.settings_names()
    assert given >= {"SECRET_KEY", "KEY_RING", "BLIND_KEY", "DATABASE_URL", "LOG_ANCHOR_PATH"}
    assert not given & {"LOG_SIGNING_KEY", "DATABASE_OWNER_URL"}


def test_deploy_gives_only_what_is_read() -> None:
    names = reading.settings_names()
    known = names | {f"{name}_FILE" for name in reading.settings_names(reading.FROM_FILE)}
    for service in reading.services():
        for line in reading.unit(service).get("Environment", []):
            given = {pair.partition("=")[0] for pair in line.split()}
            assert given <= known, service
    for script in ("portal-manage", "restore-test"):
        text = (reading.DEPLOY / script).read_text()
        given = set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
        assert given <= names | {"HOME"}, script


def test_the_owner_may_come_from_a_file(tmp_path: Path) -> None:
    owner = tmp_path / "owner"
    asked = f"sslmode=verify-full&sslrootcert={owner}"
    owner.write_text(f"postgresql://portal_owner:x@db.example:5432/portal?{asked}\n")
    env = {**os.environ, "DATABASE_OWNER_URL": "", "DATABASE_OWNER_URL_FILE": str(owner)}
    code = "from portal import settings; print(settings.DATABASES['owner']['HOST'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=env, capture_output=True, text=True
    )
    assert done.stdout == "db.example\n"


def test_with_the_database_in_a_file_no_server_is_started(tmp_path: Path) -> None:
    address = tmp_path / "database"
    address.write_text("postgres://a:b@127.0.0.1:1/x")
    env = {**os.environ, "DATABASE_URL": "", "DATABASE_URL_FILE": str(address)}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo_accounts"],
        cwd=CHECKOUT, env={**env, "RUN_DIR": str(tmp_path / "run")}, capture_output=True, text=True,
    )  # fmt: skip
    assert "The database doesn't answer" in done.stderr
    assert not (tmp_path / "run").exists()
