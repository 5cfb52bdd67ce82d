"""Joined items that receive the measure's verdict in fields of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from governance.facts import Unknown
from governance.measure_state import Standing
from mapping.assess_item import Judged, judge
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.problems import Problem
from mapping.related_evidence import Around
from mapping.work_item import ConnectionName, FieldName, FieldValue, NativeId, StatusCategory, Tool, WorkItem
from tests.mapping.items import NOW, item

MAPPING = """\
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    place: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    joins:
      - name: changes
        connection: servicenow-main
        table: change_request
        theirs: Correlation id
        write: {gate: Gate, blockers: Gate blockers, checked: Gatepost looked}
    stage:
      from_status: {Backlog: identified, Decided: decided}
    write: {gate: Gate}
"""
OWN_RULE = """\
  - name: changes
    connection: servicenow-main
    match: {table: [change_request]}
    place: {}
    roles: {owner: Assigned to}
    stage:
      from_status: {New: identified}
    write: {gate: Gate}
"""
SNOW = ConnectionName("servicenow-main")
CHANGE = NativeId("change_request:" + "a" * 32)


def change(gate: str | None = None, blockers: str | None = None, **more: object) -> WorkItem:
    fields: dict[FieldName, FieldValue] = {FieldName("Gate"): gate, FieldName("Gate blockers"): blockers}
    whole = WorkItem(
        Tool.SERVICENOW, SNOW, CHANGE, "CHG1", "https://acme", "change_request", "", "Cut over", "Implement",
        StatusCategory.INDETERMINATE, fields=fields, version="7",
    )  # fmt: skip
    return replace(whole, **more)  # type: ignore[arg-type]


def look(
    joined: tuple[WorkItem, ...] | Unknown,
    text: str = MAPPING,
    written: Mapping[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]] | None = None,
) -> Judged:
    loaded = load_mapping(text)
    assert isinstance(loaded, Loaded), loaded
    config = loaded.config
    found = judge(
        item(changes=()), config, Policies(config), standing=Standing(), last_written={}, now=NOW,
        around=Around(joined={"changes": joined}), written_beside=written or {},
    )  # fmt: skip
    assert isinstance(found, Judged)
    return found


def wanted(judged: Judged) -> dict[str, object]:
    ((_, comparison),) = judged.beside
    return {str(one.field): one.wanted for one in comparison.changes}


def test_a_joined_item_gets_the_gate_the_blockers_and_the_moment() -> None:
    judged = look((change(),))
    assert wanted(judged)["Gate"] == "Shut"
    assert str(wanted(judged)["Gate blockers"]).startswith("Identified is shut: no rough value")
    assert wanted(judged)["Gatepost looked"] == NOW


def test_the_moment_alone_is_no_reason_to_write() -> None:
    first = wanted(look((change(),)))
    there = change("Shut", str(first["Gate blockers"]))
    assert look((there,)).beside == ()


def test_an_open_change_keeps_the_measure_shut_and_not_itself() -> None:
    """Else it would wait for a gate that waits for the change."""
    judged = look((change(),))
    evidence = judged.evidence.changes
    assert not isinstance(evidence, Unknown)
    assert [one.key for one in evidence or ()] == ["CHG1"]
    assert "CHG1" not in str(wanted(judged)["Gate blockers"])


def test_an_item_that_is_a_measure_of_its_own_gets_nothing_from_another() -> None:
    assert look((change(),), MAPPING + OWN_RULE).beside == ()


def test_joined_items_that_could_not_be_read_are_not_written() -> None:
    assert look(Unknown("the instance does not answer")).beside == ()


def test_somebody_elses_edit_is_put_back() -> None:
    written = {(SNOW, CHANGE): {FieldName("Gate"): "Shut"}}
    ((_, comparison),) = look((change("Open"),), written=written).beside
    kinds = {str(one.field): one.kind.value for one in comparison.changes}
    assert kinds["Gate"] == "hand_edit"


@pytest.mark.parametrize(
    ("write", "line", "message"),
    [
        ("{}", 15, "nothing is written back."),
        ("{gate: Gate, blockers: Gate}", 15, 'the field "Gate" already receives gate.'),
        ("{gaet: Gate}", 15, "this key is not known here."),
    ],
)
def test_what_is_written_beside_is_checked_like_any_other_target(write: str, line: int, message: str) -> None:
    text = MAPPING.replace("{gate: Gate, blockers: Gate blockers, checked: Gatepost looked}", write)
    found = load_mapping(text)
    assert not isinstance(found, Loaded)
    told: list[Problem] = list(found)
    assert any(one.message == message for one in told), [str(one) for one in told]
    assert all(one.line == line for one in told)


def test_the_moment_is_told_in_whole_seconds_of_utc() -> None:
    moment = wanted(look((change(),)))["Gatepost looked"]
    assert isinstance(moment, datetime)
    assert (moment.tzinfo, moment.microsecond) == (UTC, 0)
