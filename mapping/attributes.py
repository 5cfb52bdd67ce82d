"""What a line of money is beside its kind: its P&L line, hard or soft, capex or expense, and its depreciation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Period
from governance.spread import SpreadShape, spread
from mapping.config import AttributesRule, LineAttributes
from mapping.expressions import ExpressionScope
from mapping.values import FieldSource, text_of

HARD_WORDS = frozenset({"yes", "true", "hard"})
CAPEX_WORDS = frozenset({"yes", "true", "capex", "capitalised", "capitalized"})
_OF_ACCOUNT = {Account.AVOIDANCE: "avoidance", Account.CASH: "cash"}


def with_attributes(
    scope: ExpressionScope, rule: AttributesRule, lines: Iterable[EffectLine]
) -> tuple[tuple[EffectLine, ...], tuple[str, ...]]:
    """The lines with their attributes, and a sentence for each attribute that could not be read.

    A benefit of which nobody says that it is hard is soft, and spend of which nobody says that it is capitalised is
    expensed: an empty field makes no EBITDA.  Depreciation is a line of its own.
    """
    answers: dict[tuple[str, str], Fact[bool]] = {}
    found: list[EffectLine] = []
    for line in lines:
        key = _OF_ACCOUNT.get(line.account, line.kind.value)
        attributes: LineAttributes | None = getattr(rule, key, None)
        if attributes is None:
            found.append(line)
            continue
        for name, words in (("hard", HARD_WORDS), ("capex", CAPEX_WORDS)):
            if (key, name) not in answers:
                answers[key, name] = _is_so(scope, getattr(attributes, name, None), words)
        made = _made(line, attributes, answers[key, "hard"], answers[key, "capex"])
        found.append(made)
        months: int | None = getattr(attributes, "depreciation_months", None)
        if made.kind is EffectKind.CAPEX and months is not None:
            found += _depreciation(made, months, Period.of(scope.now.date()))
    problems = dict.fromkeys(answer.reason for answer in answers.values() if isinstance(answer, Unknown))
    return tuple(found), tuple(problems)


def _is_so(scope: ExpressionScope, source: bool | FieldSource | None, words: frozenset[str]) -> Fact[bool]:
    """``None`` where nobody maps it."""
    if source is None or isinstance(source, bool):
        return source
    text = text_of(scope, source)
    return text if isinstance(text, Unknown) else (text or "").strip().casefold() in words


def _made(line: EffectLine, attributes: LineAttributes, hard: Fact[bool], capex: Fact[bool]) -> EffectLine:
    kind = EffectKind.CAPEX if capex is True else line.kind
    is_hard = line.hard if hard is None else hard is True
    return replace(line, kind=kind, hard=is_hard, pl_line=attributes.pl_line or line.pl_line)


def _depreciation(line: EffectLine, months: int, now: Period) -> Iterator[EffectLine]:
    """Equal parts from the month after the spend; of actuals those that have come."""
    for month, money in spread(line.money, line.month.plus(1), line.month.plus(months), SpreadShape.LINEAR):
        if line.version is not Version.ACTUAL or month <= now:
            yield replace(line, kind=EffectKind.DEPRECIATION, month=month, money=money, account=Account.EBIT)
