"""Grey stays grey until somebody reports on the work: what moves the date of a report, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Children, ChildState, Evidence, Report, ReportedFact, Team, TeamMember
from governance.facts import Fact, Unknown
from governance.measure_state import Breach
from governance.verdict import Colour
from tests.governance.factory import POLICY, evidence, measure

START = datetime(2026, 4, 2, tzinfo=UTC)
"""The measure was assessed first; a quarter of the year 2026 has passed."""
LATER = START + timedelta(days=70)
STORY, TASK = ChildState("1", "ITX-1", False, "3"), ChildState("2", "ITX-2", True, "5")
GREY = "nobody has reported on the work for 70 days, since 2 Apr 2026 (STALE_STATUS)"
COMMENTED = LATER - timedelta(days=1)
"""Only the tool's own *last updated* has moved."""
COUNTED = frozenset({Report.STATUS, Report.PROGRESS, Report.DATES, Report.CHILDREN, Report.WORKLOGS, "Status report"})


def children(*items: ChildState, changed: datetime = COMMENTED) -> Children:
    return Children(len(items), sum(child.done for child in items), last_changed=changed, items=items)


def reported(**changes: Fact[ReportedFact]) -> Mapping[str, Fact[ReportedFact]]:
    usual: dict[str, Fact[ReportedFact]] = {
        Report.STATUS: ReportedFact("In progress"),
        Report.PROGRESS: ReportedFact("0.5", "Percent complete"),
        Report.DATES: ReportedFact("2026-01-01 2026-12-31", "start, end"),
        Report.WORKLOGS: ReportedFact("2026-03-30", at=START - timedelta(days=3)),
        "Status report": ReportedFact("all is well"),
    }
    return usual | {name.replace("_", " "): fact for name, fact in changes.items()}


FIRST = evidence(
    children=children(STORY, TASK, changed=START), reported=reported(), updated=START, counted_reports=COUNTED
)


def assessed_again(**changes: object) -> tuple[Colour, str]:
    """The same measure 70 days later, with what has changed since."""
    state = assess(measure(), FIRST, POLICY, START).measure_state
    present = replace(FIRST, children=children(STORY, TASK), updated=COMMENTED, measure_state=state)
    status = assess(measure(), replace(present, **changes), POLICY, LATER).implementation  # type: ignore[arg-type]
    return status.colour, status.reason


MOVED = STORY._replace(status="4")
STAYS_GREY: Mapping[str, dict[str, object]] = {
    "a comment, a rename, a watcher, our own write: only the tool's last update moved": {},
    "a renamed child": {"children": children(STORY._replace(key="OTHER-1"), TASK)},
    "a new child": {"children": children(STORY, TASK, ChildState("3", "ITX-3", False, "3"))},
    "a child that was deleted": {"children": children(TASK)},
    "a status that cannot be read": {"reported": reported(status=Unknown("no access"))},
    "a progress that was emptied": {"reported": reported(progress=ReportedFact("", "Percent complete"))},
    "a progress that comes from another field now": {"reported": reported(progress=ReportedFact("0.7", "Done"))},
    "an emptied status report": {"reported": reported(Status_report=ReportedFact(""))},
    "a report field that is counted newly": {
        "reported": reported(News=ReportedFact("on track")),
        "counted_reports": COUNTED | {"News"},
    },
    "hours that were taken back": {
        "reported": reported(worklogs=ReportedFact("2026-03-20", at=START - timedelta(days=13)))
    },
    "child items that could not be read": {"children": Unknown("no access")},
    "what the mapping does not count": {
        "reported": reported(status=ReportedFact("Review")),
        "counted_reports": {"dates"},
    },
}


@pytest.mark.parametrize("changes", [pytest.param(value, id=name) for name, value in STAYS_GREY.items()])
def test_what_is_no_report_clears_no_grey(changes: dict[str, object]) -> None:
    assert assessed_again(**changes) == (Colour.GREY, GREY)


CLEARS: Mapping[str, dict[str, object]] = {
    "another status": {"reported": reported(status=ReportedFact("Review"))},
    "another progress": {"reported": reported(progress=ReportedFact("0.7", "Percent complete"))},
    "another date": {"reported": reported(dates=ReportedFact("2026-01-01 2026-11-30", "start, end"))},
    "a child that was moved to another status": {"children": children(MOVED, TASK)},
    "a done child that was opened again": {"children": children(STORY, TASK._replace(done=False, status="3"))},
    "hours logged since": {"reported": reported(worklogs=ReportedFact("2026-06-08", at=LATER - timedelta(days=3)))},
    "another status report": {"reported": reported(Status_report=ReportedFact("one week late"))},
}


@pytest.mark.parametrize("changes", [pytest.param(value, id=name) for name, value in CLEARS.items()])
def test_a_report_clears_grey(changes: dict[str, object]) -> None:
    assert assessed_again(**changes)[1] != GREY


def test_a_report_is_dated_by_the_tools_last_update_not_by_the_moment_when_it_was_read() -> None:
    """Gatepost stood still for two months: what was reported before is not of today."""
    early = START + timedelta(days=5)
    colour, reason = assessed_again(reported=reported(status=ReportedFact("Review")), updated=early)
    assert (colour, reason) == (
        Colour.GREY,
        "nobody has reported on the work for 65 days, since 7 Apr 2026 (STALE_STATUS)",
    )


def test_a_measure_of_which_nothing_is_known_to_be_reported_is_grey() -> None:
    nothing = evidence(reported={}, children=Children(4, 2), updated=None)
    status = assess(measure(), nothing, POLICY, START).implementation
    assert (status.colour, status.reason) == (
        Colour.GREY,
        "it is not known when somebody last reported on the work (STALE_STATUS)",
    )


def test_a_refused_move_and_its_undoing_are_no_report() -> None:
    """Whoever moves the item past a shut gate, and is moved back by us, has said nothing about the work."""
    ahead = replace(FIRST, tool_stage="closed", tool_status="Done", reported=reported(status=ReportedFact("Done")))
    steps: tuple[tuple[Evidence, datetime], ...] = (
        (replace(FIRST, tool_stage="identified"), START),
        (replace(ahead, updated=LATER - timedelta(days=1)), LATER - timedelta(days=1)),
        (replace(FIRST, tool_stage="identified", updated=LATER), LATER),
    )
    state, reasons = FIRST.measure_state, []
    for present, now in steps:
        verdict = assess(measure(), replace(present, commands=(), measure_state=state), POLICY, now)
        state = verdict.measure_state
        reasons.append(verdict.implementation.reason)
    assert isinstance(state.breach, Breach)
    assert reasons[1:] == [GREY.replace("70", "69"), GREY]


def test_milestones_are_untouched_until_a_child_item_is_moved() -> None:
    """A renamed story says nothing to the zombie either."""
    away = tuple(TeamMember(f"Architect {n}", Decimal(0), Decimal(40), "SUP") for n in range(2))
    state = assess(measure(), FIRST, POLICY, START).measure_state
    present = replace(FIRST, children=children(STORY, TASK), team=Team(away, 14), measure_state=state)
    renamed = assess(measure(), present, POLICY, LATER)
    assert [one.sentence for one in renamed.findings if one.code == "RESOURCE_DIVERSION"] == [
        "2 of 2 people log their time elsewhere (80 h in 14 days, most of them on SUP), and no milestone was touched "
        "since 2 Apr 2026"
    ]
    moved = assess(measure(), replace(present, children=children(MOVED, TASK)), POLICY, LATER)
    assert "RESOURCE_DIVERSION" not in {one.code for one in moved.findings}
