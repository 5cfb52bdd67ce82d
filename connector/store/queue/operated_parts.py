"""The part of the organisation whose queues somebody runs: the items of its measures, and nothing else.

An item that is no measure lies in no part: only who runs the whole installation acts on it.  The place is that of the
measure as it was assessed last.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, exists, or_, text

from connector.people.permissions import OPERATING_ROLES, Viewer
from connector.store.database.row_level_access import covers_row, grant_key, visible_to
from connector.store.database.tables import MEASURE


@dataclass(frozen=True, slots=True)
class OperatedParts:
    """``keys`` as ``gatepost_place_keys`` writes them; ``None`` is the whole organisation."""

    keys: tuple[str, ...] | None

    @classmethod
    def of(cls, viewer: Viewer) -> OperatedParts:
        """Where a viewer is operator or administrator."""
        if viewer.operates:
            return WHOLE_ORGANISATION
        return cls(tuple(grant_key(grant) for grant in viewer.grants_of(OPERATING_ROLES)))

    @property
    def parameters(self) -> dict[str, object]:
        """For :data:`MEASURE_IN_PARTS`."""
        return {} if self.keys is None else {"parts": list(self.keys)}

    def contains(self, connection: Connection, connection_name: str, native_id: str) -> bool:
        """Whether the item's measure lies in one of the parts."""
        if self.keys is None:
            return True
        asked = {"connection": connection_name, "item": native_id, **self.parameters}
        return connection.execute(_CONTAINS, asked).first() is not None


WHOLE_ORGANISATION = OperatedParts(None)

MEASURE_IN_PARTS = """gatepost_place_keys(m.portfolio, m.program, m.project, m.package, m.legal_entity)
    && CAST(:parts AS text[])"""
"""Whether ``measure AS m`` lies in one of the parts."""

_CONTAINS = text(f"""
    SELECT 1 FROM measure AS m
    WHERE m.connection = :connection AND m.native_id = :item AND {MEASURE_IN_PARTS}
""")  # noqa: S608 - a condition of ours


def listed_for(viewer: Viewer, table: Table) -> ColumnElement[bool]:
    """The rows of a queue that somebody may list: of measures that they see, and of the parts that they run."""
    seen = [visible_to(viewer), *(covers_row(grant, MEASURE) for grant in viewer.grants_of(OPERATING_ROLES))]
    return exists().where(
        MEASURE.c.connection == table.c.connection, MEASURE.c.native_id == table.c.native_id, or_(*seen)
    )
