"""Demands that were refused, as a share of those that were answered; and what was approved against its own rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from governance.money import Money, Period
from governance.outcomes import REFUSED_TARGET, share
from governance.rates import Conversion, MissingRate, Rates

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class RefusedDemand:
    """A measure that was cancelled before its decision."""

    id: str
    key: str
    title: str
    owner: str
    business_unit: str
    reason: str
    by: str
    at: datetime | None
    kept: Decimal
    """Planned one-off cost and investment that are not spent, in the reporting currency."""


@dataclass(frozen=True, slots=True)
class AgainstRules:
    """A measure that went on although its own rules say no."""

    id: str
    key: str
    title: str
    owner: str
    code: str
    """``GATE_ORDER``: it passed a shut gate; ``CREEP``: work goes on without its business case; ``BELOW_HURDLE``: it is
    decided, and its plan is below the hurdle of its class."""


@dataclass(frozen=True, slots=True)
class RefusedDemands:
    """Of what a reader sees."""

    refused: int
    approved: int
    """Decided, with those that were cancelled afterwards."""
    kept: Decimal
    """Σ over all refused demands."""
    demands: tuple[RefusedDemand, ...]
    """The newest first, at most 200."""
    against_rules: tuple[AgainstRules, ...]
    missing: tuple[MissingRate, ...]
    """Rates without which an amount is left out."""
    target: Decimal
    """Share that is to be refused."""

    @property
    def requests(self) -> int:
        """Requests that have an answer."""
        return self.refused + self.approved

    @property
    def share(self) -> Decimal | None:
        return share(self.refused, self.requests)

    @property
    def reaches_target(self) -> bool | None:
        """``None`` while nothing was answered."""
        return None if self.share is None else self.share >= self.target


def refused_demands(
    connection: Connection,
    committed: tuple[str, ...],
    rates: Rates,
    currency: str,
    target: Decimal = REFUSED_TARGET,
) -> RefusedDemands:
    """``committed`` are the keys of the stages from the decision on."""
    asked = {"committed": list(committed)}
    counts = connection.execute(_COUNTS, asked).one()
    kept: dict[str, Decimal] = {}
    missing: dict[MissingRate, None] = {}
    for row in connection.execute(_KEPT, asked):
        converted = rates.convert(Money(row.amount, row.currency), currency, Period.of(row.month))
        if isinstance(converted, Conversion):
            kept[row.measure_id] = kept.get(row.measure_id, Decimal(0)) + converted.money.amount
        else:
            missing[converted] = None
    demands = tuple(
        _demand(row, kept.get(row.id, Decimal(0)))
        for row in connection.execute(_REFUSED, {**asked, "limit": MOST_LISTED}).all()
    )
    against = tuple(
        AgainstRules(row.measure_id, row.key, row.title, row.owner, row.code)
        for row in connection.execute(_AGAINST, {**asked, "limit": MOST_LISTED})
    )
    total = sum(kept.values(), Decimal(0))
    return RefusedDemands(counts.refused, counts.approved, total, demands, against, tuple(missing), target)


def _demand(row: Row[Any], kept: Decimal) -> RefusedDemand:
    off_ramp = row.off_ramp or {}
    at = off_ramp.get("at")
    return RefusedDemand(
        row.id, row.key, row.title, row.owner, row.business_unit, str(off_ramp.get("reason") or ""),
        str(off_ramp.get("by") or ""), datetime.fromisoformat(at) if at else None, kept,
    )  # fmt: skip


_COUNTS = text("""
    SELECT count(*) FILTER (WHERE step = 'cancelled' AND stage <> ALL (:committed)) AS refused,
           count(*) FILTER (WHERE stage = ANY (:committed)) AS approved
    FROM measure_figures
""")
_KEPT = text("""
    SELECT f.measure_id, e.month, e.currency, sum(e.amount) AS amount
    FROM measure_figures AS f
    -- Its lines are read by the measure: the index by month has the measure last, and looks costless.
    CROSS JOIN LATERAL (SELECT * FROM effect_line AS l WHERE l.measure_id = f.measure_id OFFSET 0) AS e
    WHERE f.step = 'cancelled' AND f.stage <> ALL (:committed) AND e.version = 'plan'
      AND e.kind IN ('one_off_cost', 'capex') AND e.account IN ('ebitda', 'cash')
    GROUP BY 1, 2, 3
""")
_REFUSED = text("""
    SELECT f.measure_id AS id, f.key, f.title, f.owner, f.business_unit, m.measure_state -> 'off_ramp' AS off_ramp
    FROM measure_figures AS f JOIN measure AS m ON m.id = f.measure_id
    WHERE f.step = 'cancelled' AND f.stage <> ALL (:committed)
    ORDER BY m.measure_state #>> '{off_ramp,at}' DESC NULLS LAST, f.measure_id LIMIT :limit
""")
_AGAINST = text("""
    SELECT f.measure_id, f.key, f.title, f.owner, 'GATE_ORDER' AS code FROM measure_figures AS f WHERE f.gate = 'breach'
    UNION ALL
    SELECT f.measure_id, f.key, f.title, f.owner, n.code
    FROM measure_finding AS n JOIN measure_figures AS f ON f.measure_id = n.measure_id WHERE n.code = 'CREEP'
    UNION ALL
    SELECT f.measure_id, f.key, f.title, f.owner, 'BELOW_HURDLE' FROM measure_figures AS f
    -- The index has those that something holds up; nothing else could be looked for where rows may be hidden.
    WHERE f.stage = ANY (:committed) AND f.step <> 'cancelled' AND f.blockers <> '{}'
      AND 'BELOW_HURDLE' = ANY (f.blockers)
    ORDER BY 5, 2 LIMIT :limit
""")
