"""A measure past its tolerance carries a reason, or it is requested from somebody higher up; and the kill switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.assess import assess
from governance.deviations import reason_request_text
from governance.effects import Version
from governance.evidence import Command, Verb
from governance.gates import Policy
from governance.locked_plan import lock_plan
from governance.measure import Committee, Measure, Person
from governance.measure_state import Deviation, MeasureState, OffRampKind
from governance.plan_check import CheckKind, PlanCheck
from governance.verdict import Colour, EventKind, GateState, Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

BOARD = Committee("IT Board", frozenset({"l"}), 1)
LIND = Person("l", "S. Lind")
LOCKED = MeasureState("decided", granted_at={"decided": NOW}, plan=lock_plan(measure().effects, NOW))


def forecast(monthly: int) -> Measure:
    """The plan is 20,000 EUR a month; nothing is booked yet."""
    effects = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, monthly, 60_000))
    return measure(effects=effects, committee=BOARD)


def assess_at(
    some: Measure, at: datetime = NOW, before: Verdict | None = None, *commands: Command, policy: Policy = POLICY
) -> Verdict:
    state = before.measure_state if before else LOCKED
    earlier = before.commands if before else ()
    present = replace(evidence("decided", "decided", commands=(*earlier, *commands), updated=at), measure_state=state)
    return assess(some, present, policy, at)


def requested_from(verdict: Verdict) -> list[str]:
    return [step.responsible.text for step in verdict.reason_requests]


@pytest.mark.parametrize(
    ("monthly", "past"),
    [
        pytest.param(20_000, False, id="as planned"),
        pytest.param(18_000, False, id="exactly at the tolerance of a tenth"),
        pytest.param(17_999, True, id="a little past it"),
        pytest.param(30_000, False, id="more than planned needs no reason"),
    ],
)
def test_the_tolerance_decides_whether_a_reason_is_needed(monthly: int, past: bool) -> None:
    assert (assess_at(forecast(monthly)).deviation is not None) is past


def test_the_reason_is_requested_from_the_owner_at_once() -> None:
    verdict = assess_at(forecast(12_000))
    assert requested_from(verdict) == ["owner A. Kaya"]
    assert [b.sentence for b in verdict.blockers if b.code == "DEVIATION_UNEXPLAINED"] == [
        "The lifetime benefit is 40% below plan. A. Kaya (owner): please explain why with /reason, since 21 Nov"
        " · DEVIATION_UNEXPLAINED"
    ]


@pytest.mark.parametrize(
    ("deviation", "text"),
    [
        pytest.param(
            Deviation(NOW, (PlanCheck(CheckKind.LIFETIME, eur(240_000), eur(144_000)),)),
            "The lifetime benefit is 40% below plan: 144,000 EUR of 240,000 EUR planned. "
            "Why? Answer with: /reason TEXT",
            id="both amounts",
        ),
        pytest.param(
            Deviation(NOW, (PlanCheck(CheckKind.SPEND, eur(0), eur(5_000)),)),
            "The spend is 5,000 EUR, and none was planned. Why? Answer with: /reason TEXT",
            id="no share of what nobody planned",
        ),
        pytest.param(
            Deviation(NOW, slip_days=31),
            "The work is 31 days behind the locked schedule. Why? Answer with: /reason TEXT",
            id="time alone has no amounts",
        ),
    ],
)
def test_the_request_says_the_amounts_where_there_are_any(deviation: Deviation, text: str) -> None:
    assert reason_request_text(deviation) == text


@pytest.mark.parametrize(
    ("later", "names"),
    [
        (timedelta(minutes=59), ["owner A. Kaya"]),
        (timedelta(hours=1), ["owner A. Kaya", "sponsor M. Brandt"]),
        (timedelta(days=1), ["owner A. Kaya", "sponsor M. Brandt", "steering committee IT Board"]),
        (timedelta(days=30), ["owner A. Kaya", "sponsor M. Brandt", "steering committee IT Board"]),
    ],
)
def test_the_request_escalates_with_time(later: timedelta, names: list[str]) -> None:
    assert requested_from(assess_at(forecast(12_000), NOW + later, assess_at(forecast(12_000)))) == names


def test_the_next_assessment_is_due_at_the_next_escalation_step() -> None:
    first = assess_at(forecast(12_000))
    assert first.reassess_at == NOW + timedelta(hours=1)
    assert assess_at(forecast(12_000), first.reassess_at, first).reassess_at == NOW + timedelta(days=1)


def test_each_step_is_recorded_once() -> None:
    first = assess_at(forecast(12_000))
    again = assess_at(forecast(12_000), NOW + timedelta(minutes=5), first)
    assert [event.text for event in first.events] == [
        "owner A. Kaya was asked for the reason: the lifetime benefit is 40% below plan"
    ]
    assert again.events == ()


def test_a_reason_ends_the_escalation_and_opens_the_gate() -> None:
    first = assess_at(forecast(12_000))
    reason = new_command("", KAYA, Verb.REASON, text="volume: two sites stay", at=NOW + timedelta(minutes=30))
    explained = assess_at(forecast(12_000), NOW + timedelta(hours=2), first, reason)
    assert explained.deviation is not None
    assert (explained.deviation.reason, explained.deviation.reason_by) == ("volume: two sites stay", "A. Kaya")
    assert requested_from(explained) == []
    assert "DEVIATION_UNEXPLAINED" not in [blocker.code for blocker in explained.blockers]
    assert [event.kind for event in explained.events] == [EventKind.EXPLAINED]
    quiet = assess_at(forecast(12_000), NOW + timedelta(days=3), explained)
    assert (requested_from(quiet), quiet.events) == ([], ())


def test_a_reason_from_before_the_deviation_explains_nothing() -> None:
    early = new_command("", KAYA, Verb.REASON, text="just in case", at=NOW - timedelta(days=1))
    verdict = assess_at(forecast(12_000), NOW, None, early)
    assert requested_from(verdict) == ["owner A. Kaya"]


def test_a_reason_holds_for_the_shortfall_that_it_was_given_for() -> None:
    reason = new_command("", KAYA, Verb.REASON, text="volume", at=NOW + timedelta(minutes=30))
    explained = assess_at(forecast(17_000), NOW + timedelta(hours=2), assess_at(forecast(17_000)), reason)
    a_little_worse = assess_at(forecast(16_500), NOW + timedelta(days=1), explained)
    much_worse = assess_at(forecast(12_000), NOW + timedelta(days=2), explained)
    assert requested_from(a_little_worse) == []
    assert requested_from(much_worse) == ["owner A. Kaya"]


def test_back_inside_the_tolerance_the_deviation_is_over() -> None:
    assert assess_at(forecast(20_000), NOW + timedelta(hours=2), assess_at(forecast(12_000))).deviation is None


def test_a_forecast_that_cannot_be_read_does_not_make_it_go_away() -> None:
    hidden = measure(effects=lines(Version.PLAN, 20_000, 60_000))
    assert assess_at(hidden, NOW + timedelta(hours=2), assess_at(forecast(12_000))).deviation is not None


def test_before_the_decision_there_is_nothing_to_deviate_from() -> None:
    present = evidence("detailed", "detailed", commands=())
    assert assess(forecast(12_000), present, POLICY, NOW).deviation is None


# --- the kill switch ---------------------------------------------------------------------------------------


def months(count: int) -> datetime:
    index = NOW.month - 1 + count
    return NOW.replace(year=NOW.year + index // 12, month=index % 12 + 1)


RED = forecast(12_000)


def red_for(count: int, *commands: Command) -> Verdict:
    """Looked at every month, red each time, its reason given at once."""
    reason = new_command("", KAYA, Verb.REASON, text="volume", at=NOW + timedelta(minutes=1))
    verdict = assess_at(RED, NOW + timedelta(minutes=2), assess_at(RED), reason, *commands)
    for number in range(1, count + 1):
        verdict = assess_at(replace(RED, end=months(24).date()), months(number) + timedelta(days=1), verdict)
    return verdict


def test_two_months_of_red_are_borne() -> None:
    assert red_for(2).off_ramp is None


def test_after_three_months_of_red_the_kill_switch_shuts_every_gate() -> None:
    verdict = red_for(3)
    assert verdict.potential.colour is Colour.RED
    assert verdict.off_ramp is not None
    assert (verdict.off_ramp.kind, verdict.gate, verdict.display_stage) == (
        OffRampKind.KILLED, GateState.BLOCKED, "On hold (Decided)",
    )  # fmt: skip
    assert verdict.blockers[0].sentence == (
        "On hold by the kill switch since 22 Feb: the potential status is red since 21 Nov 2026, for 3 months"
        ". Sponsor M. Brandt decides by 8 Mar 2027: /resume to go on, /cancel to stop"
        " · KILL_SWITCH"
    )
    assert [event.kind for event in verdict.events] == [EventKind.KILLED]


def test_a_month_of_green_in_between_starts_the_clock_anew() -> None:
    good = assess_at(forecast(20_000), months(2), red_for(1))
    assert assess_at(forecast(20_000), months(3), good).measure_state.red_since is None
    again = assess_at(RED, months(4), good)
    assert (again.off_ramp, again.measure_state.red_since) == (None, months(4))


def test_a_forecast_that_is_lifted_for_an_hour_stops_no_clock() -> None:
    """The owner writes a better one before the third month is over, and puts it back."""
    two = red_for(2)
    lifted = assess_at(forecast(20_000), months(3) - timedelta(hours=2), two)
    assert (lifted.potential.colour, lifted.off_ramp) == (Colour.GREEN, None)
    still = assess_at(forecast(20_000), months(3) + timedelta(days=1), lifted)
    assert still.off_ramp is None
    killed = assess_at(RED, months(3) + timedelta(days=2), still)
    assert killed.off_ramp is not None
    assert killed.off_ramp.reason == "the potential status is red since 21 Nov 2026, for 3 months"


def test_a_month_on_hold_is_no_recovery() -> None:
    """The owner lifts the forecast for an hour, holds the measure for a month, and takes it up again."""
    two = red_for(2)
    at = months(3) - timedelta(days=3)
    lifted = assess_at(forecast(20_000), at, two)
    hold = new_command("", KAYA, Verb.HOLD, text="wait", at=at + timedelta(hours=1))
    held = assess_at(RED, at + timedelta(hours=2), lifted, hold)
    assert held.display_stage == "On hold (Decided)"
    resumed = at + timedelta(hours=1, days=40)
    later = resumed + timedelta(hours=1)
    back = assess_at(RED, later, held, new_command("", KAYA, Verb.RESUME, at=resumed))
    assert back.measure_state.red_since == NOW + timedelta(days=40), "as long as it was on hold the clock stood still"
    assert back.off_ramp is None
    killed = assess_at(RED, later + timedelta(days=3), back)
    assert killed.off_ramp is not None
    assert killed.off_ramp.reason == "the potential status is red since 31 Dec 2026, for 3 months"


def test_months_on_hold_are_no_months_of_red() -> None:
    """A month of red, three on hold and a day of red had been three months of red."""
    one = red_for(1)
    at = months(1) + timedelta(days=2)
    held = assess_at(RED, at, one, new_command("", KAYA, Verb.HOLD, text="wait", at=at - timedelta(hours=1)))
    resumed = at - timedelta(hours=1) + timedelta(days=90)
    back = assess_at(RED, resumed + timedelta(hours=2), held, new_command("", KAYA, Verb.RESUME, at=resumed))
    assert (back.off_ramp, back.measure_state.red_since) == (None, NOW + timedelta(days=90))


def test_an_unknown_status_does_not_stop_the_clock() -> None:
    unknown = assess_at(measure(effects=lines(Version.PLAN, 20_000, 60_000)), months(2), red_for(1))
    assert unknown.potential.colour is Colour.GREY
    assert unknown.measure_state.red_since is not None


def test_only_the_sponsors_override_resumes_it_and_the_clock_starts_anew() -> None:
    killed = red_for(3)
    refused = assess_at(RED, months(4), killed, new_command("", KAYA, Verb.RESUME, at=months(4) - timedelta(hours=2)))
    assert refused.off_ramp is not None
    back = assess_at(RED, months(4), refused, new_command("", BRANDT, Verb.RESUME, at=months(4) - timedelta(hours=1)))
    assert (back.off_ramp, back.measure_state.red_since) == (None, months(4))
    assert assess_at(RED, months(6), back).off_ramp is None


def test_an_approved_rebaseline_keeps_the_clock_and_the_original_plan() -> None:
    """By the new plan the light is better; only a month of that ends the clock, as with any recovery."""
    two = red_for(2)
    lower = measure(
        effects=(*lines(Version.PLAN, 12_000, 60_000), *lines(Version.FORECAST, 12_000, 60_000)), committee=BOARD
    )
    at = months(2) + timedelta(days=2)
    commands = (
        new_command("", KAYA, Verb.REBASELINE, text="recovery plan", at=at - timedelta(hours=3)),
        new_command("rebaseline", BRANDT, at=at - timedelta(hours=2)),
        new_command("rebaseline", WEBER, at=at - timedelta(hours=1)),
    )
    saved = assess_at(lower, at, two, *commands)
    assert (saved.potential.colour, saved.measure_state.red_since, saved.deviation) == (Colour.GREEN, NOW, None)
    assert (saved.figures.plan, saved.figures.variance) == (eur(84_000), eur(0))
    assert (saved.figures.original_plan, saved.figures.variance_to_original) == (eur(180_000), eur(-96_000))
    lost = [one.shortfall_text for one in saved.figures.leakage]
    assert lost == ["the run-rate 2026-12 is 40% below plan"], "what was decided is lost all the same"
    assert assess_at(lower, months(5), saved).measure_state.red_since is None
    worse = measure(effects=(*lines(Version.PLAN, 12_000, 60_000), *lines(Version.FORECAST, 8_000, 60_000)))
    assert assess_at(worse, months(3) + timedelta(days=1), saved).off_ramp is not None, "red again within the month"


def test_the_kill_switch_can_be_set_to_another_time_or_switched_off() -> None:
    never = POLICY.with_thresholds(replace(POLICY.thresholds, kill_red_months=None))
    off = replace(POLICY, off=frozenset({"KILL_SWITCH"}))
    for policy in (never, off):
        verdict = assess_at(RED, NOW, None, policy=policy)
        assert assess_at(RED, months(9), verdict, policy=policy).off_ramp is None


def test_nothing_else_is_requested_for_a_measure_that_was_stopped() -> None:
    killed = red_for(3)
    undecided = assess_at(RED, months(5), killed)
    assert [event.kind for event in undecided.events] == [EventKind.KILL_OVERDUE]
    assert assess_at(RED, months(6), undecided).events == ()
    assert datetime(2026, 11, 21, tzinfo=UTC).date() == NOW.date()
