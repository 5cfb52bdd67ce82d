"""Amounts in fields, laid over the months of a measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from governance.effects import RECURRING, Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Money, Period
from governance.spread import SpreadShape, spread
from mapping.config import EffectRule, EffectsFrom, SeriesRule
from mapping.expressions import ExpressionScope
from mapping.month_table import read_table
from mapping.sources import describe_source
from mapping.values import FieldSource, money_of, text_of
from mapping.work_item import WorkItem

UNSTATED_KINDS = (EffectKind.LEGACY_COST, EffectKind.DEPRECIATION, EffectKind.TAX)
AMOUNT_KEYS: tuple[tuple[str, EffectKind, Account], ...] = (
    *((kind.value, kind, Account.EBITDA) for kind in EffectKind if kind not in UNSTATED_KINDS),
    ("avoidance", EffectKind.BENEFIT, Account.AVOIDANCE),
    ("cash", EffectKind.ONE_OFF_BENEFIT, Account.CASH),
)
"""Key of the mapping, and what its amount means."""


def effects_of(
    scope: ExpressionScope, rule: EffectRule, start: Fact[date], end: Fact[date], reporting_currency: str
) -> tuple[tuple[EffectLine, ...], tuple[str, ...]]:
    """The effect lines, and a sentence for each amount that could not be read or laid out.

    Recurring kinds are spread over the months from start to end, one-off kinds fall into the first
    month.  Actuals are totals to date: they are spread from the start to the month of the item's last change,
    at the latest to the end.
    """
    lines: list[EffectLine] = []
    problems: list[str] = []
    currency = text_of(scope, rule.currency) if rule.currency else reporting_currency
    if isinstance(currency, Unknown):
        return (), (currency.reason,)
    for version, series in (
        (Version.PLAN, rule.plan),
        (Version.FORECAST, rule.forecast),
        (Version.ACTUAL, rule.actual),
    ):
        if series is not None:
            for found in _series(scope, version, series, start, end, currency or reporting_currency):
                if isinstance(found, str):
                    problems.append(found)
                else:
                    lines += found
    return tuple(lines), tuple(dict.fromkeys(problems))


def _series(
    scope: ExpressionScope, version: Version, series: SeriesRule, start: Fact[date], end: Fact[date], currency: str
) -> Iterator[Sequence[EffectLine] | str]:
    """The lines of one version, part by part; a sentence for each part that has none."""
    if series.source is EffectsFrom.PLANS:
        planned = scope.item.plan_lines
        if isinstance(planned, Unknown):
            yield planned.reason
        else:
            yield [line for line in planned or () if line.version is version]
    if series.table:
        yield _of_table(scope, series.table, version, currency)
    for kind, account, amount in _amounts(scope, series, currency):
        if isinstance(amount, Unknown):
            yield amount.reason
        elif amount is not None:
            try:
                first, last = _months(version, start, end, scope.item)
                yield _spread_lines(version, kind, account, amount, first, last, series.spread)
            except ValueError as error:
                yield f"the {version.value} cannot be laid over months: {error}"


def _amounts(
    scope: ExpressionScope, series: SeriesRule, currency: str
) -> Iterator[tuple[EffectKind, Account, Fact[Money]]]:
    for key, kind, account in AMOUNT_KEYS:
        name = getattr(series, key)
        if name is None:
            continue
        if series.source is EffectsFrom.CHILDREN:
            yield kind, account, _of_children(scope, name, currency)
        else:
            yield kind, account, money_of(scope, name, currency)


def _of_children(scope: ExpressionScope, name: FieldSource, currency: str) -> Fact[Money]:
    """The sum over all child items; one that cannot be read makes the sum unknown, an empty one adds nothing."""
    if isinstance(scope.item.children, Unknown):
        return scope.item.children
    total: Money | None = None
    for child in scope.item.child_items:
        amount = money_of(ExpressionScope(replace(scope.item, fields=child.fields), scope.now), name, currency)
        if isinstance(amount, Unknown):
            return Unknown(f"of a child item {amount.reason}")
        if amount is not None:
            if total is not None and total.currency != amount.currency:
                return Unknown(
                    f"the child items hold {describe_source(name)} in {total.currency} and {amount.currency}"
                )
            total = amount if total is None else total + amount
    return total


def _of_table(scope: ExpressionScope, name: str, version: Version, currency: str) -> tuple[EffectLine, ...] | str:
    value = text_of(scope, name)
    if isinstance(value, Unknown):
        return value.reason
    if value is None:
        return ()
    found = read_table(value, version, currency)
    return f"{describe_source(name)}: {found}" if isinstance(found, str) else found


def _months(version: Version, start: Fact[date], end: Fact[date], item: WorkItem) -> tuple[Period, Period]:
    for value in (start, end):
        if isinstance(value, Unknown):
            raise ValueError(value.reason)
    if not isinstance(start, date) or not isinstance(end, date):
        raise ValueError("the start or end date is missing")
    first, last = Period.of(start), Period.of(end)
    if version is Version.ACTUAL and item.updated is not None:
        last = max(first, min(last, Period.of(item.updated.date())))
    return first, last


def _spread_lines(
    version: Version, kind: EffectKind, account: Account, amount: Money, first: Period, last: Period, shape: SpreadShape
) -> list[EffectLine]:
    if kind not in RECURRING:
        return [EffectLine(version, kind, first, amount, account)]
    return [EffectLine(version, kind, month, money, account) for month, money in spread(amount, first, last, shape)]
