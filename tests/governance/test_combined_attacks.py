"""What somebody who wants a green light may combine: roles, rejections, delegations and edits, one after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import CommandOrigin, CommandSource, Verb
from governance.facts import Unknown
from governance.gates import Policy
from governance.measure import Committee, HierarchyPath, Person, Role
from governance.measure_state import OffRamp, OffRampKind
from governance.money import Period
from governance.role_change import pending
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, eur, lines, measure
from tests.governance.test_role_change import FRIEND, LIND, NOVAK, World

ACCEPT, REJECT, DELEGATE = Verb.ACCEPT_ROLE, Verb.REJECT, Verb.DELEGATE
UNTIL = date(2026, 12, 31)
SEVERAL = Unknown("the field names several people; a role has one holder")


def test_a_sponsor_says_no_also_while_the_field_names_two_people() -> None:
    """The owner adds a second name to the field for the minute in which the sponsor rejects."""
    world = World()
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "detailed")
    world.name(sponsor=SEVERAL)
    assert world.say(BRANDT, "detailed", Verb.REJECT, text="not like this") == (
        "Detailed rejected (not like this) by M. Brandt as sponsor."
    )
    world.measure = measure()
    world.name(sponsor=BRANDT)
    assert world.verdict.stage == "identified"
    assert [one for one in world.blockers if "rejected" in one] == [
        "Cannot move into Detailed yet: M. Brandt rejected Detailed on 20 Nov 2026: not like this"
        ". A. Kaya (owner) needs to act, since 20 Nov · APPROVAL_MISSING"
    ]


@pytest.mark.parametrize("named", [LIND, None, SEVERAL], ids=["another", "nobody", "two people"])
def test_overwritten_words_count_also_while_the_role_is_in_question(named: Person | Unknown | None) -> None:
    """The owner overwrites the sponsor's newest words, and names somebody else for the minute in which that is read."""
    world = World()
    world.measure = replace(world.measure, business_unit=None)
    world.say(BRANDT, "detailed")
    world.roles = replace(world.roles, sponsor=named)
    world.say(BRANDT, "", Verb.OVERWRITTEN, problem="A. Kaya edited it on 20 Nov 2026 11:30 UTC")
    world.measure = measure()
    world.name(sponsor=BRANDT)
    assert world.verdict.stage == "identified"
    assert [one for one in world.blockers if "edited" in one] == [
        "Cannot move into Detailed yet: what M. Brandt wrote on 20 Nov 2026, after the approval, is not known, because A. Kaya "
        "edited it on 20 Nov 2026 11:30 UTC: it has to be given again"
        ". M. Brandt (sponsor) needs to act, since 20 Nov · APPROVAL_MISSING"
    ]


@pytest.mark.parametrize("named", [LIND, None, SEVERAL], ids=["another", "nobody", "two people"])
def test_whoever_held_the_role_may_stop_the_measure_while_it_is_in_question(named: object) -> None:
    world = World().name(sponsor=named)
    assert world.say(BRANDT, "", Verb.HOLD, text="who changed this?") == (
        "On hold (who changed this?) by M. Brandt as sponsor."
    )
    assert world.say(BRANDT, "", Verb.RESUME) == "Resumed by M. Brandt, who had put it on hold."


def _limited(limit: int, *members: str) -> World:
    """The steering committee decides from this limit on."""
    thresholds = replace(POLICY.thresholds, committee_limit=Decimal(limit))
    return World(policy=POLICY.with_thresholds(thresholds), committee=Committee("Board", frozenset(members)))


@pytest.mark.parametrize(
    "voter", [KAYA, Person("k2", "Anna K.", True, identities=("person:1",))], ids=["the owner", "her other account"]
)
def test_an_owner_has_no_vote_on_their_own_measure(voter: Person) -> None:
    world = _limited(100_000, voter.id)
    world.roles = replace(world.roles, owner=replace(KAYA, identities=("person:1",)))
    world.approve()
    assert world.say(voter, "decided") == (
        f"{voter.name} is owner of this measure and has no vote on it: nobody decides on their own measure."
    )
    assert world.verdict.stage == "detailed"
    assert [one for one in world.blockers if "STEERCO" in one] == [
        "Cannot move into Decided yet: 0 of 1 member of Board has approved"
        ". Board (steering committee) needs to act, since 20 Nov · STEERCO_DECISION"
    ]
    assert world.say(voter, "decided", Verb.REJECT, text="too early") == (
        f"Decided rejected (too early) by {voter.name} as steering committee."
    )


def test_a_vote_of_somebody_who_becomes_the_owner_is_no_vote() -> None:
    world = _limited(100_000, "n")
    world.say(BRANDT, "detailed")
    world.say(NOVAK, "decided")
    world.name(owner=NOVAK)
    world.say(BRANDT, "decided")
    world.say(WEBER, "decided")
    assert world.verdict.stage == "detailed"


