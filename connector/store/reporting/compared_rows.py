"""What a comparison of two days reads: each measure's part of the totals, and the booked lines behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import Connection, select, text

from connector.store.database.tables import MEASURE_FIGURES
from connector.store.reporting.portfolio_lists import PortfolioLists
from connector.store.reporting.rollup_rows import line_of
from governance.effects import EffectLine, Version
from governance.money import Period
from governance.roll_up import Amounts

NAMES = (
    "ebitda_estimate", "ebitda_fx", "ebitda_actual", "in_year_estimate", "in_year_fx", "in_year_actual",
    "run_rate_estimate", "run_rate_fx",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One measure that the totals hold."""

    id: str
    key: str
    title: str
    amounts: Amounts
    """Those of :data:`NAMES`."""
    closed: Period


class ComparedRows(PortfolioLists):
    """Of one part of the portfolio on one day, as one viewer sees it."""

    def counted_rows(
        self, measure: str | None = None, known: dict[tuple[Decimal | None, ...], Amounts] | None = None
    ) -> dict[str, ComparedRow]:
        """Every measure of the totals, or the one of this id where they hold it; by id.

        ``known`` holds the amounts of the other day: most measures have the same ones, as the same object then.
        """
        known = {} if known is None else known
        columns = MEASURE_FIGURES.c
        query = select(
            columns.measure_id, columns.key, columns.title, columns.closed_month, *(columns[name] for name in NAMES)
        ).where(self._wanted, self._counted)
        if measure is not None:
            query = query.where(columns.measure_id == measure)
        found: dict[str, ComparedRow] = {}
        for id_, key, title, closed, *values in self._connection.execute(query):
            made = tuple(values)
            amounts = known.get(made)
            if amounts is None:
                amounts = known[made] = Amounts(**dict(zip(NAMES, made, strict=True)))
            found[id_] = ComparedRow(id_, key, title or "", amounts, _month(closed))
        return found


_month = lru_cache(maxsize=100)(Period.of)
ACTUALS = (Version.ACTUAL,)


def known_lines(
    connection: Connection, measures: Sequence[str], at: datetime | None, versions: Sequence[Version] = ACTUALS
) -> dict[str, tuple[EffectLine, ...]]:
    """The effect lines of measures as they were known at a moment, or now; without ``versions`` the actuals."""
    if not measures:
        return {}
    asked = {"ids": list(measures), "versions": [one.value for one in versions]}
    rows = connection.execute(_NOW, asked) if at is None else connection.execute(_THEN, asked | {"at": at})
    found: dict[str, list[EffectLine]] = {}
    for row in rows:
        line = line_of(
            row.version, row.kind, row.month, Decimal(row.amount), row.currency, row.account, hard=row.hard,
            pl_line=row.pl_line,
        )  # fmt: skip
        found.setdefault(row.measure_id, []).append(line)
    return {measure: tuple(lines) for measure, lines in found.items()}


_NOW = text("""
    SELECT measure_id, version, kind, month, CAST(amount AS text) AS amount, currency, account, hard, pl_line
    FROM effect_line WHERE measure_id = ANY(:ids) AND version = ANY(:versions)
""")
_THEN = text("""
    SELECT held.measure_id, line ->> 'version' AS version, line ->> 'kind' AS kind,
           CAST(line ->> 'month' AS date) AS month, line ->> 'amount' AS amount, line ->> 'currency' AS currency,
           line ->> 'account' AS account, CAST(line ->> 'hard' AS boolean) AS hard,
           coalesce(line ->> 'pl_line', '') AS pl_line
    FROM unnest(CAST(:ids AS text[])) AS wanted (id)
    CROSS JOIN LATERAL (SELECT v.measure_id, v.effects_digest FROM verdict_version AS v
                        WHERE v.measure_id = wanted.id AND v.known_from <= :at
                        ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS held
    JOIN effects_version AS e ON e.measure_id = held.measure_id AND e.digest = held.effects_digest
    CROSS JOIN LATERAL jsonb_array_elements(e.lines) AS line
    WHERE line ->> 'version' = ANY(:versions)
""")
