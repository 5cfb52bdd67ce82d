"""A scenario: what would be deferred, paused or stopped together, what that frees, and two of them side by side.

Formulas: freed = Σ relief of the choices; given up = Σ given up.  A measure that is chosen itself is nobody's knock-on,
and one that waits for several choices counts once, with the worst of them.  A scenario is arithmetic over figures of a
moment: it changes no measure, and the figures that it was saved with stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from governance.effects import ZERO
from governance.levers import Lever
from governance.tradeoffs import (
    Candidate,
    Excluded,
    Goal,
    KnockOn,
    NoCandidate,
    Question,
    Workable,
    candidate,
    obstacle,
    waiting_below,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One lever on one measure; ``months`` is 0 for what is stopped."""

    measure: str
    lever: Lever
    months: int = 0


@dataclass(frozen=True, slots=True)
class ScenarioFigures:
    """What a scenario comes to at one moment."""

    question: Question
    parts: tuple[Candidate, ...]
    impossible: tuple[Excluded, ...] = ()
    """Choices of which nothing is known, or that cannot be done any more; in no sum."""

    @property
    def freed(self) -> Decimal:
        return sum((one.relief for one in self.parts), ZERO)

    @property
    def given_up(self) -> Decimal:
        return sum((one.given_up for one in self.parts), ZERO)

    @property
    def in_year_result(self) -> Decimal:
        """Change of the EBITDA effect of the fiscal year, with what waits."""
        own = sum((one.effect.in_year_result for one in self.parts), ZERO)
        return own + sum((each.in_year for one in self.parts for each in one.knock_on), ZERO)

    @property
    def in_year_spend(self) -> Decimal:
        """One-off cost and capex of the fiscal year that are not spent."""
        return sum((one.effect.in_year_spend for one in self.parts), ZERO)

    @property
    def hours(self) -> Decimal:
        """Hours a month, as far as they are known."""
        return sum((one.hours or ZERO for one in self.parts), ZERO)

    @property
    def short_by(self) -> Decimal:
        """What is missing of the need; zero when it is met."""
        return max(self.question.need - self.freed, ZERO)

    @property
    def is_met(self) -> bool:
        """Whether it is enough; never while a choice is impossible."""
        return not self.impossible and self.freed >= self.question.need


def scenario_figures(choices: Sequence[Choice], measures: Sequence[Workable], question: Question) -> ScenarioFigures:
    """``measures`` are the chosen ones and those that wait for them; a choice of another measure is impossible."""
    every = {one.id: one for one in measures}
    below = waiting_below(measures)
    parts: list[Candidate] = []
    impossible: list[Excluded] = []
    for choice in choices:
        found = every.get(choice.measure)
        if found is None:
            impossible.append(Excluded(choice.measure, choice.measure, "", NoCandidate.NO_ESTIMATE))
            continue
        reason = obstacle(found, question) or _wrong_lever(choice.lever, found)
        if reason is not None:
            impossible.append(Excluded(found.id, found.key, found.title, reason))
        else:
            parts.append(candidate(found, choice.lever, choice.months, question, below))
    return ScenarioFigures(question, tuple(_once(parts, question.goal)), tuple(impossible))


def _wrong_lever(lever: Lever, measure: Workable) -> NoCandidate | None:
    if lever in measure.levers:
        return None
    return NoCandidate.HAS_BEGUN if measure.begun else NoCandidate.NOT_BEGUN


def _once(parts: Iterable[Candidate], goal: Goal) -> Iterable[Candidate]:
    """Each knock-on once, at the choice with the worst of them, and none of a chosen measure."""
    made = list(parts)
    chosen = {one.id for one in made}
    worst: dict[str, tuple[Decimal, int]] = {}
    for place, one in enumerate(made):
        for each in one.knock_on:
            if each.id not in worst or each.all_months < worst[each.id][0]:
                worst[each.id] = (each.all_months, place)
    for place, one in enumerate(made):
        kept = tuple(each for each in one.knock_on if each.id not in chosen and worst[each.id][1] == place)
        yield _with(one, kept, goal)


def _with(one: Candidate, kept: tuple[KnockOn, ...], goal: Goal) -> Candidate:
    if kept == one.knock_on:
        return one
    relief = one.relief
    if goal is Goal.MARGIN:
        relief = one.effect.in_year_result + sum((each.in_year for each in kept), ZERO)
    return replace(one, knock_on=kept, relief=relief)


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One figure of two scenarios."""

    name: str
    one: Decimal
    other: Decimal
    is_hours: bool = False

    @property
    def difference(self) -> Decimal:
        """What the second has more than the first."""
        return self.other - self.one


@dataclass(frozen=True, slots=True)
class ComparedChoice:
    """What two scenarios do with one measure; ``None`` is nothing."""

    id: str
    key: str
    title: str
    one: Candidate | None
    other: Candidate | None

    @property
    def is_same(self) -> bool:
        if self.one is None or self.other is None:
            return False
        return (self.one.lever, self.one.months) == (self.other.lever, self.other.months)


@dataclass(frozen=True, slots=True)
class ScenarioComparison:
    """Two scenarios side by side; no line where their amounts are in different currencies."""

    lines: tuple[ComparedLine, ...]
    choices: tuple[ComparedChoice, ...]
    same_year: bool
    same_currency: bool


def compare_scenarios(one: ScenarioFigures, other: ScenarioFigures) -> ScenarioComparison:
    """Figure by figure, and measure by measure in the order of their keys."""
    same_currency = one.question.currency == other.question.currency
    lines: tuple[ComparedLine, ...] = ()
    if same_currency:
        lines = (
            ComparedLine("Result of the year", one.in_year_result, other.in_year_result),
            ComparedLine("Budget freed in the year", one.in_year_spend, other.in_year_spend),
            ComparedLine("Given up over all months", one.given_up, other.given_up),
        )
    lines = (*lines, ComparedLine("Hours a month", one.hours, other.hours, is_hours=True))
    first, second = ({part.id: part for part in each.parts} for each in (one, other))
    every = {**second, **first}
    choices = tuple(
        ComparedChoice(name, every[name].key, every[name].title, first.get(name), second.get(name))
        for name in sorted(every, key=lambda each: (every[each].key, each))
    )
    return ScenarioComparison(lines, choices, one.question.year == other.question.year, same_currency)
