"""Cases at the edge: equality at an agreed share, the first and the last day, a policy with fewer stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.assess import assess
from governance.effects import Version, sum_up
from governance.evidence import Children, OpenItem
from governance.facts import Unknown
from governance.gates import Policy
from governance.held_clock import HeldClock, months_later
from governance.kill_evaluation import CriterionState
from governance.kill_switch import decision_request, kill_switch, overdue
from governance.latest_estimate import latest_estimate
from governance.locked_terms import LockedTerms
from governance.measure_state import MeasureState, OffRamp, OffRampKind
from governance.money import Period
from governance.plan_check import CheckKind, PlanCheck
from governance.relapse import RelapseCause, RelapsedMonth
from governance.schedule import tolerated_days
from governance.status import implementation_status, potential_status, without_unknown_cost
from governance.verdict import Colour, GateState, Status
from tests.governance.factory import NOW, POLICY, eur, evidence, lines, measure
from tests.governance.test_gate_state import OPEN_CHILD, UNBOOKED, decided

SHORT: Policy = replace(POLICY, stages=POLICY.stages[-2:], gates=POLICY.gates[-2:], lock_at="implemented")
"""Implemented and Closed only."""


def test_without_a_confirmation_the_last_stage_closes() -> None:
    unconfirmed = tuple(replace(gate, approvals=()) for gate in POLICY.gates)
    assert replace(POLICY, gates=unconfirmed).closing_stage == "closed"
    assert replace(POLICY, stages=(), gates=(), lock_at="").closing_stage == ""


@pytest.mark.parametrize(
    ("end", "days"),
    [
        pytest.param(date(2026, 7, 19), 20, id="200 days, with the first and the last: a tenth"),
        pytest.param(date(2026, 7, 18), 19, id="one day less"),
        pytest.param(date(2026, 1, 2), 14, id="a short one: the agreed days"),
    ],
)
def test_the_tolerated_days_are_a_share_of_all_days_of_the_plan(end: date, days: int) -> None:
    thresholds = replace(POLICY.thresholds, slip_share=Decimal("0.1"), slip_days=14)
    assert tolerated_days(LockedTerms(date(2026, 1, 1), end), thresholds) == days


def test_after_the_decision_what_the_work_does_not_bring_about_is_due_at_once() -> None:
    dearer = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 10_000, 60_000))
    verdict = decided(children=OPEN_CHILD, given=measure(effects=dearer))
    assert any(one.code == "DEVIATION_UNEXPLAINED" for one in verdict.blockers)
    assert (verdict.gate, verdict.gate_due) == (GateState.BLOCKED, None)


def test_observation_begins_with_the_first_stage_where_that_is_the_one_before_closing() -> None:
    state = MeasureState("implemented", granted_at={"implemented": NOW - timedelta(days=20)})
    present = replace(evidence("implemented", "implemented", commands=()), measure_state=state)
    verdict = assess(UNBOOKED, present, SHORT, NOW)
    assert (verdict.gate, verdict.gate_due) == (GateState.NOT_DUE, date(2027, 2, 1))


@pytest.mark.parametrize(
    ("done", "colour", "number"),
    [
        pytest.param(90, Colour.GREEN, "0.90", id="exactly the green ratio"),
        pytest.param(89, Colour.AMBER, "0.89", id="a percent less"),
        pytest.param(75, Colour.AMBER, "0.75", id="exactly the amber ratio"),
        pytest.param(74, Colour.RED, "0.74", id="below it"),
    ],
)
def test_progress_at_the_agreed_ratio_is_still_of_the_better_colour(done: int, colour: Colour, number: str) -> None:
    """On the last day all of it is expected."""
    last = NOW.replace(month=12, day=31)
    thresholds = replace(POLICY.thresholds, implementation_green=Decimal("0.9"), implementation_amber=Decimal("0.75"))
    present = evidence(children=Children(100, done))
    found = implementation_status(measure(), present, thresholds, last, reported_at=last)
    assert (found.colour, found.number) == (colour, Decimal(number))
    words = {Colour.GREEN: "on track", Colour.AMBER: "a little behind", Colour.RED: "far behind"}[colour]
    assert found.reason == f"{words}: {done} % done, 100 % expected by today"


@pytest.mark.parametrize(
    ("now", "colour", "reason"),
    [
        pytest.param(
            datetime(2025, 12, 31, tzinfo=UTC), Colour.GREEN, "the work begins on 2026-01-01", id="the day before"
        ),
        pytest.param(
            datetime(2026, 1, 1, tzinfo=UTC),
            Colour.RED,
            "far behind: 0 % done, 0 % expected by today",
            id="the first day",
        ),
        pytest.param(
            datetime(2026, 12, 31, tzinfo=UTC),
            Colour.RED,
            "far behind: 0 % done, 100 % expected by today",
            id="the last day",
        ),
        pytest.param(
            datetime(2027, 1, 1, tzinfo=UTC),
            Colour.RED,
            "the end was 2026-12-31, and the work is not done",
            id="the day after",
        ),
    ],
)
def test_the_first_and_the_last_day_belong_to_the_work(now: datetime, colour: Colour, reason: str) -> None:
    found = implementation_status(measure(), evidence(children=Children(4, 0)), POLICY.thresholds, now, reported_at=now)
    assert (found.colour, found.reason) == (colour, reason)


@pytest.mark.parametrize(
    ("days", "is_stale"), [(POLICY.thresholds.stale_days - 1, False), (POLICY.thresholds.stale_days, True)]
)
def test_a_status_is_stale_on_the_agreed_day(days: int, is_stale: bool) -> None:
    found = implementation_status(measure(), evidence(), POLICY.thresholds, NOW, reported_at=NOW - timedelta(days=days))
    assert (found.colour is Colour.GREY, "STALE_STATUS" in found.reason) == (is_stale, is_stale)


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        pytest.param({"flagged": True}, "flagged", id="a flag"),
        pytest.param({"blocking_links": (OpenItem("NET-9", "", ""),), "flagged": True}, "blocked by NET-9", id="a link first"),
        pytest.param(
            {"blocking_links": (OpenItem("SEC-1", "", "", elsewhere=True), OpenItem("NET-9", "", ""))},
            "blocked by NET-9", id="one of the own project first",
        ),
        pytest.param(
            {"blocking_links": (OpenItem("SEC-1", "", "", elsewhere=True),)},
            "blocked by an item of another project", id="of another project",
        ),
        pytest.param({}, "they work elsewhere", id="people who work elsewhere"),
    ],
)  # fmt: skip
def test_what_leaves_no_status_greener_than_amber(shown: dict[str, Any], why: str) -> None:
    found = implementation_status(
        measure(), evidence(**shown), POLICY.thresholds, NOW, "they work elsewhere", reported_at=NOW
    )
    assert (found.colour, found.reason) == (Colour.AMBER, f"on track: 100 % done, 89 % expected by today; {why}")


def check(expected: str, kind: CheckKind = CheckKind.LIFETIME) -> PlanCheck:
    return PlanCheck(kind, eur(1000), eur(expected))


@pytest.mark.parametrize(
    ("expected", "small", "colour", "number"),
    [
        pytest.param("950", False, Colour.GREEN, "0.95", id="exactly the green ratio"),
        pytest.param("949.99", False, Colour.AMBER, "0.94", id="a cent less is not rounded up"),
        pytest.param("900", False, Colour.AMBER, "0.90", id="exactly the amber ratio"),
        pytest.param("899.99", False, Colour.RED, "0.89", id="a cent less than that"),
        pytest.param("100", True, Colour.GREEN, "0.10", id="within the absolute tolerance"),
    ],
)
def test_money_at_the_agreed_ratio_is_still_of_the_better_colour(
    expected: str, small: bool, colour: Colour, number: str
) -> None:
    thresholds = replace(POLICY.thresholds, potential_green=Decimal("0.95"), potential_amber=Decimal("0.9"))
    effects = sum_up(measure().effects)
    estimate = latest_estimate(effects, NOW.date(), None)
    assert not isinstance(estimate, Unknown)
    found = potential_status(measure(), effects, "", estimate, (check(expected),), lambda _: small, thresholds)
    assert (found.colour, found.number) == (colour, Decimal(number))


def test_the_potential_is_the_worst_of_its_checks_and_says_it_first() -> None:
    effects = sum_up(measure().effects)
    estimate = latest_estimate(effects, NOW.date(), None)
    assert not isinstance(estimate, Unknown)
    checks = (check("1000"), check("800"), check("1200", CheckKind.COST), check("930", CheckKind.RUN_RATE))
    found = potential_status(measure(), effects, "", estimate, checks, lambda _: False, POLICY.thresholds)
    assert (found.colour, found.number) == (Colour.RED, Decimal("0.80"))
    assert [one.colour for one in found.checks] == [Colour.RED, Colour.RED, Colour.AMBER, Colour.GREEN]
    assert found.reason == (
        "lifetime benefit 800 EUR of 1,000 EUR planned (80.0%); cost 1,200 EUR of 1,000 EUR planned (120.0%); "
        "run-rate 930 EUR of 1,000 EUR planned (93.0%); lifetime benefit 1,000 EUR as planned"
    )
    nothing = potential_status(measure(), effects, "", estimate, (), lambda _: False, POLICY.thresholds)
    assert (nothing.colour, nothing.reason) == (Colour.GREY, "the plan is zero, so there is nothing to compare")


@pytest.mark.parametrize(
    ("colour", "problem", "shown"),
    [
        (Colour.GREEN, "down", Colour.GREY), (Colour.AMBER, "down", Colour.GREY), (Colour.RED, "down", Colour.RED),
        (Colour.GREEN, "", Colour.GREEN),
    ],
)  # fmt: skip
def test_an_unknown_legacy_cost_leaves_nothing_better_than_grey(colour: Colour, problem: str, shown: Colour) -> None:
    found = without_unknown_cost(Status(colour, None, "as it was"), problem)
    reason = "what is still paid for the legacy is not known: down" if shown is Colour.GREY else "as it was"
    assert (found.colour, found.reason) == (shown, reason)


@pytest.mark.parametrize(
    ("booked", "text"),
    [
        ("18000", "18,000 EUR of 20,000 EUR net recurring benefit in Jan 2027 (90%)"),
        ("17999.99", "17,999.99 EUR of 20,000 EUR net recurring benefit in Jan 2027 (89.9%)"),
        ("-2001", "-2,001 EUR of 20,000 EUR net recurring benefit in Jan 2027 (-10.1%)"),
        ("0", "0 EUR of 20,000 EUR net recurring benefit in Jan 2027 (0%)"),
    ],
)
def test_a_relapsed_month_is_never_rounded_to_the_better_side(booked: str, text: str) -> None:
    month = RelapsedMonth(RelapseCause.BELOW, Period(2027, 1), eur(1), eur(20_000), eur(booked))
    assert month.text == text


CLOCKS: dict[str, tuple[HeldClock, bool | None, HeldClock]] = {
    "it begins": (HeldClock(), True, HeldClock(NOW)),
    "it runs on": (HeldClock(NOW - timedelta(days=9)), True, HeldClock(NOW - timedelta(days=9))),
    "not known starts nothing": (HeldClock(), None, HeldClock()),
    "not known ends nothing": (HeldClock(NOW - timedelta(days=9)), None, HeldClock(NOW - timedelta(days=9))),
    "better than nothing": (HeldClock(), False, HeldClock()),
    "better for a moment": (HeldClock(NOW - timedelta(days=9)), False, HeldClock(NOW - timedelta(days=9), NOW)),
    "better since three days": (
        HeldClock(NOW - timedelta(days=9), NOW - timedelta(days=3)), False,
        HeldClock(NOW - timedelta(days=9), NOW - timedelta(days=3)),
    ),
    "worse again after three days": (
        HeldClock(NOW - timedelta(days=9), NOW - timedelta(days=3)), True, HeldClock(NOW - timedelta(days=9)),
    ),
    "better for a month to the second": (HeldClock(NOW - timedelta(days=90), NOW - timedelta(days=31)), False, HeldClock()),
    "worse after a month": (HeldClock(NOW - timedelta(days=90), NOW - timedelta(days=31)), True, HeldClock(NOW)),
    "a second less than a month": (
        HeldClock(NOW - timedelta(days=90), NOW - timedelta(days=31) + timedelta(seconds=1)), True,
        HeldClock(NOW - timedelta(days=90)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOCKS)
def test_only_a_lasting_recovery_ends_a_clock(name: str) -> None:
    before, holds, after = CLOCKS[name]
    assert before.run_on(holds=holds, now=NOW) == after


@pytest.mark.parametrize(
    ("since", "months", "later"),
    [
        (datetime(2026, 11, 30, 8, tzinfo=UTC), 3, datetime(2027, 2, 28, 8, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), 1, datetime(2027, 1, 31, tzinfo=UTC)),
        (datetime(2026, 11, 21, tzinfo=UTC), 0, datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(since: datetime, months: int, later: datetime) -> None:
    assert months_later(since, months) == later


def criterion(**facts: object) -> CriterionState:
    return replace_state(CriterionState("slip > 60 days", "90 days", True, NOW - timedelta(days=61), 2), **facts)


def replace_state(state: CriterionState, **facts: object) -> CriterionState:
    return state._replace(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("since", "criteria", "reason"),
    [
        pytest.param(None, (), None, id="nothing"),
        pytest.param(months_later(NOW, -3), (), "the potential status is red since 21 Aug 2026, for 3 months", id="to the second"),
        pytest.param(months_later(NOW, -3) + timedelta(seconds=1), (), None, id="a second earlier"),
        pytest.param(
            None, (criterion(),), 'the agreed kill criterion "slip > 60 days" holds (90 days, since 21 Sep 2026)', id="long enough"
        ),
        pytest.param(None, (criterion(since=NOW - timedelta(days=60)),), None, id="a day too short"),
        pytest.param(None, (criterion(overridden=True),), None, id="overridden"),
        pytest.param(
            None, (criterion(months=0, since=NOW),), 'the agreed kill criterion "slip > 60 days" holds (90 days)', id="at once"
        ),
        pytest.param(
            months_later(NOW, -3), (criterion(months=0, since=NOW),),
            "the potential status is red since 21 Aug 2026, for 3 months; "
            'the agreed kill criterion "slip > 60 days" holds (90 days)', id="both",
        ),
    ],
)  # fmt: skip
def test_when_the_kill_switch_stops_a_measure(
    since: datetime | None, criteria: tuple[CriterionState, ...], reason: str | None
) -> None:
    policy = POLICY.with_thresholds(replace(POLICY.thresholds, kill_red_months=3, kill_decision_days=14))
    found = kill_switch(since, criteria, policy, NOW)
    assert (found.reason if found else None) == reason
    if found is not None:
        assert (found.kind, found.at, found.decide_by) == (OffRampKind.KILLED, NOW, NOW + timedelta(days=14))
        assert kill_switch(since, criteria, replace(policy, off=frozenset({"KILL_SWITCH"})), NOW) is None


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (NOW - timedelta(seconds=1), "sponsor M. Brandt decides by 21 Nov 2026: /resume to go on, /cancel to stop"),
        (
            NOW,
            "sponsor M. Brandt had to decide by 21 Nov 2026: /resume to go on, or steering committee (nobody named) stops it with /cancel",
        ),
    ],
)
def test_the_decision_is_asked_for_until_its_moment(now: datetime, text: str) -> None:
    stopped = OffRamp(OffRampKind.KILLED, "gatepost", NOW - timedelta(days=14), "red", decide_by=NOW)
    assert decision_request(stopped, measure(), now) == text
    after, events = overdue(stopped, measure(), now)
    assert (after is not None and after.is_overdue, len(events)) == (now >= NOW, int(now >= NOW))
    if now >= NOW:
        assert overdue(after, measure(), now + timedelta(days=1)) == (after, ()), "once only"
    never = replace(stopped, decide_by=None)
    assert decision_request(never, measure(), now) == "sponsor M. Brandt decides: /resume to go on, /cancel to stop"
    assert overdue(never, measure(), now) == (never, ())
