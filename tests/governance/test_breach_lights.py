"""A move past a shut gate improves neither light: what is ahead of its stage is not done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Children, Evidence, OpenItem, Report, ReportedFact, Team, TeamMember
from governance.facts import Unknown
from governance.gates import Policy
from governance.measure import Measure
from governance.verdict import Colour, GateState, Verdict
from tests.governance.factory import NOW, POLICY, evidence, measure

RANK = {Colour.RED: 0, Colour.GREY: 1, Colour.AMBER: 2, Colour.GREEN: 3}
"""Grey is not known, which is worse than late and better than failed."""

MIDDLE = datetime(2026, 7, 2, tzinfo=UTC)
LATE = measure(end=date(2026, 6, 30))
ON_WORD = replace(POLICY, thresholds=replace(POLICY.thresholds, done_on_word=True))
AWAY = Team((TeamMember("a", Decimal(2), Decimal(30), "Other project"),), 30)


def before(**changes: object) -> Evidence:
    """In work, Decided granted, one approval missing for the next gate."""
    present = evidence("decided", "decided", commands=(), updated=MIDDLE, children=Children(10, 5))
    return replace(present, **changes)  # type: ignore[arg-type]


def moved(present: Evidence, **changes: object) -> Evidence:
    """The same after somebody moved it to Done in the tool."""
    done = {"tool_stage": "implemented", "tool_status": "Done", "done": True}
    reported = dict(present.reported) | {Report.STATUS: ReportedFact("Done")}
    return replace(present, reported=reported, **(done | changes))  # type: ignore[arg-type]


CASES = [
    pytest.param(LATE, {"children": Children(10, 10)}, POLICY, {}, id="all children done, past the end"),
    pytest.param(LATE, {"children": Children(10, 4)}, POLICY, {}, id="open children, past the end"),
    pytest.param(LATE, {"children": Children(0, 0)}, POLICY, {}, id="nothing shows it, past the end"),
    pytest.param(LATE, {"children": Children(0, 0)}, ON_WORD, {}, id="done on word, past the end"),
    pytest.param(measure(), {"children": Children(0, 0)}, ON_WORD, {}, id="done on word, in time"),
    pytest.param(measure(), {"children": Unknown("not read")}, ON_WORD, {}, id="unknown children"),
    pytest.param(measure(), {"children": Children(10, 3)}, POLICY, {}, id="far behind"),
    pytest.param(measure(), {"progress": Decimal("0.3")}, ON_WORD, {}, id="a stated progress"),
    pytest.param(measure(), {"children": Children(4, 4), "flagged": True}, POLICY, {}, id="flagged"),
    pytest.param(
        measure(),
        {"children": Children(4, 4), "blocking_links": (OpenItem("OTH-1", "Other", "Open"),)},
        POLICY,
        {},
        id="blocked",
    ),
    pytest.param(measure(), {"children": Children(4, 4), "team": AWAY}, POLICY, {}, id="its people work elsewhere"),
    pytest.param(measure(), {"updated": MIDDLE - timedelta(days=90)}, POLICY, {"updated": MIDDLE}, id="stale"),
    pytest.param(measure(start=None), {}, ON_WORD, {}, id="without dates"),
    pytest.param(measure(), {}, POLICY, {"tool_stage": "closed", "tool_status": "Closed"}, id="two gates at once"),
    pytest.param(measure(), {}, POLICY, {"tool_stage": None, "ended": True, "done": True}, id="into an end"),
    pytest.param(LATE, {"children": Children(2, 2)}, POLICY, {"tool_stage": None, "ended": True}, id="late, an end"),
]


@pytest.mark.parametrize(("one", "facts", "policy", "move"), CASES)
def test_a_breach_improves_no_light(
    one: Measure, facts: dict[str, object], policy: Policy, move: dict[str, object]
) -> None:
    present = before(**facts)
    first = assess(one, present, policy, MIDDLE)
    seen = replace(present, measure_state=first.measure_state)
    second = assess(one, moved(seen, **move), policy, MIDDLE)
    assert second.gate is GateState.BREACH
    worsens(first, second)
    # And neither does staying there, or coming back.
    third = assess(one, moved(replace(seen, measure_state=second.measure_state), **move), policy, MIDDLE)
    worsens(first, third)
    back = replace(seen, measure_state=third.measure_state, updated=MIDDLE)
    worsens(first, assess(one, back, policy, MIDDLE))


def worsens(first: Verdict, later: Verdict) -> None:
    for name in ("implementation", "potential"):
        was, now = getattr(first, name), getattr(later, name)
        assert RANK[now.colour] <= RANK[was.colour], (name, was, now)


def test_the_reason_says_that_the_move_does_not_count() -> None:
    present = moved(before(children=Children(10, 10)))
    status = assess(LATE, present, POLICY, MIDDLE).implementation
    assert (status.colour, status.reason) == (
        Colour.RED,
        "the end was 2026-06-30, and the work is not done; the move to Done past a shut gate does not count as done",
    )


def test_work_that_is_done_and_was_granted_stays_green() -> None:
    granted = evidence("implemented", "implemented", done=True, tool_status="Done", children=Children(4, 4))
    status = assess(measure(), granted, POLICY, NOW).implementation
    assert (status.colour, status.reason) == (Colour.GREEN, "the work is done")
