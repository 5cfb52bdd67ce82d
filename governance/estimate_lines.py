"""The latest estimate as effect lines, for sums that need months, kinds and hard amounts apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from governance.effects import EffectKind, EffectLine, Version, is_in_net, period, sum_up
from governance.facts import Unknown
from governance.latest_estimate import Months, latest_estimate
from governance.money import Money, Period


def estimate_lines(
    lines: Iterable[EffectLine], today: date | None, closed_through: Period | None = None
) -> tuple[EffectLine, ...] | None:
    """What :func:`governance.latest_estimate.latest_estimate` expects, as lines of the version forecast.

    ``None`` where it is unknown.  Amounts of several currencies are estimated each in its own.  Where a kind has hard
    and soft amounts, each is estimated on its own.
    """
    counted = [line for line in lines if is_in_net(line)]
    found: list[EffectLine] = []
    for currency in sorted({line.money.currency for line in counted}):
        own = [line for line in counted if line.money.currency == currency]
        estimate = latest_estimate(sum_up(own), today, closed_through)
        if isinstance(estimate, Unknown):
            return None
        for kind, months in estimate.kinds.items():
            some = [line for line in own if line.kind is kind]
            sorts = {line.hard for line in some}
            if len(sorts) == 1:
                found += _lines(kind, months, currency, hard=sorts.pop())
                continue
            for hard in sorted(sorts):
                found += _of_sort([line for line in some if line.hard is hard], today, closed_through)
    return tuple(found) if counted else None


def _of_sort(some: list[EffectLine], today: date | None, closed_through: Period | None) -> Iterator[EffectLine]:
    estimate = latest_estimate(sum_up(some), today, closed_through)
    if isinstance(estimate, Unknown):
        # Nobody forecasts amounts of this sort: what is booked of them is all that is known.
        yield from (line for line in some if line.version is Version.ACTUAL)
        return
    for kind, months in estimate.kinds.items():
        yield from _lines(kind, months, estimate.currency, hard=some[0].hard)


def _lines(kind: EffectKind, months: Months, currency: str, *, hard: bool) -> Iterator[EffectLine]:
    for month, amount in months.items():
        yield EffectLine(Version.FORECAST, kind, period(month), Money(amount, currency), hard=hard)
