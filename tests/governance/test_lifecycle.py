"""The life of a measure: lock and re-baseline, off-ramps, closure and re-opening, presets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.evidence import Command, CommandOrigin, CommandSource, Evidence, Verb
from governance.gates import ConditionKind, Policy, Thresholds
from governance.locked_plan import differs_from_locked, lock_plan, with_locked_plan
from governance.measure import Measure
from governance.measure_state import MeasureState, OffRampKind
from governance.money import Period
from governance.presets import (
    CASE,
    DETAIL,
    EFFECT,
    IDEA,
    PRESETS,
    WORK,
    default_policy,
    haertegrad,
    levels,
    six_stages,
)
from governance.verdict import GateState, Outcome, Verdict
from tests.governance.factory import (
    APPROVALS,
    BRANDT,
    KAYA,
    NOW,
    POLICY,
    WEBER,
    eur,
    evidence,
    lines,
    measure,
    new_command,
)
from tests.governance.test_effects import effect_lines

CHANGED = measure(effects=(*lines(Version.PLAN, 15_000, 60_000), *lines(Version.FORECAST, 20_000, 60_000)))
"""The plan in the tool was lowered."""


def assess_after(
    some: Measure, before: Verdict | None, *commands: Command, now: datetime = NOW, **facts: object
) -> Verdict:
    """One assessment after another, each with the state that the one before left."""
    state = before.measure_state if before else MeasureState()
    earlier = before.commands if before else ()
    present = replace(evidence(state.stage, state.stage, commands=(*earlier, *commands), **facts), measure_state=state)
    return assess(some, present, POLICY, now)


def decided(some: Measure | None = None) -> Verdict:
    return assess_after(some or measure(), None, *APPROVALS[:3])


def unmet(verdict: Verdict) -> list[str]:
    return [result.code for result in verdict.checklist if result.outcome is not Outcome.MET]


# --- the plan locks ------------------------------------------------------------------------------------------


def test_the_plan_locks_with_the_decision() -> None:
    verdict = decided()
    assert verdict.stage == "decided"
    assert verdict.measure_state.plan is not None
    assert [str(event.text) for event in verdict.events][-1] == "Plan 1 locked at the decision"
    assert verdict.measure_state.plan.lines == lines(Version.PLAN, 20_000, 60_000)


def test_a_measure_that_was_decided_before_gatepost_came_is_locked_when_it_is_found() -> None:
    found = assess(measure(), evidence("decided", "decided", commands=()), POLICY, NOW)
    assert found.measure_state.plan is not None
    assert found.measure_state.plan.reason == "locked when it was found decided"


def test_a_plan_that_cannot_be_read_is_not_locked_as_none() -> None:
    hidden = measure(effects=(), unreadable_effects=("hidden",))
    assert assess(hidden, evidence("decided", "decided", commands=()), POLICY, NOW).measure_state.plan is None


def test_after_the_lock_the_tools_plan_no_longer_counts() -> None:
    verdict = assess_after(CHANGED, decided())
    assert verdict.figures.plan == eur(180_000)
    assert [b.sentence for b in verdict.blockers if b.code == "PLAN_LOCKED"] == [
        "Cannot move into Implemented yet: the plan was changed after it was locked on 21 Nov 2026 (120,000 EUR instead of "
        "180,000 EUR): put it back, or ask for it with /rebaseline REASON. A. Kaya (owner) needs to act, since 21 Nov"
        " · PLAN_LOCKED"
    ]


def test_putting_the_plan_back_opens_the_gate_again() -> None:
    verdict = assess_after(measure(), assess_after(CHANGED, decided()))
    assert "PLAN_LOCKED" not in [blocker.code for blocker in verdict.blockers]


def request(hours: int = 1) -> Command:
    return new_command("", KAYA, Verb.REBASELINE, text="a site was closed", at=NOW + timedelta(hours=hours))


def yes(person: object, hours: int) -> Command:
    return new_command("rebaseline", person, at=NOW + timedelta(hours=hours))  # type: ignore[arg-type]


def test_a_rebaseline_needs_request_sponsor_and_controller() -> None:
    now = NOW + timedelta(days=1)
    requested = assess_after(CHANGED, decided(), request(1), now=now)
    assert requested.measure_state.plan is not None
    assert requested.measure_state.plan.number == 1
    half = assess_after(CHANGED, requested, yes(BRANDT, 2), now=now)
    assert half.figures.plan == eur(180_000)
    whole = assess_after(CHANGED, half, yes(WEBER, 3), now=now)
    assert whole.measure_state.plan is not None
    assert (whole.measure_state.plan.number, whole.measure_state.plan.reason) == (2, "a site was closed")
    assert (whole.figures.plan, whole.events[0].text) == (eur(120_000), "Plan 2: a site was closed")


def test_an_approval_from_before_the_request_is_none() -> None:
    now = NOW + timedelta(days=1)
    verdict = assess_after(CHANGED, decided(), yes(BRANDT, 1), yes(WEBER, 1), request(2), now=now)
    assert verdict.measure_state.plan is not None
    assert verdict.measure_state.plan.number == 1


def test_a_plan_that_changes_while_it_is_approved_is_approved_anew() -> None:
    now = NOW + timedelta(days=1)
    half = assess_after(CHANGED, decided(), request(1), yes(BRANDT, 2), now=now)
    again = measure(effects=(*lines(Version.PLAN, 5_000, 60_000), *lines(Version.FORECAST, 20_000, 60_000)))
    verdict = assess_after(again, half, yes(WEBER, 3), now=now)
    assert verdict.measure_state.plan is not None
    assert verdict.measure_state.plan.number == 1


@given(st.lists(effect_lines, min_size=1, max_size=20), st.lists(effect_lines, max_size=20))
def test_freezing_a_plan_makes_it_immune_to_later_lines(some: list[EffectLine], later: list[EffectLine]) -> None:
    frozen = lock_plan(some, NOW)
    assert sum_up(with_locked_plan((*some, *later), frozen)).plan == sum_up(tuple(some)).plan


@given(st.lists(effect_lines, max_size=20), st.randoms(use_true_random=False))
def test_a_plan_in_another_order_is_the_same_plan(some: list[EffectLine], random: object) -> None:
    frozen = lock_plan(some, NOW)
    mixed = list(some)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert not differs_from_locked(tuple(mixed), frozen)


# --- off-ramps ---------------------------------------------------------------------------------------------


def test_on_hold_shuts_every_gate_and_says_who_may_resume() -> None:
    verdict = assess_after(measure(), decided(), new_command("", KAYA, Verb.HOLD, text="waiting for the contract"))
    assert (verdict.gate, verdict.display_stage) == (GateState.BLOCKED, "On hold (Decided)")
    assert verdict.blockers[0].sentence == (
        "On hold since 20 Nov, by A. Kaya: waiting for the contract. M. Brandt (sponsor) may resume it with /resume"
        " · ON_HOLD"
    )


def test_nothing_is_granted_while_on_hold() -> None:
    held = assess_after(measure(), None, new_command("", KAYA, Verb.HOLD, text="wait"), *APPROVALS)
    assert held.stage is None
    resumed = assess_after(measure(), held, new_command("", KAYA, Verb.RESUME, at=NOW))
    assert resumed.stage == "closed"


def test_what_is_cancelled_and_brought_back_is_approved_anew() -> None:
    cancelled = assess_after(
        measure(), decided(), new_command("", BRANDT, Verb.CANCEL, text="replaced"), new_command("implemented", KAYA)
    )
    assert cancelled.display_stage == "Cancelled (Decided)"
    back = assess_after(measure(), cancelled, new_command("", BRANDT, Verb.RESUME, at=NOW))
    assert (back.off_ramp, back.stage) == (None, "decided")
    assert "Waiting for A. Kaya (owner) to approve" in back.blockers[-1].sentence


# --- controller-backed closure -----------------------------------------------------------------------------


def closed() -> Verdict:
    return assess_after(measure(), None, *APPROVALS)


def test_nothing_is_closed_without_the_controllers_confirmation() -> None:
    verdict = assess_after(measure(), None, *APPROVALS[:-1])
    assert verdict.stage == "implemented"
    assert unmet(verdict) == ["CONTROLLER_CONFIRM"]


def test_a_closed_measure_opens_again_when_its_actuals_change() -> None:
    before = closed()
    assert before.stage == "closed"
    less = measure(effects=(*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 19_000, 60_000, months=11)))
    verdict = assess_after(less, before)
    assert (verdict.stage, verdict.gate) == ("implemented", GateState.BREACH)
    assert verdict.events[0].text == "Closed taken back: the actuals have changed since the controller confirmed them"


def test_a_closed_measure_stays_closed_when_another_month_is_booked() -> None:
    before = closed()
    more = measure(effects=(*measure().effects, *lines(Version.ACTUAL, 20_000, 0, Period(2026, 12), 1)))
    assert assess_after(more, before).stage == "closed"


@pytest.mark.parametrize("amount", [-20_000, -1])
def test_a_benefit_that_is_taken_back_later_opens_it_again(amount: int) -> None:
    taken_back = EffectLine(Version.ACTUAL, EffectKind.BENEFIT, Period(2026, 12), eur(amount))
    assert assess_after(measure(effects=(*measure().effects, taken_back)), closed()).stage == "implemented"


def test_a_closed_measure_whose_actuals_reach_another_month_stays_closed() -> None:
    """What is booked for a month after closing is no change of what the controller confirmed."""
    more = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 20_000, 60_000, months=12))
    assert assess_after(measure(effects=more), closed()).stage == "closed"


def test_a_closed_measure_opens_again_when_an_amount_is_moved_to_another_month() -> None:
    moved = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.ACTUAL, 11_000, 60_000, months=20))
    assert assess_after(measure(effects=moved), closed()).stage == "implemented"


SHORT = measure(
    effects=(
        *lines(Version.PLAN, 20_000, 60_000),
        *lines(Version.FORECAST, 141_000, 0, Period(2026, 12), 1),
        *lines(Version.ACTUAL, 9_000, 60_000, months=11),
    )
)
"""Half of the value has come so far; the rest is forecast for December."""


def test_a_flawed_case_is_not_closed_by_a_plain_confirmation() -> None:
    confirmation = new_command(
        "", WEBER, Verb.CONFIRM, amount=eur(30_000), first_month=Period(2026, 1), month=Period(2026, 10)
    )
    verdict = assess_after(SHORT, None, *APPROVALS[:-1], confirmation)
    assert unmet(verdict) == ["VALUE_NOT_REALISED"]


def test_a_lower_value_is_a_confirmation_of_its_own_kind() -> None:
    confirmation = new_command(
        "",
        WEBER,
        Verb.CONFIRM_LOWER,
        amount=eur(30_000),
        first_month=Period(2026, 1),
        month=Period(2026, 10),
        text="no volume",
    )
    assert assess_after(SHORT, None, *APPROVALS[:-1], confirmation).stage == "closed"


def test_a_lower_value_by_the_sponsor_is_none() -> None:
    confirmation = new_command(
        "",
        BRANDT,
        Verb.CONFIRM_LOWER,
        amount=eur(30_000),
        first_month=Period(2026, 1),
        month=Period(2026, 10),
        text="no volume",
    )
    assert assess_after(SHORT, None, *APPROVALS[:-1], confirmation).stage == "implemented"


def test_an_effect_that_never_came_is_closed_by_a_confirmed_value_of_zero() -> None:
    never = measure(effects=lines(Version.PLAN, 20_000, 60_000))
    confirmation = new_command(
        "",
        WEBER,
        Verb.CONFIRM_LOWER,
        amount=eur(0),
        first_month=Period(2026, 1),
        month=Period(2026, 10),
        text="nothing came",
    )
    assert assess_after(never, None, *APPROVALS[:-1], confirmation).stage == "closed"


# --- presets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "stages"),
    [
        (default_policy, "Identified 0, Detailed 0.1, Decided 0.5, Implemented 0.9, Closed 1"),
        (six_stages, "Defined 0, Identified 0, Detailed 0.1, Decided 0.5, Implemented 0.9, Closed 1"),
        (levels, "L0 Idea 0, L1 Identified 0, L2 Validated 0.1, L3 Implement 0.5, L4 Realize 0.9, L5 Signed off 1"),
        (
            haertegrad,
            "HG1 Target adopted 0, HG2 Potential estimated 0.1, HG3 Approved and planned 0.5, "
            "HG4 Operationally realised 0.9, HG5 Effect verified 1",
        ),
    ],
)
def test_the_stage_models_that_organisations_use(make: Callable[[], Policy], stages: str) -> None:
    """Each stage with the share that the risk-weighted pipeline counts in it."""
    policy = make()
    assert ", ".join(f"{stage.label} {stage.weight}" for stage in policy.stages) == stages
    assert policy.closing_stage == policy.stages[-1].key


@pytest.mark.parametrize("name", PRESETS)
def test_in_every_model_a_good_measure_is_closed_and_only_by_the_controllers_confirmation(name: str) -> None:
    policy = replace(PRESETS[name], thresholds=Thresholds(payback_months=12))
    commands = [
        new_command(gate.into, {"owner": KAYA, "sponsor": BRANDT, "controller": WEBER}[rule.role.value])
        for gate in policy.gates
        for rule in gate.approvals
        if rule.kind.value != "actual_effect" and not rule.above_limit
    ]
    present: Evidence = evidence(commands=tuple(commands))
    before = assess(measure(), present, policy, NOW)
    assert unmet(before) == ["CONTROLLER_CONFIRM"]
    final = replace(present, commands=(*commands, APPROVALS[-1]))
    assert assess(measure(), final, policy, NOW).stage == policy.stages[-1].key


def test_numbers_do_not_travel_between_models() -> None:
    """Härtegrad 3 is decided; Wave's L3 is the start of implementation; each locks the plan at its own stage."""
    assert {name: policy.lock_at for name, policy in PRESETS.items()} == {
        "five": "decided",
        "six": "decided",
        "levels": "l3",
        "haertegrad": "hg3",
    }


