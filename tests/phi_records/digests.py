"""Whole tables as one number each, to see that nothing changed."""

import psycopg
from django.conf import settings
from psycopg import sql

TABLES = (
    "phi_records_recorditem",
    "phi_records_directoryentry",
    "phi_records_patientlink",
    "phi_records_importedunit",
    "accounts_member",
    "base_keyholder",
    "base_event",
)
ALL_BYTES = sql.SQL(
    "SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), '')) FROM {} t"
)


def digests(database: str) -> dict[str, tuple[int, str]]:
    """Rows and a hash of every byte of them, as the owner sees them: past all policies."""
    owner = settings.DATABASES["owner"]
    found = {}
    with psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=database,
    ) as connection:
        for table in TABLES:
            row = connection.execute(ALL_BYTES.format(sql.Identifier(table))).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found
