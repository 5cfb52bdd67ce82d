"""The stored facts of the demo's year as plain values, read by SQL alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.cli.year.reading import CENT
from tests.connector.store.reporting.recompute import Calendar, Row, after, between, figures_of

Rows = Callable[[str], Iterable[Any]]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OFF_RAMPS = {"killed": "on_hold", "on_hold": "on_hold", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Fact:
    """A measure beside its amounts."""

    id: str
    key: str
    title: str
    owner: str
    sponsor: str
    controller: str
    places: tuple[str, ...]
    """Portfolio, program, project, package, as far as they are stated."""
    unit: str
    stage: str
    step: str
    """The stage, or how it left it: on_hold, cancelled."""
    gate: str
    implementation: str
    potential: str
    findings: tuple[dict[str, Any], ...]
    parties: tuple[str, ...]
    """Accounts that a change of a role concerns which nobody has accepted."""
    verdict: dict[str, Any] = field(repr=False)
    state: dict[str, Any] = field(repr=False)
    assessed_at: datetime = field(repr=False, kw_only=True)

    @property
    def live(self) -> bool:
        return self.step != "cancelled"


@dataclass(frozen=True)
class StoredYear:
    """What the tables hold, as plain values."""

    query: Rows
    rows: tuple[Row, ...]
    facts: dict[str, Fact]
    """By the measure's key."""
    validated: dict[str, Decimal]
    """By the measure's key, what the controllers have signed."""
    calendar: Calendar
    today: date

    @property
    def ids(self) -> dict[str, str]:
        return {key: one.id for key, one in self.facts.items()}

    @classmethod
    def read(cls, query: Rows, today: date) -> StoredYear:
        """The demo's fiscal year is the calendar year, and no legal entity closes months there."""
        lines: dict[str, list[tuple[str, str, str, Decimal, str, str, bool]]] = defaultdict(list)
        for one in query("SELECT * FROM effect_line"):
            assert one.currency == "EUR", "the demo plans in one currency"
            lines[one.measure_id].append(
                (one.version, one.kind, f"{one.month:%Y-%m}", one.amount, one.currency, one.account, one.hard)
            )
        measures = list(query(_MEASURES))
        rows = tuple(
            Row(one.key, one.stage, one.ended == "cancelled", one.governable, one.held_up, lines.get(one.id, []))
            for one in measures
        )
        closed = f"{today.year - 1}-12" if today.month == 1 else f"{today.year}-{today.month - 1:02}"
        calendar = Calendar(f"{today.year}-01", f"{today.year}-12", closed)
        validated = {one.key: one.validated or Decimal(0) for one in measures}
        return cls(query, rows, {one.key: _fact(one) for one in measures}, validated, calendar, today)

    def figures(self, row: Row) -> tuple[str, dict[str, Decimal]]:
        return figures_of(row, (), self.calendar)

    def counted(self) -> list[tuple[Row, dict[str, Decimal]]]:
        """The measures that committed totals hold, with their figures."""
        found = [(row, *self.figures(row)) for row in self.rows]
        return [(row, figures) for row, why, figures in found if not why]

    def live(self) -> list[Row]:
        return [row for row in self.rows if not row.ended]

    def decided(self, row: Row) -> Row:
        """The same measure with the plan of its decision in place of the present one."""
        first = [
            ("plan", kind, month, Decimal(str(value)), currency, account, bool(hard))
            for kind, month, value, currency, account, hard in self.plans(row.key, 1)
        ]
        kept = [line for line in row.lines if line[0] != "plan" or not first]
        return Row(row.key, row.stage, row.ended, row.governable, row.held_up, [*kept, *first])

    def plans(self, key: str, number: int) -> list[list[Any]]:
        """Lines of a locked plan: kind, month, amount, currency, account, hard; empty where there is none."""
        found = self.query(
            f"SELECT lines FROM plan_version WHERE measure_id = '{self.facts[key].id}' AND number = {number}"
        )
        return next((one.lines for one in found), [])