def test_weights_rise_with_the_stage_and_end_at_one() -> None:
    for policy in PRESETS.values():
        weights = [stage.weight for stage in policy.stages]
        assert weights == sorted(weights)
        assert (weights[0], weights[-1]) == (Decimal(0), Decimal(1))


def test_too_long_in_one_stage_is_reported() -> None:
    later = NOW + timedelta(days=121)
    verdict = assess_after(measure(), decided(), now=later)
    aged = [finding.sentence for finding in verdict.findings if finding.code == "AGEING_IN_GATE"]
    assert aged == ["121 days in Decided, the limit is 120"]


def test_the_next_assessment_is_due_when_time_alone_changes_something() -> None:
    before = decided()
    assert before.reassess_at is not None
    assert before.reassess_at.date().isoformat() == "2027-01-01", "the day after the end"
    ended = assess_after(measure(), before, now=before.reassess_at)
    assert ended.implementation.reason == "the end was 2026-12-31, and the work is not done"


def test_a_switched_off_rule_is_not_evaluated_and_makes_another_policy() -> None:
    free = replace(POLICY, off=frozenset({"OVERLAP_UNDECLARED"}))
    present = evidence("identified", "identified", commands=APPROVALS[:1])
    assert "OVERLAP_UNDECLARED" in [b.code for b in assess(measure(overlaps=None), present, POLICY, NOW).blockers]
    assert assess(measure(overlaps=None), present, free, NOW).stage == "detailed"
    assert free.version != POLICY.version


