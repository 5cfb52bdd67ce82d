"""The stored effect lines of a measure as the domain has them: the locked plan, the forecast, and what is booked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import RowMapping

from connector.store.reporting.rollup_rows import line_of
from governance.effects import EffectLine


def counted_lines(rows: Iterable[RowMapping]) -> tuple[EffectLine, ...]:
    """From rows of :func:`connector.store.measures.measure_queries.effect_lines`."""
    return tuple(
        line_of(
            line["version"], line["kind"], line["month"], line["amount"], line["currency"], line["account"],
            hard=line["hard"], pl_line=line["pl_line"],
        )
        for line in rows
    )  # fmt: skip
