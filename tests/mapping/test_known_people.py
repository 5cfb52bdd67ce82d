"""Who stands behind the accounts of an item, and who may accept for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.evidence import CommandOrigin
from governance.measure import HierarchyPath, Person, Role
from governance.measure_state import MeasureState
from governance.role_holders import Capacity, HeldRole
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.fields import role_groups
from mapping.known_people import KnownPeople, Officer, accounts_of, held_accounts, mail_identity, person_identity
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import Comment, ConnectionName, FieldName
from tests.governance.factory import measure
from tests.mapping.items import BRANDT, KAYA, NOW, item

MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {portfolio: IT, program: "{Program}"}
    roles:
      owner: Assignee
      sponsor: {field: Sponsor, group: Sponsors}
      controller: {by: Program, people: {Cloud exit: {id: w, name: J. Weber}}}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
"""


def assessed(people: KnownPeople, *comments: Comment, state: MeasureState | None = None) -> MeasureAssessment:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping), loaded
    found = assess_item(
        item(comments=comments), loaded.config, Policies(loaded.config),
        measure_state=state or MeasureState(), last_written={}, now=NOW, people=people,
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def said(text: str, person: Person = BRANDT) -> Comment:
    return Comment("1", person, NOW, text, CommandOrigin.COMMENT)


def test_holders_speakers_and_delegates_are_known() -> None:
    people = KnownPeople({"k": ("person:1",), "b": ("person:2",), "k2": ("person:1",)})
    found = assessed(people, said("/delegate @k2 until 2026-02-28"))
    (command,) = found.verdict.commands
    assert found.mapped.measure.roles.owner.identities == ("person:1",)  # type: ignore[union-attr]
    assert command.person.identities == ("person:2",)
    assert command.delegate_identities == ("person:1",)
    assert command.ruling is not None
    assert command.ruling.reply == (
        "A. Kaya is owner of this measure and cannot stand in for the sponsor: nobody checks their own figures."
    )


def test_an_account_that_was_linked_after_the_change_of_a_role_is_its_former_holders() -> None:
    """Whoever gave the ownership away under one account does not accept that as the sponsor under another."""
    former = Person("k2", "Anna K.")
    state = MeasureState(role_holders={"owner": HeldRole(former, KAYA, NOW - timedelta(days=1))})
    assert list(held_accounts(state)) == ["k2", "k"]
    known = KnownPeople({"k2": ("person:2",), "b": ("person:2",)})
    (command,) = assessed(known, said("/accept-role owner"), state=state).verdict.commands
    assert command.ruling is not None
    assert command.ruling.reply == (
        "M. Brandt may not accept this: M. Brandt is owner and sponsor of this measure. The owner was changed from "
        "Anna K. to A. Kaya on 9 Feb 2026, and nobody has accepted it: Anna K., sponsor M. Brandt or the "
        "transformation office does with /accept-role owner."
    )


def test_who_is_unlinked_stays_who_they_were() -> None:
    then = Person("b", "M. Brandt", identities=("person:2",))
    assert KnownPeople({"b": ("mail:x",)}).identified(then).identities == ("mail:x", "person:2")
    assert KnownPeople().identified(then) is then


def test_every_account_that_may_be_compared_is_asked_for() -> None:
    lind = Person("l", "S. Lind")
    some = item({"Team": (KAYA, lind)}, comments=(said("/delegate [~accountid:n] until 2026-02-28"),))
    assert set(accounts_of(some, ())) == {"k", "b", "w", "l", "n"}


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Sponsors": frozenset({"b"})}, {Role.SPONSOR, Role.CONTROLLER}),
        ({"Sponsors": frozenset({"x"})}, {Role.CONTROLLER}),
        ({}, {Role.CONTROLLER}),
    ],
)
def test_roles_that_a_table_or_a_group_fills(members: dict[str, frozenset[str]], named: set[Role]) -> None:
    found = assessed(KnownPeople(groups=members))
    assert found.mapped.measure.roles.sponsor == BRANDT
    assert set(found.mapped.measure.roles.from_directory) == named


def test_the_groups_of_a_connection_are_those_that_its_rules_name() -> None:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    assert role_groups(loaded.config, ConnectionName("jira-main")) == {"Sponsors"}
    assert role_groups(loaded.config, ConnectionName("snow-main")) == frozenset()
    assert FieldName("Sponsor") in item().fields


@pytest.mark.parametrize(
    ("hierarchy", "legal_entity", "reached"),
    [
        ((), None, True),
        (("IT",), None, True),
        (("IT", "Cloud exit"), "ACME AG", True),
        (("IT", "Branches"), None, False),
        (("Retail",), None, False),
        ((), "ACME SA", False),
    ],
)
def test_an_office_reaches_as_far_as_its_grant(
    hierarchy: tuple[str, ...], legal_entity: str | None, reached: bool
) -> None:
    officer = Officer(person_identity(7), Capacity.OFFICE, hierarchy, legal_entity)
    some = measure(hierarchy=HierarchyPath("ACME", "IT", "Cloud exit"), legal_entity="ACME AG")
    assert KnownPeople(officers=(officer,)).officers_of(some) == ({"person:7": (Capacity.OFFICE,)} if reached else {})


def test_an_address_is_one_however_it_is_written() -> None:
    assert mail_identity(" Kaya@ACME.example") == mail_identity("kaya@acme.example")
    assert mail_identity("kaya@acme.example") != mail_identity("kaya@acme.org")