def test_on_hold_by_name() -> None:
    assert [kind.label for kind in OffRampKind] == ["On hold", "Cancelled", "On hold by the kill switch"]


_FIRST = (ConditionKind.TITLE, ConditionKind.PROGRAM)
_ROUGH = (ConditionKind.OWNER, ConditionKind.ROUGH_VALUE)
_DECISION = "sponsor controller steering_committee"


@pytest.mark.parametrize(
    ("make", "lock_at", "gates"),
    [
        (default_policy, "decided", (
            ("identified", IDEA, ""), ("detailed", DETAIL, "sponsor"), ("decided", CASE, _DECISION),
            ("implemented", WORK, "owner"), ("closed", EFFECT, "controller"),
        )),
        (six_stages, "decided", (
            ("defined", _FIRST, ""), ("identified", _ROUGH, ""), ("detailed", DETAIL, "sponsor"),
            ("decided", CASE, _DECISION), ("implemented", WORK, "owner"), ("closed", EFFECT, "controller"),
        )),
        (levels, "l3", (
            ("l0", _FIRST, ""), ("l1", _ROUGH, "owner"), ("l2", DETAIL, "sponsor"), ("l3", CASE, _DECISION),
            ("l4", WORK, "owner"), ("l5", EFFECT, "controller"),
        )),
        (haertegrad, "hg3", (
            ("hg1", IDEA, ""), ("hg2", DETAIL, "sponsor"), ("hg3", CASE, _DECISION), ("hg4", WORK, "owner"),
            ("hg5", EFFECT, "controller"),
        )),
    ],
)  # fmt: skip
def test_what_each_gate_of_a_model_asks_for(make: Callable[[], Policy], lock_at: str, gates: object) -> None:
    policy = make()
    assert policy.lock_at == lock_at
    asked = [
        (gate.into, gate.conditions, " ".join(rule.role.value for rule in gate.approvals)) for gate in policy.gates
    ]
    assert tuple(asked) == gates


