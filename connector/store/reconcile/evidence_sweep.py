"""What a sweep marks besides the items that it lists: measures, because of what their evidence rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from connector.people.permissions import ToolAccount
from connector.store.database.row_level_access import account_key
from connector.store.reconcile import dependents
from connector.store.reconcile.dependents import EvidenceNames, Measures
from connector.sync.scan import EvidenceChange
from mapping.work_item import ConnectionName, NativeId

CLOCK_ERROR = timedelta(seconds=30)
"""How far the tool's moment, which has whole seconds, and ours may be apart after the correction for its clock."""


def measures_concerned(
    transaction: Connection, connection: ConnectionName, changes: Sequence[EvidenceChange]
) -> Measures:
    """The measures that depend on what changed and were not read since."""
    asked = {
        "connection": connection,
        "ids": [one.native_id for one in changes if one.version],
        "versions": [one.version for one in changes if one.version],
    }
    # Its event came, or a sweep read it: whatever depends on it was marked then.
    known = {row.native_id for row in transaction.execute(_KNOWN, asked)} if asked["ids"] else set()
    new = [one for one in changes if one.native_id not in known]
    moments = [one.at for one in new if one.at is not None]
    since = max(moments) + CLOCK_ERROR if moments and len(moments) == len(new) else None
    names = EvidenceNames(
        frozenset(name for one in new for name in one.names),
        frozenset(target for one in new for target in one.targets),
        since=since,
    )
    people = {person for one in new for person in one.people}
    return dependents.find(transaction, connection, names) | _held_by(transaction, connection, people, since)


def measures_read_before(transaction: Connection, connection: ConnectionName, moment: datetime) -> Measures:
    """Measures of a connection, and those of others that depend on it, whose last reading is older."""
    found = transaction.execute(_READ_BEFORE, {"connection": connection, "moment": moment})
    return frozenset((ConnectionName(row.connection), NativeId(row.native_id)) for row in found)


def _held_by(transaction: Connection, connection: ConnectionName, people: set[str], since: datetime | None) -> Measures:
    if not people:
        return frozenset()
    asked = {
        "connection": connection,
        "people": sorted(people),
        "keys": sorted(account_key(ToolAccount(connection, person)) for person in people),
        "since": since,
    }
    found = transaction.execute(_HELD_BY, asked)
    return frozenset((ConnectionName(row.connection), NativeId(row.native_id)) for row in found)


_KNOWN = text("""
    SELECT s.native_id FROM unnest(CAST(:ids AS text[]), CAST(:versions AS text[])) AS s (native_id, version)
    JOIN work_item AS w ON w.connection = :connection AND w.native_id = s.native_id
    WHERE w.version = s.version AND w.unreachable_since IS NULL
""")
_READ_BEFORE = text("""
    SELECT m.connection, m.native_id FROM measure AS m JOIN work_item AS w USING (connection, native_id)
    WHERE m.unmapped_since IS NULL AND w.unreachable_since IS NULL AND w.read_at < :moment
      AND (m.connection = :connection
           OR EXISTS (SELECT 1 FROM dependency AS d WHERE d.measure_id = m.id AND d.on_connection = :connection))
""")
_HELD_BY = text("""
    SELECT m.connection, m.native_id FROM measure AS m JOIN work_item AS w USING (connection, native_id)
    WHERE m.connection = :connection AND m.unmapped_since IS NULL
      AND (CAST(:since AS timestamptz) IS NULL OR w.read_at < :since)
      AND (m.owner_id = ANY(:people) OR m.sponsor_id = ANY(:people) OR m.controller_id = ANY(:people)
           OR m.further_holders && CAST(:keys AS text[]))
""")
