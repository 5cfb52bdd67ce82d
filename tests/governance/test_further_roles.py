"""Roles that a mapping adds: they approve, are accepted when they change, and are kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Command, Evidence, Verb
from governance.facts import Fact, Unknown
from governance.gates import ApprovalRule, Policy
from governance.measure import Committee, Measure, Person, Role, Roles
from governance.role_holders import Capacity, HeldRole
from governance.verdict import Verdict
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command

RISK = Role("risk_owner")
LIND, OSEI = Person("l", "S. Lind", True), Person("o", "K. Osei", True)
ASKS = replace(
    POLICY,
    gates=tuple(
        replace(gate, approvals=(*gate.approvals, ApprovalRule(RISK))) if gate.into == "decided" else gate
        for gate in POLICY.gates
    ),
    further_roles=(RISK,),
    kept_apart=((Role.OWNER, RISK),),
)
APPROVED = new_command("decided", LIND)


def risk(holder: Fact[Person], label: str = "") -> Measure:
    labels = {RISK: label} if label else {}
    return measure(roles=Roles(KAYA, BRANDT, WEBER, further={RISK: holder}, labels=labels))


def judged(some: Measure, *commands: Command, policy: Policy = ASKS, **facts: object) -> Verdict:
    return assess(some, evidence("detailed", "detailed", commands=(*APPROVALS, *commands), **facts), policy, NOW)


def blockers(verdict: Verdict) -> list[str]:
    return [f"{one.reason} · {one.who}" for one in verdict.blockers if one.stage == "decided"]


CASES = {
    "it has approved": (risk(LIND), (APPROVED,), []),
    "it has not": (risk(LIND), (), ["S. Lind has not yet given the approval · risk owner S. Lind"]),
    "it is called by its label": (
        risk(LIND, "Risk officer"), (), ["S. Lind has not yet given the approval · Risk officer S. Lind"]
    ),
    "somebody else has": (
        risk(LIND), (new_command("decided", OSEI),),
        ["S. Lind has not yet given the approval · risk owner S. Lind"],
    ),
    "nobody is named": (
        risk(None), (),
        ["the approval by the risk owner is missing, and nobody is named as risk owner · risk owner (nobody named)"],
    ),
    "the rule does not map it": (
        measure(), (),
        ["the mapping names no field for risk owner; add it to the rule · administrator"],
    ),
    "the field is hidden": (risk(Unknown("hidden")), (), ["hidden · administrator", "hidden · administrator"]),
    "the sponsor holds it too, and nobody approves twice": (
        risk(BRANDT), (),
        ["M. Brandt has already approved in another role: the approval needs a second person · risk owner M. Brandt"],
    ),
    "the owner holds it too": (
        risk(KAYA), (new_command("decided", KAYA),),
        ["A. Kaya is risk owner and owner at once: the policy keeps these roles apart · owner A. Kaya"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "commands", "left"), CASES.values(), ids=CASES.keys())
def test_a_gate_asks_for_a_further_role(some: Measure, commands: tuple[Command, ...], left: list[str]) -> None:
    verdict = judged(some, *commands)
    found = [f"{one.reason} · {one.who}" for one in verdict.blockers]
    assert [one for one in found if any(part in one for part in left)] == left
    assert (verdict.stage == "detailed") is bool(left)


def test_one_word_is_no_vote_of_the_committee_and_an_approval_of_another_role() -> None:
    """S. Lind sits in the committee and is the risk owner: a second member has to decide."""
    policy = ASKS.with_thresholds(replace(ASKS.thresholds, committee_limit=Decimal(1)))
    some = replace(risk(LIND), committee=Committee("IT Board", frozenset({"l", "o"})))
    verdict = judged(some, APPROVED, policy=policy)
    assert (verdict.stage, blockers(verdict)) == (
        "detailed",
        ["0 of 1 member of IT Board has approved · steering committee IT Board"],
    )
    assert [one.subject for one in verdict.checklist if one.approval is not None and one.stage == "decided"] == [
        "sponsor",
        "controller",
        "steering_committee",
        "risk_owner",
    ]
    verdict = judged(some, APPROVED, new_command("decided", OSEI), policy=policy)
    assert "decided" in verdict.newly_granted


def test_without_the_pair_an_owner_may_hold_it() -> None:
    verdict = judged(risk(KAYA), new_command("decided", KAYA), policy=replace(ASKS, kept_apart=()))
    assert "decided" in verdict.newly_granted


def test_an_approval_is_given_in_the_role() -> None:
    verdict = judged(risk(LIND, "Risk officer"), APPROVED)
    (ruling,) = [one.ruling for one in verdict.commands if one.person == LIND]
    assert ruling is not None
    assert (ruling.role, ruling.reply) == (RISK, "Decided approved by S. Lind as Risk officer.")


def changed(*commands: Command) -> tuple[Measure, Evidence]:
    """K. Osei was named in place of S. Lind."""
    before = evidence("detailed", "detailed")
    holders = {"risk_owner": HeldRole(LIND, LIND)}
    state = replace(before.measure_state, role_holders=holders)
    officers = {"person:1": (Capacity.OFFICE,)}
    return risk(OSEI), replace(before, measure_state=state, commands=(*APPROVALS, *commands), officers=officers)


def test_a_new_holder_does_not_count_before_the_change_is_accepted() -> None:
    some, present = changed(new_command("decided", OSEI))
    verdict = assess(some, present, ASKS, NOW)
    assert verdict.stage == "detailed"
    assert [one.sentence for one in verdict.findings if one.code == "ROLE_CHANGED"] == [
        "the risk owner was changed from S. Lind to K. Osei on 21 Nov 2026, and nobody has accepted it: S. Lind or the "
        "transformation office does with /accept-role risk_owner"
    ]


@pytest.mark.parametrize(
    ("by", "accepted"),
    [
        (LIND, True),
        (Person("t", "T. Office", True, identities=("person:1",)), True),
        (KAYA, False),
        (OSEI, False),
    ],
)
def test_who_accepts_the_change(by: Person, accepted: bool) -> None:
    some, present = changed()
    first = assess(some, present, ASKS, NOW)
    later = NOW + timedelta(hours=1)
    words = new_command("risk_owner", by, Verb.ACCEPT_ROLE, at=later)
    again = replace(present, measure_state=first.measure_state, commands=(*first.commands, words))
    verdict = assess(some, again, ASKS, later)
    assert verdict.measure_state.role_holders["risk_owner"].changed_at == (None if accepted else NOW)


def test_a_rule_without_the_role_is_no_way_round_the_acceptance() -> None:
    """Moved to another type of measure and back, with another holder in the field."""
    _, present = changed()
    first = assess(risk(OSEI), present, ASKS, NOW)
    away = assess(measure(), replace(present, measure_state=first.measure_state), ASKS, NOW)
    assert [one for one in away.findings if one.code == "ROLE_CHANGED"] == []
    back = assess(risk(OSEI), replace(present, measure_state=away.measure_state), ASKS, NOW)
    assert [one.subject for one in back.findings if one.code == "ROLE_CHANGED"] == ["risk_owner"]


def test_a_holder_who_has_left_is_an_orphan() -> None:
    verdict = judged(risk(replace(LIND, active=False), "Risk officer"))
    assert [one.sentence for one in verdict.findings if one.code == "ORPHAN_OWNER"] == [
        "the Risk officer S. Lind has left (the account is inactive): name another Risk officer"
    ]