# --- taken up again, held and taken up again before anybody looked ----------------------------------------------------


@pytest.mark.parametrize("held", [False, True], ids=["taken up again", "held after it, and taken up again"])
def test_a_hold_after_a_cancellation_revives_no_earlier_approval(held: bool) -> None:
    """The sponsor approves and cancels; what was approved before does not come back with the resumption."""

    def said(verb: Verb, hours: int) -> Command:
        source = CommandSource(CommandOrigin.COMMENT, str(hours))
        return new_command("", BRANDT, verb, text="why", at=NOW + timedelta(hours=hours), source=source)

    before = assess_after(measure(), None, *APPROVALS[:2])
    first = assess_after(measure(), before, said(Verb.CANCEL, 1), now=NOW + timedelta(hours=2))
    assert (first.stage, first.display_stage) == ("detailed", "Cancelled (Detailed)")
    more = (said(Verb.HOLD, 4), said(Verb.RESUME, 5)) if held else ()
    confirmed = new_command("decided", WEBER, at=NOW + timedelta(hours=6))
    back = assess_after(measure(), first, said(Verb.RESUME, 3), *more, confirmed, now=NOW + timedelta(hours=7))
    assert (back.stage, back.measure_state.reopened_at) == ("detailed", NOW + timedelta(hours=3))
    assert back.blockers[0].sentence == (
        "Waiting for M. Brandt (sponsor) to approve Decided, since 21 Nov. Comment /approve decided · APPROVAL_MISSING"
    )


