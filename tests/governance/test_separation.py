"""Separation of duties compares people, not accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Command, Verb
from governance.gates import Policy, Thresholds
from governance.measure import Committee, Measure, Person, Roles
from governance.presets import default_policy
from governance.separation import same_person
from governance.verdict import Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command

PERSON_1 = ("person:1",)
KAYA_1 = replace(KAYA, identities=PERSON_1)
SECOND = Person("k2", "Ayse Kaya", True, identities=PERSON_1)
LIND = Person("l", "S. Lind", True)


def assess_with(some: Measure, *commands: Command, stage: str = "identified", policy: Policy = POLICY) -> Verdict:
    return assess(some, evidence(stage, stage, commands=commands), policy, NOW)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person("a", "A"), Person("a", "Another name"), True),
        (Person("a", "A"), Person("b", "A"), False),
        (Person("a", "A", login="a.kaya"), Person("b", "B", login="A.Kaya"), True),
        (Person("a", "A", login=""), Person("b", "B", login=""), False),
        (Person("a", "A", identities=("person:1",)), Person("b", "B", identities=("x", "person:1")), True),
        (Person("a", "A", identities=("person:1",)), Person("b", "B", identities=("person:2",)), False),
        (Person("a", "A", identities=("person:1",)), Person("b", "B"), False),
    ],
)
def test_accounts_of_one_person(one: Person, other: Person, same: bool) -> None:
    assert same_person(one, other) is same
    assert same_person(other, one) is same


@pytest.mark.parametrize(
    ("roles", "policy", "sentence"),
    [
        (
            Roles(KAYA, BRANDT, KAYA),
            POLICY,
            "Cannot move into Detailed yet: A. Kaya is controller and owner at once: nobody checks their own figures"
            ". M. Brandt (sponsor) needs to act, since 21 Nov · SOD",
        ),
        (
            Roles(KAYA_1, BRANDT, SECOND),
            POLICY,
            "Cannot move into Detailed yet: Ayse Kaya and A. Kaya are accounts of one person, who is controller and owner at once: "
            "nobody checks their own figures. M. Brandt (sponsor) needs to act, since 21 Nov · SOD",
        ),
        (
            Roles(KAYA, KAYA, WEBER),
            POLICY,
            "Cannot move into Detailed yet: A. Kaya is sponsor and owner at once: nobody decides on their own measure"
            ". A. Kaya (owner) needs to act, since 21 Nov · SOD",
        ),
        (Roles(KAYA, KAYA, WEBER), replace(POLICY, owner_may_sponsor=True), None),
    ],
)
def test_two_roles_that_are_kept_apart(roles: Roles, policy: Policy, sentence: str | None) -> None:
    found = [blocker.sentence for blocker in assess_with(measure(roles=roles), policy=policy).blockers]
    assert [one for one in found if one.endswith("SOD")] == ([sentence] if sentence else [])


def delegation(giver: Person, to: str, *identities: str) -> Command:
    day = date(2026, 11, 30)
    return new_command(
        "", giver, Verb.DELEGATE, delegate=to, until=day, delegate_identities=identities, at=NOW - timedelta(days=5)
    )


@pytest.mark.parametrize(
    ("roles", "command", "reply"),
    [
        (
            Roles(KAYA_1, BRANDT, WEBER),
            delegation(WEBER, "k2", "person:1"),
            "A. Kaya is owner of this measure and cannot stand in for the controller: nobody checks their own figures.",
        ),
        (
            Roles(KAYA_1, BRANDT, WEBER),
            delegation(BRANDT, "k2", "person:1"),
            "A. Kaya is owner of this measure and cannot stand in for the sponsor: nobody checks their own figures.",
        ),
        (
            Roles(KAYA, replace(BRANDT, identities=PERSON_1), WEBER),
            delegation(replace(BRANDT, identities=PERSON_1), "b2", "person:1"),
            "Nobody delegates to themselves.",
        ),
    ],
)
def test_a_delegation_to_a_second_account_is_refused(roles: Roles, command: Command, reply: str) -> None:
    (ruled,) = assess_with(measure(roles=roles), command).commands
    assert ruled.ruling is not None
    assert (ruled.accepted, ruled.ruling.reply) == (False, reply)


def test_a_delegate_who_turns_out_to_be_the_owner_approves_nothing() -> None:
    """The delegation named an account of which nothing was known; who speaks from it is known."""
    some = measure(roles=Roles(KAYA_1, BRANDT, WEBER))
    approval = new_command("detailed", SECOND)
    verdict = assess_with(some, delegation(BRANDT, "k2"), approval)
    ruling = verdict.commands[-1].ruling
    assert verdict.stage == "identified"
    assert ruling is not None
    assert ruling.reply == (
        "Ayse Kaya is owner of this measure and cannot stand in for the sponsor: nobody checks their own figures."
    )


def test_a_delegate_who_is_linked_to_the_owner_later_loses_what_was_approved() -> None:
    known_later = replace(SECOND, identities=())
    given = assess_with(
        measure(), delegation(BRANDT, "k2"), new_command("decided", known_later), stage="detailed"
    ).commands
    linked = tuple(
        one._replace(person=replace(one.person, identities=PERSON_1)) if one.person.id == "k2" else one for one in given
    )
    verdict = assess_with(
        measure(roles=Roles(KAYA_1, BRANDT, WEBER)), *linked, new_command("decided", WEBER), stage="detailed"
    )
    assert [blocker.sentence for blocker in verdict.blockers] == [
        "Cannot move into Decided yet: Ayse Kaya gave the approval for M. Brandt and is owner as well: nobody checks their own "
        "figures. M. Brandt (sponsor) needs to act, since 21 Nov · APPROVAL_MISSING"
    ]


def test_one_person_with_two_accounts_fills_one_approval() -> None:
    sponsor = replace(BRANDT, identities=PERSON_1)
    some = measure(roles=Roles(KAYA, sponsor, WEBER))
    given = (
        delegation(WEBER, "b2"),
        new_command("decided", sponsor),
        new_command("decided", Person("b2", "Martin B.", True, identities=PERSON_1)),
    )
    verdict = assess_with(some, *given, stage="detailed")
    assert [blocker.code for blocker in verdict.blockers] == ["CONTROLLER_SIZE"]


def test_who_speaks_for_somebody_counts_as_both() -> None:
    """M. Brandt's approval came from S. Lind; M. Brandt cannot speak for the controller as well."""
    given = (
        delegation(BRANDT, "l"),
        delegation(WEBER, "b2"),
        new_command("decided", LIND),
        new_command("decided", Person("b2", "Martin B.", True, identities=("person:2",))),
    )
    some = measure(roles=Roles(KAYA, replace(BRANDT, identities=("person:2",)), WEBER))
    verdict = assess_with(some, *given, stage="detailed")
    assert [blocker.code for blocker in verdict.blockers] == ["CONTROLLER_SIZE"]


def test_one_person_has_one_vote_in_the_committee() -> None:
    board = Committee("IT Board", frozenset({"n1", "n2", "r"}), 2)
    policy = default_policy(Thresholds(hurdle=Decimal(50_000), payback_months=12, committee_limit=Decimal(200_000)))
    votes = tuple(new_command("decided", Person(name, "P. Novak", identities=("person:3",))) for name in ("n1", "n2"))
    given = (new_command("decided", BRANDT), new_command("decided", WEBER), *votes)
    verdict = assess_with(measure(committee=board), *given, stage="detailed", policy=policy)
    assert [blocker.reason for blocker in verdict.blockers] == ["1 of 2 members of IT Board have approved"]
