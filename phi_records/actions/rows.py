import hmac
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Member
from phi_records import patients
from phi_records.actions.intake import Intake
from phi_records.fhir import exact, kinds, plain
from phi_records.fhir.reader import Entry
from phi_records.models import RecordItem
from portal.base.crypto.blind import blind_index

ROWS_IN_INSERT = 250


def keep(intake: Intake, member: Member, entries: list[Entry]) -> None:
    mark_key = blind_index("record.mark", intake.plan.pk, str(member.pk))
    rows = [_row(intake, member, entry, mark_key) for entry in entries]
    stored = {} if member.pk in intake.new else _stored(member, rows)
    intake.outcome.read_bytes += sum(len(row.content) for row in rows)
    intake.lines[member.pk] += 0
    added: dict[tuple[str, str], RecordItem] = {}
    for row in rows:
        row_id, mark = stored.get((row.resource_type, row.source_key), (None, b""))
        if row_id is None:
            added.setdefault((row.resource_type, row.source_key), row)
        elif hmac.compare_digest(mark, row.content_mark):
            intake.outcome.unchanged[row.resource_type] += 1
        else:
            _overwrite(row, row_id)
            intake.outcome.changed[row.resource_type] += 1
            intake.lines[member.pk] += 1
            if row.resource_type == "Patient":
                patients.update(member, exact.loads(row.content))
    RecordItem.objects.bulk_create(added.values(), batch_size=ROWS_IN_INSERT)
    intake.outcome.added.update(row.resource_type for row in added.values())
    intake.lines[member.pk] += len(added)


def _row(intake: Intake, member: Member, entry: Entry, mark_key: bytes) -> RecordItem:
    return RecordItem(
        plan_id=intake.plan.pk,
        member_id=member.pk,
        record_holder_id=member.record_holder_id,
        kind=kinds.kind_of(entry.resource).slug,
        resource_type=entry.type,
        source_key=patients.source_key(intake.feed, entry.id),
        happened_on=plain.when_of(entry.resource),
        # As text, so that numbers keep their digits: FHIR tells 6.40 from 6.4.
        content=exact.dumps(entry.resource),
        content_mark=hmac.digest(mark_key, _canonical(entry.resource), "sha256"),
        feed=intake.feed,
        file_name=intake.unit.source[-300:],
        file_position=entry.position,
        received_at=intake.received_at,
    )


def _canonical(resource: dict[str, Any]) -> bytes:
    return json.dumps(
        resource, sort_keys=True, default=_marked, ensure_ascii=True, separators=(",", ":")
    ).encode()


def _marked(value: Decimal) -> str:
    return f"\x00{value}"


def _stored(member: Member, rows: list[RecordItem]) -> dict[tuple[str, str], tuple[UUID, bytes]]:
    found = RecordItem.objects.filter(
        plan_id=member.plan_id,
        member_id=member.pk,
        resource_type__in={row.resource_type for row in rows},
        source_key__in={row.source_key for row in rows},
    ).values_list("resource_type", "source_key", "pk", "content_mark")
    return {(kind, key): (pk, bytes(mark)) for kind, key, pk, mark in found}


def _overwrite(row: RecordItem, row_id: UUID) -> None:
    """The source's newer word on the same record; its id, which pages link to, stays."""
    row.pk = row_id
    row._state.adding = False
    row.save(
        force_update=True,
        update_fields=[
            "kind", "happened_on", "content", "content_mark", "feed", "file_name",
            "file_position", "received_at",
        ],
    )  # fmt: skip
