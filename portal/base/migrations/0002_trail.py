"""The trail: partitioned by year ten years ahead, append-only, read by row-level security."""

from django.db import migrations

from portal.base import policies
from portal.base.audit.trail import COLUMNS

FIRST_YEAR = 2026
YEARS = 11

PARTITIONS = "\n".join(
    f"""CREATE TABLE base_event_{year} PARTITION OF base_event
        FOR VALUES FROM ('{year}-01-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00');
        REVOKE ALL ON base_event_{year} FROM portal_app;"""
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS)
)

TABLE = f"""
CREATE FUNCTION portal_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'Rows of % are never changed or removed.', TG_TABLE_NAME; END $$;

-- Raised by a restore or promotion: a fresh cluster counts transactions from a low number again.
CREATE TABLE base_epoch (epoch int NOT NULL, single boolean PRIMARY KEY DEFAULT true CHECK (single));
INSERT INTO base_epoch VALUES (1);
REVOKE ALL ON base_epoch FROM portal_app;
GRANT SELECT ON base_epoch TO portal_app;
CREATE FUNCTION portal_epoch() RETURNS int LANGUAGE sql STABLE
    AS $$ SELECT epoch FROM base_epoch $$;

CREATE TABLE base_event (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    plan_id uuid,
    actor_id uuid,
    on_behalf_of uuid,
    actor_role varchar(30) NOT NULL,
    client varchar(60) NOT NULL,
    member_id uuid,
    action varchar(60) NOT NULL,
    purpose varchar(40) NOT NULL,
    basis varchar(60) NOT NULL,
    outcome varchar(10) NOT NULL CHECK (outcome IN ('permitted', 'refused')),
    object_kind varchar(40) NOT NULL,
    object_id uuid,
    session varchar(16) NOT NULL,
    facts jsonb NOT NULL,
    row_hash bytea NOT NULL CHECK (length(row_hash) = 32),
    epoch int NOT NULL DEFAULT portal_epoch(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX base_event_member ON base_event (plan_id, member_id, at DESC);
CREATE INDEX base_event_actor ON base_event (plan_id, actor_id, at DESC);
CREATE INDEX base_event_time ON base_event (plan_id, at DESC);
CREATE INDEX base_event_order ON base_event (epoch, xid, id);
{PARTITIONS}
"""

ROWS = f"""
ALTER TABLE base_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY base_event_written ON base_event FOR INSERT TO portal_app
    WITH CHECK (({policies.SYSTEM}) OR plan_id IS NOT DISTINCT FROM {policies.PLAN});
CREATE POLICY base_event_read ON base_event FOR SELECT TO portal_app USING (
    ({policies.SYSTEM}) OR (plan_id = {policies.PLAN} AND (
        {policies.ROLE} = 'privacy_officer'
        OR member_id = {policies.MEMBER}
        OR actor_id = {policies.USER})));
"""

CACHE = """
CREATE TABLE base_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX base_cache_expires ON base_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0001_first")]

    operations = [
        migrations.RunSQL(
            TABLE,
            "DROP TABLE base_event; DROP FUNCTION portal_epoch; DROP TABLE base_epoch;"
            "DROP FUNCTION portal_append_only;",
        ),
        migrations.RunSQL(ROWS, "DROP POLICY base_event_read ON base_event;"),
        policies.append_only("base_event"),
        policies.append_only("base_seal"),
        # A row's place in the order is the database's to give, never the application's.
        migrations.RunSQL(
            f"REVOKE INSERT ON base_event FROM portal_app;"
            f"GRANT INSERT ({', '.join((*COLUMNS, 'row_hash'))}) ON base_event TO portal_app",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(CACHE, "DROP TABLE base_cache"),
        policies.of_plan("base_mail"),
    ]
