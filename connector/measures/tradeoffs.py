"""Trade-offs and scenarios as pages, API and command line ask for them: over the figures that the viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.people.permissions import SCENARIO_ROLES, Viewer
from connector.store.reporting.exchange_rates import all_rates
from connector.store.reporting.figures_history import PastPortfolio, figures_at
from connector.store.reporting.past_workable import PastWorkableReader
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import MeasureRow, PortfolioLists
from connector.store.reporting.scenarios import NewScenario, Scenario, Scenarios, scenarios
from connector.store.reporting.workable_measures import WorkableMeasures, WorkableReader
from governance.rates import Rates
from governance.scenario import Choice, ScenarioFigures, scenario_figures
from governance.tradeoffs import Goal, Question, Ranking, rank

DEFAULT_MONTHS, MOST_MONTHS = 3, 24
MOST_CHOICES = 100
LONGEST_NAME = 120


class NotAsked(ValueError):
    """What was asked cannot be answered; the message says why, and what to give."""

    def __init__(self, message: str, *, too_early: bool = False) -> None:
        super().__init__(message)
        self.too_early = too_early
        """There are no figures yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to preserve, and where."""

    goal: Goal = Goal.MARGIN
    need: Decimal | None = None
    """``None``: what the measure that slips costs the fiscal year; without one nothing, and everything is ranked."""
    months: int = DEFAULT_MONTHS
    portfolio: str | None = None
    program: str | None = None
    because_of: str = ""
    """The measure that slips, by its id."""
    on: KnownOn | None = None
    """The day as of which it is asked; ``None`` for now."""

    @property
    def filters(self) -> PortfolioFilters:
        return PortfolioFilters(portfolio=self.portfolio, program=self.program)


@dataclass(frozen=True, slots=True)
class Answer:
    """The ranking, and what it rests on."""

    asked: Asked
    ranking: Ranking
    as_of: datetime
    """The moment of the figures."""
    is_whole: bool
    """Whether every measure of the part was read; otherwise those with the most to spend."""
    slips: MeasureRow | None


def tradeoffs(services: Services, viewer: Viewer, asked: Asked) -> Answer:
    """The ranked list.  Raises NotAsked before there are figures, or for a measure that is not there."""
    with services.read_as(viewer) as connection:
        reader, question, as_of = _prepared(services, connection, viewer, asked)
        slips = _slipping(connection, viewer, asked)
        if asked.need is None:
            question = replace(question, need=in_year_shortfall(slips) if slips is not None else Decimal(0))
        found = reader.ranked(asked.filters, hours=asked.goal is Goal.CAPACITY)
    ranking = rank(found.every, question)
    own = {one.id for one in found.measures}
    ranking = replace(
        ranking,
        candidates=tuple(one for one in ranking.candidates if one.id in own),
        excluded=tuple(one for one in ranking.excluded if one.id in own),
    )
    return Answer(asked, ranking, as_of, found.is_whole, slips)


def in_year_shortfall(measure: MeasureRow) -> Decimal:
    """What the fiscal year has less than planned: in-year EBITDA effect, plan − latest estimate, at least zero."""
    amounts = measure.amounts
    if amounts.in_year_plan is None or amounts.in_year_estimate is None:
        return Decimal(0)
    return max(amounts.in_year_plan - amounts.in_year_estimate, Decimal(0))


def figures_now(services: Services, viewer: Viewer, asked: Asked, choices: Sequence[Choice]) -> ScenarioFigures:
    """What a set of choices comes to with the figures of now.  Raises NotAsked."""
    return _figures(services, viewer, asked, choices)[0]


def _figures(
    services: Services, viewer: Viewer, asked: Asked, choices: Sequence[Choice]
) -> tuple[ScenarioFigures, datetime]:
    _check(choices)
    with services.read_as(viewer) as connection:
        reader, question, as_of = _prepared(services, connection, viewer, asked)
        found: WorkableMeasures = reader.named([one.measure for one in choices])
        unknown = {one.measure for one in choices} - {one.id for one in found.measures}
        if unknown:
            raise NotAsked(f"There is no measure {sorted(unknown)[0]} with figures that {viewer.name} may see.")
        if asked.need is None:
            slips = _slipping(connection, viewer, asked)
            question = replace(question, need=in_year_shortfall(slips) if slips is not None else Decimal(0))
    return scenario_figures(choices, found.every, question), as_of


def may_save(viewer: Viewer) -> bool:
    """A scenario changes no measure and decides nothing: a program may save one, if its scopes say so."""
    return viewer.service_account is not None or viewer.is_any(SCENARIO_ROLES)


def save_scenario(
    services: Services,
    viewer: Viewer,
    name: str,
    people: Sequence[str],
    asked: Asked,
    choices: Sequence[Choice],
    now: datetime,
) -> Scenario:
    """Save a scenario with the figures of now, or of the day that is asked for; no measure is changed.

    Raises NotAsked.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NotAsked(f"Name the scenario, in up to {LONGEST_NAME} characters.")
    figures, as_of = _figures(services, viewer, asked, choices)
    if figures.impossible:
        first = figures.impossible[0]
        raise NotAsked(f"{first.key} cannot be in the scenario: {first.text}.")
    named = tuple(dict.fromkeys(one.strip() for one in people if one.strip()))
    known_at = asked.on.at if asked.on is not None else None
    new = NewScenario(name, named, asked.because_of, asked.portfolio, asked.program, as_of, figures, known_at)
    number = Scenarios(services.engine).save(new, viewer.login, now)
    found = find_scenario(services, viewer, number)
    if found is None:
        raise NotAsked("The scenario was saved, and names a measure that you may not see.")
    return found


