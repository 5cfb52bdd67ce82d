"""How far objectives have come; what is not measured has not been reached."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.facts import Unknown
from governance.outcomes import KeyResult, Objective, TeamCoverage, progress_by_objective, share, whole_coverage


def d(text: str) -> Decimal:
    return Decimal(text)


def result(current: str | None, weight: str = "1", start: str = "100", target: str = "80") -> KeyResult:
    return KeyResult("o/k", "Run cost", d(start), d(target), d(current) if current else None, d(weight))


@pytest.mark.parametrize(
    ("current", "progress"),
    [("100", "0"), ("95", "0.25"), ("80", "1"), ("70", "1"), ("110", "0")],
    ids=["at the start", "a quarter of the way down", "reached", "past the target", "worse than at the start"],
)
def test_progress_of_a_key_result(current: str, progress: str) -> None:
    assert result(current).progress == d(progress)


def test_a_key_result_that_nobody_measured_is_unknown_and_so_is_what_stands_above() -> None:
    unknown = Unknown('nobody has stated the present value of "Run cost"')
    assert result(None).progress == unknown
    objectives = (
        Objective("top", "Cost"),
        Objective("low", "Run cost", parent="top", key_results=(result(None), result("80"))),
    )
    assert progress_by_objective(objectives) == {"top": unknown, "low": unknown}


def test_an_objective_is_the_weighted_mean_of_key_results_and_of_what_stands_below() -> None:
    objectives = (
        Objective("top", "Cost", key_results=(result("80", "3"),)),
        Objective("low", "Run", parent="top", key_results=(result("100", "1"), result("80", "0"))),
    )
    assert progress_by_objective(objectives) == {"top": d("0.75"), "low": d("0")}


def test_what_has_no_way_and_what_stands_below_itself_is_unknown() -> None:
    assert isinstance(result("90", start="80").progress, Unknown)
    assert result("80", start="80").progress == 1
    circle = (Objective("a", "A", parent="b"), Objective("b", "B", parent="a"))
    assert all(isinstance(one, Unknown) for one in progress_by_objective(circle).values())
    assert progress_by_objective((Objective("a", "A"),))["a"] == Unknown("A has no key result")


def test_coverage_adds_up() -> None:
    teams = (
        TeamCoverage("IT", ("Kaya",), d("100"), d("25"), tickets=4, tickets_without=1, measures=2, measures_without=1),
        TeamCoverage("", ("Lind",), d("10"), d("10"), d("4"), d("4"), measures=1, measures_without=1),
    )
    whole = whole_coverage(teams)
    assert (whole.spend, whole.spend_without, whole.hours_without, whole.tickets) == (d("110"), d("35"), d("4"), 4)
    assert (whole.owners, whole.measures_without) == (("Kaya", "Lind"), 2)
    assert (share(whole.tickets_without, whole.tickets), share(0, 0)) == (d("0.25"), None)
