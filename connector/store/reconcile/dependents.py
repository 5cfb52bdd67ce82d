"""Which measures have to be assessed again because something that their evidence rests on has changed.

A child, a linked issue, a joined record: whatever an event or a sweep is about, its measures are found here, by what
the changed item says of itself and by what the measures' last reading said of it.  So a child that was moved makes both
its new and its former parent dirty, and one that was deleted its last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, select, text

from connector.store.database.tables import WORK_ITEM
from connector.store.reconcile import evidence_names
from mapping.work_item import ConnectionName, NativeId, WorkItem

Measures: TypeAlias = "frozenset[tuple[ConnectionName, NativeId]]"


@dataclass(frozen=True, slots=True)
class EvidenceNames:
    """What has changed, by the names that others use for it, and the items that it names itself."""

    names: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    """Ids and keys."""
    evidence: frozenset[str] = frozenset()
    """The names that an item of the same connection would use, where they are fewer."""
    since: datetime | None = None
    """Measures that were read after this moment have seen the change."""


def changes(
    transaction: Connection, connection: ConnectionName, seen: Sequence[WorkItem], absent: Collection[NativeId]
) -> EvidenceNames:
    """What differs from the last reading.  Called before the new one is stored.

    Only a change counts: two items that depend on one another would make each other dirty for ever.
    """
    ids = [*(item.native_id for item in seen), *absent]
    if not ids:
        return EvidenceNames()
    columns = (WORK_ITEM.c.native_id, WORK_ITEM.c.version, WORK_ITEM.c.key, WORK_ITEM.c.unreachable_since)
    query = select(*columns).where(WORK_ITEM.c.connection == connection, WORK_ITEM.c.native_id.in_(ids))
    before = {row.native_id: row for row in transaction.execute(query)}
    names: set[str] = set()
    targets: set[str] = set()
    evidence: set[str] = set(absent)
    for item in seen:
        known = before.get(item.native_id)
        if known is None or known.version != item.version or known.unreachable_since is not None:
            names.update(evidence_names.reference_names(item))
            targets.update(evidence_names.concerned(item))
            evidence |= {item.native_id, f"key:{item.key.casefold()}"}
    for gone in absent:
        known = before.get(gone)
        if known is None or known.unreachable_since is None:
            called = {str(gone)} | ({f"key:{known.key.casefold()}"} if known is not None else set())
            names |= called
            evidence |= called
    return EvidenceNames(frozenset(names), frozenset(targets), frozenset(evidence))


def find(transaction: Connection, connection: ConnectionName, changed: EvidenceNames) -> Measures:
    """The measures that depend on these names, of this connection and of others."""
    if not changed.names and not changed.targets:
        return frozenset()
    asked = {
        "connection": connection,
        "names": sorted(changed.names),
        "evidence": sorted(changed.evidence or changed.names),
        "targets": sorted(changed.targets),
        "since": changed.since,
    }
    found = transaction.execute(_DEPENDENTS, asked)
    return frozenset((ConnectionName(row.connection), NativeId(row.native_id)) for row in found)


_DEPENDENTS = text("""
    WITH found AS (
        SELECT m.connection, m.native_id FROM dependency AS d JOIN measure AS m ON m.id = d.measure_id
        WHERE d.on_connection = :connection AND d.on_name = ANY(:names)
        UNION
        SELECT r.connection, r.native_id FROM unnest(CAST(:evidence AS text[])) AS e (name) CROSS JOIN LATERAL (
            SELECT w.connection, w.native_id FROM work_item AS w
            WHERE w.rests_on @> ARRAY[e.name] AND w.connection = :connection OFFSET 0) AS r
        UNION
        SELECT connection, native_id FROM work_item WHERE connection = :connection AND native_id = ANY(:targets)
        UNION
        SELECT connection, native_id FROM work_item WHERE connection = :connection AND key = ANY(:targets)
    )
    -- One by one, because few are found, and a join might be planned as a scan of everything.
    SELECT f.connection, f.native_id FROM found AS f
    WHERE (SELECT m.unmapped_since IS NULL FROM measure AS m WHERE m.id = f.connection || '/' || f.native_id)
      AND (CAST(:since AS timestamptz) IS NULL OR :since > (
           SELECT w.read_at FROM work_item AS w WHERE w.connection = f.connection AND w.native_id = f.native_id))
""")
