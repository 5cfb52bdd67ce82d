"""A stored measure as the roll-ups see it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connector.store.database.json_codec import from_json
from connector.store.reconcile.command_rows import plan_line_of
from connector.store.reconcile.frozen_rates import frozen_from_text
from governance.effects import EffectKind, EffectLine, Version
from governance.hierarchy import RollUpMeasure
from governance.left_out import ENDED, funnel_step
from governance.measure import HierarchyPath, MeasureId
from governance.money import Money, Period
from governance.signature import SignedLine
from governance.verdict import GateState


def entry_of(row: Any, place: HierarchyPath, lines: Sequence[EffectLine], *, without_value: bool) -> RollUpMeasure:
    """``row`` has the columns of a measure, ``off_ramp``, ``reason``, ``signed`` and ``steady_from`` of its verdict,
    ``plan_rates`` of its locked plan as text, ``original_lines`` of the plan of the decision where a re-baseline has
    replaced it, and ``budget`` as :data:`BUDGET`."""
    step = funnel_step(
        row.stage, row.off_ramp, without_value=without_value, left=row.unmapped_since is not None
    )  # fmt: skip
    answering = (row.owner_id, row.sponsor_id, row.controller_id, row.business_unit, row.legal_entity)
    return RollUpMeasure(
        MeasureId(row.id),
        place,
        row.legal_entity,
        row.business_unit,
        tuple(lines),
        row.stage,
        row.reason or "",
        step,
        governable=all(answering),
        held_up=GateState(row.gate).holds_up and step not in ENDED,
        rates=frozen_from_text(row.plan_rates),
        original=None if row.original_lines is None else tuple(map(plan_line_of, row.original_lines)),
        budget=tuple(map(_budget_line, row.budget or ())),
        steady_from=Period.parse(row.steady_from) if row.steady_from else None,
        signed=tuple(from_json(SignedLine, line) for line in row.signed or ()),
    )


def _budget_line(stored: Any) -> EffectLine:
    kind, month, amount, currency = stored
    return EffectLine(Version.PLAN, EffectKind(kind), Period.parse(month), Money(Decimal(amount), currency))


# The cost that was approved of a measure, with its corrections, by kind, month and currency.
BUDGET = """
    (SELECT jsonb_agg(jsonb_build_array(b.kind, to_char(b.month, 'YYYY-MM'), b.amount::text, b.currency)) FROM (
        SELECT e.kind, e.month, e.currency, sum(e.amount) AS amount FROM ledger_entry AS e
        WHERE e.measure_id = measure.id AND e.version = 'budget' AND e.kind NOT IN ('benefit', 'one_off_benefit')
        GROUP BY e.kind, e.month, e.currency
    ) AS b)
"""
