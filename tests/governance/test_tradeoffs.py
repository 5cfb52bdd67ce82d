"""Trade-offs: the arithmetic of each lever, what is ranked first, what is no candidate, and scenarios side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.definitions.years import FiscalYear, number_of
from governance.levers import Flows, Lever, LeverEffect, effect_of, lever_text
from governance.money import Period
from governance.scenario import Choice, compare_scenarios, scenario_figures
from governance.tradeoffs import Goal, NoCandidate, Question, Workable, rank, waiting_below

YEAR = FiscalYear(Period(2026, 1))
FIRST = Period(2026, 7)
"""June is closed."""


def months(*amounts: tuple[str, int]) -> dict[int, Decimal]:
    return {number_of(Period.parse(month)): Decimal(amount) for month, amount in amounts}


def steady(first: str, last: str, amount: int) -> dict[int, Decimal]:
    begin, end = Period.parse(first), Period.parse(last)
    return {number_of(month): Decimal(amount) for month in begin.until(end)}


NEW = Flows(steady("2026-10", "2027-12", 100), months(("2026-08", -120), ("2026-09", -30)), months(("2026-08", -50)))
"""Spends in August and September, brings 100 a month from October on until December 2027."""
FLOWING = Flows(steady("2026-05", "2027-12", 100), months(("2026-06", -40), ("2026-09", -30)))
"""Brings 100 a month since May already."""


@pytest.mark.parametrize(
    ("case", "lever", "flows", "put_off", "expected"),
    [
        ("a deferral moves spend into the next year", Lever.DEFER, NEW, 5, LeverEffect(
            in_year_recurring=Decimal(-300), in_year_one_off=Decimal(150), in_year_capex=Decimal(50),
            all_recurring=Decimal(-500), all_spend=Decimal(0))),
        ("one month less leaves the August spend in the year", Lever.DEFER, NEW, 4, LeverEffect(
            in_year_recurring=Decimal(-300), in_year_one_off=Decimal(30), in_year_capex=Decimal(0),
            all_recurring=Decimal(-400), all_spend=Decimal(0))),
        ("a stop gives all of it up", Lever.STOP, NEW, 0, LeverEffect(
            in_year_recurring=Decimal(-300), in_year_one_off=Decimal(150), in_year_capex=Decimal(50),
            all_recurring=Decimal(-1500), all_spend=Decimal(200))),
        ("in a pause what flows goes on", Lever.PAUSE, FLOWING, 6, LeverEffect(
            in_year_recurring=Decimal(0), in_year_one_off=Decimal(30), in_year_capex=Decimal(0),
            all_recurring=Decimal(0), all_spend=Decimal(0))),
        ("a stop loses what flows, closed months stay", Lever.STOP, FLOWING, 0, LeverEffect(
            in_year_recurring=Decimal(-600), in_year_one_off=Decimal(30), in_year_capex=Decimal(0),
            all_recurring=Decimal(-1800), all_spend=Decimal(30))),
        ("nothing to come changes nothing", Lever.STOP, Flows(months(("2026-06", 5))), 0, LeverEffect()),
    ],
)  # fmt: skip
def test_what_a_lever_changes(case: str, lever: Lever, flows: Flows, put_off: int, expected: LeverEffect) -> None:
    assert effect_of(lever, flows, put_off, FIRST, YEAR) == expected, case


def test_what_an_effect_comes_to() -> None:
    effect = effect_of(Lever.DEFER, NEW, 5, FIRST, YEAR)
    assert (effect.in_year_result, effect.in_year_spend, effect.all_months) == (-150, 200, -500)
    assert effect.later == -200, "of the 300 that 2026 misses, nothing comes back: 2027 loses another 200"
    with pytest.raises(ValueError, match="at least one month"):
        effect_of(Lever.PAUSE, FLOWING, 0, FIRST, YEAR)
    assert [lever_text(Lever.DEFER, 1), lever_text(Lever.PAUSE, 3), lever_text(Lever.STOP, 0)] == [
        "Defer by 1 month", "Pause by 3 months", "Stop",
    ]  # fmt: skip


def workable(name: str, flows: Flows, **more: object) -> Workable:
    values: dict[str, object] = {"begun": False, **more}
    return Workable(name, name.upper(), f"Title of {name}", "A. Kaya", "P", "decided", flows=flows, **values)  # type: ignore[arg-type]


def question(goal: Goal, need: str = "0", put_off: int = 5) -> Question:
    return Question(goal, Decimal(need), put_off, YEAR, FIRST, "EUR")


COSTLY = Flows({}, months(("2026-08", -200)))
"""Costs 200 this year and brings nothing that is booked."""
SMALL = Flows(steady("2026-10", "2027-12", 1), months(("2026-08", -100)))


def test_the_cheapest_comes_first_and_what_gives_up_nothing_before_it() -> None:
    ranking = rank([workable("new", NEW), workable("costly", COSTLY), workable("small", SMALL)], question(Goal.BUDGET))
    listed = [(one.key, one.lever, one.relief, one.given_up) for one in ranking.candidates]
    assert listed == [
        ("COSTLY", Lever.STOP, 200, -200),
        ("SMALL", Lever.STOP, 100, -85),
        ("COSTLY", Lever.DEFER, 200, 0),
        ("SMALL", Lever.DEFER, 100, 5),
        ("NEW", Lever.DEFER, 200, 500),
        ("NEW", Lever.STOP, 200, 1300),
    ]
    assert [one.price for one in ranking.candidates[-2:]] == [Decimal("2.5"), Decimal("6.5")]


@pytest.mark.parametrize(
    ("need", "proposed", "met"),
    [("200", ["COSTLY"], True), ("200.01", ["COSTLY", "SMALL"], True), ("500", ["COSTLY", "SMALL", "NEW"], True),
     ("500.01", ["COSTLY", "SMALL", "NEW"], False), ("0", [], True)],
)  # fmt: skip
def test_the_list_proposes_until_the_need_is_met(need: str, proposed: list[str], met: bool) -> None:
    every = [workable("new", NEW), workable("costly", COSTLY), workable("small", SMALL)]
    ranking = rank(every, question(Goal.BUDGET, need))
    assert [one.key for one in ranking.proposed] == proposed
    assert ranking.can_be_met is met


@pytest.mark.parametrize(
    ("case", "measure", "goal", "reason"),
    [
        ("mandatory", workable("a", NEW, obstacle=NoCandidate.MANDATORY), Goal.BUDGET, NoCandidate.MANDATORY),
        ("all is behind it", workable("a", Flows({}, months(("2026-06", -9)))), Goal.BUDGET, NoCandidate.FREES_NOTHING),
        ("something in the first open month", workable("a", Flows({}, months(("2026-07", -9)))), Goal.BUDGET, None),
        ("spend of the next year only", workable("a", Flows({}, months(("2027-01", -9)))), Goal.BUDGET,
         NoCandidate.FREES_NOTHING),
        ("spend in the last month of the year", workable("a", Flows({}, months(("2026-12", -9)))), Goal.BUDGET, None),
        ("benefit as large as its cost", workable("a", Flows(months(("2026-12", 9)), months(("2026-08", -9)))),
         Goal.MARGIN, NoCandidate.FREES_NOTHING),
        ("a cent less benefit", workable("a", Flows(months(("2026-12", 8)), months(("2026-08", -9)))),
         Goal.MARGIN, None),
        ("hours not known", workable("a", NEW), Goal.CAPACITY, NoCandidate.HOURS_UNKNOWN),
        ("no hours", workable("a", NEW, hours=Decimal(0)), Goal.CAPACITY, NoCandidate.FREES_NOTHING),
        ("hours", workable("a", NEW, hours=Decimal(1)), Goal.CAPACITY, None),
    ],
)  # fmt: skip
def test_who_is_no_candidate(case: str, measure: Workable, goal: Goal, reason: NoCandidate | None) -> None:
    ranking = rank([measure], question(goal))
    assert [one.reason for one in ranking.excluded] == ([] if reason is None else [reason]), case
    assert bool(ranking.candidates) is (reason is None), case


WAITS = workable("waits", NEW, waits_for=frozenset({"first"}))
LATER = workable("later", NEW, waits_for=frozenset({"waits"}))


def test_what_waits_for_a_candidate_counts_through_others_and_spends_all_the_same() -> None:
    ranking = rank([workable("first", COSTLY), WAITS, LATER], question(Goal.MARGIN))
    first = {one.lever: one for one in ranking.candidates if one.id == "first"}
    assert first == {}, "200 of cost saved this year is less than the 600 of benefit that does not come"
    budget = {one.lever: one for one in rank([workable("first", COSTLY), WAITS, LATER], question(Goal.BUDGET)).candidates
              if one.id == "first"}  # fmt: skip
    stop = budget[Lever.STOP]
    assert [(one.key, one.in_year, one.all_months) for one in stop.knock_on] == [
        ("WAITS", -300, -1500), ("LATER", -300, -1500),
    ]  # fmt: skip
    assert (stop.relief, stop.given_up, stop.price) == (200, 2800, 14)
    assert budget[Lever.DEFER].given_up == 1000


def test_a_circle_of_waiting_ends() -> None:
    one = workable("one", NEW, waits_for=frozenset({"two"}))
    two = workable("two", NEW, waits_for=frozenset({"one"}))
    assert {name: [each.id for each in found] for name, found in waiting_below([one, two]).items()} == {
        "two": ["one"], "one": ["two"],
    }  # fmt: skip


def test_a_scenario_counts_a_chosen_measure_and_a_waiting_one_once() -> None:
    both = workable("both", NEW, waits_for=frozenset({"first", "second"}))
    every = [workable("first", COSTLY), workable("second", COSTLY), both]
    asked = question(Goal.BUDGET, "400")
    apart = scenario_figures([Choice("first", Lever.STOP), Choice("second", Lever.DEFER, 5)], every, asked)
    assert [[each.all_months for each in one.knock_on] for one in apart.parts] == [[-1500], []]
    assert (apart.freed, apart.given_up, apart.in_year_result) == (400, 1300, 100)
    assert apart.is_met
    assert apart.short_by == 0
    chosen = scenario_figures([Choice("first", Lever.STOP), Choice("both", Lever.STOP)], every, asked)
    assert [one.knock_on for one in chosen.parts] == [(), ()]
    assert (chosen.freed, chosen.given_up) == (400, 1100)
    margin = scenario_figures([Choice("first", Lever.STOP), Choice("both", Lever.STOP)], every, question(Goal.MARGIN))
    assert [one.relief for one in margin.parts] == [200, -150]


@pytest.mark.parametrize(
    ("case", "choice", "begun", "reason"),
    [
        ("deferred before it begins", Choice("a", Lever.DEFER, 1), False, None),
        ("deferred after it began", Choice("a", Lever.DEFER, 1), True, NoCandidate.HAS_BEGUN),
        ("paused after it began", Choice("a", Lever.PAUSE, 1), True, None),
        ("paused before it begins", Choice("a", Lever.PAUSE, 1), False, NoCandidate.NOT_BEGUN),
        ("nobody's", Choice("b", Lever.STOP), True, NoCandidate.NO_ESTIMATE),
    ],
)
def test_a_choice_that_is_not_possible_is_in_no_sum(
    case: str, choice: Choice, begun: bool, reason: NoCandidate | None
) -> None:
    made = scenario_figures([choice], [workable("a", COSTLY, begun=begun)], question(Goal.BUDGET))
    assert [one.reason for one in made.impossible] == ([] if reason is None else [reason]), case
    assert made.is_met is (reason is None), case


def test_two_scenarios_side_by_side() -> None:
    every = [workable("new", NEW), workable("costly", COSTLY, hours=Decimal(40))]
    asked = question(Goal.BUDGET, "200")
    one = scenario_figures([Choice("costly", Lever.STOP)], every, asked)
    other = scenario_figures([Choice("new", Lever.DEFER, 5), Choice("costly", Lever.DEFER, 5)], every, asked)
    compared = compare_scenarios(one, other)
    assert [(line.name, line.one, line.other, line.difference) for line in compared.lines] == [
        ("Result of the year", 200, 50, -150),
        ("Budget freed in the year", 200, 400, 200),
        ("Given up over all months", -200, 500, 700),
        ("Hours a month", 40, 40, 0),
    ]
    assert [(line.key, line.one and line.one.lever, line.other and line.other.lever, line.is_same)
            for line in compared.choices] == [
        ("COSTLY", Lever.STOP, Lever.DEFER, False), ("NEW", None, Lever.DEFER, False),
    ]  # fmt: skip
    dollars = scenario_figures([Choice("costly", Lever.STOP)], every, Question(
        Goal.BUDGET, Decimal(1), 1, YEAR.following, FIRST, "USD"))  # fmt: skip
    other_money = compare_scenarios(one, dollars)
    assert not other_money.same_currency
    assert not other_money.same_year
    assert [line.name for line in other_money.lines] == ["Hours a month"]
