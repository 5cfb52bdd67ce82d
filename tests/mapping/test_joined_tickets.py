"""Incidents that are joined to an epic: tickets that serve it, told about their own priority, and owned by somebody."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from governance.delay_cost import DelayCost, TicketDelay
from governance.evidence import JoinedOwner
from governance.facts import Unknown
from governance.measure import Person
from governance.measure_state import MeasureState
from governance.money import Money
from governance.reporting_amounts import ReportingAmount
from mapping.assess_item import MeasureAssessment, assess_item
from mapping.config import WriteRule
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.related_evidence import RelatedEvidence
from mapping.work_item import FieldName, FieldValue, NativeId, StatusCategory, WorkItem
from mapping.writeback import target_values
from tests.mapping.items import NOW, item
from tests.mapping.test_joined_items import MAPPING, change

TICKETS = MAPPING.replace("table: change_request", "table: incident").replace(
    "write: {gate: Gate, blockers: Gate blockers, written_at: Gatepost looked}",
    "owner: Assigned to\n        write: {priority: Gatepost priority}",
)
KAYA = Person("snow-k", "Ayse Kaya")


def incident(priority: str, **fields: FieldValue) -> WorkItem:
    own: dict[FieldName, FieldValue] = {FieldName("Gatepost priority"): None, FieldName("Assigned to"): KAYA}
    number = f"INC{priority[:1]}"
    return replace(
        change(), native_id=NativeId(f"incident:{number}"), key=number, type="incident", priority=priority,
        fields=own | {FieldName(name): value for name, value in fields.items()},
    )  # fmt: skip


def assessed(*joined: WorkItem, text: str = TICKETS, state: MeasureState | None = None) -> MeasureAssessment:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    found = assess_item(
        item(changes=(), incidents=()), loaded.config, Policies(loaded.config),
        measure_state=state or MeasureState(), last_written={}, now=NOW,
        related=RelatedEvidence(joined_items={"changes": joined}),
    )  # fmt: skip
    assert isinstance(found, MeasureAssessment)
    return found


def written(found: MeasureAssessment) -> dict[str, object]:
    return {other.key: one.target for other, comparison in found.joined_writes for one in comparison.changes}


def test_a_joined_incident_is_a_ticket_and_shuts_no_gate() -> None:
    found = assessed(incident("4 - Low")).evidence
    assert not found.changes
    assert [(one.key, one.priority) for one in found.tickets or ()] == [("INC4", "4 - Low")]  # type: ignore[union-attr]


def test_a_closed_incident_waits_for_nobody() -> None:
    assert not assessed(replace(incident("4 - Low"), status_category=StatusCategory.DONE)).evidence.tickets


def test_other_joined_items_are_tickets_where_the_mapping_says_so() -> None:
    bugs = TICKETS.replace("table: incident", "table: rm_defect\n        tickets: true")
    assert assessed(incident("4 - Low"), text=bugs).evidence.tickets
    assert assessed(incident("4 - Low"), text=TICKETS.replace("incident", "rm_defect")).evidence.changes


def test_each_ticket_is_told_in_its_own_field_that_it_was_lowered() -> None:
    state = MeasureState(highest_priorities={"INC4": "1 - Critical", "INC2": "2 - High"})
    found = assessed(incident("4 - Low"), incident("2 - High"), state=state)
    assert list(written(found)) == ["INC4"]
    assert str(written(found)["INC4"]).startswith("lowered from priority 1 - Critical to 4 - Low · ")
    assert str(written(found)["INC4"]).endswith(" · PRIORITY_DRIFT")
    assert found.verdict.measure_state.highest_priorities == state.highest_priorities


def test_the_field_is_emptied_when_the_priority_is_right_again() -> None:
    state = MeasureState(highest_priorities={"INC2": "2 - High"})
    fields: dict[str, FieldValue] = {"Gatepost priority": "lowered from priority 2 - High to 4 - Low"}
    assert written(assessed(incident("2 - High", **fields), state=state)) == {"INC2": None}


@pytest.mark.parametrize(("by", "code"), [(KAYA, 1), (None, 0)])
def test_the_owner_of_a_joined_item_is_compared(by: Person | None, code: int) -> None:
    fields: dict[str, FieldValue] = {"Assigned to": by}
    found = assessed(incident("2 - High", **fields))
    assert found.evidence.joined_owners == (JoinedOwner("INC2", by),)
    assert sum(one.code == "OWNER_CONFLICT" for one in found.verdict.findings) == code


def test_a_hidden_owner_is_unknown() -> None:
    ticket = incident("2 - High")
    shown = {name: value for name, value in ticket.fields.items() if name != "Assigned to"}
    (one,) = assessed(replace(ticket, fields=shown)).evidence.joined_owners
    assert one.owner == Unknown('servicenow-main does not show the field "Assigned to"')


def test_a_ticket_that_a_valuable_measure_waits_for_says_what_a_day_costs() -> None:
    rule = WriteRule(delay_cost="Cost of a day", waiting_since="Waiting since", suggested_priority="Suggested priority")
    small = assessed(incident("4 - Low")).verdict
    assert small.measure_state.waiting_since == {"INC4": NOW}
    assert set(target_values(small, rule, "INC4").values()) == {None}
    day = Money(Decimal("1972.60"), "EUR")
    delay = DelayCost(ReportingAmount(day, day), (TicketDelay("INC4", NOW, "2 - High"),))
    valuable = replace(small, delay=delay)
    assert target_values(valuable, rule, "INC4") == {
        "Cost of a day": Decimal("1972.60"),
        "Waiting since": NOW.replace(microsecond=0),
        "Suggested priority": "2 - High",
    }
    assert set(target_values(valuable, rule, "INC2").values()) == {None}, "nothing waits for this one"
    assert set(target_values(valuable, rule).values()) == {None}, "the measure itself is no ticket"