@pytest.mark.parametrize(("agreed", "changed"), [(20_000, 200_000), (200_000, 20_000)], ids=["larger", "smaller"])
def test_a_plan_past_the_limit_is_not_re_baselined_without_the_committee(agreed: int, changed: int) -> None:
    world = _limited(300_000, "n")
    rest = tuple(line for line in world.measure.effects if line.version is not Version.PLAN)
    world.measure = replace(
        world.measure, effects=(*lines(Version.PLAN, agreed, 60_000), *rest), baseline=eur(12_000_000)
    )
    world.pass_time().approve()
    if agreed > changed:
        world.say(NOVAK, "decided")
    assert world.verdict.stage == "decided"
    world.measure = replace(world.measure, effects=(*lines(Version.PLAN, changed, 60_000), *rest))
    world.pass_time()
    assert world.say(KAYA, "", Verb.REBASELINE, text="other numbers") == (
        "Re-baseline asked for (other numbers); sponsor M. Brandt, controller J. Weber and steering committee Board "
        "decide with /approve rebaseline. It was asked by A. Kaya as owner."
    )
    world.say(BRANDT, "rebaseline")
    world.say(WEBER, "rebaseline")
    assert _plan_number(world) == 1
    world.say(NOVAK, "rebaseline")
    assert _plan_number(world) == 2


def _plan_number(world: World) -> int:
    plan = world.verdict.measure_state.plan
    return plan.number if plan is not None else 0


KILLED = OffRamp(OffRampKind.KILLED, "gatepost", NOW - timedelta(days=2), "red for three months")


def _killed(policy: Policy) -> World:
    world = World(stage="decided", policy=policy)
    state = replace(world.verdict.measure_state, off_ramp=KILLED)
    world.verdict = replace(world.verdict, measure_state=state)
    return world


@pytest.mark.parametrize(
    ("policy", "reply"),
    [
        (
            POLICY,
            "O. Friend is owner of this measure and cannot stand in for the sponsor: nobody checks their own figures.",
        ),
        (replace(POLICY, owner_may_sponsor=True), "Resumed by O. Friend as sponsor."),
    ],
    ids=["kept apart", "allowed by the policy"],
)
def test_a_delegate_who_became_the_owner_overrides_no_kill_switch(policy: Policy, reply: str) -> None:
    world = _killed(policy)
    world.say(BRANDT, "", DELEGATE, delegate="f", until=UNTIL)
    world.name(owner=FRIEND)
    assert world.say(FRIEND, "", Verb.RESUME) == reply


@pytest.mark.parametrize("limit", [0, 10_000_000], ids=["always", "from a size that the owner may still enter"])
def test_nobody_is_let_approve_on_the_page_by_words_in_the_tool(limit: int) -> None:
    """A rule of automation writes in the sponsor's name that a friend stands in, who then approves on the page."""
    thresholds = replace(POLICY.thresholds, confirm_on_page_from=Decimal(limit))
    world = World(policy=POLICY.with_thresholds(thresholds))
    page = CommandSource(CommandOrigin.PAGE, "1")
    refused = (
        "Where approvals count on the page in Gatepost only, whoever is let give them is named there as well: in the "
        "tool a rule or a mail may speak for somebody else. Give it there."
    )
    assert world.say(BRANDT, "", DELEGATE, delegate="f", until=UNTIL) == refused
    assert world.say(FRIEND, "detailed", source=page) == "O. Friend may not approve Detailed; sponsor M. Brandt may."
    world.name(sponsor=FRIEND)
    assert world.say(BRANDT, "sponsor", ACCEPT) == refused
    assert Role.SPONSOR in dict(pending(world.verdict.measure_state.role_holders))
    assert world.say(BRANDT, "sponsor", ACCEPT, source=page._replace(id="2")) == (
        "O. Friend accepted as sponsor by M. Brandt."
    )
    delegated = world.say(FRIEND, "", DELEGATE, delegate="l", until=UNTIL, source=page._replace(id="3"))
    assert delegated == "Sponsor delegated until 2026-12-31."


@pytest.mark.parametrize("by", [FRIEND, BRANDT], ids=["the committee", "the sponsor"])
def test_the_committee_resumes_nothing_that_was_cancelled_after_the_kill_switch(by: Person) -> None:
    """A member who may not override the kill switch cancels the measure, and takes it up again."""
    world = World(stage="decided", committee=Committee("Board", frozenset({"f"})))
    world.verdict = replace(world.verdict, measure_state=replace(world.verdict.measure_state, off_ramp=KILLED))
    refused = "O. Friend may not override the kill switch; sponsor M. Brandt may."
    assert world.say(FRIEND, "", Verb.RESUME) == refused
    world.say(by, "", Verb.CANCEL, text="no money")
    assert world.say(FRIEND, "", Verb.RESUME) == refused
    off_ramp = world.verdict.measure_state.off_ramp
    assert off_ramp is not None
    assert off_ramp.kind is OffRampKind.CANCELLED
    assert world.say(BRANDT, "", Verb.RESUME) == "Resumed by M. Brandt as sponsor."
    world.say(BRANDT, "", Verb.CANCEL, text="replaced")
    assert world.say(FRIEND, "", Verb.RESUME) == "Resumed by O. Friend as steering committee."


