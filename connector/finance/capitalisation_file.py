"""The capitalisation of a period as a file: per measure what is booked, how it is treated, and what that rests on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connector.store.measures import measure_queries
from connector.store.measures.measure_details import MeasureSnapshot, measure_snapshot
from connector.timestamp import timestamp_text
from governance.capitalisation import Capitalisation, CapitalisationItem, SpentInPeriod, checklist, spent
from governance.effects import EffectKind
from governance.minor_digits import minor_digits
from governance.money import Money, Period

COLUMNS = (
    "period", "measure", "key", "title", "legal_entity", "treatment", "currency", "booked_as_capex",
    "booked_as_expense", "capitalised", "to_expense",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CapitalisedMeasure:
    """One measure with cost in the period."""

    id: str
    key: str
    title: str
    legal_entity: str
    found: Capitalisation
    amounts: tuple[SpentInPeriod, ...]


def capitalisation_of(snapshot: MeasureSnapshot, period: Period) -> Capitalisation:
    """The checklist of a measure at the end of a month."""
    implementation = snapshot.verdict.implementation
    return checklist(snapshot.measure, snapshot.state, implementation, snapshot.commands, period.last_day)


def capitalised_measures(connection: Connection, period: Period) -> Iterator[CapitalisedMeasure]:
    """The measures that the connection sees and that have a cost booked in the month, by key."""
    amounts: dict[str, list[tuple[EffectKind, Money]]] = {}
    for one in connection.execute(_BOOKED, {"month": period.first_day}):
        amounts.setdefault(one.measure_id, []).append((EffectKind(one.kind), Money(one.amount, one.currency)))
    for row in measure_queries.measures_by_id(connection, tuple(amounts)):
        found = capitalisation_of(measure_snapshot(connection, row), period)
        yield CapitalisedMeasure(
            row["id"], row["key"], row["title"] or "", row["legal_entity"] or "", found,
            tuple(spent(amounts[row["id"]], found.treatment)),
        )  # fmt: skip


def as_json(measures: Sequence[CapitalisedMeasure], period: Period) -> str:
    """With each item of the checklist, its evidence, who and when."""
    lines = [
        {
            **dict(zip(COLUMNS, values, strict=True)),
            "checklist": [
                {
                    "item": item.item.value,
                    "asks": item.item.label,
                    "outcome": item.outcome.value,
                    "evidence": item.evidence,
                    "by": item.by or None,
                    "at": timestamp_text(item.at) if item.at else None,
                }
                for item in one.found.items
            ],
        }
        for one in measures
        for values in _rows(one, period)
    ]
    return json.dumps({"period": str(period), "measures": lines}, ensure_ascii=False, indent=2) + "\n"


def as_csv(measures: Sequence[CapitalisedMeasure], period: Period) -> str:
    """One line per measure and currency; of each item the outcome with its evidence."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *(item.value for item in CapitalisationItem)))
    for one in measures:
        items = [f"{item.outcome.value}: {item.evidence}" for item in one.found.items]
        for values in _rows(one, period):
            writer.writerow([_inert(value) for value in (*values, *items)])
    return out.getvalue()


def _rows(one: CapitalisedMeasure, period: Period) -> Iterator[tuple[str, ...]]:
    for sums in one.amounts:
        numbers = (sums.capex, sums.expensed, sums.capitalised, sums.to_expense)
        digits = minor_digits(sums.capex.currency)
        yield (
            str(period), one.id, one.key, one.title, one.legal_entity, sums.treatment.value, sums.capex.currency,
            *(f"{money.amount:.{digits}f}" for money in numbers),
        )  # fmt: skip


def _inert(value: str) -> str:
    """No cell is a formula, whatever an item's title says; a negative amount stays one."""
    is_number = value.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} and not is_number else value


_BOOKED = text("""
    SELECT e.measure_id, e.kind, e.currency, sum(e.amount) AS amount
    FROM effect_line AS e JOIN measure AS m ON m.id = e.measure_id
    WHERE e.month = :month AND e.version = 'actual' AND e.kind IN ('capex', 'one_off_cost', 'recurring_cost')
      AND m.unmapped_since IS NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")
