"""Which changes of access need a second administrator, and who that may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.people.access_change import (
    AccessChange,
    Administrator,
    ChangeKind,
    DecisionRefusal,
    PendingChange,
    Procedure,
    holds_what_it_gives,
    procedure_of,
    refusal_to_decide,
)
from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount, Viewer

ADA, BEA, CARL = PersonId(1), PersonId(2), PersonId(3)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ALL = RoleGrant(Role.ADMINISTRATOR)
IT = RoleGrant(Role.ADMINISTRATOR, ("IT",))


def grant(role: Role, person: PersonId = CARL, place: tuple[str, ...] = ("IT",)) -> AccessChange:
    return AccessChange(ChangeKind.GRANT, person, RoleGrant(role, place))


def link(person: PersonId) -> AccessChange:
    return AccessChange(ChangeKind.LINK, person, account=ToolAccount("jira-main", "k"))


def enable(*holds: RoleGrant, account: ToolAccount | None = None) -> AccessChange:
    return AccessChange(ChangeKind.ENABLE, CARL, holds=holds, account=account)


ada, bea = Administrator(ADA, "ada", (ALL,)), Administrator(BEA, "bea", (ALL,))
bea_of_hr = Administrator(BEA, "bea", (RoleGrant(Role.ADMINISTRATOR, ("HR",)),))
former = Administrator(BEA, "bea", (), lost_lately=True)
bea_of_hr_only = Administrator(BEA, "bea", bea_of_hr.grants, lost_lately=True)


@pytest.mark.parametrize(
    ("change", "requester", "administrators", "expected"),
    [
        pytest.param(grant(Role.VIEWER), ADA, [ada, bea], Procedure.AT_ONCE, id="a viewer"),
        pytest.param(grant(Role.OWNER), ADA, [ada, bea], Procedure.AT_ONCE, id="an owner"),
        pytest.param(grant(Role.CONTROLLER), ADA, [ada, bea], Procedure.WAITS, id="a controller"),
        pytest.param(grant(Role.SPONSOR), ADA, [ada, bea], Procedure.WAITS, id="a sponsor"),
        pytest.param(grant(Role.ADMINISTRATOR), ADA, [ada, bea], Procedure.WAITS, id="an administrator"),
        pytest.param(grant(Role.VIEWER, ADA), ADA, [ada, bea], Procedure.WAITS, id="any role for oneself"),
        pytest.param(link(CARL), ADA, [ada, bea], Procedure.WAITS, id="a link"),
        pytest.param(link(ADA), ADA, [ada, bea], Procedure.WAITS, id="a link to oneself"),
        pytest.param(link(BEA), ADA, [ada, bea], Procedure.NOBODY_COULD_ACCEPT, id="a link to the only other one"),
        pytest.param(grant(Role.CONTROLLER), ADA, [ada], Procedure.ALONE, id="the only administrator"),
        pytest.param(link(ADA), ADA, [ada], Procedure.ALONE, id="a link to the only administrator"),
        pytest.param(
            grant(Role.CONTROLLER), ADA, [ada, former], Procedure.NOBODY_COULD_ACCEPT, id="the other was removed lately"
        ),
        pytest.param(
            grant(Role.CONTROLLER), ADA, [ada, bea_of_hr], Procedure.ALONE, id="the other one administers another part"
        ),
        pytest.param(grant(Role.CONTROLLER), None, [], Procedure.ALONE, id="the command line of an empty installation"),
        pytest.param(grant(Role.CONTROLLER), None, [ada], Procedure.ALONE, id="the command line beside one"),
        pytest.param(grant(Role.CONTROLLER), None, [ada, bea], Procedure.WAITS, id="the command line beside two"),
        pytest.param(
            AccessChange(ChangeKind.GROUP_RULE, grant=RoleGrant(Role.SPONSOR), group="finance"), ADA, [ada, bea],
            Procedure.WAITS, id="a group of sponsors",
        ),
        pytest.param(
            AccessChange(ChangeKind.GROUP_RULE, grant=RoleGrant(Role.OFFICE), group="office"), ADA, [ada, bea],
            Procedure.WAITS, id="a group of the office, which accepts changes of roles",
        ),
        pytest.param(
            AccessChange(ChangeKind.GROUP_RULE, grant=RoleGrant(Role.VIEWER), group="all"), ADA, [ada, bea],
            Procedure.AT_ONCE, id="a group of viewers",
        ),
        pytest.param(grant(Role.OFFICE), ADA, [ada, bea], Procedure.WAITS, id="the office"),
        pytest.param(
            grant(Role.CONTROLLER), ADA, [ada, bea_of_hr_only], Procedure.NOBODY_COULD_ACCEPT,
            id="the other was cut down to another part lately",
        ),
        pytest.param(
            grant(Role.CONTROLLER, place=("HR",)), ADA, [ada, bea_of_hr_only], Procedure.WAITS,
            id="the other was cut down, and this is what is left to them",
        ),
        pytest.param(enable(RoleGrant(Role.VIEWER)), ADA, [ada, bea], Procedure.AT_ONCE, id="a viewer comes back"),
        pytest.param(enable(RoleGrant(Role.CONTROLLER)), ADA, [ada, bea], Procedure.WAITS, id="a controller comes back"),
        pytest.param(
            enable(account=ToolAccount("jira-main", "k")), ADA, [ada, bea], Procedure.WAITS, id="an account comes back"
        ),
    ],
)  # fmt: skip
def test_who_has_to_agree(
    change: AccessChange, requester: PersonId | None, administrators: list[Administrator], expected: Procedure
) -> None:
    assert procedure_of(change, requester, administrators) is expected


@pytest.mark.parametrize(
    ("held", "change", "may"),
    [
        pytest.param(IT, grant(Role.VIEWER), True, id="one's own part"),
        pytest.param(IT, grant(Role.VIEWER, place=("IT", "Cloud exit")), True, id="below it"),
        pytest.param(IT, grant(Role.VIEWER, place=("HR",)), False, id="another part"),
        pytest.param(IT, grant(Role.VIEWER, place=()), False, id="everything"),
        pytest.param(IT, link(CARL), False, id="an account, which may hold measures everywhere"),
        pytest.param(
            RoleGrant(Role.ADMINISTRATOR, ("IT",), "Nordbank AG"),
            grant(Role.VIEWER),
            False,
            id="one legal entity of it",
        ),
        pytest.param(RoleGrant(Role.OPERATOR), grant(Role.VIEWER), False, id="another role"),
        pytest.param(IT, enable(RoleGrant(Role.VIEWER, ("IT",)), RoleGrant(Role.VIEWER)), False, id="who holds more"),
        pytest.param(IT, enable(), False, id="who holds nothing, and so lies in no part"),
        pytest.param(ALL, link(CARL), True, id="for everything"),
    ],
)
def test_nobody_gives_more_than_they_hold(held: RoleGrant, change: AccessChange, *, may: bool) -> None:
    assert holds_what_it_gives([held], change) is may


def viewer(person: PersonId | None, *grants: RoleGrant) -> Viewer:
    return Viewer(person=person, login="l", name="L", grants=grants)


@pytest.mark.parametrize(
    ("who", "at", "expected"),
    [
        pytest.param(viewer(BEA, ALL), NOW, None, id="another administrator"),
        pytest.param(viewer(BEA, IT), NOW, None, id="of the same part"),
        pytest.param(viewer(ADA, ALL), NOW, DecisionRefusal.OWN_REQUEST, id="who asked"),
        pytest.param(viewer(None, ALL), NOW, DecisionRefusal.OWN_REQUEST, id="a program without a person"),
        pytest.param(viewer(CARL, ALL), NOW, DecisionRefusal.ABOUT_THEMSELVES, id="whom it is about"),
        pytest.param(
            viewer(BEA, RoleGrant(Role.ADMINISTRATOR, ("HR",))), NOW, DecisionRefusal.BEYOND_THEIR_PART, id="of another"
        ),
        pytest.param(
            viewer(BEA, RoleGrant(Role.OFFICE)), NOW, DecisionRefusal.BEYOND_THEIR_PART, id="no administrator"
        ),
        pytest.param(viewer(BEA, ALL), NOW + timedelta(days=7), DecisionRefusal.ENDED, id="after a week"),
    ],
)
def test_who_may_decide(who: Viewer, at: datetime, expected: DecisionRefusal | None) -> None:
    pending = PendingChange(1, grant(Role.CONTROLLER), "Carl", "ada", ADA, NOW, NOW + timedelta(days=7))
    assert refusal_to_decide(pending, who, at) is expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (grant(Role.CONTROLLER), "Carl becomes controller of IT"),
        (link(CARL), "the account k of jira-main becomes Carl's"),
        (AccessChange(ChangeKind.UNLINK, CARL, account=ToolAccount("jira-main", "k")),
         "the account k of jira-main is no longer Carl's"),
        (enable(), "Carl may sign in again"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_a_sentence(change: AccessChange, sentence: str) -> None:
    assert change.sentence("Carl") == sentence
