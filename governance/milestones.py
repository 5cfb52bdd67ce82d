"""Effects that depend on a milestone, the start or the end, and move with it.

ServiceNow's benefit plans know the offset (milestone, start or end, ± n periods): when the date moves, the
whole benefit moves (docs: benefit plan form).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Money, Period


@dataclass(frozen=True, slots=True)
class MilestoneEffect:
    """``money`` each month for ``months`` months, from ``offset`` months after the milestone's month."""

    version: Version
    kind: EffectKind
    money: Money
    milestone: str
    offset: int = 0
    months: int = 1
    account: Account = Account.EBITDA
    hard: bool = True


def resolve_dates(
    effects: Iterable[MilestoneEffect], milestones: Mapping[str, Fact[date]]
) -> tuple[tuple[EffectLine, ...], tuple[str, ...]]:
    """Dated lines, and a sentence for each effect whose milestone has no date."""
    lines: list[EffectLine] = []
    problems: list[str] = []
    for effect in effects:
        day = milestones.get(effect.milestone)
        if isinstance(day, Unknown):
            problems.append(f'the date of the milestone "{effect.milestone}" is unknown: {day.reason}')
        elif day is None:
            problems.append(f'the milestone "{effect.milestone}" has no date for the effect to depend on')
        else:
            first = Period.of(day).plus(effect.offset)
            lines += [
                EffectLine(effect.version, effect.kind, first.plus(n), effect.money, effect.account, effect.hard)
                for n in range(effect.months)
            ]
    return tuple(lines), tuple(dict.fromkeys(problems))
