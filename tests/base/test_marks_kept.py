"""Sealed lines from before there were marks outlive a dump and its restore."""

import os
import subprocess

import psycopg
import pytest
from django.conf import settings

from portal.base.audit.marks import LENGTH
from portal.base.backup import programs
from tests.base.trails import as_owner, seal, write_events
from tests.owner import connect_as_owner

pytestmark = pytest.mark.promise("AM19")
AGAIN = f"""ALTER TABLE base_event ADD CONSTRAINT base_event_marked
    CHECK (mark IS NOT NULL AND length(mark) = {LENGTH}) NOT VALID"""

UNMARKED = """INSERT INTO base_event
    SELECT (jsonb_populate_record(line, '{"mark": null}')).* FROM base_event AS line LIMIT 1"""


def test_a_dump_with_lines_from_before_marks_can_be_restored(commits, owner, tmp_path):
    write_events(2)
    seal()
    as_owner(commits, "ALTER TABLE base_event DROP CONSTRAINT base_event_marked")
    as_owner(commits, "UPDATE base_event SET mark = NULL")
    as_owner(commits, AGAIN)
    write_events(1)
    place = settings.DATABASES["owner"]
    given = ["-h", place["HOST"], "-p", str(place["PORT"]), "-U", place["USER"]]
    env = {**os.environ, "PGPASSWORD": place["PASSWORD"]}
    file, other = str(tmp_path / "dump"), f"{commits}_again"
    dumped = [programs.find("pg_dump"), *given, "-Fc", "-f", file, commits]
    subprocess.run(dumped, check=True, env=env)
    as_owner(commits, f'CREATE DATABASE "{other}"')
    try:
        put_back = [programs.find("pg_restore"), *given, "--exit-on-error", "-d", other, file]
        subprocess.run(put_back, check=True, env=env)
        with connect_as_owner(other) as raw:
            counted = raw.execute("SELECT count(*), count(mark) FROM base_event").fetchone()
            assert counted == (3, 1)
            with pytest.raises(psycopg.errors.CheckViolation, match="base_event_marked"):
                raw.execute(UNMARKED)
    finally:
        as_owner(commits, f'DROP DATABASE "{other}"')
