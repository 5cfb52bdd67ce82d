"""The first lines of pages about money, word for word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from governance.definitions.years import FiscalYear
from governance.effects import Version
from governance.levers import Lever, LeverEffect
from governance.money import Period
from governance.month_close import CloseItem, CloseItemKind, CloseStep, Signer, StepKind
from governance.outcomes import TeamCoverage
from governance.roll_up import Amounts
from governance.scenario import ScenarioFigures
from governance.service import ServiceDefinition
from governance.tradeoffs import Candidate, Goal, Question, Ranking
from governance.value_waits import PlaceTotal
from governance.waits import PlaceKind
from webhook_server.first_lines import money, outcomes, portfolio, services, tradeoffs, waiting
from webhook_server.formats import Formats, parse_locale, parse_zone

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FORMATS = Formats(parse_locale("en-GB"), parse_zone("UTC"), NOW)
D = Decimal
OCTOBER, DECEMBER = Period(2026, 10), Period(2026, 12)
EUR: Any = SimpleNamespace(currency="EUR", closed=OCTOBER)


def read(line: str) -> str:
    """As a person reads it: the space that does not break is one."""
    return line.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("measures", "held", "said"),
    [
        (0, 0, "There is no measure here."),
        (1, 0, "Nothing is held up at a gate: the one measure can go on."),
        (7, 0, "Nothing is held up at a gate: all 7 measures can go on."),
        (1, 1, "The one measure is held up at a gate, and 1.9M EUR of benefit still to come this year with it."),
        (7, 1, "1 of 7 measures is held up at a gate, and 1.9M EUR of benefit still to come this year with it."),
        (7, 3, "3 of 7 measures are held up at a gate, and 1.9M EUR of benefit still to come this year with them."),
    ],
)
def test_the_portfolio(measures: int, held: int, said: str) -> None:
    sums: Any = SimpleNamespace(measures=measures, held_up=held, amounts=Amounts(delayed_benefit=D(1_900_000)))
    assert portfolio.overview_line(sums, EUR, FORMATS) == said


@pytest.mark.parametrize(
    ("amount", "of_all", "of_one"),
    [
        ("-1600000.25", "1,600,000.25 EUR less than planned is expected at completion, of the measures that have a plan "
                        "and an estimate.", "1,600,000.25 EUR less than planned is expected of ITX-1 at completion."),
        ("12", "12.00 EUR more than planned is expected at completion, of the measures that have a plan and an estimate.",
         "12.00 EUR more than planned is expected of ITX-1 at completion."),
        ("0", "What is expected at completion is what was planned, of the measures that have a plan and an estimate.",
         "What is expected of ITX-1 at completion is what was planned."),
    ],
)  # fmt: skip
def test_a_variance(amount: str, of_all: str, of_one: str) -> None:
    assert read(portfolio.variance_line(D(amount), "EUR", FORMATS)) == of_all
    assert read(portfolio.measure_variance_line("ITX-1", D(amount), "EUR", FORMATS)) == of_one


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (None, "Single lines, each with the rate that it is converted with."),
        ({}, "There are no monthly amounts here."),
        ({Version.ACTUAL: D(20)}, "The EBITDA effect booked in these lines is 20 EUR. Costs are subtracted. Each line is "
                                  "converted with the rate beside it, a plan with that of its decision."),
        ({Version.PLAN: D(50), Version.FORECAST: D(40)},
         "The EBITDA effect planned in these lines is 50 EUR. The EBITDA effect of the latest estimate is 40 EUR: it takes "
         "actuals until Oct 2026, or until the last month that the legal entity has closed, and forecasts after it. Costs "
         "are subtracted. Each line is converted with the rate beside it, a plan with that of its decision."),
    ],
)  # fmt: skip
def test_effect_lines(sums: dict[Version, Decimal] | None, said: str) -> None:
    assert read(portfolio.lines_line(sums, "EBITDA effect", EUR, FORMATS)) == said


@pytest.mark.parametrize(
    ("count", "unknown", "blocked", "filtered", "said"),
    [
        (0, 0, 0, False, "No service is defined yet."),
        (0, 0, 0, True, "No service matches what you asked for."),
        (1, 0, 0, False, "1 service costs 223,000.25 EUR a month."),
        (1, 1, 1, False, "What the one service costs a month is not known. It has a question without an answer: its owner has "
                         "to act."),
        (3, 0, 1, False, "3 services cost 223,000.25 EUR a month. 1 of them has a question without an answer: its owner has "
                         "to act."),
        (3, 1, 2, False, "2 of 3 services cost 223,000.25 EUR a month; what the others cost is not known. 2 of them have a "
                         "question without an answer: their owners have to act."),
        (3, 3, 0, False, "What the 3 services cost a month is not known."),
    ],
)  # fmt: skip
def test_services(count: int, unknown: int, blocked: int, filtered: bool, said: str) -> None:
    sums: Any = SimpleNamespace(services=count, cost=D("223000.25"), cost_unknown=unknown, blocked=blocked)
    assert read(services.services_line(sums, "EUR", filtered=filtered, formats=FORMATS)) == said


DESK = ServiceDefinition("desk", "Service desk", "Sara Lind", unit="ticket")


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (None, "The figures of this service are being made."),
        ({"unit_cost": D("13.548"), "demand": D(6200), "hurdle": "Evening shifts are bought.", "blockers": ()},
         "One ticket cost 13.55 EUR in Oct 2026: 84,000.00 EUR at a demand of 6,200. What is in the way now: Evening shifts "
         "are bought."),
        ({"unit_cost": None, "demand": None, "hurdle": "", "blockers": ("owner Sara Lind", "owner Sara Lind")},
         "What one ticket cost in Oct 2026 is not known. Owner Sara Lind has to answer what is open."),
    ],
)  # fmt: skip
def test_a_service(report: dict[str, Any] | None, said: str) -> None:
    found: Any = None
    if report is not None:
        blockers = [SimpleNamespace(who=who) for who in report["blockers"]]
        found = SimpleNamespace(currency="EUR", month=OCTOBER, cost=D(84_000), **report | {"blockers": blockers})
    assert read(services.service_line(DESK, found, FORMATS)) == said


@pytest.mark.parametrize(
    ("count", "stated", "person", "spend", "without", "said"),
    [
        (0, False, "", 0, 0, "No objective is stated, so that a measure serves one when it names any. Nothing is booked this "
                             "fiscal year."),
        (1, True, "", 400, 0, "1 objective is stated. All of the 400.00 EUR spent from Oct 2026 to Dec 2026 serves an "
                              "objective."),
        (4, True, "", 400, 100, "4 objectives are stated. Of the 400.00 EUR spent from Oct 2026 to Dec 2026, 100.00 EUR "
                                "serves no objective (25%)."),
        (0, True, "Kaya", 0, 0, "No objective is owned by anybody of this name. Nothing is booked this fiscal year."),
        (1, True, "Kaya", 0, 0, "1 objective is owned by somebody of this name. Nothing is booked this fiscal year."),
        (2, True, "Kaya", 0, 0, "2 objectives are owned by somebody of this name. Nothing is booked this fiscal year."),
    ],
)  # fmt: skip
def test_outcomes(count: int, stated: bool, person: str, spend: int, without: int, said: str) -> None:
    whole = TeamCoverage("", (), spend=D(spend), spend_without=D(without))
    line = outcomes.outcomes_line(count, whole, OCTOBER, DECEMBER, "EUR", FORMATS, stated=stated, person=person)
    assert read(line) == said


GATE, APPROVAL, PERSON, TEAM, VENDOR = (
    PlaceTotal(kind, place, D(30), D(0), 1, 0, NOW)
    for kind, place in (
        (PlaceKind.GATE, "Decided"), (PlaceKind.APPROVAL, "sponsor M. Brandt"), (PlaceKind.PERSON, "A. Kaya"),
        (PlaceKind.TEAM, "Data centre"), (PlaceKind.VENDOR, "Fabrikam"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("measures", "places", "filtered", "said"),
    [
        (0, (), False, "No benefit waits that you may see."),
        (1, (GATE,), False, "2.74 EUR of benefit wait each day, of 1 measure."),
        (2, (GATE, APPROVAL, TEAM), False, "2.74 EUR of benefit wait each day, of 2 measures. Most of it waits for a "
         "decision of sponsor M. Brandt: 30.00 EUR each day, since 29 Nov 2026."),
        (2, (PERSON,), False, "2.74 EUR of benefit wait each day, of 2 measures. Most of it waits for A. Kaya to act: 30.00 "
         "EUR each day, since 29 Nov 2026."),
        (2, (TEAM,), False, "2.74 EUR of benefit wait each day, of 2 measures. Most of it waits for the team Data centre: "
         "30.00 EUR each day, since 29 Nov 2026."),
        (2, (VENDOR,), False, "2.74 EUR of benefit wait each day, of 2 measures. Most of it waits for the supplier Fabrikam: "
         "30.00 EUR each day, since 29 Nov 2026."),
        (2, (TEAM,), True, "2.74 EUR of benefit wait each day, of 2 measures."),
    ],
)  # fmt: skip
def test_waiting(measures: int, places: tuple[PlaceTotal, ...], filtered: bool, said: str) -> None:
    found: Any = SimpleNamespace(a_day=D("2.74"), measures=measures, places=places)
    assert read(waiting.waiting_line(found, "EUR", FORMATS, filtered=filtered)) == said


@pytest.mark.parametrize(
    ("loads", "said"),
    [
        ((), "No hours are planned or logged from Oct 2026 to Dec 2026."),
        ((None, None), "From Oct 2026 to Dec 2026 it is not known of any team whether more hours were logged than planned."),
        ((1, None), "From Oct 2026 to Dec 2026 no team logged more hours than planned."),
        ((1.1, 0.5), "From Oct 2026 to Dec 2026 a team logged more hours than planned in 1 month: Team 0."),
        ((1.1, 1.2), "From Oct 2026 to Dec 2026 teams logged more hours than planned in 2 of their months: Team 0, Team 1."),
    ],
)  # fmt: skip
def test_capacity(loads: tuple[float | None, ...], said: str) -> None:
    rows: Any = [SimpleNamespace(team=f"Team {number}", load=load) for number, load in enumerate(loads)]
    assert waiting.capacity_line(rows, OCTOBER, DECEMBER, FORMATS) == said


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (None, "No decision has promised anything by now."),
        (1, "Of 400.00 EUR promised at decision by now, 300.00 EUR came (75%), of 1 measure."),
        (7, "Of 400.00 EUR promised at decision by now, 300.00 EUR came (75%), of 7 measures."),
    ],
)
def test_the_track_record(sample: int | None, said: str) -> None:
    whole = SimpleNamespace(promised=D(400), came=D(300), factor=D("0.75"), sample=sample) if sample else None
    shown: Any = SimpleNamespace(whole=whole, currency="EUR")
    assert read(tradeoffs.record_line(shown, FORMATS)) == said


def candidate(key: str, relief: int, given_up: int) -> Candidate:
    effect = LeverEffect(all_recurring=D(-given_up))
    return Candidate(key, key, key, "", "", "", Lever.STOP, 0, effect, (), D(relief), None, ())


def question(need: int, goal: Goal = Goal.MARGIN) -> Question:
    return Question(goal, D(need), 3, FiscalYear(Period(2026, 1)), Period(2026, 11), "EUR")


ONE, OTHER = candidate("ITX-1", 500, 800), candidate("ITX-2", 300, 0)


@pytest.mark.parametrize(
    ("need", "candidates", "said"),
    [
        (0, (), "Nothing that could be deferred, paused or stopped would free anything in FY 2026."),
        (900, (), "Nothing that could be deferred, paused or stopped would free anything in FY 2026."),
        (0, (ONE,), "1 measure could be deferred, paused or stopped in FY 2026. Nothing here changes a measure."),
        (
            0,
            (ONE, OTHER),
            "2 measures could be deferred, paused or stopped in FY 2026. Nothing here changes a measure.",
        ),
        (400, (ONE,), "400.00 EUR can be freed in FY 2026; it gives up 800.00 EUR, and the cheapest way is ticked."),
        (200, (OTHER,), "200.00 EUR can be freed in FY 2026, and it gives nothing up; the cheapest way is ticked."),
        (900, (ONE, OTHER), "900.00 EUR cannot be freed in FY 2026: 800.00 EUR can, and all of it is ticked."),
    ],
)
def test_tradeoffs(need: int, candidates: tuple[Candidate, ...], said: str) -> None:
    assert read(tradeoffs.tradeoffs_line(Ranking(question(need), candidates, ()), FORMATS)) == said


def test_tradeoffs_before_it_is_said_what_is_to_be_preserved() -> None:
    assert tradeoffs.tradeoffs_line(None, FORMATS) == (
        "What could be deferred, paused or stopped is not known before it is said what is to be preserved."
    )


@pytest.mark.parametrize(
    ("asked", "parts", "said"),
    [
        (question(0), (ONE,), "It frees 500.00 EUR and gives up 800.00 EUR."),
        (question(500), (ONE,), "It frees 500.00 EUR and gives up 800.00 EUR: that is enough."),
        (question(900), (ONE,), "It frees 500.00 EUR and gives up 800.00 EUR: 400.00 EUR of what is needed is missing."),
        (question(0), (candidate("ITX-3", 5, -7),), "It frees 5.00 EUR, and 7.00 EUR more comes over all months."),
        (question(5), (candidate("ITX-3", 5, -7),), "It frees 5.00 EUR, and 7.00 EUR more comes over all months: that is "
                                                    "enough."),
        (question(9, Goal.CAPACITY), (candidate("ITX-3", 5, -7),), "It frees 5.0 h, and 7.00 EUR more comes over all months: "
                                                                   "4.0 h of what is needed is missing."),
    ],
)  # fmt: skip
def test_a_scenario(asked: Question, parts: tuple[Candidate, ...], said: str) -> None:
    assert read(tradeoffs.scenario_line(ScenarioFigures(asked, parts), FORMATS)) == said


def test_two_scenarios() -> None:
    found = [ScenarioFigures(question(0), (one,)) for one in (ONE, OTHER)]
    assert read(tradeoffs.compared_line("Stop it", found[0], "Stop the other", found[1], FORMATS)) == (
        "Stop it frees 500.00 EUR and gives up 800.00 EUR; Stop the other frees 300.00 EUR and gives up 0.00 EUR, each by "
        "the figures that it was saved with."
    )


def item(day: int) -> CloseItem:
    return CloseItem(CloseItemKind.MISSING_ACTUAL, "nothing is booked", "Julia Weber", date(2026, 11, day))


def step(kind: StepKind, entity: str) -> CloseStep:
    return CloseStep(1, kind, entity, OCTOBER, Signer("weber", 1), NOW)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (money.closed_line("", None, FORMATS), "No month is closed yet."),
        (money.closed_line("ACME AG", None, FORMATS), "No month of ACME AG is closed yet."),
        (money.closed_line("", OCTOBER, FORMATS), "Oct 2026 is the last closed month."),
        (money.closed_line("ACME AG", OCTOBER, FORMATS), "Oct 2026 is the last closed month of ACME AG."),
        (money.prepared_line(step(StepKind.CLOSE_PREPARED, ""), FORMATS),
         "The close of Oct 2026 waits for a second person until 6 Dec 2026, 09:00."),
        (money.prepared_line(step(StepKind.CLOSE_PREPARED, "ACME AG"), FORMATS),
         "The close of Oct 2026 of ACME AG waits for a second person until 6 Dec 2026, 09:00."),
        (money.prepared_line(step(StepKind.REOPENING_REQUESTED, ""), FORMATS),
         "The reopening of Oct 2026 waits for a second person until 6 Dec 2026, 09:00."),
        (money.prepared_line(step(StepKind.REOPENING_REQUESTED, "ACME AG"), FORMATS),
         "The reopening of Oct 2026 of ACME AG waits for a second person until 6 Dec 2026, 09:00."),
        (money.to_do_line(OCTOBER, (), FORMATS, is_cut=False), ""),
        (money.to_do_line(OCTOBER, (item(10),), FORMATS, is_cut=False),
         "1 thing is not done of Oct 2026: Julia Weber has to act by 10 Nov 2026."),
        (money.to_do_line(OCTOBER, (item(10), item(9)), FORMATS, is_cut=False),
         "2 things are not done of Oct 2026, the first of them due by 9 Nov 2026."),
        (money.to_do_line(OCTOBER, (item(10), item(9)), FORMATS, is_cut=True),
         "More than 2 things are not done of Oct 2026, the first of them due by 9 Nov 2026."),
        (money.quarantine_line(0, "", FORMATS), "No row waits for a measure."),
        (money.quarantine_line(1, "", FORMATS), "1 row waits for a measure: its month stays open until somebody names one."),
        (money.quarantine_line(2, "", FORMATS),
         "2 rows wait for a measure: their months stay open until somebody names one."),
        (money.quarantine_line(0, "Kaya", FORMATS), "No row without a measure waits for “Kaya”."),
        (money.quarantine_line(1, "Kaya", FORMATS), "1 row without a measure waits for “Kaya”."),
        (money.quarantine_line(2, "Kaya", FORMATS), "2 rows without a measure wait for “Kaya”."),
    ],
)  # fmt: skip
def test_the_ledger_and_its_imports(line: str, said: str) -> None:
    assert read(line) == said
