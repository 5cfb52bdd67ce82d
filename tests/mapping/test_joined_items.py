"""Joined items that receive the measure's verdict in fields of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from governance.facts import Unknown
from governance.measure_state import MeasureState
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.problems import MappingFileProblem
from mapping.related_evidence import RelatedEvidence
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
    hierarchy: {program: "{Program}"}
    roles: {owner: Assignee, sponsor: Sponsor, controller: Controller}
    joins:
      - name: changes
        connection: servicenow-main
        table: change_request
        their_field: Correlation id
        write: {gate: Gate, blockers: Gate blockers, written_at: Gatepost looked}
    stage:
      from_status: {Backlog: identified, Decided: decided}
    write: {gate: Gate}
"""
OWN_RULE = """\
  - name: changes
    connection: servicenow-main
    match: {table: [change_request]}
    hierarchy: {}
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


def assessed_with(
    joined: tuple[WorkItem, ...] | Unknown,
    text: str = MAPPING,
    last_written: Mapping[tuple[ConnectionName, NativeId], Mapping[FieldName, str | None]] | None = None,
) -> MeasureAssessment:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    config = loaded.config
    found = assess_item(
        item(changes=()), config, Policies(config), measure_state=MeasureState(), last_written={}, now=NOW,
        related=RelatedEvidence(joined_items={"changes": joined}), joined_last_written=last_written or {},
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def joined_values(assessment: MeasureAssessment) -> dict[str, object]:
    ((_, comparison),) = assessment.joined_writes
    return {str(one.field): one.target for one in comparison.changes}


def test_a_joined_item_gets_the_gate_the_blockers_and_the_moment() -> None:
    assessment = assessed_with((change(),))
    assert joined_values(assessment)["Gate"] == "Blocked"
    assert str(joined_values(assessment)["Gate blockers"]).startswith("Cannot move into Identified yet: no rough value")
    assert joined_values(assessment)["Gatepost looked"] == NOW


def test_the_moment_alone_is_no_reason_to_write() -> None:
    first = joined_values(assessed_with((change(),)))
    there = change("Blocked", str(first["Gate blockers"]))
    assert assessed_with((there,)).joined_writes == ()


def test_an_open_change_keeps_the_measure_shut_and_not_itself() -> None:
    """Else it would wait for a gate that waits for the change."""
    assessment = assessed_with((change(),))
    evidence = assessment.evidence.changes
    assert not isinstance(evidence, Unknown)
    assert [one.key for one in evidence or ()] == ["CHG1"]
    assert "CHG1" not in str(joined_values(assessment)["Gate blockers"])


def test_an_item_that_is_a_measure_of_its_own_gets_nothing_from_another() -> None:
    assert assessed_with((change(),), MAPPING + OWN_RULE).joined_writes == ()


def test_joined_items_that_could_not_be_read_are_not_written() -> None:
    assert assessed_with(Unknown("the instance does not answer")).joined_writes == ()


def test_somebody_elses_edit_is_put_back() -> None:
    last_written = {(SNOW, CHANGE): {FieldName("Gate"): "Blocked"}}
    ((_, comparison),) = assessed_with((change("Open"),), last_written=last_written).joined_writes
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
    text = MAPPING.replace("{gate: Gate, blockers: Gate blockers, written_at: Gatepost looked}", write)
    found = load_mapping(text)
    assert not isinstance(found, LoadedMapping)
    problems: list[MappingFileProblem] = list(found)
    assert any(one.message == message for one in problems), [str(one) for one in problems]
    assert all(one.line == line for one in problems)


def test_the_moment_is_written_in_whole_seconds_of_utc() -> None:
    moment = joined_values(assessed_with((change(),)))["Gatepost looked"]
    assert isinstance(moment, datetime)
    assert (moment.tzinfo, moment.microsecond) == (UTC, 0)
