"""One owner across joined items, an owner who acts, and an escalation that asks somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.assess import assess
from governance.evidence import Command, Evidence, JoinedOwner, Ruling, Verb
from governance.facts import Unknown
from governance.gates import Policy, Thresholds
from governance.measure import Committee, Measure, Person, Roles
from governance.measure_state import MeasureState, OffRamp, OffRampKind, OwnerActivity
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command
from tests.governance.test_deviations import BOARD, assess_at, forecast, requested_from

OSEI = Person("o", "K. Osei", True)
WATCHFUL: Policy = replace(POLICY, thresholds=replace(POLICY.thresholds, owner_inactive_days=30))
AT_LIMIT, PAST_LIMIT = NOW - timedelta(days=30), NOW - timedelta(days=31)
ON_HOLD = OffRamp(OffRampKind.ON_HOLD, "M. Brandt", NOW, "freeze")


def sentences(code: str, some: Measure, present: Evidence, policy: Policy = POLICY) -> list[str]:
    return [one.sentence for one in assess(some, present, policy, NOW).findings if one.code == code]


def seen(acted_at: datetime | None, since: datetime = NOW - timedelta(days=90), **more: object) -> Evidence:
    """The owner's actions as the assessment before had seen them."""
    activity = OwnerActivity("k", since, acted_at)
    state = MeasureState("decided", granted_at={"decided": NOW}, owner_activity=activity)
    state = replace(state, **more)  # type: ignore[arg-type]
    return replace(evidence("decided", "decided", commands=()), measure_state=state)


def ruled(at: datetime, person: Person = KAYA, *, accepted: bool = True) -> Command:
    return new_command("", person, Verb.REASON, at=at, text="why", ruling=Ruling(accepted, "noted"))


LAST = (
    "the owner A. Kaya has done nothing on the measure for 31 days (the last was on 21 Oct 2026), the limit is 30: "
    "ask for a sign of life, or name another owner"
)
UNKNOWN_HISTORY = (
    "the owner A. Kaya has done nothing on the measure for 90 days (no action is known since 23 Aug 2026), the limit is "
    "30: ask for a sign of life, or name another owner"
)
INACTIVE = {
    "an action 30 days ago is within the limit": (seen(AT_LIMIT), []),
    "an action 31 days ago is past it": (seen(PAST_LIMIT), [LAST]),
    "an unknown history is not an active one": (seen(None), [UNKNOWN_HISTORY]),
    "a new owner has the same time from the start": (seen(None, since=AT_LIMIT), []),
    "a command that was accepted is an action": (replace(seen(PAST_LIMIT), commands=(ruled(AT_LIMIT),)), []),
    "a command that was refused is none": (
        replace(seen(PAST_LIMIT), commands=(ruled(AT_LIMIT, accepted=False),)), [LAST]
    ),
    "somebody else's command is none of the owner's": (
        replace(seen(PAST_LIMIT), commands=(ruled(AT_LIMIT, BRANDT),)), [LAST]
    ),
    "an edit that the tool names the owner for is an action": (replace(seen(PAST_LIMIT), owner_edited=AT_LIMIT), []),
    "nothing is asked while the measure is on hold": (seen(PAST_LIMIT, off_ramp=ON_HOLD), []),
    "a closed measure needs no action": (seen(PAST_LIMIT, stage="closed"), []),
}  # fmt: skip


@pytest.mark.parametrize(("present", "found"), INACTIVE.values(), ids=INACTIVE.keys())
def test_an_owner_who_does_nothing(present: Evidence, found: list[str]) -> None:
    assert sentences("OWNER_INACTIVE", measure(), present, WATCHFUL) == found


def test_nobody_is_inactive_where_the_policy_sets_no_limit() -> None:
    assert Thresholds().owner_inactive_days is None
    assert sentences("OWNER_INACTIVE", measure(), seen(None)) == []


def test_an_item_is_as_old_as_the_tool_says_when_it_is_seen_first() -> None:
    """A measure that is connected today is not active because of it."""
    first = evidence("decided", "decided", commands=(), created=NOW - timedelta(days=90))
    assert sentences("OWNER_INACTIVE", measure(), first, WATCHFUL) == [UNKNOWN_HISTORY]


def test_another_owner_begins_anew() -> None:
    verdict = assess(measure(roles=Roles(OSEI, BRANDT, WEBER)), seen(PAST_LIMIT), WATCHFUL, NOW)
    assert verdict.measure_state.owner_activity == OwnerActivity("o", NOW)


def test_the_assessment_comes_back_when_the_limit_passes() -> None:
    verdict = assess(measure(), seen(NOW - timedelta(days=29, hours=23)), WATCHFUL, NOW)
    assert verdict.reassess_at == NOW + timedelta(hours=1, seconds=1)


