"""Both statuses of a measure over time: spans of one colour, and the days on which something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import RowMapping


@dataclass(frozen=True, slots=True)
class StatusSpan:
    """Days in a row with one colour; ``begin`` and ``width`` are shares of the whole time in percent."""

    colour: str
    first: date
    last: date
    begin: float
    width: float


def status_spans(days: Sequence[RowMapping], status: str, today: date) -> tuple[StatusSpan, ...]:
    """One status over time; a day without an entry is like the day before."""
    if not days:
        return ()
    begin = days[0]["day"]
    whole = max((today - begin).days + 1, 1)
    changes = [row for number, row in enumerate(days) if not number or row[status] != days[number - 1][status]]
    spans = []
    for number, row in enumerate(changes):
        following = changes[number + 1]["day"] if number + 1 < len(changes) else today + timedelta(days=1)
        offset, length = (row["day"] - begin).days, max((following - row["day"]).days, 1)
        spans.append(
            StatusSpan(
                row[status], row["day"], following - timedelta(days=1), 100 * offset / whole, 100 * length / whole
            )
        )
    return tuple(spans)


def changed_days(days: Sequence[RowMapping]) -> tuple[RowMapping, ...]:
    """Days on which stage, gate or a status changed, newest first."""
    names = ("stage", "gate", "implementation", "potential")
    changed = [
        row
        for number, row in enumerate(days)
        if not number or any(row[name] != days[number - 1][name] for name in names)
    ]
    return tuple(reversed(changed))
