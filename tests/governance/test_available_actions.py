"""What may be said now, and by whom: as the rules would hear it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from governance.available_actions import Offer, Table, offers
from governance.command_rules import Room
from governance.evidence import CommandOrigin, CommandSource, Ruling, Statement, Verb
from governance.fingerprint import Basis
from governance.locked_plan import freeze
from governance.measure import Measure, Person, Role
from governance.measure_state import Deviation, OffRamp, RampKind
from governance.presets import default_policy
from governance.verdict import ConditionResult, Outcome
from mapping.load import Loaded, load_mapping
from mapping.map_item import Mapped, apply
from tests.connector.store.reconcile.test_assessment_store import SHOWN
from tests.mapping.items import BRANDT, KAYA, WEBER, item, scope
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
STRANGER = Person("z", "Z. Stranger")
SOURCE = CommandSource(CommandOrigin.COMMENT, "1")


def measure() -> Measure:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, Loaded)
    found = apply(scope(item(SHOWN)), loaded.config)
    assert isinstance(found, Mapped)
    return found.measure


def missing(code: str, role: str, stage: str) -> ConditionResult:
    return ConditionResult(stage, code, role, Outcome.UNMET, "an approval", "not given", "not given")


def table(stage: str | None = "identified", following: str | None = "detailed", **changes: object) -> Table:
    policy = default_policy()
    room = Room(measure(), policy, None, policy.index(stage), None, None)
    checklist = (missing("APPROVAL_MISSING", "sponsor", "detailed"),)
    return replace(Table(room, following, checklist, None, stage), **changes)  # type: ignore[arg-type]


def allowed(some: Table, person: Person | None) -> list[str]:
    return [f"{one.verb} {one.stage}".strip() for one in offers(some, person, NOW) if one.allowed]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param(BRANDT, ["approve detailed", "reject detailed", "hold", "cancel", "delegate"], id="sponsor"),
        pytest.param(KAYA, ["hold", "delegate"], id="owner"),
        pytest.param(WEBER, ["delegate"], id="controller"),
        pytest.param(STRANGER, [], id="somebody else"),
        pytest.param(None, [], id="nobody"),
    ],
)
def test_each_role_is_offered_what_is_theirs(person: Person | None, expected: list[str]) -> None:
    assert allowed(table(), person) == expected


def test_what_is_not_theirs_says_whose_it_is() -> None:
    (approve,) = [one for one in offers(table(), KAYA, NOW) if one.verb is Verb.APPROVE]
    assert (approve.allowed, approve.problem, approve.who, approve.wanted) == (False, "", "sponsor M. Brandt", True)


def test_an_approval_that_was_given_is_not_offered_again() -> None:
    assert "approve detailed" not in allowed(table(checklist=()), BRANDT)


def test_a_delegate_is_offered_the_word_of_whom_they_stand_in_for() -> None:
    some = table()
    until = NOW.date() + timedelta(days=3)
    given = Statement(
        Verb.DELEGATE, BRANDT, NOW - timedelta(days=1), SOURCE, delegate="z", until=until,
        ruling=Ruling(accepted=True, answer="", role=Role.SPONSOR),
    )  # fmt: skip
    some.room.heard.append(given)
    assert "approve detailed" in allowed(some, STRANGER)
    assert "delegate" not in allowed(some, STRANGER), "who stands in cannot pass it on"
    assert len(some.room.heard) == 1, "trying leaves no trace"


@pytest.mark.parametrize(
    ("kind", "by", "person", "expected"),
    [
        pytest.param(RampKind.ON_HOLD, "k", KAYA, True, id="who put it on hold resumes it"),
        pytest.param(RampKind.ON_HOLD, "b", KAYA, False, id="the owner does not resume the sponsor's hold"),
        pytest.param(RampKind.KILLED, "", BRANDT, True, id="the sponsor overrides the kill switch"),
        pytest.param(RampKind.KILLED, "", KAYA, False, id="the owner does not"),
    ],
)
def test_who_may_resume(kind: RampKind, by: str, person: Person, expected: bool) -> None:
    some = table()
    some.room.ramp = OffRamp(kind, "somebody", NOW, "later", by)
    assert ("resume" in allowed(some, person), "hold" in allowed(some, person)) == (expected, False)


def test_a_reason_is_offered_while_a_deviation_is_there_and_wanted_until_it_is_given() -> None:
    open_ = Deviation(NOW, Decimal("0.2"))
    assert "reason" not in allowed(table(), KAYA)

    def reason(some: Table) -> Offer:
        return next(one for one in offers(some, KAYA, NOW) if one.verb is Verb.REASON)

    assert (reason(table(deviation=open_)).allowed, reason(table(deviation=open_)).wanted) == (True, True)
    assert reason(table(deviation=replace(open_, reason="price"))).wanted is False


def test_a_changed_plan_is_asked_for_by_the_owner_and_then_approved_by_the_others() -> None:
    some = table("decided", "implemented", checklist=())
    some.room.plan = freeze((), NOW - timedelta(days=5))
    assert "rebaseline" in allowed(some, KAYA)
    assert "approve rebaseline" not in allowed(some, BRANDT)
    ruling = Ruling(accepted=True, answer="", role=Role.OWNER, stamps={Basis.PLAN.value: ""})
    some.room.heard.append(
        Statement(Verb.REBASELINE, KAYA, NOW - timedelta(days=1), SOURCE, text="scope", ruling=ruling)
    )
    assert "approve rebaseline" in allowed(some, BRANDT)
    assert "approve rebaseline" in allowed(some, WEBER)
    assert "rebaseline" not in allowed(some, KAYA)


def test_nobody_confirms_their_own_figures() -> None:
    people = replace(measure().roles, controller=KAYA)
    some = table("implemented", "closed", checklist=(missing("CONTROLLER_CONFIRM", "controller", "closed"),
                                                      missing("ACTUALS_MISSING", "actuals", "closed")))  # fmt: skip
    some.room.measure = replace(some.room.measure, roles=people)
    (down,) = [one for one in offers(some, KAYA, NOW) if one.verb is Verb.WRITE_DOWN]
    assert (down.allowed, down.problem) == (
        False, "A. Kaya is owner as well: nobody confirms their own figures.",
    )  # fmt: skip
