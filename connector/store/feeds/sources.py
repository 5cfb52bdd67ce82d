"""Where the rows of a view come from: as they are now, or as they were known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.store.feeds.views import BY_NAME, SCHEMA, ColumnType, PastKind, View, ViewLink

AT = "known_at"
"""The parameter that holds the moment."""


class NotKept(Exception):
    """The view has nothing for a day of the past; the message says so."""


@dataclass(frozen=True, slots=True)
class Source:
    """The views that a reader may read, at a moment."""

    views: frozenset[str]
    at: datetime | None = None
    """``None`` is now."""

    def allows(self, name: str) -> bool:
        return name in self.views

    def view(self, name: str) -> View:
        return BY_NAME[name]

    def of(self, view: View) -> str:
        """What stands after FROM.  Raises NotKept."""
        if self.at is None or view.past is PastKind.SAME:
            return f"{SCHEMA}.{view.name}"
        if view.past is PastKind.NOT_KEPT:
            raise NotKept(f"{view.name} is not kept for days of the past: leave out the day.")
        if view.past is PastKind.VERSIONS:
            names = ", ".join(f'v."{column.name}"' for column in view.columns)
            return (
                f"(SELECT {names} FROM {SCHEMA}.{view.past_by} AS v WHERE v.known_from <= :{AT} "  # noqa: S608
                f"AND (v.known_until IS NULL OR v.known_until > :{AT}))"
            )
        column = view.column(view.past_by)
        is_day = column is not None and column.type is ColumnType.DATE
        moment = f"CAST(CAST(:{AT} AS timestamptz) AT TIME ZONE 'UTC' AS date)" if is_day else f":{AT}"
        return f'(SELECT v.* FROM {SCHEMA}.{view.name} AS v WHERE v."{view.past_by}" <= {moment})'  # noqa: S608

    @property
    def parameters(self) -> dict[str, object]:
        return {} if self.at is None else {AT: self.at}


def alias_join(link: ViewLink, here: str, there: str) -> str:
    return " AND ".join(f'{there}."{theirs}" = {here}."{ours}"' for ours, theirs in link.columns)
