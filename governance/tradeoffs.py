"""What could be deferred, paused or stopped when a measure slips or a budget is cut, the cheapest first.

Formulas, each with the effects of :mod:`governance.levers`::

    relief      margin:    result of the fiscal year, own and of measures that wait for this one
                budget:    one-off effect and capex of the fiscal year that are not spent, own
                capacity:  hours a month that its team logs on it
    given up    − (all months, own) − (recurring of all months, of measures that wait for this one)
    price       given up ÷ relief;  what gives up nothing or less comes first

A measure that waits for this one, through however many others, is put off by as many months; when this one is stopped
its recurring result does not come at all, and what it spends is still spent: nobody has decided to stop it.  Only what
frees more than nothing is a candidate; everything else is listed with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from governance.definitions.years import FiscalYear, number_of
from governance.effects import ZERO
from governance.levers import Flows, Lever, LeverEffect, effect_of
from governance.money import Period


class Goal(StrEnum):
    """What is to be preserved."""

    MARGIN = "margin"
    """The result (EBITDA effect) of the fiscal year."""
    BUDGET = "budget"
    """One-off cost and capex of the fiscal year."""
    CAPACITY = "capacity"
    """Hours a month of the people who work on it."""


class NoCandidate(StrEnum):
    """Why a measure is no candidate."""

    MANDATORY = "mandatory"
    ON_HOLD = "on_hold"
    IMPLEMENTED = "implemented"
    CANCELLED = "cancelled"
    NO_ESTIMATE = "no_estimate"
    NO_RATE = "no_rate"
    HOURS_UNKNOWN = "hours_unknown"
    HAS_BEGUN = "has_begun"
    NOT_BEGUN = "not_begun"
    FREES_NOTHING = "frees_nothing"


NO_CANDIDATE_TEXTS = {
    NoCandidate.MANDATORY: "it has to be done",
    NoCandidate.ON_HOLD: "it is on hold already",
    NoCandidate.IMPLEMENTED: "it is implemented: nothing is left to put off",
    NoCandidate.CANCELLED: "it is cancelled: nothing is left to put off",
    NoCandidate.NO_ESTIMATE: "it has neither a latest estimate nor a plan: what it would free is not known",
    NoCandidate.NO_RATE: "an exchange rate is missing: what it would free is not known",
    NoCandidate.HOURS_UNKNOWN: "nobody's logged hours on it are known",
    NoCandidate.HAS_BEGUN: "it has begun: it can be paused, and not deferred any more",
    NoCandidate.NOT_BEGUN: "it has not begun: it can be deferred, and not paused",
    NoCandidate.FREES_NOTHING: "it would free nothing",
}
"""As people read it behind the measure's name."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who would have to agree."""

    role: str
    """Key of the role."""
    name: str
    """Who holds it; empty where nobody is named."""
    asked: str = ""
    """``asks`` for a re-baseline, ``approves`` it; empty: any one of those with nothing here is enough."""


def agreement_text(agreements: Iterable[Agreement]) -> str:
    """``owner A. Kaya or sponsor M. Brandt``; ``owner A. Kaya asks for a re-baseline; sponsor … approves it``"""
    parts: dict[str, list[str]] = {}
    for one in agreements:
        role = one.role.replace("_", " ")
        parts.setdefault(one.asked, []).append(f"{role} {one.name}" if one.name else f"{role} (nobody named)")
    found = [" or ".join(parts[""])] if "" in parts else []
    if "asks" in parts:
        found.append(f"{' or '.join(parts['asks'])} asks for a re-baseline")
    if "approves" in parts:
        found.append(f"{' and '.join(parts['approves'])} {'approve' if len(parts['approves']) > 1 else 'approves'} it")
    return "; ".join(found) or "nobody is named"


