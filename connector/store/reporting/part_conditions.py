"""Effect lines of a figure, as a condition: the same parts as :func:`governance.definitions.parts.part_of`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, not_, or_

from connector.store.database.tables import EFFECT_LINE
from governance.definitions.parts import Part
from governance.definitions.results import Figure
from governance.effects import BENEFITS, Account, EffectKind

_LINE = EFFECT_LINE.c
_AVOIDED = _LINE.account == Account.AVOIDANCE.value
_OWN_KINDS = {
    Part.CAPEX: EffectKind.CAPEX,
    Part.DEPRECIATION: EffectKind.DEPRECIATION,
    Part.TAX: EffectKind.TAX,
}
_RESULT_KINDS = {
    Part.RECURRING_BENEFIT: EffectKind.BENEFIT,
    Part.RUNNING_COST: EffectKind.RECURRING_COST,
    Part.ONE_OFF_BENEFIT: EffectKind.ONE_OFF_BENEFIT,
    Part.ONE_OFF_COST: EffectKind.ONE_OFF_COST,
    Part.LEGACY_COST: EffectKind.LEGACY_COST,
}


def lines_of(figure: Figure) -> ColumnElement[bool]:
    """The lines that the figure is the sum of."""
    return or_(*(_of(part) for part in figure.parts))


def _of(part: Part) -> ColumnElement[bool]:
    if part is Part.AVOIDANCE:
        return _AVOIDED
    if part in _OWN_KINDS:
        return and_(not_(_AVOIDED), _LINE.kind == _OWN_KINDS[part].value)
    own = _LINE.kind.in_([kind.value for kind in _OWN_KINDS.values()])
    cash = _LINE.account == Account.CASH.value
    if part is Part.WORKING_CAPITAL:
        return and_(cash, not_(own))
    rest = not_(or_(_AVOIDED, cash, own))
    soft = and_(not_(_LINE.hard), _LINE.kind.in_([kind.value for kind in BENEFITS]))
    if part is Part.SOFT:
        return and_(rest, soft)
    return and_(rest, not_(soft), _LINE.kind == _RESULT_KINDS[part].value)