def months_of(row: Row, version: str, *kinds: str) -> dict[str, Decimal]:
    """Amounts of a version by month, costs below zero."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for name, kind, month, value, _, account, _ in row.lines:
        if name == version and kind in kinds and account == "ebitda":
            found[month] += value if kind.endswith("benefit") else -value
    return dict(found)


def months_through(first: str, last: str) -> list[str]:
    return between(first, last)


def month_after(month: str, by: int = 1) -> str:
    for _ in range(by):
        month = after(month)
    return month


def month_before(month: str, by: int = 1) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - by
    return f"{number // 12}-{number % 12 + 1:02}"


def month_name(month: str) -> str:
    """As a page shows it."""
    return f"{MONTHS[int(month[5:]) - 1]} {month[:4]}"


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT)


def _fact(one: Any) -> Fact:
    places = (one.portfolio, one.program, one.project, one.package)
    return Fact(
        one.id, one.key, one.title, one.owner or "", one.sponsor or "", one.controller or "",
        tuple(name for name in places if name), one.business_unit or "", one.stage or "", OFF_RAMPS.get(one.ended or "", one.stage or ""), one.gate, one.implementation, one.potential,
        tuple(one.findings), tuple(one.role_change_parties), one.verdict, one.measure_state, assessed_at=one.assessed_at,
    )  # fmt: skip


_MEASURES = """
    SELECT *, verdict #>> '{off_ramp,kind}' AS ended, gate IN ('blocked', 'waiting', 'breach') AS held_up,
           owner_id IS NOT NULL AND sponsor_id IS NOT NULL AND controller_id IS NOT NULL
           AND business_unit <> '' AND legal_entity <> '' AS governable,
           (SELECT sum(CAST(s ->> 'validated' AS numeric)) FROM jsonb_array_elements(verdict -> 'signed') AS s)
               AS validated
    FROM measure WHERE unmapped_since IS NULL ORDER BY id
"""
PLANS = """
    SELECT p.measure_id, one ->> 0 AS kind, one ->> 1 AS month, CAST(one ->> 2 AS numeric) AS amount
    FROM plan_version AS p CROSS JOIN LATERAL jsonb_array_elements(p.lines) AS one
    WHERE p.number = (SELECT max(number) FROM plan_version WHERE measure_id = p.measure_id)
    UNION ALL
    SELECT e.measure_id, e.kind, to_char(e.month, 'YYYY-MM'), e.amount FROM effect_line AS e
    WHERE e.version = 'plan' AND NOT EXISTS (SELECT 1 FROM plan_version WHERE measure_id = e.measure_id)
"""
"""The present plan of each measure: the one that was locked last, else what its fields say."""

OWNED = """
    SELECT f.measure_id, f.decided_owner, l.version, l.kind, to_char(l.month, 'YYYY-MM'), l.amount
    FROM measure_figures AS f JOIN measure AS m ON m.id = f.measure_id CROSS JOIN LATERAL (
        SELECT 'plan' AS version, one ->> 0 AS kind, CAST(one ->> 1 || '-01' AS date) AS month,
               CAST(one ->> 2 AS numeric) AS amount, one ->> 4 AS account, CAST(one ->> 5 AS boolean) AS hard
        FROM plan_version AS p CROSS JOIN LATERAL jsonb_array_elements(p.lines) AS one
        WHERE p.measure_id = f.measure_id AND p.number = 1
        UNION ALL
        SELECT e.version, e.kind, e.month, e.amount, e.account, e.hard FROM effect_line AS e
        WHERE e.measure_id = f.measure_id AND e.version = 'actual'
    ) AS l
    WHERE l.account = 'ebitda' AND (l.hard OR l.kind <> 'benefit') AND f.missing_rate IS NULL AND NOT EXISTS (
        SELECT 1 FROM effect_line AS e WHERE e.measure_id = f.measure_id AND e.currency <> 'EUR')
      AND EXISTS (SELECT 1 FROM plan_version AS p WHERE p.measure_id = f.measure_id)
"""
"""What was promised by the decision of each measure, and what is booked of it."""
