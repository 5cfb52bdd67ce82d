"""The gates, condition by condition, with the exact text that an owner reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Children, Evidence, OpenItem, Verb
from governance.facts import Unknown
from governance.measure import HierarchyPath, Measure, Person, Roles
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.verdict import GateState, Outcome
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

HIDDEN = Unknown("the field was not returned; check that it exists and that Gatepost may see it")
GONE = Person("x", "P. Gone", False)


def blockers(measure: Measure, evidence: Evidence) -> list[str]:
    return [blocker.sentence for blocker in assess(measure, evidence, POLICY, NOW).blockers]


def case(into: str, changed: Measure, text: str, **facts: object) -> object:
    """A spoiled measure that stands before the gate into a stage, and the one blocker that it meets there."""
    order = [None, *(stage.key for stage in POLICY.stages)]
    granted = order[order.index(into) - 1]
    return pytest.param(changed, evidence(granted, granted, **facts), text)


CASES = {
    "a measure needs a title": case(
        "identified",
        measure(title=None),
        "Cannot move into Identified yet: the title is missing. A. Kaya (owner) needs to act, since 21 Nov · TITLE_MISSING",
    ),
    "a measure needs an owner": case(
        "identified",
        measure(roles=Roles(None, BRANDT, WEBER)),
        "Cannot move into Identified yet: no owner is named. M. Brandt (sponsor) needs to act, since 21 Nov · ROLE_MISSING",
    ),
    "an owner whose account is inactive is no owner": case(
        "identified",
        measure(roles=Roles(GONE, BRANDT, WEBER)),
        "Cannot move into Identified yet: the owner P. Gone has an inactive account. M. Brandt (sponsor) needs to act, since 21 Nov · ROLE_MISSING",
    ),
    "a field that could not be read is not met, and the administrator must act": case(
        "identified",
        measure(roles=Roles(HIDDEN, BRANDT, WEBER)),
        "Cannot move into Identified yet: the field was not returned; check that it exists and that Gatepost may see it"
        ". Administrator needs to act, since 21 Nov · ROLE_MISSING",
    ),
    "a measure belongs to a program": case(
        "identified",
        measure(hierarchy=HierarchyPath("ACME")),
        "Cannot move into Identified yet: the program is missing. A. Kaya (owner) needs to act, since 21 Nov · ROLE_MISSING",
    ),
    "an idea needs a rough value": case(
        "identified",
        measure(effects=()),
        "Cannot move into Identified yet: no rough value is given, not even its sign. A. Kaya (owner) needs to act, since 21 Nov · VALUE_MISSING",
    ),
    "a detailed measure needs a business unit": case(
        "detailed",
        measure(business_unit=None),
        "Cannot move into Detailed yet: the business unit is missing. A. Kaya (owner) needs to act, since 21 Nov · ROLE_MISSING",
    ),
    "a detailed measure needs a baseline": case(
        "detailed",
        measure(baseline=None),
        "Cannot move into Detailed yet: no baseline is fixed, so that no saving can be measured against it"
        ". A. Kaya (owner) needs to act, since 21 Nov · BASELINE_MISSING",
    ),
    "a plan needs costs as well": case(
        "detailed",
        measure(effects=tuple(line for line in measure().effects if line.kind is EffectKind.BENEFIT)),
        "Cannot move into Detailed yet: the plan by month has no one-off or recurring costs in it"
        ". A. Kaya (owner) needs to act, since 21 Nov · PHASING_MISSING",
    ),
    "amounts that could not be read leave the plan unknown": case(
        "detailed",
        measure(unreadable_effects=('the field "Planned cost" holds "a lot": this is not an amount',)),
        'Cannot move into Detailed yet: the field "Planned cost" holds "a lot": this is not an amount'
        ". Administrator needs to act, since 21 Nov · PHASING_MISSING",
    ),
    "the end lies after the start": case(
        "detailed",
        measure(end=date(2025, 12, 31)),
        "Cannot move into Detailed yet: the end 31 Dec 2025 lies before the start 1 Jan 2026"
        ". A. Kaya (owner) needs to act, since 21 Nov · DATES_MISSING",
    ),
    "a measure serves an objective": case(
        "detailed",
        measure(objective=None),
        "Cannot move into Detailed yet: the link to an objective or KPI is missing. A. Kaya (owner) needs to act, since 21 Nov · NO_OUTCOME_LINK",
    ),
    "the sponsor has to approve the details": case(
        "detailed",
        measure(),
        "Waiting for M. Brandt (sponsor) to approve Detailed, since 21 Nov. Comment /approve detailed · APPROVAL_MISSING",
        commands=APPROVALS[1:],
    ),
    "a decided measure has agreed kill criteria": case(
        "decided",
        measure(kill_criteria=None),
        "Cannot move into Decided yet: the set of kill criteria is missing. A. Kaya (owner) needs to act, since 21 Nov · KILL_CRITERIA_MISSING",
    ),
    "the net plan reaches the hurdle": case(
        "decided",
        measure(effects=lines(Version.PLAN, 9_000, 60_000)),
        "Cannot move into Decided yet: net plan 48,000 EUR is below the hurdle of 50,000 EUR"
        ". A. Kaya (owner) needs to act, since 21 Nov · BELOW_HURDLE",
    ),
    "the plan pays back in time": case(
        "decided",
        measure(effects=lines(Version.PLAN, 20_000, 300_000, months=24)),
        "Cannot move into Decided yet: payback takes 15 months, the limit is 12. A. Kaya (owner) needs to act, since 21 Nov · BELOW_HURDLE",
    ),
    "the controller confirms size and timing": case(
        "decided",
        measure(),
        "Waiting for J. Weber (controller) to confirm size and timing for Decided, since 21 Nov. Comment /approve decided · CONTROLLER_SIZE",
        commands=(new_command("decided", BRANDT),),
    ),
    "child items are done before the measure is implemented": case(
        "implemented",
        measure(),
        "Implemented is not due before 1 Jan 2027: 2 of 6 child items are not done (ITX-4, ITX-7)"
        ". A. Kaya (owner) needs to act, since 21 Nov · OPEN_WORK",
        children=Children(6, 4, (OpenItem("ITX-4", "a", "Open"), OpenItem("ITX-7", "b", "Open"))),
    ),
    "children that could not be read are not done": case(
        "implemented",
        measure(),
        "Cannot move into Implemented yet: the child items could not be read. Administrator needs to act, since 21 Nov · OPEN_WORK",
        children=Unknown("the child items could not be read"),
    ),
    "an open blocking link holds the measure up": case(
        "implemented",
        measure(),
        "Cannot move into Implemented yet: 1 blocking item is still open (NET-9). A. Kaya (owner) needs to act, since 21 Nov · DEPENDENCY_OPEN",
        blocking_links=(OpenItem("NET-9", "Firewall", "Open"),),
    ),
    "ServiceNow changes are closed first": case(
        "implemented",
        measure(),
        "Cannot move into Implemented yet: 3 ServiceNow changes are not closed successfully (CHG1, CHG2, +1)"
        ". A. Kaya (owner) needs to act, since 21 Nov · CHANGE_OPEN",
        changes=tuple(OpenItem(f"CHG{n}", "", "Implement") for n in (1, 2, 3)),
    ),
    "actuals are observed for some months": case(
        "closed",
        measure(
            baseline=eur(600_000),
            effects=(
                *lines(Version.PLAN, 20_000, 60_000),
                *lines(Version.FORECAST, 20_000, 0),
                *lines(Version.ACTUAL, 50_000, 0, Period(2026, 8), months=2),
            ),
        ),
        "Cannot close yet: actuals are booked for 2 of the 3 months that have to be observed (Jul 2026 to Sep 2026)"
        ". J. Weber (controller) needs to act, since 21 Nov · ACTUALS_MISSING",
        commands=(
            new_command(
                "", WEBER, Verb.CONFIRM, amount=eur(100_000), first_month=Period(2026, 7), month=Period(2026, 9)
            ),
        ),
    ),
    "the agreed share of the value is realised": case(
        "closed",
        measure(
            effects=(
                *lines(Version.PLAN, 20_000, 60_000),
                *lines(Version.FORECAST, 20_000, 0),
                *lines(Version.ACTUAL, 15_000, 0, months=10),
            )
        ),
        "Cannot close yet: 45,000 EUR of 60,000 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (75%)"
        ". A. Kaya (owner) needs to act, since 21 Nov · VALUE_NOT_REALISED",
        commands=(
            new_command(
                "", WEBER, Verb.CONFIRM, amount=eur(150_000), first_month=Period(2026, 1), month=Period(2026, 10)
            ),
        ),
    ),
    "evidence is attached": case(
        "closed",
        measure(),
        "Cannot close yet: no evidence of the effect is attached. A. Kaya (owner) needs to act, since 21 Nov · EVIDENCE_MISSING",
        attachments=0,
    ),
    "nothing is closed without the controller's confirmation": case(
        "closed",
        measure(),
        "Waiting for J. Weber (controller) to confirm the actual effect, since 21 Nov. Comment /confirm AMOUNT MONTH · CONTROLLER_CONFIRM",
        commands=APPROVALS[:-1],
    ),
    "a confirmation of another amount does not count": case(
        "closed",
        measure(),
        "Waiting for J. Weber (controller) to confirm the actual effect, since 21 Nov. Comment /confirm AMOUNT MONTH · CONTROLLER_CONFIRM",
        commands=(
            new_command(
                "", WEBER, Verb.CONFIRM, amount=eur(150_000), first_month=Period(2026, 1), month=Period(2026, 10)
            ),
        ),
    ),
    "an approval is no confirmation": case(
        "closed",
        measure(),
        "Waiting for J. Weber (controller) to confirm the actual effect, since 21 Nov. Comment /confirm AMOUNT MONTH · CONTROLLER_CONFIRM",
        commands=(new_command("closed", WEBER),),
    ),
}


@pytest.mark.parametrize(("changed", "present", "text"), CASES.values(), ids=CASES.keys())
def test_one_missing_thing_is_one_blocker(changed: Measure, present: Evidence, text: str) -> None:
    assert blockers(changed, present) == [text]


def test_nobody_is_controller_and_owner_of_one_measure() -> None:
    both = measure(roles=Roles(KAYA, BRANDT, KAYA))
    assert blockers(both, evidence("identified", "identified")) == [
        "Cannot move into Detailed yet: A. Kaya is controller and owner at once: nobody checks their own figures"
        ". M. Brandt (sponsor) needs to act, since 21 Nov · SOD"
    ]


def test_nobody_approves_one_gate_in_two_roles() -> None:
    one = measure(roles=Roles(KAYA, BRANDT, BRANDT))
    given = (new_command("decided", BRANDT), new_command("detailed", BRANDT))
    texts = blockers(one, evidence("detailed", "detailed", commands=given))
    assert any("M. Brandt has already approved in another role" in text for text in texts)


def test_an_approval_by_somebody_without_the_role_does_not_count() -> None:
    given = (new_command("detailed", KAYA),)
    assert (
        "Waiting for M. Brandt (sponsor) to approve"
        in blockers(measure(), evidence("identified", "identified", commands=given))[0]
    )


def test_a_sponsor_who_left_cannot_approve() -> None:
    texts = blockers(measure(roles=Roles(KAYA, GONE, WEBER)), evidence("identified", "identified"))
    assert texts[-1] == (
        "Cannot move into Detailed yet: P. Gone has to give the approval, but that account is inactive: name another sponsor"
        ". A. Kaya (owner) needs to act, since 21 Nov · APPROVAL_MISSING"
    )


def test_a_measure_with_everything_is_granted_stage_after_stage() -> None:
    verdict = assess(measure(), evidence(), POLICY, NOW)
    assert verdict.newly_granted == ("identified", "detailed", "decided", "implemented", "closed")
    assert (verdict.stage_label, verdict.next_stage, verdict.gate) == ("Closed", None, GateState.OPEN)


def test_no_stage_is_skipped() -> None:
    """What later gates ask for is there; the first one still shuts."""
    verdict = assess(measure(title=None), evidence(), POLICY, NOW)
    assert (verdict.stage, verdict.stage_label, verdict.next_stage) == (None, "None yet", "identified")


def test_a_granted_stage_stays_but_a_lost_fact_shuts_the_next_gate() -> None:
    verdict = assess(measure(roles=Roles(None, BRANDT, WEBER)), evidence("decided", "decided"), POLICY, NOW)
    assert (verdict.stage, verdict.gate) == ("decided", GateState.BLOCKED)
    assert "no owner is named" in verdict.blockers[0].sentence


def test_the_gate_is_open_for_an_item_behind_its_granted_stage() -> None:
    verdict = assess(measure(kill_criteria=None), evidence("detailed", "identified"), POLICY, NOW)
    assert (verdict.gate, verdict.blockers) == (GateState.OPEN, ())
    assert [r.code for r in verdict.checklist if r.outcome is not Outcome.MET] == ["KILL_CRITERIA_MISSING"]


def test_an_item_ahead_of_its_granted_stage_is_a_breach_and_says_so_first() -> None:
    present = evidence("detailed", "implemented", tool_status="Done", commands=APPROVALS[:1])
    verdict = assess(measure(), present, POLICY, NOW)
    assert verdict.gate is GateState.BREACH
    assert verdict.blockers[0].sentence == (
        "This was moved to Done without approval. Move it back to Detailed, or complete what is listed · GATE_ORDER"
    )


def test_an_item_in_its_first_status_has_not_gone_ahead_of_anything() -> None:
    verdict = assess(measure(title=None), evidence(None, "identified"), POLICY, NOW)
    assert (verdict.gate, len(verdict.blockers)) == (GateState.BLOCKED, 1)


def test_a_stage_that_could_not_be_read_shuts_the_gate() -> None:
    present = replace(evidence("detailed"), tool_stage=Unknown("the status was not returned"), commands=APPROVALS[:1])
    verdict = assess(measure(), present, POLICY, NOW)
    assert verdict.gate is GateState.BLOCKED
    assert verdict.blockers[0].sentence == (
        "Cannot move into Decided yet: the status was not returned. Administrator needs to act, since 21 Nov · STAGE_UNKNOWN"
    )


def test_a_blocker_has_the_day_on_which_it_was_detected_first() -> None:
    first = datetime(2025, 10, 12, tzinfo=UTC)
    standing = MeasureState("identified", {"detailed:BASELINE_MISSING:baseline": first})
    verdict = assess(
        measure(baseline=None), replace(evidence(tool_stage="identified"), measure_state=standing), POLICY, NOW
    )
    assert "since 12 Oct 2025" in verdict.blockers[0].sentence
    assert verdict.measure_state.blockers_since == {"detailed:BASELINE_MISSING:baseline": first}


def test_two_currencies_in_one_measure_are_unknown_not_an_error() -> None:
    mixed = (
        *measure().effects,
        EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 3), Money(eur(1).amount, "USD")),
    )
    verdict = assess(measure(effects=mixed), evidence("identified", "identified"), POLICY, NOW)
    assert verdict.potential.reason == "effects in EUR and USD need a rate before they are added up"
    assert verdict.blockers[0].code in {"VALUE_MISSING", "PHASING_MISSING"}


def test_a_change_of_a_threshold_is_another_policy_version() -> None:
    from governance.gates import Thresholds
    from governance.presets import default_policy

    assert default_policy().version == default_policy(Thresholds()).version
    assert default_policy().version != default_policy(Thresholds(observation_months=6)).version
