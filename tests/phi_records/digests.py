"""Whole tables as one number each, to see that nothing changed."""

from psycopg import sql

from tests.owner import connect_as_owner

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
    found = {}
    with connect_as_owner(database) as connection:
        for table in TABLES:
            row = connection.execute(ALL_BYTES.format(sql.Identifier(table))).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found