@pytest.mark.parametrize("early", [timedelta(0), timedelta(minutes=2)], ids=["at the moment", "minutes before"])
def test_a_rejection_counts_that_was_read_after_the_stage_was_granted(early: timedelta) -> None:
    """It was written while the item was being assessed, or the tool's clock is behind."""
    granted = decided()
    reject = new_command("decided", WEBER, Verb.REJECT, text="the case does not hold", at=NOW - early)
    back = assess_after(measure(), granted, reject, now=NOW + timedelta(minutes=5))
    assert back.commands[-1].accepted
    assert (back.stage, back.events[0].text) == ("detailed", "Decided taken back: J. Weber: the case does not hold")
    assert assess_after(measure(), back, now=NOW + timedelta(minutes=6)).stage == "detailed"


def test_a_rejection_that_was_read_late_and_answered_by_an_approval_takes_nothing_back() -> None:
    approved = new_command("decided", WEBER, at=NOW - timedelta(minutes=5))
    granted = assess_after(measure(), None, *APPROVALS[:2], approved)
    assert granted.stage == "decided"
    reject = new_command("decided", WEBER, Verb.REJECT, text="no", at=NOW - timedelta(minutes=9))
    after = assess_after(measure(), granted, reject, now=NOW + timedelta(minutes=9))
    assert (after.commands[-2].accepted, after.stage, after.events) == (True, "decided", ())
