"""Tags go on to what points at a record that has them, whichever of both comes first."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Member
from phi_records import copies, links, marks
from phi_records.actions.intake import BASIS, PURPOSE
from phi_records.links import Node
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit import trail

_TABLE = connection.ops.quote_name(RecordItem._meta.db_table)
_ROWS = (
    "SELECT id, resource_type, feed, source_key, tag_marks, link_marks"  # noqa: S608  our own name
    f" FROM {_TABLE} WHERE plan_id = %s AND member_id = %s AND "
)
_GIVERS = f"{_ROWS} tag_marks <> '{{}}' AND source_key = ANY(%s::varchar[])"
_FILES = f"{_ROWS} resource_type = ANY(%s::varchar[]) AND (%s OR source_key = ANY(%s::varchar[]))"
# Sooner than &&, which compares each with each.
_TAKERS = (
    f"{_ROWS} link_marks <> '{{}}'"
    " AND EXISTS (SELECT FROM unnest(link_marks) AS one WHERE one = ANY(%s::bytea[]))"
)


def flow(plan_id: UUID, rows: Iterable[RecordItem]) -> None:
    """From and to rows that were just written: one question for all members, and more for those
    alone in whose files something got a tag."""
    written: dict[UUID, dict[UUID, Node]] = {}
    for member_id, several in groupby(sorted(rows, key=_member), key=_member):
        own, key = list(several), links.key_of(plan_id, member_id)
        here = {links.name_of(row) for row in own}
        found = {row.pk: links.node(key, row) for row in own if links.matters(row)}
        for one in found.values():
            one.names = (one.names or frozenset()) - here
        written[member_id] = found
    near = _near(plan_id, {id: nodes.values() for id, nodes in written.items()})
    for member_id, nodes in written.items():
        known = near[member_id] | nodes
        if links.would_spread(known.values()):
            with context.about_member(member_id, purpose=PURPOSE, basis=BASIS):
                _tell(plan_id, member_id, known)


def _member(row: RecordItem) -> UUID:
    return row.member_id


def _tell(plan_id: UUID, member_id: UUID, nodes: dict[UUID, Node]) -> None:
    changed = go_on(plan_id, member_id, nodes, lifted(plan_id, member_id))
    if seen := [one for one in changed if not one.is_new]:
        copies.withdraw(plan_id, member_id)
        trail.record("records.tagged", member_id=member_id, facts={"count": len(seen)})


def mark_goes_on(row: RecordItem) -> None:
    """Of a file that is open, and a member who is held: what an officer said of one record."""
    own = (row.plan_id, row.member_id)
    one = links.node(links.key_of(*own), row)
    go_on(*own, with_near(*own, {one.id: one}), lifted(*own))


def go_on(
    plan_id: UUID, member_id: UUID, nodes: dict[UUID, Node], lifted: links.Lifted
) -> list[Node]:
    """Of a file that is open: from and to these, which have what is near them beside them."""
    while grown := links.spread(nodes.values(), lifted):
        nodes = with_near(plan_id, member_id, nodes, grown)
    return write(nodes.values())


def with_near(
    plan_id: UUID,
    member_id: UUID,
    nodes: dict[UUID, Node],
    of: Collection[Node] | None = None,
) -> dict[UUID, Node]:
    asked = nodes.values() if of is None else of
    return _near(plan_id, {member_id: asked})[member_id] | nodes


def write(nodes: Iterable[Node]) -> list[Node]:
    """Those whose tags are others than are stored, and stores them."""
    changed = [one for one in nodes if one.tags != one.stored]
    for tags, several in groupby(sorted(changed, key=_tags), key=_tags):
        ids = [one.id for one in several]
        RecordItem.objects.filter(pk__in=ids).update(tag_marks=tags)
    return changed


def _tags(node: Node) -> list[bytes]:
    return sorted(node.tags)


def lifted(
    plan_id: UUID, member_id: UUID, said: Mapping[UUID, marks.Words] | None = None
) -> links.Lifted:
    said = marks.staff_words(member_id) if said is None else said
    return {
        id: [marks.mark(plan_id, member_id, tag) for tag, on in words.items() if not on]
        for id, words in said.items()
    }


def _near(plan_id: UUID, several: Mapping[UUID, Collection[Node]]) -> dict[UUID, dict[UUID, Node]]:
    """Of each member: what these point at, as far as it is sensitive; files that are a part of what
    is sensitive among them; and what points at that, or at a file."""
    asked = {id: _asked((plan_id, id), nodes) for id, nodes in several.items()}
    statements = [(id, sql, values) for id, (sql, values) in asked.items() if sql]
    found: dict[UUID, dict[UUID, Node]] = {id: {} for id in several}
    if not statements:
        return found
    # So that no officer's mark comes to what they point at without being seen here.
    ids = [id for id, _sql, _values in statements]
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    for id, rows in zip(ids, context.run_for_members(statements), strict=True):
        found[id] = _nodes(links.key_of(plan_id, id), rows)
    return found


def _asked(own: tuple[UUID, UUID], nodes: Collection[Node]) -> tuple[str, list[Any]]:
    telling = [one for one in nodes if one.tags and one.links]
    keys = _keys(nodes)
    files = _keys(telling, only=links.may_be_file)
    # What an older row points at stands in it as marks alone.
    every_file = any(one.names is None for one in telling)
    pointed_at = [one.mark for one in nodes if one.tags or one.type in links.FILES]
    parts: list[tuple[str, list[Any]]] = []
    if keys:
        parts.append((_GIVERS, [*own, keys]))
    if files or every_file:
        parts.append((_FILES, [*own, sorted(links.FILES), every_file, files]))
    if pointed_at:
        parts.append((_TAKERS, [*own, pointed_at]))
    return " UNION ALL ".join(sql for sql, _values in parts), [
        one for _sql, values in parts for one in values
    ]


def _keys(nodes: Iterable[Node], only: Callable[[str], bool] | None = None) -> list[str]:
    """What may stand in `source_key` of what these point at."""
    named = {(one.feed, name) for one in nodes for name in one.names or ()}
    return [
        key
        for feed, name in named
        if only is None or only(name)
        for key in links.source_keys(feed, name)
    ]


def _nodes(key: bytes, rows: Iterable[tuple[Any, ...]]) -> dict[UUID, Node]:
    several = (
        RecordItem(
            id=id,
            resource_type=type,
            feed=feed,
            source_key=source_key,
            tag_marks=tags,
            link_marks=pointers,
        )
        for id, type, feed, source_key, tags, pointers in rows
    )
    found = {}
    for row in several:
        row._state.adding = False
        found[row.pk] = links.node(key, row)
    return found
