"""The database with one policy of row-level security open to all, or one trigger dropped."""

from collections.abc import Iterator

from portal.base import policies
from tests.mutations.mutant import Mutant

WALLS = (
    "tests/sweeps/test_walls.py", "tests/base/test_row_security.py",
    "tests/disclosures/test_approvals.py", "tests/disclosures/test_incidents.py",
)  # fmt: skip
KEPT = ("tests/sweeps/test_slips.py",)
# Each with the way in which it opens; a test holds the list to what is in the database.
ROWS = {
    "accounts_careteam_rows": "ALL",
    "accounts_member_rows": "ALL",
    "accounts_planlogo_rows": "ALL",
    "accounts_teamassignment_rows": "ALL",
    "accounts_registration_rows": "ALL",
    "accounts_teamseat_rows": "ALL",
    "base_approval_rows": "ALL",
    "base_event_read": "SELECT",
    "base_event_written": "INSERT",
    "base_filecheck_rows": "ALL",
    "base_job_rows": "ALL",
    "base_letter_rows": "ALL",
    "base_mail_added": "INSERT",
    "base_mail_read": "SELECT",
    "base_mail_sent": "ALL",
    "base_sealedfile_rows": "ALL",
    "base_securityevent_expired": "DELETE",
    "base_securityevent_read": "SELECT",
    "base_securityevent_written": "INSERT",
    "consents_noticeseen_rows": "ALL",
    "consents_noticeversion_rows": "ALL",
    "consents_opening_rows": "ALL",
    "disclosures_disclosure_rows": "ALL",
    "disclosures_incident_rows": "ALL",
    "disclosures_incidentnote_rows": "ALL",
    "messaging_draft_rows": "ALL",
    "messaging_message_rows": "ALL",
    "messaging_thread_rows": "ALL",
    "phi_records_directoryentry_rows": "ALL",
    "phi_records_importedunit_rows": "ALL",
    "phi_records_medicineawaited_rows": "ALL",
    "phi_records_patientlink_rows": "ALL",
    "phi_records_recorditem_rows": "ALL",
    "phi_records_stafftag_rows": "ALL",
}
# Come on top of those: who may write what they may read.
RESTRICTING = (
    *(
        f"{table}_{way}"
        for table in (
            "accounts_careteam", "accounts_planlogo", "accounts_registration", "accounts_teamseat",
            "consents_noticeversion", "phi_records_directoryentry", "phi_records_importedunit",
            "phi_records_medicineawaited", "phi_records_stafftag",
        )
        for way in ("added", "changed", "removed")
    ),
    "base_filecheck_changed", "base_letter_changed", "disclosures_incident_changed",
)  # fmt: skip
APPEND_ONLY = (
    "base_seal", "base_event", "base_droppedyear", "consents_noticeseen", "consents_noticeversion",
    "consents_opening", "disclosures_disclosure", "disclosures_incidentnote",
    "phi_records_stafftag",
)  # fmt: skip
TRIGGERS = (
    *(f"{table}_{what}" for table in APPEND_ONLY for what in ("append_only", "no_truncate")),
    "base_keyholder_kept", "base_keyholder_not_emptied",
)  # fmt: skip
# Emptying a table empties those that point to it, whose trigger says no as well.
TOO = {"consents_noticeversion_no_truncate": "consents_noticeseen_no_truncate"}


CALLED = ("tests/base/test_definers.py",)
DEFINERS = (
    "messaging_owner", "phi_records_known", "phi_records_owner", "portal_files_held",
    "portal_files_some",
)  # fmt: skip


def all_mutants() -> Iterator[Mutant]:
    for policy, way in ROWS.items():
        yield Mutant(f"open: {policy}", WALLS, sql=opened(policy, way))
    for policy in RESTRICTING:
        yield Mutant(f"no {policy}", WALLS, sql=_dropped(policy))
    table, role = "phi_records_stafftag", "current_setting('app.role', true)"
    sql = f"ALTER POLICY {table}_added ON {table} WITH CHECK ({role} IN ('system', '%s'))"
    yield Mutant("an officer speaks for another", WALLS, sql=sql % "privacy_officer")
    sql = f"ALTER POLICY {table}_added ON {table} WITH CHECK (said_by_id = {policies.USER})"
    yield Mutant("any role speaks of a mark", WALLS, sql=sql)
    for trigger in TRIGGERS:
        gone = (trigger, *filter(None, [TOO.get(trigger)]))
        sql = ";".join(f"DROP TRIGGER {one} ON {_table(one)}" for one in gone)
        yield Mutant(f"no trigger {trigger}", KEPT, sql=sql)
    for function in DEFINERS:
        sql = f"ALTER FUNCTION {function} SET search_path = pg_catalog, public"
        yield Mutant(f"temporary tables first: {function}", CALLED, sql=sql)


def opened(policy: str, way: str = "ALL") -> str:
    using = "" if way == "INSERT" else "USING (true)"
    check = "WITH CHECK (true)" if way in {"INSERT", "ALL"} else ""
    return f"ALTER POLICY {policy} ON {_table(policy)} {using} {check}"


def _dropped(policy: str) -> str:
    """With what else keeps an append-only table as it is: the policy is the last of three."""
    table = _table(policy)
    sql = f"DROP POLICY {policy} ON {table}"
    if table in APPEND_ONLY and not policy.endswith("_added"):
        sql += f"; GRANT UPDATE, DELETE ON {table} TO portal_app"
        sql += f"; DROP TRIGGER {table}_append_only ON {table}"
    return sql


def _table(name: str) -> str:
    return "_".join(name.split("_")[: 3 if name.startswith("phi_records") else 2])
