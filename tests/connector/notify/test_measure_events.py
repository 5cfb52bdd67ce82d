"""Which differences are events: every case from two verdicts, with the exact types in their order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.notify.measure_events import EVENT_TYPES, EventType, PreviousVerdict, derive_events
from connector.notify.payload import event_body
from governance.assess import assess
from governance.evidence import Children, Evidence, OpenItem, Verb
from governance.measure import Measure, Role
from governance.money import Period
from governance.responsible import responsible
from governance.verdict import Finding, Verdict
from tests.governance.factory import NOW, POLICY, WEBER, eur, evidence, measure, new_command

OPEN_CHILD = Children(4, 3, (OpenItem("ITX-4", "Cut over", "Open"),))


def verdict_of(some_evidence: Evidence, of: Measure | None = None) -> Verdict:
    return assess(of or measure(), some_evidence, POLICY, NOW)


def previous(verdict: Verdict) -> PreviousVerdict:
    """What the store would have of a verdict at the next assessment."""
    breach = verdict.measure_state.breach
    return PreviousVerdict(
        verdict.gate,
        verdict.implementation.colour,
        verdict.potential.colour,
        frozenset(blocker.key for blocker in verdict.blockers),
        frozenset(finding.key for finding in verdict.findings),
        breach.at if breach else None,
    )


SHUT = verdict_of(evidence("identified", "identified", commands=()))
OPEN = verdict_of(evidence("identified", "identified", commands=(new_command("detailed", measure().roles.sponsor),)))  # type: ignore[arg-type]
AT_DETAILED = evidence("detailed", "detailed", commands=())
MOVED = verdict_of(replace(evidence("identified", "decided", commands=()), tool_status="Approved"))
MORE = verdict_of(evidence("identified", "identified", commands=()), measure(objective=None))
FOUND = replace(SHUT, findings=(Finding("CREEP", "", "work goes on", (responsible(measure(), Role.OWNER),), NOW),))
RED = replace(SHUT, potential=replace(SHUT.potential, colour="red", reason="at completion 20% of plan"))  # type: ignore[arg-type]

CASES = {
    "nothing has changed": (previous(SHUT), SHUT, []),
    "nothing has changed at an open gate": (previous(OPEN), replace(OPEN, newly_granted=(), events=()), []),
    "assessed first, and shut": (None, SHUT, ["gate.blocked"]),
    "assessed first with a finding": (None, FOUND, ["gate.blocked", "finding.raised"]),
    "the sponsor approves": (previous(SHUT), OPEN, ["stage.granted", "gate.opened"]),
    "the item is moved on": (previous(OPEN), verdict_of(AT_DETAILED), ["gate.blocked"]),
    "one more condition is not met, and it is a finding": (previous(SHUT), MORE, ["gate.blocked", "finding.raised"]),
    "one condition less": (previous(MORE), SHUT, ["gate.blocked"]),
    "moved past a shut gate": (previous(SHUT), MOVED, ["measure.breached", "gate.blocked"]),
    "still past it": (previous(MOVED), MOVED, []),
    "a status turns red": (previous(SHUT), RED, ["status.changed"]),
    "a finding": (previous(SHUT), FOUND, ["finding.raised"]),
    "the finding stays": (previous(FOUND), FOUND, []),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_is_a_difference(name: str) -> None:
    before, after, expected = CASES[name]
    types = [EVENT_TYPES[type(event)].value for event in derive_events(before, after, ())]
    assert types == expected


def test_a_confirmation_that_closes_comes_before_the_events_that_follow_from_it() -> None:
    command = new_command(
        "", WEBER, Verb.CONFIRM, amount=eur(140_000), first_month=Period(2026, 1), month=Period(2026, 10)
    )
    before = verdict_of(evidence("implemented", "implemented", commands=()))
    after = verdict_of(evidence("implemented", "implemented", commands=(command,)))
    events = derive_events(previous(before), after, after.commands)
    assert [EVENT_TYPES[type(event)].value for event in events] == [
        "confirmation.given",
        "stage.granted",
        "gate.opened",
    ]
    body = json.loads(text_of(events[0], after))
    assert body["data"]["confirmation"] == {
        "kind": "actual_effect",
        "amount": {"amount": "140000", "currency": "EUR"},
        "from": "2026-01",
        "until": "2026-10",
        "by": "J. Weber",
        "at": "2026-11-20T09:00:00Z",
        "text": "",
    }


def test_a_refused_confirmation_is_no_event() -> None:
    command = new_command("", WEBER, Verb.CONFIRM, amount=eur(1), month=Period(2026, 11))
    after = verdict_of(evidence("implemented", "implemented", commands=(command,)))
    assert not [
        event
        for event in derive_events(previous(after), after, after.commands)
        if EVENT_TYPES[type(event)] is EventType.CONFIRMED
    ]


def test_two_stages_at_once_are_two_events_with_their_labels() -> None:
    after = verdict_of(evidence(None, "identified"))
    granted = [
        json.loads(text_of(event, after))["data"]
        for event in derive_events(None, after, ())
        if EVENT_TYPES[type(event)] == "stage.granted"
    ]
    assert [data["granted"]["stage_label"] for data in granted] == [
        "Identified", "Detailed", "Decided", "Implemented", "Closed",
    ]  # fmt: skip


def test_the_body_says_what_where_and_who_must_act() -> None:
    after = verdict_of(replace(AT_DETAILED, children=OPEN_CHILD, commands=()))
    (event,) = derive_events(None, after, ())
    body = json.loads(text_of(event, after))
    assert (body["type"], body["version"], body["timestamp"]) == ("gate.blocked", 1, "2026-11-21T09:00:00Z")
    data = body["data"]
    assert data["measure"] == {
        "id": "jira-main/10001",
        "key": "ITX-1",
        "url": "https://acme.example/browse/ITX-1",
        "title": "Retire the legacy CRM",
    }
    assert data["hierarchy"] == {
        "organization": "ACME",
        "portfolio": "IT",
        "program": "Cloud exit",
        "project": None,
        "package": None,
        "business_unit": "Group IT",
        "legal_entity": "ACME AG",
    }
    assert (data["stage"], data["stage_label"]) == ("detailed", "Detailed")
    gates = data["gates"]
    assert gates["may_enter"] == ["identified", "detailed"]
    assert {name: gates["next"][name] for name in ("stage", "stage_label", "state")} == {
        "stage": "decided", "stage_label": "Decided", "state": "waiting",
    }  # fmt: skip
    assert data["new_blockers"] == [blocker["id"] for blocker in gates["next"]["blockers"]]
    assert data["figures"]["plan"] == {"amount": "180000", "currency": "EUR"}
    assert data["who_must_act"] == ["sponsor M. Brandt", "controller J. Weber"]
    assert gates["next"]["blockers"][0] == {
        "id": "decided:APPROVAL_MISSING:sponsor",
        "code": "APPROVAL_MISSING",
        "subject": "sponsor",
        "sentence": "Waiting for M. Brandt (sponsor) to approve Decided, since 21 Nov. Comment /approve decided"
        " · APPROVAL_MISSING",
        "who": "sponsor M. Brandt",
        "responsible": [{"role": "sponsor", "name": "M. Brandt"}],
        "since": "2026-11-21T09:00:00Z",
    }


def test_amounts_are_texts_without_an_exponent() -> None:
    after = verdict_of(evidence("implemented", "implemented", commands=()))
    plan = replace(after.figures, plan=eur(str(Decimal("1E+6"))))
    body = json.loads(text_of(derive_events(None, after, ())[0], replace(after, figures=plan)))
    assert body["data"]["figures"]["plan"] == {"amount": "1000000", "currency": "EUR"}


def test_a_breach_that_was_moved_back_is_a_gate_that_is_shut_for_other_reasons() -> None:
    back = verdict_of(replace(evidence("identified", "identified", commands=()), measure_state=MOVED.measure_state))
    assert [EVENT_TYPES[type(event)].value for event in derive_events(previous(MOVED), back, ())] == ["gate.blocked"]


def test_a_second_breach_is_another_one() -> None:
    again = replace(MOVED.measure_state, breach=replace(MOVED.measure_state.breach, at=NOW + timedelta(hours=1)))  # type: ignore[type-var]
    events = derive_events(previous(MOVED), replace(MOVED, measure_state=again), ())
    assert [EVENT_TYPES[type(event)].value for event in events] == ["measure.breached"]


def text_of(event: object, after: Verdict) -> str:
    return event_body(
        event, measure(), after, key="ITX-1", url="https://acme.example/browse/ITX-1", at=NOW  # type: ignore[arg-type]
    )  # fmt: skip
