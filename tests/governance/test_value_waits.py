"""Where the benefit of measures waits, and which proposals free most."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from governance.assess import assess
from governance.evidence import OpenItem
from governance.handoffs import TicketMoment, TicketTimeline
from governance.value_waits import PlaceTotal, WaitingMeasure, ranked, release
from governance.verdict import Verdict
from governance.waits import PlaceKind
from tests.governance.factory import NOW, POLICY, evidence, measure

LATE = measure(end=date(2026, 11, 1))
"""Its work is due, and so is the gate behind it."""
EARLIER = NOW - timedelta(days=9)


def waiting_at(team: str, person: str = "", **more: bool) -> TicketTimeline:
    first = TicketMoment(NOW - timedelta(days=30), "Platform", "A", working=True)
    return TicketTimeline("ITX-7", (first, replace(TicketMoment(EARLIER, team, person), **more)))  # type: ignore[arg-type]


def places(verdict: Verdict) -> set[tuple[str, str, bool]]:
    waits = verdict.value_waits
    return {(one.kind.value, one.place, one.queued) for one in waits.waits} if waits else set()


def test_a_measure_waits_at_its_gate_and_at_whoever_it_asks() -> None:
    commands = tuple(one for one in evidence().commands if one.person.name == "A. Kaya")
    verdict = assess(measure(), evidence("identified", "identified", commands=commands), POLICY, NOW)
    assert places(verdict) == {("gate", "Detailed", False), ("approval", "sponsor M. Brandt", False)}
    assert verdict.value_waits is not None
    assert str(verdict.value_waits.a_day) == "657.53 EUR"


def test_open_work_waits_at_the_team_that_has_it_and_at_the_owner() -> None:
    link = OpenItem("ITX-7", "Rule", "Open")
    some = evidence("decided", "decided", blocking_links=(link,), timelines=(waiting_at("Network"),))
    assert places(assess(LATE, some, POLICY, NOW)) == {
        ("gate", "Implemented", False), ("person", "A. Kaya", False), ("team", "Network", True),
    }  # fmt: skip
    worked = evidence(
        "decided", "decided", blocking_links=(link,), timelines=(waiting_at("Network", "B", working=True),)
    )
    assert ("team", "Network", False) in places(assess(LATE, worked, POLICY, NOW))
    supplier = evidence("decided", "decided", blocking_links=(link,), timelines=(waiting_at("Fabrikam", vendor=True),))
    assert ("vendor", "Fabrikam", True) in places(assess(LATE, supplier, POLICY, NOW))


def test_what_is_implemented_or_loses_nothing_waits_nowhere() -> None:
    assert places(assess(measure(), evidence("implemented", commands=()), POLICY, NOW)) == set()
    assert places(assess(measure(effects=()), evidence("identified", commands=()), POLICY, NOW)) == set()


def one(key: str, a_day: int, *, alone: bool = True, queued: bool = False) -> WaitingMeasure:
    return WaitingMeasure(key, key, key, Decimal(a_day), EARLIER, alone, queued, f"T-{key}")


def total(kind: PlaceKind, a_day: int, freed: int, many: int = 2) -> PlaceTotal:
    return PlaceTotal(kind, "Network", Decimal(a_day), Decimal(freed), many, 1, EARLIER)


def test_a_team_takes_the_dearest_ticket_and_the_cheapest_work_waits_instead() -> None:
    waiting = [one("A", 900, queued=True), one("B", 400, queued=True)]
    found = release(total(PlaceKind.TEAM, 1300, 1300), waiting, [one("A", 50), one("C", 100), one("D", 300)])
    assert found is not None
    assert (found.sentence, found.frees, found.costs, found.net) == (
        "Network takes T-A of A up next", Decimal(900), Decimal(100), Decimal(800),
    )  # fmt: skip
    assert found.cost_sentence == "C waits in its place"


def test_what_a_team_else_works_on_may_be_unknown_and_then_so_is_the_cost() -> None:
    found = release(total(PlaceKind.TEAM, 900, 900, 1), [one("A", 900, queued=True)], [])
    assert found is not None
    assert (found.costs, found.net) == (None, None)
    assert found.cost_sentence == "not known: nothing else that serves a measure is in work there"


def test_a_measure_that_waits_elsewhere_too_is_not_freed_by_one_place() -> None:
    found = release(total(PlaceKind.TEAM, 900, 0, 1), [one("A", 900, alone=False, queued=True)], [])
    assert found is not None
    assert (found.frees, found.after_others) == (Decimal(0), Decimal(900))


def test_a_decision_frees_all_that_waits_for_it_alone_and_displaces_nothing() -> None:
    found = release(total(PlaceKind.APPROVAL, 1300, 900), [one("A", 900), one("B", 400, alone=False)], [])
    assert found is not None
    assert (found.frees, found.after_others, found.costs) == (Decimal(900), Decimal(400), Decimal(0))
    assert found.sentence == "Network decides on 2 measures"


def test_nobody_opens_a_gate_and_work_in_hand_is_no_proposal() -> None:
    assert release(total(PlaceKind.GATE, 900, 900), [one("A", 900)], []) is None
    assert release(total(PlaceKind.TEAM, 900, 900), [one("A", 900)], []) is None


def test_what_frees_most_after_its_cost_comes_first() -> None:
    approval = release(total(PlaceKind.APPROVAL, 500, 500), [one("A", 500)], [])
    team = release(total(PlaceKind.TEAM, 900, 900), [one("B", 900, queued=True)], [one("C", 600)])
    assert approval is not None
    assert team is not None
    assert ranked([team, approval]) == [approval, team]
