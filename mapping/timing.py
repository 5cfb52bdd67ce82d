"""When amounts of plan and forecast come: the mapping's timing, or what is usual for their kind.

A benefit begins when the work is done.  So recurring amounts and one-off benefits begin in the month after the end of
the work, capex falls into its last month, and one-off costs lie over its months, unless the mapping says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from governance.effects import RECURRING, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.milestones import END, START, AmountPer, MilestoneEffect, resolve_dates, why_undated
from governance.money import Money, Period
from governance.spread import MAX_MONTHS, SpreadShape
from mapping.amounts import AmountKey
from mapping.config import SteadyRule, TimingRule, TimingsRule
from mapping.expressions import ExpressionScope
from mapping.values import date_of

AFTER_THE_END = TimingRule(milestone=END, offset=1)
OVER_THE_WORK = TimingRule(over="work")
AT_THE_END = TimingRule(milestone=END)
USUAL: Mapping[EffectKind, TimingRule] = {
    EffectKind.BENEFIT: AFTER_THE_END,
    EffectKind.RECURRING_COST: AFTER_THE_END,
    EffectKind.ONE_OFF_BENEFIT: AFTER_THE_END,
    EffectKind.ONE_OFF_COST: OVER_THE_WORK,
    EffectKind.CAPEX: AT_THE_END,
}
OWN_DATE = "\0"
"""Before the kind: the name of the date that a timing reads by itself; no milestone of a mapping begins with it."""


def steady_from(rule: SteadyRule | None, dates: Mapping[str, Fact[date]]) -> Fact[Period]:
    """The month from which the plan is declared to be in steady state; ``dates`` as of :class:`TimedSeries`."""
    if rule is None:
        return None
    day = dates.get(rule.milestone)
    if not isinstance(day, date):
        return Unknown(f"the steady state has no beginning: {why_undated(rule.milestone, day)}")
    try:
        return Period.of(day).plus(rule.offset)
    except ValueError:
        return Unknown(f"{day} is no date for the steady state to depend on")


@dataclass(frozen=True, slots=True)
class TimedSeries:
    """Lays the amounts of plan and forecast over their months."""

    timings: TimingsRule
    dates: Mapping[str, Fact[date]]
    """The milestones, with the start and the end of the work."""
    horizon_months: int
    horizon_from: date | None = None
    """The agreed start of the work; without one the present start begins the horizon."""

    @classmethod
    def of(
        cls,
        scope: ExpressionScope,
        timings: TimingsRule,
        start: Fact[date],
        end: Fact[date],
        milestones: Mapping[str, Fact[date]],
        horizon_months: int,
    ) -> TimedSeries:
        own = {
            f"{OWN_DATE}{name}": date_of(scope, rule.start)
            for name in TimingsRule.model_fields
            if (rule := getattr(timings, name)) is not None and rule.start is not None
        }
        return cls(timings, {**milestones, START: start, END: end, **own}, horizon_months)

    def lines(self, version: Version, key: AmountKey, amount: Money, shape: SpreadShape) -> Sequence[EffectLine] | str:
        """The dated lines of one amount, or why it cannot be dated."""
        rule = self._rule(key)
        count: int | None
        if rule.over is not None:
            months = self._months_of_work()
            if isinstance(months, str):
                return months
            first, count = START, months
        else:
            first = f"{OWN_DATE}{key.name}" if rule.start is not None else rule.milestone or END
            count = rule.duration if key.kind in RECURRING else 1
        recurring = key.kind in RECURRING
        effect = MilestoneEffect(
            version, key.kind, amount, first, rule.offset, count, key.account,
            per=rule.per if recurring else AmountPer.TOTAL, ramp_up=rule.ramp_up if recurring else 0, shape=shape,
        )  # fmt: skip
        found, problems = resolve_dates([effect], self.dates, self._horizon(first, rule.offset))
        return problems[0] if problems else found

    def _rule(self, key: AmountKey) -> TimingRule:
        own: TimingRule | None = getattr(self.timings, key.name)
        usual = USUAL[key.kind]
        if own is None:
            return usual
        if own.over is None and own.start is None and own.milestone is None:
            return own.model_copy(update={"over": usual.over, "milestone": usual.milestone, "offset": usual.offset})
        return own

    def _months_of_work(self) -> int | str:
        start, end = self.dates[START], self.dates[END]
        if not isinstance(start, date):
            return why_undated(START, start)
        if not isinstance(end, date):
            return why_undated(END, end)
        months = Period.of(start).months_to(Period.of(end)) + 1
        if months < 1:
            return f"the work ends in {Period.of(end)}, before it begins in {Period.of(start)}"
        return months if months <= MAX_MONTHS else f"{Period.of(start)} to {Period.of(end)} is longer than 50 years"

    def _horizon(self, milestone: str, offset: int) -> Period | None:
        """The last month that counts of what has no duration: the horizon begins with the work, as the spending does.

        So a benefit that begins later is a shorter one; without a start of the work it begins with the benefit.
        """
        start = self.horizon_from or self.dates[START]
        for day, shift in ((start, 0), (self.dates.get(milestone), offset)):
            if isinstance(day, date):
                return Period.of(day).plus(shift + self.horizon_months - 1)
        return None
