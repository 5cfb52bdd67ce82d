"""Which commands may be given now, and by whom: as the rules would rule on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.available_actions import ActionContext, AvailableAction, available_actions
from governance.command_rules import CommandContext
from governance.evidence import Command, CommandOrigin, CommandSource, Ruling, Verb
from governance.fingerprint import FactGroup
from governance.locked_plan import lock_plan
from governance.measure import Measure, Person, Role
from governance.measure_state import Deviation, OffRamp, OffRampKind
from governance.presets import default_policy
from governance.role_holders import HeldRole
from governance.verdict import ConditionResult, Outcome
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from tests.connector.store.reconcile.test_assessment_store import SHOWN
from tests.mapping.items import BRANDT, KAYA, WEBER, expression_scope, item
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
STRANGER = Person("z", "Z. Stranger")
SOURCE = CommandSource(CommandOrigin.COMMENT, "1")


def measure() -> Measure:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    found = map_item(expression_scope(item(SHOWN)), loaded.config)
    assert isinstance(found, MappedMeasure)
    return found.measure


def missing(code: str, role: str, stage: str) -> ConditionResult:
    return ConditionResult(stage, code, role, Outcome.UNMET, "an approval", "not given", "not given")


def table(stage: str | None = "identified", following: str | None = "detailed", **changes: object) -> ActionContext:
    policy = default_policy()
    room = CommandContext(measure(), policy, None, policy.index(stage), None, None)
    checklist = (missing("APPROVAL_MISSING", "sponsor", "detailed"),)
    return replace(ActionContext(room, following, checklist, None, stage), **changes)  # type: ignore[arg-type]


def allowed(some: ActionContext, person: Person | None) -> list[str]:
    return [f"{one.verb} {one.stage}".strip() for one in available_actions(some, person, NOW) if one.allowed]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param(
            BRANDT, ["approve detailed", "reject detailed", "hold", "cancel", "kill-criteria", "delegate"], id="sponsor"
        ),
        pytest.param(KAYA, ["hold", "kill-criteria", "delegate"], id="owner"),
        pytest.param(WEBER, ["delegate"], id="controller"),
        pytest.param(STRANGER, [], id="somebody else"),
        pytest.param(None, [], id="nobody"),
    ],
)
def test_each_role_is_offered_what_is_theirs(person: Person | None, expected: list[str]) -> None:
    assert allowed(table(), person) == expected


def test_an_action_of_others_says_whose_it_is() -> None:
    (approve,) = [one for one in available_actions(table(), KAYA, NOW) if one.verb is Verb.APPROVE]
    assert (approve.allowed, approve.problem, approve.who, approve.requested) == (False, "", "sponsor M. Brandt", True)


def test_an_approval_that_was_given_is_not_offered_again() -> None:
    assert "approve detailed" not in allowed(table(checklist=()), BRANDT)


def test_a_delegate_is_offered_the_actions_of_the_person_represented() -> None:
    some = table()
    until = NOW.date() + timedelta(days=3)
    given = Command(
        Verb.DELEGATE, BRANDT, NOW - timedelta(days=1), SOURCE, delegate="z", until=until,
        ruling=Ruling(accepted=True, reply="", role=Role.SPONSOR),
    )  # fmt: skip
    some.command_context.ruled_on.append(given)
    assert "approve detailed" in allowed(some, STRANGER)
    assert "delegate" not in allowed(some, STRANGER), "who stands in cannot pass it on"
    assert len(some.command_context.ruled_on) == 1, "trying leaves no trace"


@pytest.mark.parametrize(
    ("kind", "by", "person", "expected"),
    [
        pytest.param(OffRampKind.ON_HOLD, "k", KAYA, True, id="who put it on hold resumes it"),
        pytest.param(OffRampKind.ON_HOLD, "b", KAYA, False, id="the owner does not resume the sponsor's hold"),
        pytest.param(OffRampKind.KILLED, "", BRANDT, True, id="the sponsor overrides the kill switch"),
        pytest.param(OffRampKind.KILLED, "", KAYA, False, id="the owner does not"),
    ],
)
def test_who_may_resume(kind: OffRampKind, by: str, person: Person, expected: bool) -> None:
    some = table()
    some.command_context.off_ramp = OffRamp(kind, "somebody", NOW, "later", by)
    assert ("resume" in allowed(some, person), "hold" in allowed(some, person)) == (expected, False)


def test_a_cancellation_after_the_kill_switch_leaves_the_override_to_the_sponsor() -> None:
    some = table()
    some.command_context.off_ramp = OffRamp(OffRampKind.CANCELLED, "somebody", NOW, "later", after_kill=True)
    (resume,) = [one for one in available_actions(some, BRANDT, NOW) if one.verb is Verb.RESUME]
    assert (resume.who, resume.allowed, resume.requested) == ("sponsor M. Brandt", True, False)


def test_a_reason_is_offered_during_a_deviation_and_requested_until_it_is_given() -> None:
    open_ = Deviation(NOW, slip_days=20)
    assert "reason" not in allowed(table(), KAYA)

    def reason(some: ActionContext) -> AvailableAction:
        return next(one for one in available_actions(some, KAYA, NOW) if one.verb is Verb.REASON)

    assert (reason(table(deviation=open_)).allowed, reason(table(deviation=open_)).requested) == (True, True)
    assert reason(table(deviation=replace(open_, reason="price"))).requested is False


def test_a_rebaseline_is_requested_by_the_owner_and_then_approved_by_the_others() -> None:
    some = table("decided", "implemented", checklist=())
    some.command_context.plan = lock_plan((), NOW - timedelta(days=5))
    assert "rebaseline" in allowed(some, KAYA)
    assert "approve rebaseline" not in allowed(some, BRANDT)
    ruling = Ruling(accepted=True, reply="", role=Role.OWNER, fingerprints={FactGroup.PLAN.value: ""})
    some.command_context.ruled_on.append(
        Command(Verb.REBASELINE, KAYA, NOW - timedelta(days=1), SOURCE, text="scope", ruling=ruling)
    )
    assert "approve rebaseline" in allowed(some, BRANDT)
    assert "approve rebaseline" in allowed(some, WEBER)
    assert "rebaseline" not in allowed(some, KAYA)
    given = replace(ruling, role=Role.SPONSOR)
    some.command_context.ruled_on.append(
        Command(Verb.APPROVE, BRANDT, NOW - timedelta(hours=2), SOURCE, stage="rebaseline", ruling=given)
    )
    assert "approve rebaseline" not in allowed(some, BRANDT)
    assert "approve rebaseline" in allowed(some, WEBER)
    some.command_context.ruled_on.append(
        Command(Verb.REBASELINE, KAYA, NOW - timedelta(hours=1), SOURCE, text="less", ruling=ruling)
    )
    assert "approve rebaseline" in allowed(some, BRANDT), "a newer request asks everybody anew"


@pytest.mark.parametrize(
    ("person", "accepts"),
    [
        pytest.param(BRANDT, True, id="the sponsor until now"),
        pytest.param(WEBER, False, id="the controller"),
        pytest.param(STRANGER, False, id="whom the tool names"),
        pytest.param(None, False, id="nobody"),
    ],
)
def test_a_change_of_sponsor_is_accepted_by_the_one_until_now(person: Person | None, accepts: bool) -> None:
    some = table()
    some.command_context.measure = replace(measure(), roles=replace(measure().roles, sponsor=STRANGER))
    some.command_context.role_holders["sponsor"] = HeldRole(BRANDT, STRANGER, NOW - timedelta(days=1))
    (action,) = [one for one in available_actions(some, person, NOW) if one.verb is Verb.ACCEPT_ROLE]
    assert (action.allowed, action.requested, action.who) == (
        accepts, True, "M. Brandt or transformation office",
    )  # fmt: skip


def test_nobody_confirms_their_own_figures() -> None:
    people = replace(measure().roles, controller=KAYA)
    some = table("implemented", "closed", checklist=(missing("CONTROLLER_CONFIRM", "controller", "closed"),
                                                      missing("ACTUALS_MISSING", "actuals", "closed")))  # fmt: skip
    some.command_context.measure = replace(some.command_context.measure, roles=people)
    (down,) = [one for one in available_actions(some, KAYA, NOW) if one.verb is Verb.CONFIRM_LOWER]
    assert (down.allowed, down.problem) == (
        False, "A. Kaya is owner as well: nobody confirms their own figures.",
    )  # fmt: skip
