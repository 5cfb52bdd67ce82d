"""Which part of a measure's money an effect line is: each line is exactly one part, and each figure a sum of parts.

So no figure counts a line twice, and what a figure leaves out is another part that can be shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from governance.effects import ZERO, Account, EffectKind, EffectLine, Version


class Part(StrEnum):
    """Amounts of a part are signed: what costs is below zero."""

    RECURRING_BENEFIT = "recurring_benefit"
    RUNNING_COST = "running_cost"
    ONE_OFF_BENEFIT = "one_off_benefit"
    ONE_OFF_COST = "one_off_cost"
    """Expensed: it lowers the result of its month."""
    LEGACY_COST = "legacy_cost"
    CAPEX = "capex"
    """Capitalised: paid, and no cost of the result until it is depreciated."""
    DEPRECIATION = "depreciation"
    WORKING_CAPITAL = "working_capital"
    TAX = "tax"
    AVOIDANCE = "avoidance"
    SOFT = "soft"
    """A benefit that no account shows."""


Months: TypeAlias = Mapping[int, Decimal]
"""Signed amounts by number of the month (:func:`governance.effects.period`)."""
Parts: TypeAlias = Mapping[Part, Months]
"""One version of one measure's money, in one currency."""

_OF_RESULT = {
    EffectKind.BENEFIT: Part.RECURRING_BENEFIT,
    EffectKind.RECURRING_COST: Part.RUNNING_COST,
    EffectKind.ONE_OFF_BENEFIT: Part.ONE_OFF_BENEFIT,
    EffectKind.ONE_OFF_COST: Part.ONE_OFF_COST,
    EffectKind.LEGACY_COST: Part.LEGACY_COST,
}
_WHATEVER_ACCOUNT = {
    EffectKind.CAPEX: Part.CAPEX,
    EffectKind.DEPRECIATION: Part.DEPRECIATION,
    EffectKind.TAX: Part.TAX,
}


def part_of(line: EffectLine) -> Part:
    """A cost counts whether somebody calls it hard or soft; only a benefit can be soft."""
    if line.account is Account.AVOIDANCE:
        return Part.AVOIDANCE
    by_kind = _WHATEVER_ACCOUNT.get(line.kind)
    if by_kind is not None:
        return by_kind
    if line.account is Account.CASH:
        return Part.WORKING_CAPITAL
    if not line.hard and line.kind.is_benefit:
        return Part.SOFT
    return _OF_RESULT[line.kind]


def by_version(lines: Iterable[EffectLine]) -> dict[Version, Parts]:
    """Lines of one currency, added up by version, part and month; a version without a line is absent."""
    found: dict[Version, dict[Part, dict[int, Decimal]]] = {}
    for line in lines:
        months = found.setdefault(line.version, {}).setdefault(part_of(line), {})
        number = line.month.year * 12 + line.month.month - 1
        amount = line.money.amount if line.kind.is_benefit else -line.money.amount
        months[number] = months.get(number, ZERO) + amount
    return dict(found)


def months_of(parts: Parts, *wanted: Part) -> dict[int, Decimal]:
    """The wanted parts by month."""
    there = [parts[part] for part in wanted if part in parts]
    # Most measures have one or two parts, and a portfolio asks for thirty such sums of each of them.
    months = dict(there[0]) if there else {}
    for more in there[1:]:
        for month, amount in more.items():
            months[month] = months.get(month, ZERO) + amount
    return months
