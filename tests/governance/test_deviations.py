"""A measure past its tolerance carries a reason, or somebody higher up is asked; and the kill switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Statement, Verb
from governance.gates import Policy
from governance.locked_plan import freeze
from governance.measure import Committee, Measure, Person
from governance.measure_state import RampKind, Standing
from governance.verdict import Colour, EventKind, GateState, Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, said

BOARD = Committee("IT Board", frozenset({"l"}), 1)
LIND = Person("l", "S. Lind")
LOCKED = Standing("decided", granted_at={"decided": NOW}, plan=freeze(measure().effects, NOW))


def forecast(monthly: int) -> Measure:
    """The plan is 20,000 EUR a month; nothing is booked yet."""
    effects = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, monthly, 60_000))
    return measure(effects=effects, committee=BOARD)


def look(
    some: Measure, at: datetime = NOW, before: Verdict | None = None, *words: Statement, policy: Policy = POLICY
) -> Verdict:
    standing = before.standing if before else LOCKED
    heard = before.statements if before else ()
    seen = replace(evidence("decided", "decided", statements=(*heard, *words), updated=at), standing=standing)
    return assess(some, seen, policy, at)


def asked(verdict: Verdict) -> list[str]:
    return [step.responsible.text for step in verdict.asks]


@pytest.mark.parametrize(
    ("monthly", "past"),
    [
        pytest.param(20_000, False, id="as planned"),
        pytest.param(18_500, False, id="exactly at the tolerance of a tenth"),
        pytest.param(18_499, True, id="a little past it"),
        pytest.param(30_000, False, id="more than planned needs no reason"),
    ],
)
def test_the_tolerance_decides_whether_a_reason_is_needed(monthly: int, past: bool) -> None:
    assert (look(forecast(monthly)).deviation is not None) is past


def test_the_owner_is_asked_at_once() -> None:
    verdict = look(forecast(12_000))
    assert asked(verdict) == ["owner A. Kaya"]
    assert [b.sentence for b in verdict.blockers if b.code == "DEVIATION_UNEXPLAINED"] == [
        "Implemented is shut: 53% of the plan is missing at completion, and nobody has given the reason: "
        "answer with /reason TEXT · owner A. Kaya to act · since 21 Nov · DEVIATION_UNEXPLAINED"
    ]


@pytest.mark.parametrize(
    ("later", "names"),
    [
        (timedelta(minutes=59), ["owner A. Kaya"]),
        (timedelta(hours=1), ["owner A. Kaya", "sponsor M. Brandt"]),
        (timedelta(days=1), ["owner A. Kaya", "sponsor M. Brandt", "steering committee IT Board"]),
        (timedelta(days=30), ["owner A. Kaya", "sponsor M. Brandt", "steering committee IT Board"]),
    ],
)
def test_the_ladder_is_climbed_with_time(later: timedelta, names: list[str]) -> None:
    assert asked(look(forecast(12_000), NOW + later, look(forecast(12_000)))) == names


def test_the_next_look_is_the_next_rung() -> None:
    first = look(forecast(12_000))
    assert first.look_again == NOW + timedelta(hours=1)
    assert look(forecast(12_000), first.look_again, first).look_again == NOW + timedelta(days=1)


def test_each_step_is_recorded_once() -> None:
    first = look(forecast(12_000))
    again = look(forecast(12_000), NOW + timedelta(minutes=5), first)
    assert [event.text for event in first.events] == ["owner A. Kaya asked for the reason: 53% of the plan is missing"]
    assert again.events == ()


def test_a_reason_silences_the_ladder_and_opens_the_gate() -> None:
    first = look(forecast(12_000))
    word = said("", KAYA, Verb.REASON, text="volume: two sites stay", at=NOW + timedelta(minutes=30))
    answered = look(forecast(12_000), NOW + timedelta(hours=2), first, word)
    assert answered.deviation is not None
    assert (answered.deviation.reason, answered.deviation.reason_by) == ("volume: two sites stay", "A. Kaya")
    assert asked(answered) == []
    assert "DEVIATION_UNEXPLAINED" not in [blocker.code for blocker in answered.blockers]
    assert [event.kind for event in answered.events] == [EventKind.EXPLAINED]
    quiet = look(forecast(12_000), NOW + timedelta(days=3), answered)
    assert (asked(quiet), quiet.events) == ([], ())


def test_a_reason_from_before_the_deviation_explains_nothing() -> None:
    early = said("", KAYA, Verb.REASON, text="just in case", at=NOW - timedelta(days=1))
    verdict = look(forecast(12_000), NOW, None, early)
    assert asked(verdict) == ["owner A. Kaya"]


def test_a_reason_holds_for_the_shortfall_that_it_was_given_for() -> None:
    word = said("", KAYA, Verb.REASON, text="volume", at=NOW + timedelta(minutes=30))
    answered = look(forecast(17_000), NOW + timedelta(hours=2), look(forecast(17_000)), word)
    a_little_worse = look(forecast(16_500), NOW + timedelta(days=1), answered)
    much_worse = look(forecast(12_000), NOW + timedelta(days=2), answered)
    assert asked(a_little_worse) == []
    assert asked(much_worse) == ["owner A. Kaya"]


def test_back_inside_the_tolerance_the_deviation_is_over() -> None:
    assert look(forecast(20_000), NOW + timedelta(hours=2), look(forecast(12_000))).deviation is None


def test_a_forecast_that_cannot_be_read_does_not_make_it_go_away() -> None:
    hidden = measure(effects=lines(Version.PLAN, 20_000, 60_000))
    assert look(hidden, NOW + timedelta(hours=2), look(forecast(12_000))).deviation is not None


def test_before_the_decision_there_is_nothing_to_deviate_from() -> None:
    seen = evidence("detailed", "detailed", statements=())
    assert assess(forecast(12_000), seen, POLICY, NOW).deviation is None


# --- the kill switch ---------------------------------------------------------------------------------------


def months(count: int) -> datetime:
    index = NOW.month - 1 + count
    return NOW.replace(year=NOW.year + index // 12, month=index % 12 + 1)


RED = forecast(12_000)


def red_for(count: int, *words: Statement) -> Verdict:
    """Looked at every month, red each time, its reason given at once."""
    word = said("", KAYA, Verb.REASON, text="volume", at=NOW + timedelta(minutes=1))
    verdict = look(RED, NOW + timedelta(minutes=2), look(RED), word, *words)
    for number in range(1, count + 1):
        verdict = look(replace(RED, end=months(24).date()), months(number) + timedelta(days=1), verdict)
    return verdict


def test_two_months_of_red_are_borne() -> None:
    assert red_for(2).ramp is None


def test_after_three_months_of_red_the_kill_switch_shuts_every_gate() -> None:
    verdict = red_for(3)
    assert verdict.potential.colour is Colour.RED
    assert verdict.ramp is not None
    assert (verdict.ramp.kind, verdict.gate, verdict.shown_stage) == (
        RampKind.KILLED, GateState.SHUT, "On hold (Decided)",
    )  # fmt: skip
    assert verdict.blockers[0].sentence == (
        "On hold by the kill switch since 22 Feb: the potential status is red since 21 Nov 2026, for 3 months, "
        "and no recovery plan was approved · sponsor M. Brandt may resume it with /resume · KILL_SWITCH"
    )
    assert [event.kind for event in verdict.events] == [EventKind.KILLED]


def test_green_in_between_starts_the_clock_anew() -> None:
    good = look(forecast(20_000), months(2), red_for(1))
    assert good.standing.red_since is None
    assert look(RED, months(4), good).ramp is None


def test_an_unknown_status_does_not_stop_the_clock() -> None:
    unknown = look(measure(effects=lines(Version.PLAN, 20_000, 60_000)), months(2), red_for(1))
    assert unknown.potential.colour is Colour.GREY
    assert unknown.standing.red_since is not None


def test_only_the_sponsors_override_resumes_it_and_the_clock_starts_anew() -> None:
    killed = red_for(3)
    refused = look(RED, months(4), killed, said("", KAYA, Verb.RESUME, at=months(4) - timedelta(hours=2)))
    assert refused.ramp is not None
    back = look(RED, months(4), refused, said("", BRANDT, Verb.RESUME, at=months(4) - timedelta(hours=1)))
    assert (back.ramp, back.standing.red_since) == (None, months(4))
    assert look(RED, months(6), back).ramp is None


def test_an_approved_rebaseline_is_a_recovery_plan() -> None:
    two = red_for(2)
    lower = measure(
        effects=(*lines(Version.PLAN, 12_000, 60_000), *lines(Version.FORECAST, 12_000, 60_000)), committee=BOARD
    )
    at = months(2) + timedelta(days=2)
    words = (
        said("", KAYA, Verb.REBASELINE, text="recovery plan", at=at - timedelta(hours=3)),
        said("rebaseline", BRANDT, at=at - timedelta(hours=2)),
        said("rebaseline", WEBER, at=at - timedelta(hours=1)),
    )
    saved = look(lower, at, two, *words)
    assert (saved.figures.plan, saved.standing.red_since, saved.deviation) == (eur(84_000), None, None)
    assert look(lower, months(5), saved).ramp is None


def test_the_kill_switch_can_be_set_to_another_time_or_switched_off() -> None:
    never = POLICY.with_thresholds(replace(POLICY.thresholds, kill_red_months=None))
    off = replace(POLICY, off=frozenset({"KILL_SWITCH"}))
    for policy in (never, off):
        verdict = look(RED, NOW, None, policy=policy)
        assert look(RED, months(9), verdict, policy=policy).ramp is None


def test_nothing_else_is_asked_of_a_measure_that_was_stopped() -> None:
    killed = red_for(3)
    assert look(RED, months(5), killed).events == ()
    assert datetime(2026, 11, 21, tzinfo=UTC).date() == NOW.date()