def test_an_owner_in_the_committee_resumes_nothing() -> None:
    world = World(committee=Committee("Board", frozenset({"k"})))
    world.say(BRANDT, "", Verb.CANCEL, text="too dear")
    assert world.say(KAYA, "", Verb.RESUME) == (
        "A. Kaya is owner of this measure and has no vote on it: nobody decides on their own measure."
    )
    assert world.say(BRANDT, "", Verb.RESUME) == "Resumed by M. Brandt as sponsor."


def _monthly(kind: EffectKind, *amounts: int) -> tuple[EffectLine, ...]:
    first = Period(2026, 1)
    return tuple(EffectLine(Version.PLAN, kind, first.plus(month), eur(one)) for month, one in enumerate(amounts))


@pytest.mark.parametrize(
    "plan",
    [
        (*_monthly(EffectKind.BENEFIT, 20_000, 20_000), *_monthly(EffectKind.ONE_OFF_COST, -900_000, 10_000)),
        (
            *_monthly(EffectKind.BENEFIT, 900_000, 20_000, 0, 0, -800_000),
            *_monthly(EffectKind.ONE_OFF_COST, 10_000),
        ),
    ],
    ids=["as a negative cost", "taken back later"],
)
def test_the_committees_limit_is_not_undercut_by_signs(plan: tuple[EffectLine, ...]) -> None:
    world = _limited(300_000, "n")
    rest = tuple(line for line in world.measure.effects if line.version is not Version.PLAN)
    world.measure = replace(world.measure, effects=(*plan, *rest), baseline=eur(12_000_000))
    world.pass_time().approve().pass_time()
    assert world.verdict.stage == "detailed"
    assert [one for one in world.blockers if "STEERCO" in one] == [
        "Cannot move into Decided yet: 0 of 1 member of Board has approved"
        ". Board (steering committee) needs to act, since 20 Nov · STEERCO_DECISION"
    ]


PLACES = {
    "program": (
        {"hierarchy": HierarchyPath("ACME", "IT", "Sandbox")},
        "another program, measure type or class (program Cloud exit, type none then, program Sandbox, type none now)",
    ),
    "measure type": (
        {"rule_name": "small"},
        "another program, measure type or class (program Cloud exit, type none then, program Cloud exit, type small now)",
    ),
    "shared baseline": ({"baseline_id": "CRM"}, "another baseline (500,000 EUR then, 500,000 EUR of CRM now)"),
    "objective": (
        {"objective": "Growth"},
        "another schedule, kill criteria or objective (2026-01-01 to 2026-12-31, kill criteria: cost > 1.2M, objective: "
        "Cost-income ratio then, 2026-01-01 to 2026-12-31, kill criteria: cost > 1.2M, objective: Growth now)",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_decided_is_what_was_approved(place: str) -> None:
    """Sponsor and controller have approved; then the owner moves the measure to where nobody else is asked."""
    change, text = PLACES[place]
    world = _limited(100_000, "n")
    world.approve()
    world.measure = replace(world.measure, **change)  # type: ignore[arg-type]
    world.policy = POLICY
    world.pass_time()
    assert world.verdict.stage == "detailed"
    assert [one for one in world.blockers if "another" in one] == [
        f"Cannot move into Decided yet: M. Brandt gave the approval for {text}: it has to be given again"
        ". M. Brandt (sponsor) needs to act, since 20 Nov · APPROVAL_MISSING",
        f"Cannot move into Decided yet: J. Weber gave the confirmation of size and timing for {text}: it has to be given again"
        ". J. Weber (controller) needs to act, since 20 Nov · CONTROLLER_SIZE",
    ]


def test_an_actual_effect_is_not_confirmed_for_another_program() -> None:
    """Where less has to be realised: the controller confirms it there, and not for the program that it came from."""
    world = World(stage="implemented")
    world.measure = replace(world.measure, unreadable_effects=("a month cannot be read",))
    world.pass_time()
    said = world.say(WEBER, "", Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10))
    assert said == "Confirmed: 140,000 EUR for Jan 2026 to Oct 2026 by J. Weber as controller."
    world.measure = replace(measure(), hierarchy=HierarchyPath("ACME", "IT", "Sandbox"))
    world.pass_time()
    assert world.verdict.stage == "implemented"
