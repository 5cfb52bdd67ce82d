"""Sums over the ledger: what an assessment takes as a measure's effect lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, text

from governance.effects import Account, EffectKind, EffectLine
from governance.ledger import LedgerVersion
from governance.ledger_sums import SERIES
from governance.measure import MeasureId
from governance.money import Money, Period
from governance.statements import FIELD_STATEMENT


def ledger_lines(
    connection: Connection, measures: Sequence[str], group: Collection[str] = ()
) -> dict[MeasureId, tuple[EffectLine, ...]]:
    """The effect lines of these measures, as :func:`governance.ledger_sums.effect_lines` would add them up.

    A measure without an entry is absent.  What fields were seen to hold is left out: a version that comes from the
    ledger is finance's own.
    """
    asked = {
        "measures": list(measures),
        "versions": [version.value for version in SERIES],
        "of_field": FIELD_STATEMENT,
        "group": [name.lower() for name in group],
    }
    found: dict[MeasureId, list[EffectLine]] = {}
    for row in connection.execute(_LINES, asked):
        found.setdefault(MeasureId(row.measure_id), []).append(
            EffectLine(
                SERIES[LedgerVersion(row.version)],
                EffectKind(row.kind),
                Period.of(row.month),
                Money(row.amount, row.currency),
                Account(row.account),
                row.hard,
            )
        )
    return {measure: tuple(lines) for measure, lines in found.items()}


_LINES = text("""
    SELECT measure_id, version, month, kind, currency, account, hard, sum(amount) AS amount
    FROM ledger_entry
    WHERE measure_id = ANY(:measures) AND version = ANY(:versions) AND NOT starts_with(statement, :of_field)
      AND (counterparty = '' OR lower(counterparty) <> ALL (CAST(:group AS text[])))
    GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
""")
