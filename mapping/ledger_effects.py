"""Which versions of a measure's figures finance owns, and the ledger's lines in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from governance.effects import EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Money
from governance.reconciliation import LedgerDifference, differences
from mapping.config import EffectsFrom, MeasureRule, SeriesRule
from mapping.expressions import ExpressionScope
from mapping.map_item import MappedMeasure
from mapping.sources import Source
from mapping.values import money_of, text_of


def ledger_versions(rule: MeasureRule) -> frozenset[Version]:
    """The versions that come from the ledger and never from the tool."""
    found = []
    for version in Version:
        series: SeriesRule | None = getattr(rule.effects, version.value, None)
        if series is not None and series.source is EffectsFrom.LEDGER:
            found.append(version)
    return frozenset(found)


def reads_ledger(rule: MeasureRule) -> bool:
    """Whether an assessment under this rule needs what the ledger holds."""
    effects = rule.effects
    return any(
        one is not None and one.source is EffectsFrom.LEDGER for one in (effects.plan, effects.forecast, effects.actual)
    )


def with_ledger(mapped: MappedMeasure, lines: Fact[Sequence[EffectLine]]) -> MappedMeasure:
    """The measure with the lines of the versions that finance owns; a ledger that was not read leaves them unknown."""
    if not reads_ledger(mapped.rule):
        return mapped
    measure = mapped.measure
    if lines is None or isinstance(lines, Unknown):
        why = lines.reason if isinstance(lines, Unknown) else "the ledger was not read"
        unread = (*measure.unreadable_effects, why)
        without = replace(
            measure, unreadable_effects=unread, effects_entered=False, effects_ask=False, shares_unread_field=False
        )
        return replace(mapped, measure=without)
    owned = ledger_versions(mapped.rule)
    kept = [line for line in measure.effects if line.version not in owned]
    added = [line for line in lines if line.version in owned]
    return replace(mapped, measure=replace(measure, effects=(*kept, *added)))


def ledger_differences(
    scope: ExpressionScope, mapped: MappedMeasure, currency: str
) -> tuple[LedgerDifference, ...] | None:
    """Where the tool's totals to date differ from the ledger's; ``None`` when the rule compares nothing.

    ``currency`` is the reporting currency, in which fields without a currency of their own are.
    """
    rule = mapped.rule.effects
    if rule.compare is None:
        return None
    named = text_of(scope, rule.currency) if rule.currency else currency
    stated: dict[EffectKind, Fact[Money]] = {}
    for kind in EffectKind:
        source: Source | None = getattr(rule.compare, kind.value, None)
        if source is not None:
            stated[kind] = named if isinstance(named, Unknown) else money_of(scope, source, named or currency)
    return differences(mapped.measure.effects, stated)
