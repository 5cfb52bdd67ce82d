"""Cancelled and killed measures, and those closed without value: they end in their tool, ask nobody, and are no success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children, Command, Verb
from governance.facts import Unknown
from governance.measure_state import Breach, Deviation, MeasureState, OffRamp, OffRampKind, ReasonRequest
from governance.money import Period
from governance.responsible import Responsible
from governance.verdict import Colour, GateState, Verdict
from tests.governance.factory import APPROVALS, BRANDT, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

DAY = timedelta(days=1)
CANCELLED = OffRamp(OffRampKind.CANCELLED, "M. Brandt", NOW - 10 * DAY, "replaced by the group's platform", "b")
KILLED = OffRamp(OffRampKind.KILLED, "gatepost", NOW - DAY, "red for too long", decide_by=NOW + 13 * DAY)
HELD = OffRamp(OffRampKind.ON_HOLD, "A. Kaya", NOW - DAY, "waiting for the contract", "k")
LATE = measure(
    end=date(2026, 6, 30), effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 1_000, 60_000))
)
"""Past its end, and nearly all of its money is gone."""
WONT_DO: Mapping[str, Any] = {"tool_stage": None, "tool_status": "Won't do", "ended": True}
CONFIRMATION = (
    "Cancelled on 11 Nov by M. Brandt: replaced by the group's platform. M. Brandt (sponsor) may resume it with /resume"
    " · CANCELLED"
)
NOT_CANCELLED = (
    "This was moved to Won't do and is not cancelled. M. Brandt (sponsor): cancel it with /cancel REASON, or move it back"
    " · NOT_CANCELLED"
)


def at(off_ramp: OffRamp | None, stage: str = "decided", **facts: object) -> Verdict:
    state = MeasureState(stage, off_ramp=off_ramp)
    shown = {"tool_stage": stage, "commands": (), "children": Children(4, 1, in_progress=0)} | facts
    return assess(LATE, replace(evidence(stage), measure_state=state, **shown), POLICY, NOW)  # type: ignore[arg-type]


ENDS: Mapping[str, tuple[OffRamp | None, Mapping[str, object], GateState, list[str]]] = {
    "cancelled, and still in its stage": (CANCELLED, {}, GateState.NOT_DUE, [CONFIRMATION]),
    "cancelled, and ended in the tool": (CANCELLED, WONT_DO, GateState.NOT_DUE, [CONFIRMATION]),
    "cancelled, in a status that stands for nothing": (
        CANCELLED, {"tool_stage": None}, GateState.NOT_DUE, [CONFIRMATION],
    ),
    "cancelled, and moved to a later stage": (
        CANCELLED, {"tool_stage": "closed", "tool_status": "Closed"}, GateState.BREACH,
        ["This was moved to Closed without approval. Move it back to Decided, or complete what is listed · GATE_ORDER",
         CONFIRMATION],
    ),
    "cancelled, and ended in a status that the mapping does not name": (
        CANCELLED, {"tool_stage": Unknown("no stage is mapped"), "done": True}, GateState.NOT_DUE, [CONFIRMATION],
    ),
    "cancelled, and its status hidden": (CANCELLED, {"tool_stage": Unknown("hidden")}, GateState.BLOCKED, [CONFIRMATION]),
    "killed, and ended in the tool": (
        KILLED, WONT_DO, GateState.BLOCKED,
        ["On hold by the kill switch since 20 Nov: red for too long. Sponsor M. Brandt decides by 4 Dec 2026: /resume "
         "to go on, /cancel to stop · KILL_SWITCH"],
    ),
    "neither, and ended in the tool": (None, WONT_DO, GateState.BREACH, [NOT_CANCELLED]),
    "on hold, and ended in the tool": (
        HELD, WONT_DO, GateState.BREACH,
        [NOT_CANCELLED, "On hold since 20 Nov, by A. Kaya: waiting for the contract. M. Brandt (sponsor) may resume it "
         "with /resume · ON_HOLD"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("off_ramp", "facts", "gate", "first"), ENDS.values(), ids=ENDS.keys())
def test_ended_statuses_are_open_to_what_was_stopped_and_a_breach_for_all_else(
    off_ramp: OffRamp | None, facts: Mapping[str, Any], gate: GateState, first: list[str]
) -> None:
    verdict = at(off_ramp, **facts)
    assert verdict.gate is gate
    assert verdict.allowed_stages == (), "and no native gate lets it into a later stage"
    sentences = [blocker.sentence for blocker in verdict.blockers]
    assert sentences[: len(first)] == first
    if off_ramp is CANCELLED:
        assert sentences == first, "nothing else is asked for"


def test_an_undecided_idea_does_not_leave_by_that_exit_either() -> None:
    verdict = at(None, "identified", **WONT_DO)
    assert (verdict.gate, verdict.blockers[0].who) == (GateState.BREACH, "sponsor M. Brandt")
    assert verdict.measure_state.breach == Breach(NOW, "Won't do", "", "Detailed")


def test_the_rule_cannot_be_switched_off_with_the_order_of_gates() -> None:
    state = MeasureState("decided")
    policy = replace(POLICY, off=frozenset({"GATE_ORDER"}))
    verdict = assess(LATE, replace(evidence("decided"), measure_state=state, **WONT_DO), policy, NOW)
    assert verdict.gate is GateState.BREACH


def test_the_cancellation_settles_the_breach() -> None:
    moved = at(None, **WONT_DO)
    cancel = new_command("", BRANDT, Verb.CANCEL, text="replaced", at=NOW + timedelta(hours=1))
    settled = assess(
        LATE,
        replace(evidence("decided"), commands=(cancel,), measure_state=moved.measure_state, **WONT_DO),
        POLICY,
        NOW + DAY,
    )
    assert (settled.gate, settled.measure_state.breach) == (GateState.NOT_DUE, None)
    assert settled.display_stage == "Cancelled (Decided)"


def test_nobody_is_asked_for_a_cancelled_measure() -> None:
    asked = Deviation(NOW - 30 * DAY, reason_requests=(ReasonRequest(Responsible(None, "A. Kaya"), NOW),), slip_days=20)
    state = MeasureState("decided", off_ramp=CANCELLED, deviation=asked, red_since=NOW - 300 * DAY)
    left = replace(LATE, roles=replace(LATE.roles, owner=replace(LATE.roles.owner, active=False)))  # type: ignore[type-var]
    verdict = assess(left, replace(evidence("decided", "decided"), commands=(), measure_state=state), POLICY, NOW)
    assert (verdict.deviation, verdict.reason_requests, verdict.findings) == (None, (), ())
    assert [event.text for event in verdict.events] == ["Plan 1 locked when it was found decided"]
    assert verdict.reassess_at is None
    assert [blocker.responsible for blocker in verdict.blockers] == [()]


def test_work_that_goes_on_is_still_reported() -> None:
    verdict = at(CANCELLED, children=Children(4, 1, in_progress=2))
    assert [finding.sentence for finding in verdict.findings] == [
        "2 child items are in progress, although the measure was cancelled on 11 Nov 2026"
    ]


def test_both_lights_say_that_it_was_cancelled() -> None:
    verdict = at(CANCELLED, done=True, children=Children(4, 4))
    expected = "cancelled on 11 Nov 2026 by M. Brandt: replaced by the group's platform"
    for status in (verdict.implementation, verdict.potential):
        assert (status.colour, status.number, status.reason) == (Colour.GREY, None, expected)


def test_after_a_resumption_everything_counts_again() -> None:
    resume = new_command("", BRANDT, Verb.RESUME, at=NOW - timedelta(hours=1))
    verdict = at(CANCELLED, commands=(resume,))
    assert verdict.potential.colour is Colour.RED
    assert "the end was 2026-06-30, and the work is not done" in verdict.implementation.reason
    assert "OPEN_WORK" in [blocker.code for blocker in verdict.blockers]


# --- closed without value ----------------------------------------------------------------------------------------------


def closed(amount: int, *more: Command, benefit: int = 0) -> Verdict:
    some = measure(effects=(
        *lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 20_000, 60_000),
        *lines(Version.ACTUAL, benefit, 0, months=11),
    ))  # fmt: skip
    lost = new_command(
        "",
        WEBER,
        Verb.CONFIRM_LOWER,
        amount=eur(amount),
        first_month=Period(2026, 1),
        month=Period(2026, 10),
        text="the merger was called off",
    )
    return assess(
        some, evidence("implemented", "implemented", done=True, commands=(*APPROVALS[:4], lost, *more)), POLICY, NOW
    )


def test_a_measure_whose_confirmed_value_is_nothing_is_no_success() -> None:
    verdict = closed(0)
    assert (verdict.stage, verdict.display_stage, verdict.without_value) == ("closed", "Closed without value", True)
    expected = "closed without value: 0 EUR for Jan 2026 to Oct 2026 confirmed by J. Weber: the merger was called off"
    for status in (verdict.implementation, verdict.potential):
        assert (status.colour, status.reason) == (Colour.GREY, expected)
    assert (verdict.deviation, verdict.gate) == (None, GateState.OPEN)


def test_one_with_a_lower_value_is_judged_by_what_it_brought() -> None:
    verdict = closed(10_000, benefit=1_000)
    assert (verdict.stage, verdict.display_stage, verdict.without_value) == ("closed", "Closed", False)
    assert verdict.potential.colour is Colour.RED


def test_it_may_be_ended_in_the_tool_as_well() -> None:
    before = closed(0)
    some = measure(effects=(
        *lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 20_000, 60_000),
        *lines(Version.ACTUAL, 0, 0, months=11),
    ))  # fmt: skip
    present = replace(evidence("closed"), commands=before.commands, measure_state=before.measure_state, **WONT_DO)
    assert assess(some, present, POLICY, NOW + DAY).gate is GateState.OPEN
