"""Approvals: who may give them, for whom, on which facts, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.evidence import Command, Ruling, Verb
from governance.facts import Unknown
from governance.gates import Thresholds
from governance.measure import Committee, Measure, Person, Roles
from governance.measure_state import MeasureState
from governance.money import Period
from governance.presets import default_policy
from governance.verdict import Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, lines, measure, new_command

LIND, NOVAK, ROSSI = Person("l", "S. Lind"), Person("n", "P. Novak"), Person("r", "E. Rossi")
BOARD = Committee("IT Board", frozenset({"l", "n", "r"}), 2)
DEAR = default_policy(Thresholds(hurdle=Decimal(50_000), payback_months=12, committee_limit=Decimal(200_000)))


def assess_with(some: Measure, *commands: Command, stage: str = "detailed", policy: object = POLICY) -> Verdict:
    return assess(some, evidence(stage, stage, commands=commands), policy, NOW)  # type: ignore[arg-type]


def codes(verdict: Verdict) -> list[str]:
    return [blocker.code for blocker in verdict.blockers]


def ruled_on(some: Measure, *commands: Command, stage: str = "detailed") -> tuple[Command, ...]:
    return assess_with(some, *commands, stage=stage).commands


def test_a_delegate_acts_for_the_sponsor_until_the_day() -> None:
    delegation = new_command(
        "", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 30), at=NOW - timedelta(days=5)
    )
    verdict = assess_with(measure(), delegation, new_command("detailed", LIND), stage="identified")
    assert verdict.stage == "detailed"
    assert (
        assess_with(measure(), delegation, new_command("decided", LIND), new_command("decided", WEBER)).stage
        == "decided"
    )


def test_a_delegation_that_has_run_out_is_no_power() -> None:
    delegation = new_command(
        "", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 19), at=NOW - timedelta(days=5)
    )
    assert "APPROVAL_MISSING" in codes(
        assess_with(measure(), delegation, new_command("detailed", LIND), stage="identified")
    )


def test_a_delegation_does_not_reach_back() -> None:
    early = new_command("detailed", LIND, at=NOW - timedelta(days=6))
    delegation = new_command(
        "", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 30), at=NOW - timedelta(days=5)
    )
    assert "APPROVAL_MISSING" in codes(assess_with(measure(), early, delegation, stage="identified"))


def test_a_new_sponsor_has_to_approve_anew() -> None:
    given = ruled_on(measure(), new_command("decided", BRANDT))
    other = measure(roles=Roles(KAYA, LIND, WEBER))
    assert "Waiting for S. Lind (sponsor) to approve" in assess_with(other, *given).blockers[0].sentence


def test_nobody_fills_two_approvals_of_one_gate_not_even_as_a_delegate() -> None:
    delegation = new_command(
        "", BRANDT, Verb.DELEGATE, delegate="l", until=date(2026, 11, 30), at=NOW - timedelta(days=5)
    )
    also = new_command("", WEBER, Verb.DELEGATE, delegate="l", until=date(2026, 11, 30), at=NOW - timedelta(days=5))
    verdict = assess_with(measure(), delegation, also, new_command("decided", LIND))
    assert codes(verdict) == ["CONTROLLER_SIZE"]
    assert "S. Lind has already approved in another role" in verdict.blockers[0].sentence


def test_an_approval_of_another_plan_has_to_be_given_again() -> None:
    given = ruled_on(measure(), new_command("decided", BRANDT))
    changed = measure(effects=lines(Version.PLAN, 25_000, 60_000))
    verdict = assess_with(changed, *given, new_command("decided", WEBER))
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot move into Decided yet: M. Brandt gave the approval for another plan (180,000 EUR until 2026-12 then, "
        "240,000 EUR until 2026-12 now): it has to be given again. M. Brandt (sponsor) needs to act, since 21 Nov"
        " · APPROVAL_MISSING"
    ]


def test_another_phasing_of_the_same_sum_is_another_plan() -> None:
    given = ruled_on(measure(), new_command("decided", BRANDT), new_command("decided", BRANDT))
    later = measure(effects=lines(Version.PLAN, 20_000, 60_000, first=measure().effects[0].month.plus(1)))
    assert "until 2026-12 then, 180,000 EUR until 2027-01 now" in assess_with(later, *given).blockers[0].sentence


def test_another_baseline_is_another_case() -> None:
    given = ruled_on(measure(), new_command("decided", BRANDT))
    verdict = assess_with(measure(baseline=eur(400_000)), *given, new_command("decided", WEBER))
    assert "for another baseline (500,000 EUR then, 400,000 EUR now)" in verdict.blockers[0].sentence


def test_a_confirmation_does_not_survive_a_change_of_the_actuals() -> None:
    confirmed = ruled_on(
        measure(),
        new_command("", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)),
        stage="decided",
    )
    more = measure(
        effects=(
            *lines(Version.PLAN, 20_000, 60_000),
            *lines(Version.FORECAST, 20_000, 60_000),
            *lines(Version.ACTUAL, 21_000, 60_000, months=11),
        )
    )
    verdict = assess_with(more, *confirmed, stage="implemented")
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot close yet: J. Weber gave the confirmation of the actual effect for other facts (140,000 EUR was "
        "booked for Jan 2026 to Oct 2026 then, 150,000 EUR is now): it has to be given again. J. Weber (controller) needs to act, since 21 Nov"
        " · CONTROLLER_CONFIRM"
    ]


def test_a_rejection_takes_the_approval_back_and_says_why() -> None:
    yes = new_command("decided", BRANDT, at=NOW - timedelta(days=3))
    no = new_command("decided", BRANDT, Verb.REJECT, text="too dear", at=NOW - timedelta(days=2))
    verdict = assess_with(measure(), yes, no, new_command("decided", WEBER))
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot move into Decided yet: M. Brandt rejected Decided on 19 Nov 2026: too dear"
        ". A. Kaya (owner) needs to act, since 21 Nov · APPROVAL_MISSING"
    ]


def test_who_rejected_may_approve_later() -> None:
    no = new_command("decided", BRANDT, Verb.REJECT, text="too dear", at=NOW - timedelta(days=3))
    assert assess_with(measure(), no, new_command("decided", BRANDT), new_command("decided", WEBER)).stage == "decided"


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        pytest.param((), "0 of 2 members of IT Board have approved", id="nobody has decided"),
        pytest.param((new_command("decided", LIND),), "1 of 2 members of IT Board have approved", id="the quorum is not there"),
        pytest.param(
            (new_command("decided", LIND), new_command("decided", LIND)), "1 of 2 members of IT Board have approved",
            id="one member counts once",
        ),
        pytest.param(
            (new_command("decided", LIND), new_command("decided", KAYA)), "1 of 2 members of IT Board have approved",
            id="who is no member does not count",
        ),
        pytest.param(
            (new_command("decided", LIND), new_command("decided", NOVAK), new_command("decided", ROSSI, Verb.REJECT, text="not this year")),
            "E. Rossi of the steering committee rejected it: not this year", id="a rejection stands against a quorum",
        ),
    ],
)  # fmt: skip
def test_above_a_limit_the_steering_committee_decides(commands: tuple[Command, ...], reason: str) -> None:
    some = measure(committee=BOARD)
    verdict = assess_with(some, new_command("decided", BRANDT), new_command("decided", WEBER), *commands, policy=DEAR)
    assert [blocker.sentence for blocker in verdict.blockers] == [
        f"Cannot move into Decided yet: {reason}. IT Board (steering committee) needs to act, since 21 Nov · STEERCO_DECISION"
    ]


def test_the_committee_decides_with_its_quorum() -> None:
    commands = (
        new_command("decided", BRANDT),
        new_command("decided", WEBER),
        new_command("decided", LIND),
        new_command("decided", NOVAK),
    )
    assert assess_with(measure(committee=BOARD), *commands, policy=DEAR).stage == "decided"


def test_the_answer_names_the_members_who_approved() -> None:
    """In the order of their names; the sponsor's own approval is still missing."""
    given = [new_command("decided", one) for one in (WEBER, LIND, NOVAK)]
    verdict = assess_with(measure(committee=BOARD), *given, policy=DEAR)
    assert [(one.actual, one.reason) for one in verdict.checklist if one.code == "STEERCO_DECISION"] == [
        ("approved by P. Novak, S. Lind", "IT Board has decided: P. Novak, S. Lind")
    ]