SECOND_ACCOUNT = Person("snow-7", "Ayse Kaya", True, identities=("mail:1",))
CONFLICTS = {
    "the joined item names the same account": ((JoinedOwner("PRJ1", KAYA),), []),
    "the joined item names another account of the same person": ((JoinedOwner("PRJ1", SECOND_ACCOUNT),), []),
    "the joined item names nobody": ((JoinedOwner("PRJ1", None),), []),
    "the joined item names somebody else": (
        (JoinedOwner("PRJ1", OSEI),),
        ["A. Kaya owns the measure and K. Osei owns PRJ1, which is joined to it: A. Kaya counts, because the measure's "
         "own item comes first; name one owner in both, or link the accounts if they are one person"],
    ),
    "who owns the joined item cannot be read": (
        (JoinedOwner("PRJ1", Unknown("the field Manager is hidden")),),
        ["who owns PRJ1 is not known, so nobody can say that it is one owner: the field Manager is hidden"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("joined", "found"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_one_owner_across_joined_items(joined: tuple[JoinedOwner, ...], found: list[str]) -> None:
    some = measure(roles=Roles(replace(KAYA, identities=("mail:1",)), BRANDT, WEBER))
    assert sentences("OWNER_CONFLICT", some, seen(NOW, since=NOW)) == []
    assert sentences("OWNER_CONFLICT", some, replace(seen(NOW), joined_owners=joined)) == found


GONE = Person("x", "P. Gone", False)
IN_ITS_PLACE = "has to be asked for the reason of the deviation, and nobody is named:"
LADDER = {
    "everybody is named": (Roles(KAYA, BRANDT, WEBER), BOARD, NOW, ["owner A. Kaya"], []),
    "without an owner the sponsor is asked at once": (
        Roles(None, BRANDT, WEBER), BOARD, NOW, ["sponsor M. Brandt"],
        [f"the owner {IN_ITS_PLACE} sponsor M. Brandt is asked in its place; name one"],
    ),
    "without owner and sponsor the committee is asked": (
        Roles(None, None, WEBER), BOARD, NOW, ["steering committee IT Board"],
        [f"the owner {IN_ITS_PLACE} steering committee IT Board is asked in its place; name one"],
    ),
    "who is unknown is not named": (
        Roles(Unknown("hidden"), BRANDT, WEBER), BOARD, NOW, ["sponsor M. Brandt"],
        [f"the owner {IN_ITS_PLACE} sponsor M. Brandt is asked in its place; name one"],
    ),
    "an owner who has left is not asked": (
        Roles(GONE, BRANDT, WEBER), BOARD, NOW, ["sponsor M. Brandt"],
        ["the owner P. Gone has to be asked for the reason of the deviation, and that account is inactive: sponsor "
         "M. Brandt is asked in its place; name one"],
    ),
    "nor a sponsor who has": (
        Roles(KAYA, GONE, WEBER), BOARD, NOW + timedelta(hours=1), ["owner A. Kaya", "steering committee IT Board"],
        ["the sponsor P. Gone has to be asked for the reason of the deviation, and that account is inactive: steering "
         "committee IT Board is asked in its place; name one"],
    ),
    "a step that is not due yet is not missed": (Roles(KAYA, None, WEBER), None, NOW, ["owner A. Kaya"], []),
    "the sponsor's hour is over": (
        Roles(KAYA, None, WEBER), BOARD, NOW + timedelta(hours=1), ["owner A. Kaya", "steering committee IT Board"],
        [f"the sponsor {IN_ITS_PLACE} steering committee IT Board is asked in its place; name one"],
    ),
    "nobody at all": (
        Roles(None, None, WEBER), None, NOW, [],
        [f"the owner {IN_ITS_PLACE} nobody after it is named either; name one"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("roles", "committee", "at", "asked", "found"), LADDER.values(), ids=LADDER.keys())
def test_the_ladder_asks_somebody(
    roles: Roles, committee: Committee | None, at: datetime, asked: list[str], found: list[str]
) -> None:
    some = replace(forecast(12_000), roles=roles, committee=committee)
    first = assess_at(some)
    verdict = assess_at(some, at, first) if at > NOW else first
    unnamed = [one for one in verdict.findings if one.code == "NOBODY_NAMED"]
    assert requested_from(verdict) == asked
    assert [one.sentence for one in unnamed] == found
    assert {one.who for one in unnamed} <= {"transformation office"}


def test_whoever_stood_in_is_asked_once() -> None:
    some = replace(forecast(12_000), roles=Roles(None, BRANDT, WEBER))
    later = assess_at(some, NOW + timedelta(hours=2), assess_at(some))
    assert requested_from(later) == ["sponsor M. Brandt"]
