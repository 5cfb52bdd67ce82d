"""Who may see and do what, as rules alone."""

from __future__ import annotations

import pytest

from connector.people.permissions import (
    Action,
    MeasureAccess,
    PersonId,
    Role,
    RoleGrant,
    ToolAccount,
    Viewer,
    command_roles_of,
    may,
    may_see,
    parse_hierarchy,
)

CLOUD = ("IT", "Cloud exit", None, "Mainframe")
JULIA = ToolAccount("jira-main", "weber")


def viewer(*grants: RoleGrant, accounts: frozenset[ToolAccount] = frozenset()) -> Viewer:
    return Viewer(PersonId(1), "j@x.example", "Julia", grants, accounts)


@pytest.mark.parametrize(
    ("grant", "hierarchy", "entity", "sees"),
    [
        pytest.param(RoleGrant(Role.VIEWER), CLOUD, "Nordbank AG", True, id="everything"),
        pytest.param(RoleGrant(Role.VIEWER), (None,) * 4, None, True, id="everything, also without a hierarchy"),
        pytest.param(RoleGrant(Role.VIEWER, ("IT",)), CLOUD, None, True, id="its portfolio"),
        pytest.param(RoleGrant(Role.VIEWER, ("IT", "Cloud exit")), CLOUD, None, True, id="its program"),
        pytest.param(RoleGrant(Role.VIEWER, ("IT", "Core")), CLOUD, None, False, id="another program"),
        pytest.param(RoleGrant(Role.VIEWER, ("I",)), CLOUD, None, False, id="a name that only begins alike"),
        pytest.param(
            RoleGrant(Role.VIEWER, ("IT", "Cloud exit", "P")), CLOUD, None, False, id="a project, and it has none"
        ),
        pytest.param(
            RoleGrant(Role.VIEWER, ("IT", "Cloud exit", "", "Mainframe")),
            CLOUD,
            None,
            True,
            id="a package without a project",
        ),
        pytest.param(RoleGrant(Role.VIEWER, ("IT",)), (None,) * 4, None, False, id="a measure without a hierarchy"),
        pytest.param(RoleGrant(Role.VIEWER, (), "Nordbank AG"), CLOUD, "Nordbank AG", True, id="its legal entity"),
        pytest.param(RoleGrant(Role.VIEWER, (), "Nordbank AG"), CLOUD, "Nordbank SA", False, id="another legal entity"),
        pytest.param(RoleGrant(Role.VIEWER, (), "Nordbank AG"), CLOUD, None, False, id="an unknown legal entity"),
        pytest.param(RoleGrant(Role.ADMINISTRATOR), CLOUD, None, True, id="an administrator"),
        pytest.param(RoleGrant(Role.OPERATOR), CLOUD, None, False, id="an operator sees no measure"),
    ],
)
def test_a_grant_covers_its_part_of_the_hierarchy(
    grant: RoleGrant, hierarchy: tuple[str | None, ...], entity: str | None, sees: bool
) -> None:
    assert may_see(viewer(grant), hierarchy, entity) is sees


@pytest.mark.parametrize(
    ("grants", "everything"),
    [
        ((RoleGrant(Role.VIEWER),), True),
        ((RoleGrant(Role.VIEWER, ("IT",)),), False),
        ((RoleGrant(Role.VIEWER, (), "Nordbank AG"),), False),
        ((RoleGrant(Role.OPERATOR),), False),
        ((RoleGrant(Role.OPERATOR), RoleGrant(Role.OFFICE)), True),
        ((), False),
    ],
)
def test_seeing_everything_needs_a_grant_without_bounds(grants: tuple[RoleGrant, ...], everything: bool) -> None:
    assert viewer(*grants).sees_everything is everything


MEASURE = MeasureAccess(CLOUD, "Nordbank AG", "jira-main", owner="kaya", sponsor="brandt", controller="weber")


def test_a_role_in_the_tool_shows_that_measure_without_any_grant() -> None:
    julia = viewer(accounts=frozenset({JULIA}))
    assert (may(julia, Action.SEE, MEASURE), command_roles_of(julia, MEASURE)) == (True, (Role.CONTROLLER,))
    assert not may(julia, Action.SEE, MeasureAccess(CLOUD, "Nordbank AG", "jira-main", owner="kaya"))


def test_the_same_id_on_another_connection_is_somebody_else() -> None:
    other = viewer(accounts=frozenset({ToolAccount("jira-other", "weber")}))
    assert not may(other, Action.SEE, MEASURE)


@pytest.mark.parametrize(
    ("who", "action", "allowed"),
    [
        pytest.param(
            viewer(RoleGrant(Role.CONTROLLER)),
            Action.SUBMIT_COMMAND,
            False,
            id="a role here gives no commands in the tool",
        ),
        pytest.param(viewer(accounts=frozenset({JULIA})), Action.SUBMIT_COMMAND, True, id="its controller"),
        pytest.param(viewer(RoleGrant(Role.VIEWER)), Action.REPORT, True, id="a viewer reports"),
        pytest.param(viewer(RoleGrant(Role.VIEWER)), Action.CONFIGURE, False, id="a viewer configures nothing"),
        pytest.param(viewer(RoleGrant(Role.OFFICE, ("HR",))), Action.REPORT, False, id="not on what they do not see"),
        pytest.param(viewer(RoleGrant(Role.ADMINISTRATOR)), Action.MANAGE_PEOPLE, True, id="an administrator"),
        pytest.param(viewer(RoleGrant(Role.OPERATOR)), Action.OPERATE, False, id="an operator, but not on a measure"),
        pytest.param(viewer(RoleGrant(Role.ADMINISTRATOR)), Action.OPERATE, True, id="an administrator operates"),
    ],
)
def test_what_somebody_may_do_with_a_measure(who: Viewer, action: Action, allowed: bool) -> None:
    assert may(who, action, MEASURE) is allowed


def test_an_operator_operates_without_a_measure() -> None:
    assert may(viewer(RoleGrant(Role.OPERATOR)), Action.OPERATE)
    assert not may(viewer(RoleGrant(Role.OPERATOR)), Action.SEE)


@pytest.mark.parametrize(
    ("written", "hierarchy"),
    [("", ()), ("IT", ("IT",)), ("IT / Cloud exit", ("IT", "Cloud exit")), (" IT /  R/D / ", ("IT", "R/D"))],
)
def test_a_hierarchy_is_written_with_slashes_between_spaces(written: str, hierarchy: tuple[str, ...]) -> None:
    assert parse_hierarchy(written) == hierarchy


def test_a_hierarchy_has_four_levels_at_most() -> None:
    with pytest.raises(ValueError, match=r"A hierarchy has at most 4 levels: portfolio, program, project, package\."):
        parse_hierarchy("a / b / c / d / e")


def test_a_grant_reads_like_a_sentence() -> None:
    assert str(RoleGrant(Role.CONTROLLER, ("IT", "Cloud exit"), "Nordbank AG")) == (
        "controller of IT / Cloud exit, Nordbank AG only"
    )
    assert str(RoleGrant(Role.OFFICE)) == "office of everything"