def test_a_sponsor_who_sits_on_the_committee_does_not_count_twice() -> None:
    board = Committee("IT Board", frozenset({"b", "l"}), 2)
    commands = (new_command("decided", BRANDT), new_command("decided", WEBER), new_command("decided", LIND))
    verdict = assess_with(measure(committee=board), *commands, policy=DEAR)
    assert "1 of 2 members of IT Board have approved" in verdict.blockers[0].sentence


def test_below_the_limit_the_committee_does_not_decide() -> None:
    small = measure(effects=lines(Version.PLAN, 16_000, 60_000), committee=BOARD)
    assert (
        assess_with(small, new_command("decided", BRANDT), new_command("decided", WEBER), policy=DEAR).stage
        == "decided"
    )


def test_a_program_without_a_committee_cannot_decide_above_the_limit() -> None:
    verdict = assess_with(measure(), new_command("decided", BRANDT), new_command("decided", WEBER), policy=DEAR)
    assert "the program names none. Administrator needs to act" in verdict.blockers[0].sentence


def test_a_committee_that_is_unknown_shuts_the_gate() -> None:
    verdict = assess_with(
        measure(committee=Unknown("hidden")), new_command("decided", BRANDT), new_command("decided", WEBER), policy=DEAR
    )
    assert codes(verdict) == ["STEERCO_DECISION"]


def test_what_is_approved_again_after_it_was_granted_is_not_taken_back() -> None:
    granted = MeasureState("decided", granted_at={"decided": NOW - timedelta(days=3)})
    yes = new_command("decided", BRANDT, ruling=Ruling(accepted=True, reply=""))
    verdict = assess(
        measure(), replace(evidence("decided", "decided", commands=(yes,)), measure_state=granted), POLICY, NOW
    )
    assert verdict.stage == "decided"


def test_a_stage_that_is_rejected_after_it_was_granted_is_taken_back() -> None:
    granted = MeasureState("decided", granted_at={"decided": NOW - timedelta(days=3)})
    no = new_command("decided", BRANDT, Verb.REJECT, text="the vendor is bankrupt")
    verdict = assess(
        measure(), replace(evidence("decided", "decided", commands=(no,)), measure_state=granted), POLICY, NOW
    )
    assert (verdict.stage, verdict.gate) == ("detailed", "breach")
    assert "Decided taken back: M. Brandt: the vendor is bankrupt" in [event.text for event in verdict.events]


def test_a_display_name_is_no_identity() -> None:
    """Anybody may call themselves M. Brandt."""
    impostor = Person("evil", "M. Brandt", True)
    assert "APPROVAL_MISSING" in codes(assess_with(measure(), new_command("detailed", impostor), stage="identified"))
