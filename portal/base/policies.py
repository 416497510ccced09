"""Row-level security as migration operations: the table of policies in docs/security.md."""

from django.db.migrations.operations import RunSQL

PLAN = "nullif(current_setting('app.plan', true), '')::uuid"
MEMBER = "nullif(current_setting('app.member', true), '')::uuid"
USER = "nullif(current_setting('app.user', true), '')::uuid"
ROLE = "current_setting('app.role', true)"
# Work for one plan sees that plan alone; work that is bound to none sees all.
SYSTEM = f"{ROLE} = 'system' AND ({PLAN} IS NULL OR plan_id = {PLAN})"


def content(table: str) -> RunSQL:
    """Rows of health information: only those of the context's member, for staff too."""
    return _policy(table, f"plan_id = {PLAN} AND member_id = {MEMBER}")


def index(table: str, *, roles: tuple[str, ...], own: str = f"member_id = {MEMBER}") -> RunSQL:
    """Heads of rows: the context's plan, and a role that works with them or one's own."""
    return _policy(table, f"({SYSTEM}) OR ({of_role_or_own(roles, own)})")


def of_role_or_own(roles: tuple[str, ...], own: str) -> str:
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"plan_id = {PLAN} AND ({ROLE} IN ({listed}) OR {own})"


def own(table: str, column: str) -> RunSQL:
    """Rows that only the person named in `column` may read or change, and scheduled work."""
    return _policy(table, f"({SYSTEM}) OR (plan_id = {PLAN} AND {column} = {USER})")


def of_member(table: str) -> RunSQL:
    """Rows about one member's file, and for scheduled work all that wait."""
    return _policy(table, f"({SYSTEM}) OR (plan_id = {PLAN} AND member_id = {MEMBER})")


def of_plan(table: str) -> RunSQL:
    """Rows that everyone of the plan may read: no PHI."""
    return _policy(table, f"({SYSTEM}) OR plan_id = {PLAN}")


def again(policy: RunSQL) -> RunSQL:
    """A policy as it reads now, over the one from before. Undone, the stricter one stays."""
    return RunSQL(policy.sql, RunSQL.noop)


def changed_by(table: str, *roles: str) -> RunSQL:
    """Of those who may read a row, these roles alone may change it."""
    listed = ", ".join(f"'{role}'" for role in ("system", *roles))
    return RunSQL(
        f"""
        CREATE POLICY {table}_changed ON {table} AS RESTRICTIVE FOR UPDATE TO portal_app
            USING ({ROLE} IN ({listed}));
        """,
        reverse_sql=f"DROP POLICY {table}_changed ON {table};",
    )


def written_by_system(table: str) -> RunSQL:
    """Whoever may read or hold a row, only commands and scheduled work write one."""
    names = [f"{table}_{way}" for way in ("added", "changed", "removed")]
    added, changed, removed = names
    return RunSQL(
        f"""
        CREATE POLICY {added} ON {table} AS RESTRICTIVE FOR INSERT TO portal_app
            WITH CHECK ({ROLE} = 'system');
        CREATE POLICY {changed} ON {table} AS RESTRICTIVE FOR UPDATE TO portal_app
            USING (true) WITH CHECK ({ROLE} = 'system');
        CREATE POLICY {removed} ON {table} AS RESTRICTIVE FOR DELETE TO portal_app
            USING ({ROLE} = 'system');
        """,
        reverse_sql="".join(f"DROP POLICY {name} ON {table};" for name in names),
    )


def also_added_by(table: str, role: str, column: str) -> RunSQL:
    """After `written_by_system`: this role adds rows too, in the name of whoever acts alone."""
    by = f"{ROLE} = 'system'"
    ours = f"{by} OR ({ROLE} = '{role}' AND {column} = {USER})"
    altered = f"ALTER POLICY {table}_added ON {table} WITH CHECK"
    return RunSQL(f"{altered} ({ours});", reverse_sql=f"{altered} ({by});")


def tells_owner(function: str, *tables: str) -> RunSQL:
    """A function that tells whose a row of these tables is, by its id: for `context.owner_by`."""
    rows = " UNION ALL ".join(
        f"SELECT member_id FROM {table} WHERE id = asked AND plan_id = {PLAN}"  # noqa: S608
        for table in tables
    )
    return RunSQL(
        f"""
        CREATE FUNCTION {function}(asked uuid) RETURNS SETOF uuid
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
            AS $$ SELECT * FROM ({rows}) AS found WHERE {ROLE} = 'system' $$;
        REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {function} TO portal_app;
        """,  # noqa: S608  our own names
        reverse_sql=f"DROP FUNCTION {function};",
    )


def append_only(table: str) -> RunSQL:
    """The application may add and read; a trigger stops the owner's slips too."""
    return RunSQL(
        f"""
        REVOKE ALL ON {table} FROM portal_app;
        GRANT SELECT, INSERT ON {table} TO portal_app;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION portal_append_only();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION portal_append_only();
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        """,
    )


def _policy(table: str, condition: str) -> RunSQL:
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS {table}_rows ON {table};
        CREATE POLICY {table}_rows ON {table} FOR ALL TO portal_app
            USING ({condition}) WITH CHECK ({condition});
        """,
        reverse_sql=f"""
        DROP POLICY {table}_rows ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )
