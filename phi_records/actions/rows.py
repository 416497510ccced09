import hmac
import json
from collections.abc import Collection, Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from accounts.models import Member
from consents.question import Tag
from phi_records import attachments, copies, links, marks, medications, patients
from phi_records.actions import flowing, known
from phi_records.actions.intake import BASIS, PURPOSE, Intake
from phi_records.actions.known import Known
from phi_records.actions.owners import Owned
from phi_records.fhir import exact, kinds, plain
from phi_records.fhir.reader import Entry
from phi_records.fhir.tags import by_number_alone, tags_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.crypto.blind import blind_index
from portal.base.crypto.values import ForStorage

ROWS_IN_INSERT = 250
# What a record's newer word brings along; it stays whose it is, and what pages link to.
RENEWED = {
    "kind", "happened_on", "content", "content_mark", "tag_marks", "link_marks", "feed",
    "file_name", "file_position", "received_at",
}  # fmt: skip
_quoted = connection.ops.quote_name
_TABLE = _quoted(RecordItem._meta.db_table)


def keep(intake: Intake, owned: Iterable[Owned]) -> None:
    shelf = medications.Shelf(intake.plan.pk)
    several = [(one.member, _rows(intake, one, shelf)) for one in owned]
    here = known.look_up([row for _member, rows in several for row in rows])
    pending: list[RecordItem] = []
    written: list[RecordItem] = []
    for member, rows in several:
        added, changed = _sorted_out(intake, member, rows, here)
        pending += added
        written += (*added, *changed)
        if len(pending) >= ROWS_IN_INSERT:
            _insert(pending)
            pending = []
    _insert(pending)
    flowing.flow(intake.plan.pk, written)


def _rows(intake: Intake, owned: Owned, shelf: medications.Shelf) -> list[RecordItem]:
    mark_key = blind_index("record.mark", intake.plan.pk, str(owned.member.pk))
    link_key = links.key_of(intake.plan.pk, owned.member.pk)
    entries, feed = owned.entries, intake.feed
    medicines = [medications.pointed_at(feed, one.resource, intake.index) for one in entries]
    shelf.look_up(medicines)
    rows = []
    for entry, medicine in zip(entries, medicines, strict=True):
        tags = shelf.of(medicine)
        rows.append(_row(intake, owned, entry, mark_key, tags or frozenset()))
        rows[-1].points, rows[-1].awaits = bool(medicine), "" if tags is not None else medicine
        rows[-1].unnamed |= shelf.is_unnamed(medicine)
        text = rows[-1].content
        rows[-1].names = links.pointed_at(feed, entry.resource, text, intake.names)
        rows[-1].link_marks = links.marks(link_key, rows[-1].names)
    return rows


def _sorted_out(
    intake: Intake, member: Member, rows: list[RecordItem], here: Known
) -> tuple[Collection[RecordItem], Collection[RecordItem]]:
    """The new ones, and changed ones. Changed ones are written here, and all are counted."""
    intake.outcome.read_bytes += sum(len(row.content) for row in rows)
    added: dict[tuple[str, str], RecordItem] = {}
    changed: dict[UUID, RecordItem] = {}
    for row in rows:
        if not known.settle(intake, row, here):
            continue
        own = here.own(row)
        if own is None:
            added.setdefault((row.resource_type, row.source_key), row)
        elif intake.only_missing or hmac.compare_digest(own.mark, row.content_mark):
            intake.outcome.unchanged[row.resource_type] += 1
        else:
            row.pk, row._state.adding = own.id, False
            changed[own.id] = row
    _overwrite(member, changed.values())
    if large := [row for row in added.values() if attachments.is_large(row)]:
        with context.about_member(member.pk, purpose=PURPOSE, basis=BASIS):
            for row in large:
                attachments.cut_out(row)
    intake.outcome.unnamed += sum(row.unnamed for row in (*added.values(), *changed.values()))
    intake.outcome.added.update(row.resource_type for row in added.values())
    intake.outcome.changed.update(row.resource_type for row in changed.values())
    intake.lines[member.pk] += len(added) + len(changed)
    return added.values(), changed.values()


def _row(
    intake: Intake, owned: Owned, entry: Entry, mark_key: bytes, of_medicine: frozenset[Tag]
) -> RecordItem:
    member, key = owned.member, patients.key_apart if owned.apart else patients.source_key
    resource = medications.in_its_bundle(entry.resource, intake.index)
    if intake.has_files:
        resource = attachments.in_its_bundle(intake.feed, resource, intake.index)
    text = exact.dumps(resource)
    tags = tags_of(resource, text) | of_medicine
    row = RecordItem(
        plan_id=intake.plan.pk,
        member_id=member.pk,
        record_holder_id=member.record_holder_id,
        kind=kinds.kind_of(resource).slug,
        resource_type=entry.type,
        source_key=key(intake.feed, entry.id),
        happened_on=plain.when_of(resource),
        tag_marks=marks.marks(intake.plan.pk, member.pk, tags),
        # As text, so that numbers keep their digits: FHIR tells 6.40 from 6.4.
        content=text,
        content_mark=hmac.digest(mark_key, _canonical(resource), "sha256"),
        feed=intake.feed,
        file_name=intake.unit.source[-300:],
        file_position=entry.position,
        received_at=intake.received_at,
    )
    row.unnamed = by_number_alone(resource, text)
    return row


def _canonical(resource: dict[str, Any]) -> bytes:
    return _CANONICAL.encode(resource).encode()


def _marked(value: Decimal) -> str:
    return f"\x00{value}"


# Made once. What `check` let through is a tree: no circles to look for.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, default=_marked, separators=(",", ":"), check_circular=False
)


def _insert(rows: list[RecordItem]) -> None:
    """Each member's rows in that member's file, as bulk_create() would, but in one round trip."""
    medications.wait([row for row in rows if row.awaits])
    for start in range(0, len(rows), ROWS_IN_INSERT):
        part = rows[start : start + ROWS_IN_INSERT]
        context.run_for_members(
            [
                (member_id, *_insertion(list(own)))
                for member_id, own in groupby(part, key=attrgetter("member_id"))
            ]
        )


def _insertion(rows: list[RecordItem]) -> tuple[str, list[Any]]:
    """One JSON text, which the server takes apart sooner than we put thousands of values together.

    COPY would be faster still, but Postgres has none into a table with row-level security.
    """
    fields = RecordItem._meta.concrete_fields
    columns = ", ".join(_quoted(str(field.column)) for field in fields)
    sql = (
        f"INSERT INTO {_TABLE} ({columns})"  # noqa: S608  our own names
        f" SELECT {columns} FROM json_populate_recordset(null::{_TABLE}, %s)"
    )
    return sql, [_in_one_text(rows, fields)]


def _renewal(rows: Collection[RecordItem]) -> tuple[str, list[Any]]:
    """All rows in one statement, by the same way."""
    key = RecordItem._meta.pk
    fields = [one for one in RecordItem._meta.concrete_fields if one.name in RENEWED]
    columns = [_quoted(str(one.column)) for one in fields]
    values = ", ".join(f"{column} = newer.{column}" for column in columns)
    sql = (
        f"UPDATE {_TABLE} SET {values}"  # noqa: S608  our own names
        f" FROM json_populate_recordset(null::{_TABLE}, %s) AS newer"
        f" WHERE {_TABLE}.id = newer.id"
    )
    return sql, [_in_one_text(rows, [key, *fields])]


def _in_one_text(rows: Iterable[RecordItem], fields: Iterable[Any]) -> str:
    several = [{one.column: one.pre_save(row, row._state.adding) for one in fields} for row in rows]
    return json.dumps(several, default=_in_json)


def _in_json(value: object) -> str | bytes | None:
    if isinstance(value, ForStorage):
        return value.raw
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _overwrite(member: Member, rows: Collection[RecordItem]) -> None:
    """The source's newer words on the same records; their ids, which pages link to, stay."""
    if not rows:
        return
    with context.about_member(member.pk, purpose=PURPOSE, basis=BASIS):
        _mark_again(member, rows)
        medications.wait([row for row in rows if row.resource_type.startswith(medications.TYPE)])
        attachments.put_away(member.plan_id, member.pk, [row.pk for row in rows])
        for row in rows:
            attachments.cut_out(row)
        with connection.cursor() as cursor:
            cursor.execute(*_renewal(rows))
            if cursor.rowcount != len(rows):
                raise DatabaseError("A record that was to be renewed is not there any more.")
        for row in rows:
            if row.resource_type == "Patient":
                patients.update(member, exact.loads(row.content))


def _mark_again(member: Member, rows: Collection[RecordItem]) -> None:
    said = marks.staff_words(member.pk, [row.pk for row in rows])
    for row in rows:
        if words := said.get(row.pk):
            told = marks.with_words(marks.of(row), words)
            row.tag_marks = marks.marks(row.plan_id, member.pk, told)
    marked = {row.pk: set(row.tag_marks) for row in rows if row.tag_marks}
    if not marked:
        return
    before = RecordItem.objects.filter(pk__in=marked).values_list("pk", "tag_marks")
    if any(marked[pk] - {bytes(one) for one in earlier} for pk, earlier in before):
        copies.withdraw(member.plan_id, member.pk)
