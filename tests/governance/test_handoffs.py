"""Hand-overs between teams: when one begins and ends, how long it waits, what that costs, and from when it is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.assess import assess
from governance.facts import Unknown
from governance.gates import Policy
from governance.handoffs import (
    TicketMoment,
    TicketTimeline,
    handoffs_of,
    observed,
    waiting_time,
    with_observed,
)
from governance.verdict import Finding
from tests.governance.factory import NOW, POLICY, evidence, measure


def at(days: float, team: str, person: str = "", **more: bool) -> TicketMoment:
    """So many days before now."""
    return replace(TicketMoment(NOW - timedelta(days=days), team, person), **more)  # type: ignore[arg-type]


def timeline(*moments: TicketMoment, key: str = "ITX-7", elsewhere: bool = False) -> TicketTimeline:
    return TicketTimeline(key, moments, elsewhere=elsewhere)


WORKED = at(30, "Platform", "A. Kaya", working=True)


@pytest.mark.parametrize(
    ("moments", "waited"),
    [
        pytest.param((WORKED,), [], id="never handed over"),
        pytest.param((at(30, ""), at(20, "Network")), [], id="the first team is handed nothing"),
        pytest.param((WORKED, at(9, "Network")), [9], id="nobody has taken it up"),
        pytest.param((WORKED, at(9, "Network"), at(4, "Network", "B", working=True)), [5], id="taken up"),
        pytest.param((WORKED, at(9, "Network", "B"), at(4, "Network", "B", working=True)), [5], id="a person alone is no work"),
        pytest.param((WORKED, at(9, "Network", working=True), at(4, "Network", "B", working=True)), [5], id="a status alone is no work"),
        pytest.param((WORKED, at(9, "Network", "B", working=True)), [0], id="handed over in work, with a person"),
        pytest.param((WORKED, at(9, "Network"), at(4, "Network", done=True)), [5], id="done without a word"),
        pytest.param((WORKED, at(9, "Network"), at(6, "Fabrikam")), [3, 6], id="handed on"),
        pytest.param((WORKED, at(9, "network"), at(8, "NETWORK")), [9], id="letter case is no other team"),
        pytest.param((WORKED, at(9, ""), at(6, "Platform")), [], id="back to the same team"),
        pytest.param((WORKED, at(9, ""), at(6, "Network")), [6], id="by way of nobody"),
    ],
)  # fmt: skip
def test_a_ticket_waits_from_its_handover_until_it_is_taken_up(
    moments: tuple[TicketMoment, ...], waited: list[int]
) -> None:
    assert [one.waited(NOW).days for one in handoffs_of(timeline(*moments))] == waited


def test_two_tickets_that_wait_at_once_count_once_for_the_measure() -> None:
    first = handoffs_of(timeline(WORKED, at(10, "Network"), at(4, "Network", "B", working=True)))
    second = handoffs_of(timeline(WORKED, at(6, "Network"), at(1, "Network", "B", working=True), key="ITX-8"))
    apart = handoffs_of(timeline(WORKED, at(20, "Network"), at(18, "Network", "B", working=True), key="ITX-9"))
    assert waiting_time((*first, *second), NOW) == timedelta(days=9)
    assert waiting_time((*first, *second, *apart), NOW) == timedelta(days=11)


def found(*timelines: TicketTimeline, policy: Policy = POLICY, now: datetime = NOW) -> list[Finding]:
    verdict = assess(measure(), evidence("decided", commands=(), timelines=timelines), policy, now)
    return [one for one in verdict.findings if one.code == "HANDOFF_WAIT"]


@pytest.mark.parametrize(("days", "reported"), [(5.99, False), (6, True)])
def test_more_than_five_whole_days_are_reported(days: float, reported: bool) -> None:
    assert bool(found(timeline(WORKED, at(days, "Network")))) is reported


def test_the_sentence_says_who_gave_it_to_whom_and_what_it_costs() -> None:
    one = timeline(WORKED, at(20, "Network"), at(16, "Network", "B", working=True), at(9, "Fabrikam"))
    (finding,) = found(one)
    assert finding.sentence == (
        "ITX-7 waited 13 days between teams: Network to Fabrikam 9 days since 12 Nov 2026, and nobody has taken it up, "
        "Platform to Network 4 days; each day costs 657.53 EUR, 8,547.89 EUR in all"
    )
    assert finding.who == "team Fabrikam and owner A. Kaya"
    assert [note.key for note in finding.tickets] == ["ITX-7"]


def test_a_ticket_of_another_project_is_not_named() -> None:
    (finding,) = found(timeline(WORKED, at(9, "Network"), elsewhere=True))
    assert "ITX-7" not in finding.sentence + finding.subject
    assert finding.named is not None
    assert finding.named.items == ("jira-main/ITX-7",)


def test_what_could_not_be_read_is_unknown() -> None:
    verdict = assess(measure(), evidence("decided", timelines=Unknown("the history was not read")), POLICY, NOW)
    assert ("EVIDENCE_UNKNOWN", "handoffs") in {(one.code, one.subject) for one in verdict.findings}


def test_without_a_history_what_was_seen_before_stands_for_it() -> None:
    before = {"INC7": (at(9, "Platform", "A", working=True),)}
    now = TicketTimeline("INC7", (at(8, "Network"),), observed=True)
    (whole,) = with_observed((now,), before)
    assert [one.waited(NOW).days for one in handoffs_of(whole)] == [8]
    assert observed((whole,)) == {"INC7": whole.moments}
    same = TicketTimeline("INC7", (at(2, "Platform", "A", working=True),), observed=True)
    assert with_observed((same,), before)[0].moments == before["INC7"], "a save that changes none of it is no moment"
    told = timeline(WORKED, key="INC8")
    assert observed((told,)) == {}
    assert with_observed((told,), {"INC8": (at(90, "Old"),)}) == (told,)
