"""What is an event and what is none: every case from two verdicts, with the exact types in their order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.notify.measure_events import TYPES, Before, EventType, derive
from connector.notify.payload import body_of
from governance.assess import assess
from governance.evidence import Children, Evidence, OpenItem, Verb
from governance.measure import Measure, Role
from governance.money import Period
from governance.responsible import responsible
from governance.verdict import Finding, Verdict
from tests.governance.factory import NOW, POLICY, WEBER, eur, evidence, measure, said

OPEN_CHILD = Children(4, 3, (OpenItem("ITX-4", "Cut over", "Open"),))


def look(some: Evidence, what: Measure | None = None) -> Verdict:
    return assess(what or measure(), some, POLICY, NOW)


def seen(verdict: Verdict) -> Before:
    """What the store would say of a verdict at the next look."""
    breach = verdict.standing.breach
    return Before(
        verdict.gate,
        verdict.implementation.colour,
        verdict.potential.colour,
        frozenset(one.key for one in verdict.blockers),
        frozenset(one.key for one in verdict.findings),
        breach.at if breach else None,
    )


SHUT = look(evidence("identified", "identified", statements=()))
OPEN = look(evidence("identified", "identified", statements=(said("detailed", measure().roles.sponsor),)))  # type: ignore[arg-type]
AT_DETAILED = evidence("detailed", "detailed", statements=())
MOVED = look(replace(evidence("identified", "decided", statements=()), tool_status="Approved"))
MORE = look(evidence("identified", "identified", statements=()), measure(objective=None))
FOUND = replace(SHUT, findings=(Finding("CREEP", "", "work goes on", (responsible(measure(), Role.OWNER),), NOW),))
RED = replace(SHUT, potential=replace(SHUT.potential, colour="red", reason="at completion 20% of plan"))  # type: ignore[arg-type]

CASES = {
    "nothing has changed": (seen(SHUT), SHUT, []),
    "nothing has changed at an open gate": (seen(OPEN), replace(OPEN, newly_granted=(), events=()), []),
    "seen first, and shut": (None, SHUT, ["gate.blocked"]),
    "seen first with a finding": (None, FOUND, ["gate.blocked", "finding.raised"]),
    "the sponsor approves": (seen(SHUT), OPEN, ["stage.granted", "gate.opened"]),
    "the item is moved on": (seen(OPEN), look(AT_DETAILED), ["gate.blocked"]),
    "one more condition is not met, and it is a finding": (seen(SHUT), MORE, ["gate.blocked", "finding.raised"]),
    "one condition less": (seen(MORE), SHUT, ["gate.blocked"]),
    "moved past a shut gate": (seen(SHUT), MOVED, ["measure.breached", "gate.blocked"]),
    "still past it": (seen(MOVED), MOVED, []),
    "a light turns red": (seen(SHUT), RED, ["status.changed"]),
    "a finding": (seen(SHUT), FOUND, ["finding.raised"]),
    "the finding stays": (seen(FOUND), FOUND, []),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_is_a_difference(name: str) -> None:
    before, after, expected = CASES[name]
    found = [TYPES[type(one)].value for one in derive(before, after, ())]
    assert found == expected


def test_a_confirmation_that_closes_is_told_in_the_order_in_which_things_follow() -> None:
    word = said("", WEBER, Verb.CONFIRM, amount=eur(160_000), month=Period(2026, 11))
    before = look(evidence("implemented", "implemented", statements=()))
    after = look(evidence("implemented", "implemented", statements=(word,)))
    occasions = derive(seen(before), after, after.statements)
    assert [TYPES[type(one)].value for one in occasions] == ["confirmation.given", "stage.granted", "gate.opened"]
    body = json.loads(text_of(occasions[0], after))
    assert body["data"]["confirmation"] == {
        "kind": "actual_effect",
        "amount": {"amount": "160000", "currency": "EUR"},
        "until": "2026-11",
        "by": "J. Weber",
        "at": "2026-11-20T09:00:00Z",
        "text": "",
    }


def test_a_refused_confirmation_is_none() -> None:
    word = said("", WEBER, Verb.CONFIRM, amount=eur(1), month=Period(2026, 11))
    after = look(evidence("implemented", "implemented", statements=(word,)))
    assert not [one for one in derive(seen(after), after, after.statements) if TYPES[type(one)] is EventType.CONFIRMED]


def test_two_stages_at_once_are_two_events_with_their_labels() -> None:
    after = look(evidence(None, "identified"))
    granted = [
        json.loads(text_of(one, after))["data"]
        for one in derive(None, after, ())
        if TYPES[type(one)] == "stage.granted"
    ]
    assert [data["granted"]["label"] for data in granted] == [
        "Identified", "Detailed", "Decided", "Implemented", "Closed",
    ]  # fmt: skip


def test_the_body_says_what_where_and_who_must_act() -> None:
    after = look(replace(AT_DETAILED, children=OPEN_CHILD, statements=()))
    (occasion,) = derive(None, after, ())
    body = json.loads(text_of(occasion, after))
    assert (body["type"], body["version"], body["timestamp"]) == ("gate.blocked", 1, "2026-11-21T09:00:00Z")
    data = body["data"]
    assert data["measure"] == {
        "id": "jira-main/10001",
        "key": "ITX-1",
        "url": "https://acme.example/browse/ITX-1",
        "title": "Retire the legacy CRM",
    }
    assert data["place"] == {
        "organization": "ACME",
        "portfolio": "IT",
        "program": "Cloud exit",
        "project": None,
        "package": None,
        "business_unit": "Group IT",
        "legal_entity": "ACME AG",
    }
    assert data["stage"] == {"key": "detailed", "label": "Detailed"}
    assert data["gate"] == {"state": "shut", "into": {"key": "decided", "label": "Decided"}}
    assert data["figures"]["plan"] == {"amount": "180000", "currency": "EUR"}
    assert data["who_must_act"] == ["sponsor M. Brandt", "controller J. Weber"]
    assert data["blockers"][0] == {
        "code": "APPROVAL_MISSING",
        "sentence": "Decided is shut: M. Brandt has not yet given the approval · sponsor M. Brandt to act · since 21 Nov"
        " · APPROVAL_MISSING",
        "who": "sponsor M. Brandt",
        "responsible": [{"role": "sponsor", "name": "M. Brandt"}],
        "since": "2026-11-21T09:00:00Z",
        "new": True,
    }


def test_amounts_are_texts_without_an_exponent() -> None:
    after = look(evidence("implemented", "implemented", statements=()))
    plan = replace(after.figures, plan=eur(str(Decimal("1E+6"))))
    body = json.loads(text_of(derive(None, after, ())[0], replace(after, figures=plan)))
    assert body["data"]["figures"]["plan"] == {"amount": "1000000", "currency": "EUR"}


def test_a_breach_that_was_moved_back_is_told_as_a_gate_that_is_shut_for_other_reasons() -> None:
    back = look(replace(evidence("identified", "identified", statements=()), standing=MOVED.standing))
    assert [TYPES[type(one)].value for one in derive(seen(MOVED), back, ())] == ["gate.blocked"]


def test_a_second_breach_is_another_one() -> None:
    again = replace(MOVED.standing, breach=replace(MOVED.standing.breach, at=NOW + timedelta(hours=1)))  # type: ignore[type-var]
    found = derive(seen(MOVED), replace(MOVED, standing=again), ())
    assert [TYPES[type(one)].value for one in found] == ["measure.breached"]


def text_of(occasion: object, after: Verdict) -> str:
    return body_of(
        occasion, measure(), after, key="ITX-1", url="https://acme.example/browse/ITX-1", at=NOW  # type: ignore[arg-type]
    )  # fmt: skip