@dataclass(frozen=True, slots=True)
class Workable:
    """A measure with what a ranking has to know of it."""

    id: str
    key: str
    title: str
    owner: str
    program: str
    stage: str
    begun: bool
    """Something is booked on it."""
    flows: Flows
    obstacle: NoCandidate | None = None
    """Why nothing may be done with it, whatever it would free."""
    hours: Decimal | None = None
    """Hours a month that its team logs on it; ``None`` is not known."""
    waits_for: frozenset[str] = frozenset()
    """Ids of the measures that it waits for."""
    agreements: Mapping[Lever, tuple[Agreement, ...]] = field(default_factory=dict)

    @property
    def levers(self) -> tuple[Lever, ...]:
        return (Lever.PAUSE if self.begun else Lever.DEFER, Lever.STOP)


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be preserved, and in which year."""

    goal: Goal
    need: Decimal
    """In the reporting currency, or hours a month."""
    months: int
    """By which something would be put off."""
    year: FiscalYear
    first: Period
    """The first month that is not closed."""
    currency: str


@dataclass(frozen=True, slots=True)
class KnockOn:
    """What happens to a measure that waits for a candidate."""

    id: str
    key: str
    in_year: Decimal
    """Recurring result of the fiscal year; below zero is missing."""
    all_months: Decimal


@dataclass(frozen=True, slots=True)
class Candidate:
    """One lever on one measure, with the arithmetic."""

    id: str
    key: str
    title: str
    owner: str
    program: str
    stage: str
    lever: Lever
    months: int
    """0 for what is stopped."""
    effect: LeverEffect
    knock_on: tuple[KnockOn, ...]
    relief: Decimal
    hours: Decimal | None
    agreements: tuple[Agreement, ...]

    @property
    def given_up(self) -> Decimal:
        """Below zero when it is worth more not to do it."""
        return -self.effect.all_months - sum((one.all_months for one in self.knock_on), ZERO)

    @property
    def price(self) -> Decimal | None:
        """What is given up for one unit of relief; ``None`` where nothing is freed."""
        return self.given_up / self.relief if self.relief > 0 else None

    @property
    def order(self) -> tuple[int, Decimal, Decimal, str, str]:
        given_up, price = self.given_up, self.price
        first = given_up <= 0
        return (0 if first else 1, given_up if first or price is None else price, -self.relief, self.key, self.lever)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A measure that is no candidate."""

    id: str
    key: str
    title: str
    reason: NoCandidate

    @property
    def text(self) -> str:
        return NO_CANDIDATE_TEXTS[self.reason]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everything that could be done, the cheapest first, and what could not."""

    question: Question
    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]

    @property
    def proposed(self) -> tuple[Candidate, ...]:
        """The cheapest of each measure, until the need is met; all of them when it cannot be."""
        return tuple(_until_met(self.candidates, self.question.need))

    @property
    def can_be_met(self) -> bool:
        return sum((one.relief for one in self.proposed), ZERO) >= self.question.need


def rank(measures: Sequence[Workable], question: Question) -> Ranking:
    """Every lever on every measure that frees something."""
    below = waiting_below(measures)
    found: list[Candidate] = []
    excluded: list[Excluded] = []
    for one in measures:
        reason = obstacle(one, question)
        made: list[Candidate] = []
        if reason is None:
            made = [
                each
                for lever in one.levers
                if (each := candidate(one, lever, question.months, question, below)).relief > 0
            ]
            reason = None if made else NoCandidate.FREES_NOTHING
        found += made
        if reason is not None:
            excluded.append(Excluded(one.id, one.key, one.title, reason))
    return Ranking(question, tuple(sorted(found, key=lambda one: one.order)), tuple(excluded))


def obstacle(measure: Workable, question: Question) -> NoCandidate | None:
    """Why nothing can be done with a measure; ``None`` where something can."""
    if measure.obstacle is not None:
        return measure.obstacle
    if question.goal is Goal.CAPACITY and measure.hours is None:
        return NoCandidate.HOURS_UNKNOWN
    return None if measure.flows.from_month(number_of(question.first)) else NoCandidate.FREES_NOTHING


def candidate(
    measure: Workable,
    lever: Lever,
    months: int,
    question: Question,
    below: Mapping[str, tuple[Workable, ...]],
) -> Candidate:
    """One lever with its arithmetic; ``below`` is what :func:`waiting_below` returns."""
    put_off = months if lever.puts_off else 0
    effect = effect_of(lever, measure.flows, put_off, question.first, question.year)
    knock_on = tuple(_knock_on(one, lever, put_off, question) for one in below.get(measure.id, ()))
    match question.goal:
        case Goal.MARGIN:
            relief = effect.in_year_result + sum((one.in_year for one in knock_on), ZERO)
        case Goal.BUDGET:
            relief = effect.in_year_spend
        case Goal.CAPACITY:
            relief = measure.hours or ZERO
    return Candidate(
        measure.id, measure.key, measure.title, measure.owner, measure.program, measure.stage, lever, put_off, effect,
        knock_on, relief, measure.hours, measure.agreements.get(lever, ()),
    )  # fmt: skip


def _knock_on(measure: Workable, lever: Lever, months: int, question: Question) -> KnockOn:
    effect = effect_of(lever, Flows(measure.flows.recurring), months, question.first, question.year)
    return KnockOn(measure.id, measure.key, effect.in_year_recurring, effect.all_recurring)


def waiting_below(measures: Iterable[Workable]) -> dict[str, tuple[Workable, ...]]:
    """By measure, those that wait for it, through however many others; a circle is walked once."""
    every = {one.id: one for one in measures}
    direct: dict[str, list[str]] = {}
    for one in every.values():
        for name in one.waits_for:
            direct.setdefault(name, []).append(one.id)
    found: dict[str, tuple[Workable, ...]] = {}
    for name in direct:
        seen: dict[str, None] = {}
        to_visit = list(direct[name])
        while to_visit:
            each = to_visit.pop(0)
            if each != name and each not in seen:
                seen[each] = None
                to_visit += direct.get(each, ())
        found[name] = tuple(every[each] for each in seen)
    return found


def _until_met(candidates: Iterable[Candidate], need: Decimal) -> Iterator[Candidate]:
    freed, taken = ZERO, set[str]()
    for one in candidates:
        if freed >= need:
            return
        if one.id not in taken:
            taken.add(one.id)
            freed += one.relief
            yield one
