"""Who may see and do what, as rules alone."""

from __future__ import annotations

import pytest

from connector.people.permissions import (
    Account,
    Action,
    Grant,
    PersonId,
    Role,
    Subject,
    Viewer,
    may,
    may_see,
    parse_place,
    speaks_as,
)

CLOUD = ("IT", "Cloud exit", None, "Mainframe")
JULIA = Account("jira-main", "weber")


def viewer(*grants: Grant, accounts: frozenset[Account] = frozenset()) -> Viewer:
    return Viewer(PersonId(1), "j@x.example", "Julia", grants, accounts)


@pytest.mark.parametrize(
    ("grant", "place", "entity", "sees"),
    [
        pytest.param(Grant(Role.VIEWER), CLOUD, "Nordbank AG", True, id="everything"),
        pytest.param(Grant(Role.VIEWER), (None,) * 4, None, True, id="everything, also without a place"),
        pytest.param(Grant(Role.VIEWER, ("IT",)), CLOUD, None, True, id="its portfolio"),
        pytest.param(Grant(Role.VIEWER, ("IT", "Cloud exit")), CLOUD, None, True, id="its program"),
        pytest.param(Grant(Role.VIEWER, ("IT", "Core")), CLOUD, None, False, id="another program"),
        pytest.param(Grant(Role.VIEWER, ("I",)), CLOUD, None, False, id="a name that only begins alike"),
        pytest.param(
            Grant(Role.VIEWER, ("IT", "Cloud exit", "P")), CLOUD, None, False, id="a project, and it has none"
        ),
        pytest.param(
            Grant(Role.VIEWER, ("IT", "Cloud exit", "", "Mainframe")),
            CLOUD,
            None,
            True,
            id="a package without a project",
        ),
        pytest.param(Grant(Role.VIEWER, ("IT",)), (None,) * 4, None, False, id="a measure without a place"),
        pytest.param(Grant(Role.VIEWER, (), "Nordbank AG"), CLOUD, "Nordbank AG", True, id="its legal entity"),
        pytest.param(Grant(Role.VIEWER, (), "Nordbank AG"), CLOUD, "Nordbank SA", False, id="another legal entity"),
        pytest.param(Grant(Role.VIEWER, (), "Nordbank AG"), CLOUD, None, False, id="an unknown legal entity"),
        pytest.param(Grant(Role.ADMINISTRATOR), CLOUD, None, True, id="an administrator"),
        pytest.param(Grant(Role.OPERATOR), CLOUD, None, False, id="an operator sees no measure"),
    ],
)
def test_a_grant_reaches_what_lies_under_its_place(
    grant: Grant, place: tuple[str | None, ...], entity: str | None, sees: bool
) -> None:
    assert may_see(viewer(grant), place, entity) is sees


@pytest.mark.parametrize(
    ("grants", "everything"),
    [
        ((Grant(Role.VIEWER),), True),
        ((Grant(Role.VIEWER, ("IT",)),), False),
        ((Grant(Role.VIEWER, (), "Nordbank AG"),), False),
        ((Grant(Role.OPERATOR),), False),
        ((Grant(Role.OPERATOR), Grant(Role.OFFICE)), True),
        ((), False),
    ],
)
def test_seeing_everything_needs_a_grant_without_bounds(grants: tuple[Grant, ...], everything: bool) -> None:
    assert viewer(*grants).sees_everything is everything


MEASURE = Subject(CLOUD, "Nordbank AG", "jira-main", owner="kaya", sponsor="brandt", controller="weber")


def test_who_holds_a_role_in_the_tool_sees_that_measure_without_any_grant() -> None:
    julia = viewer(accounts=frozenset({JULIA}))
    assert (may(julia, Action.SEE, MEASURE), speaks_as(julia, MEASURE)) == (True, (Role.CONTROLLER,))
    assert not may(julia, Action.SEE, Subject(CLOUD, "Nordbank AG", "jira-main", owner="kaya"))


def test_the_same_id_on_another_connection_is_somebody_else() -> None:
    other = viewer(accounts=frozenset({Account("jira-other", "weber")}))
    assert not may(other, Action.SEE, MEASURE)


@pytest.mark.parametrize(
    ("who", "action", "allowed"),
    [
        pytest.param(
            viewer(Grant(Role.CONTROLLER)), Action.SPEAK, False, id="a role here speaks for nobody in the tool"
        ),
        pytest.param(viewer(accounts=frozenset({JULIA})), Action.SPEAK, True, id="its controller"),
        pytest.param(viewer(Grant(Role.VIEWER)), Action.REPORT, True, id="a viewer reports"),
        pytest.param(viewer(Grant(Role.VIEWER)), Action.CONFIGURE, False, id="a viewer configures nothing"),
        pytest.param(viewer(Grant(Role.OFFICE, ("HR",))), Action.REPORT, False, id="not on what they do not see"),
        pytest.param(viewer(Grant(Role.ADMINISTRATOR)), Action.MANAGE_PEOPLE, True, id="an administrator"),
        pytest.param(viewer(Grant(Role.OPERATOR)), Action.OPERATE, False, id="an operator, but not on a measure"),
        pytest.param(viewer(Grant(Role.ADMINISTRATOR)), Action.OPERATE, True, id="an administrator operates"),
    ],
)
def test_what_somebody_may_do_with_a_measure(who: Viewer, action: Action, allowed: bool) -> None:
    assert may(who, action, MEASURE) is allowed


def test_an_operator_operates_without_a_measure() -> None:
    assert may(viewer(Grant(Role.OPERATOR)), Action.OPERATE)
    assert not may(viewer(Grant(Role.OPERATOR)), Action.SEE)


@pytest.mark.parametrize(
    ("written", "place"),
    [("", ()), ("IT", ("IT",)), ("IT / Cloud exit", ("IT", "Cloud exit")), (" IT /  R/D / ", ("IT", "R/D"))],
)
def test_a_place_is_written_with_slashes_between_spaces(written: str, place: tuple[str, ...]) -> None:
    assert parse_place(written) == place


def test_a_place_has_four_levels_at_most() -> None:
    with pytest.raises(ValueError, match=r"A place has at most 4 levels: portfolio, program, project, package\."):
        parse_place("a / b / c / d / e")


def test_a_grant_reads_like_a_sentence() -> None:
    assert str(Grant(Role.CONTROLLER, ("IT", "Cloud exit"), "Nordbank AG")) == (
        "controller of IT / Cloud exit, Nordbank AG only"
    )
    assert str(Grant(Role.OFFICE)) == "office of everything"