def find_scenario(services: Services, viewer: Viewer, number: int) -> Scenario | None:
    """``None`` for one that is not there, or names a measure that the viewer may not see."""
    with services.read_as(viewer) as connection:
        return next(iter(scenarios(connection, number=number)), None)


def choices_of(scenario: Scenario) -> tuple[Choice, ...]:
    return tuple(Choice(part.id, part.lever, part.months) for part in scenario.figures.parts)


def asked_by(scenario: Scenario) -> Asked:
    """The question of a scenario, with its need as it was."""
    question = scenario.figures.question
    return Asked(
        question.goal, question.need, question.months, scenario.portfolio, scenario.program, scenario.because_of
    )


def _check(choices: Sequence[Choice]) -> None:
    if not 1 <= len(choices) <= MOST_CHOICES:
        raise NotAsked(f"Choose 1 to {MOST_CHOICES} measures.")
    if len({one.measure for one in choices}) < len(choices):
        raise NotAsked("Choose one thing for each measure.")
    for one in choices:
        if one.lever.puts_off and not 1 <= one.months <= MOST_MONTHS:
            raise NotAsked(f"Put something off by 1 to {MOST_MONTHS} months.")


def _prepared(
    services: Services, connection: Connection, viewer: Viewer, asked: Asked
) -> tuple[WorkableReader, Question, datetime]:
    if not 1 <= asked.months <= MOST_MONTHS:
        raise NotAsked(f"Put something off by 1 to {MOST_MONTHS} months.")
    if asked.need is not None and asked.need < 0:
        raise NotAsked("What is to be preserved is an amount of zero or more.")
    active = MappingCache(services.mappings).active()
    on = asked.on
    part = PortfolioFilters()
    portfolio = PastPortfolio(connection, viewer, part, on.at) if on else Portfolio(connection, viewer, part)
    settings = portfolio.settings()
    if on is not None and active is not None and settings is None:
        raise NotAsked(f"No figures were known on {on}: ask for a later day.")
    if active is None or settings is None:
        raise NotAsked(
            "There are no figures yet: a worker makes them within seconds after the first measures.", too_early=True
        )
    question = Question(
        asked.goal, asked.need or Decimal(0), asked.months, settings.year, settings.closed.plus(1), settings.currency
    )
    config, policies = active.config, active.policies
    if on is None:
        return WorkableReader(connection, viewer, config, policies), question, settings.refreshed_at
    rates = usable_rates(Rates(all_rates(connection)), config, on.at.date())
    return PastWorkableReader(connection, viewer, config, policies, settings, on.at, rates), question, on.at


def _slipping(connection: Connection, viewer: Viewer, asked: Asked) -> MeasureRow | None:
    if not asked.because_of:
        return None
    source = connection if asked.on is None else figures_at(connection, asked.on.at)
    found = PortfolioLists(source, viewer, PortfolioFilters()).measure(asked.because_of)
    if found is None:
        raise NotAsked(f"There is no measure {asked.because_of} with figures that {viewer.name} may see.")
    return found
