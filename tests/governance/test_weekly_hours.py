"""Whose hours of a week count: the person's, the team's, or everybody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.facts import Fact, Unknown
from governance.weekly_hours import WeeklyHours, named

FORTY = Decimal(40)
STATED = WeeklyHours(
    FORTY,
    named([("A.Kaya@acme.example", Decimal(32)), ("P. Half", Decimal(20))]),
    named([("Network", Decimal("38.5")), ("Night shift", Decimal(36)), (" night shift ", Decimal(37))]),
).with_stated(
    {"p. half": Decimal(30), "b. li": Decimal(24)},
    {"network": Decimal(41), "field": Decimal(35)},
    {"m. two": ("network", "night shift"), "c. field": ("field",), "n. known": ("elsewhere",)},
)


@pytest.mark.parametrize(
    ("names", "team", "hours"),
    [
        pytest.param(("712020:1", "a.kaya@ACME.example", "A. Kaya"), "Network", 32, id="by login, whatever the team"),
        pytest.param((" p. half ",), "", 20, id="the policy counts before a file"),
        pytest.param(("B. Li",), "Network", 24, id="a file of the person counts before the team"),
        pytest.param(("X. New",), " NETWORK", "38.5", id="the team for which people are planned"),
        pytest.param(("M. Two",), "Field", 36, id="of two teams the least, and not the planned one"),
        pytest.param(("C. Field",), "", 35, id="a file of the team"),
        pytest.param(("N. Known",), "Network", None, id="a team of which nothing is stated"),
        pytest.param(("X. New", "", ""), "", None, id="nothing is stated"),
    ],
)
def test_the_nearest_statement_counts(names: tuple[str, ...], team: str, hours: object) -> None:
    expected: Fact[Decimal] = None if hours is None else Decimal(str(hours))
    assert STATED.stated_of(names, team) == expected


def test_what_nobody_states_is_unknown_where_others_have_no_hours() -> None:
    unknown = WeeklyHours(None, {"b. li": Decimal(24)}, {"network": Decimal(38)})
    assert unknown.stated_of(("X. New",), "Field") == Unknown("nobody states them")
    assert (unknown.of_person("X. New"), unknown.of_person("B. Li"), unknown.of_person("X. New", "Network")) == (
        None, 24, 38,
    )  # fmt: skip
    assert (unknown.of_team("Field"), unknown.of_team("Network"), STATED.of_team("Elsewhere")) == (None, 38, 40)
