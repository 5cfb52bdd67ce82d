"""ServiceNow's records and events in every encoding; queries that no value can break out of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import InvalidPayload
from connector.http.json_values import Json, JsonObject, as_object, parse_object
from connector.servicenow.event_parser import ServiceNowEventParser
from connector.servicenow.fields import Column, ColumnCatalogue, ColumnProblem
from connector.servicenow.payloads import (
    change_is_open,
    column_value,
    comment,
    display_value,
    raw_value,
    status_category,
)
from connector.servicenow.query import Inexpressible, Query
from connector.sync.ports import IgnoredEvent, ItemsChanged, ParsedEvent
from governance.measure import Person
from governance.money import Money
from mapping.values import money_of
from mapping.work_item import NativeId, StatusCategory
from tests.mapping.items import expression_scope, item

ID = "46d44a5dc0a8016401f7e3c3b5a3b1d2"


@pytest.mark.parametrize(
    ("column", "value", "display"),
    [
        ("plain", "plain", "plain"),
        ({"display_value": "Closed", "value": "3"}, "3", "Closed"),
        ({"link": "https://x/sys_user/1", "value": ID}, ID, ID),
        ({"display_value": "Ann", "sys_id": ID}, ID, "Ann"),
        ({"display_value": "only shown"}, "only shown", "only shown"),
        ({"display_value": "", "value": ""}, "", ""),
        (None, "", ""),
        (True, "true", "true"),
    ],
)
def test_a_column_in_six_encodings(column: Json, value: str, display: str) -> None:
    assert (raw_value(column), display_value(column)) == (value, display)


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        ({"display_value": "Ann", "value": ID}, "reference:sys_user", Person(ID, "Ann", True)),
        ({"display_value": "PRJ1", "value": ID}, "reference:pm_project", "PRJ1"),
        ("", "reference:sys_user", None),
        ("true", "boolean", True),
        ("2026-10-31 12:00:00", "glide_date_time", datetime(2026, 10, 31, 12, tzinfo=UTC)),
        ("1200.50", "decimal", Decimal("1200.50")),
        ("0.0", "decimal", Decimal(0)),
        ("0", "integer", Decimal(0)),
        ("EUR;0.00", "currency", Money(Decimal(0), "EUR")),
        ("EUR;1200.5", "currency", Money(Decimal("1200.5"), "EUR")),
        ("EUR;1e999", "currency", "EUR;1e999"),
        ("1,234,567.5", "decimal", Decimal("1234567.5")),
        ("1.234,50", "decimal", "1.234,50"),
        ("1234,56", "decimal", "1234,56"),
        ("EUR;1.234,50", "currency", "EUR;1.234,50"),
        ("Infinity", "decimal", "Infinity"),
        ("1e999", "decimal", "1e999"),
        ("UNKNOWN", "glide_date_time", "UNKNOWN"),
        ({"display_value": "Open", "value": "1"}, "string", "Open"),
    ],
)
def test_a_column_is_read_by_its_type(column: Json, kind: str, expected: object) -> None:
    name, _, reference = kind.partition(":")
    value = column_value(column, name, reference, "true")
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("column", "money"),
    [
        ("1234.56", Money(Decimal("1234.56"), "USD")),
        ("1.234,56", Money(Decimal("1234.56"), "USD")),
        ("1234,56", Money(Decimal("1234.56"), "USD")),
        ("EUR;1.234,56", Money(Decimal("1234.56"), "EUR")),
    ],
)
def test_an_amount_in_the_locale_of_the_account_is_no_other_amount(column: str, money: Money) -> None:
    """Not 1.23 USD, and not 123,456 USD: the account is set to another locale."""
    value = column_value(column, "currency", "", None, "USD")
    assert money_of(expression_scope(item({"Cost": value})), "Cost", "EUR") == money


GONE = "6816f79cc0a8016401c5a33be04be441"


@pytest.mark.parametrize(
    ("column", "active", "person"),
    [
        ({"value": GONE, "display_value": "Ann"}, {"value": "true"}, Person(GONE, "Ann", True)),
        ({"value": GONE, "display_value": "Ann"}, {"value": ""}, Person(GONE, "Ann", None)),
        ({"value": GONE, "display_value": ""}, {"value": ""}, Person(GONE, "", None)),
        ({"value": GONE, "display_value": ""}, None, Person(GONE, "", None)),
        (GONE, None, Person(GONE, GONE, None)),
    ],
    ids=["a user", "whose state is hidden", "a deleted user", "a hidden user", "without shown values"],
)
def test_a_user_whom_the_instance_does_not_show_has_no_name(column: Json, active: Json, person: Person) -> None:
    assert column_value(column, "reference", "sys_user", active) == person


@pytest.mark.parametrize(
    ("row", "category"),
    [
        ({"active": "false", "state": "3"}, StatusCategory.DONE),
        ({"active": "true", "state": "-5"}, StatusCategory.NEW),
        ({"active": "true", "state": "2"}, StatusCategory.INDETERMINATE),
        ({}, StatusCategory.UNKNOWN),
    ],
)
def test_a_record_is_done_when_it_is_no_longer_active(row: JsonObject, category: StatusCategory) -> None:
    assert status_category(row) is category


@pytest.mark.parametrize(
    ("row", "is_open"),
    [
        ({"state": "-1"}, True),
        ({"state": "3", "close_code": "successful"}, False),
        ({"state": "3.0", "close_code": "successful"}, False),
        ({"state": "3", "close_code": "successful_issues"}, False),
        ({"state": "3", "close_code": "unsuccessful"}, True),
        ({"state": "3", "close_code": "backed_out"}, True),
        ({"state": "3", "close_code": ""}, True),
        ({"state": "3"}, True),
        ({"state": "4"}, False),
    ],
)
def test_a_change_is_closed_when_it_succeeded_or_was_cancelled(row: JsonObject, is_open: bool) -> None:
    assert change_is_open(row) is is_open


def test_a_journal_entry_belongs_to_the_user_of_that_name() -> None:
    row: JsonObject = {
        "sys_id": "1",
        "sys_created_by": "ann",
        "sys_created_on": "2026-11-20 10:00:00",
        "value": "/approve decided",
    }
    from_ann = comment(row, {"ann": Person(ID, "Ann")})
    stranger = comment(row, {})
    assert from_ann is not None
    assert stranger is not None
    assert (from_ann.author.id, from_ann.text) == (ID, "/approve decided")
    assert stranger.author.id == "user_name:ann", "nobody's sys_id: it can have no role"


# --- queries -------------------------------------------------------------------------------------------


def test_a_query_is_conditions_and_an_order() -> None:
    query = Query().one_of("sys_id", ["a", "b"]).equals("active", "true").not_empty("number").ordered_by("sys_id")
    assert str(query) == "sys_idINa,b^active=true^numberISNOTEMPTY^ORDERBYsys_id"


@pytest.mark.parametrize("value", ["a^b", "x^ORactive=true", "a\nb"])
def test_a_value_cannot_become_a_condition(value: str) -> None:
    with pytest.raises(Inexpressible):
        Query().equals("name", value)


def test_a_comma_in_a_list_and_an_empty_list_are_refused() -> None:
    with pytest.raises(Inexpressible, match="comma"):
        Query().one_of("name", ["a,b"])
    with pytest.raises(Inexpressible, match="no value"):
        Query().one_of("name", [])


@pytest.mark.parametrize("column", ["Name", "a b", "a^b", "", "a..b"])
def test_an_invalid_column_name_is_refused(column: str) -> None:
    with pytest.raises(Inexpressible):
        Query().equals(column, "x")


def test_a_column_is_found_by_label_or_name_and_the_tables_own_comes_first() -> None:
    catalogue = ColumnCatalogue(
        "pm_project",
        [
            ("task", Column("state", "State", "integer")),
            ("pm_project", Column("u_gate", "Gate", "string")),
            ("task", Column("parent", "Parent", "reference", "task")),
            ("pm_project", Column("u_a", "Twice", "string")),
            ("task", Column("u_b", "Twice", "string")),
        ],
    )
    assert catalogue.resolve("gate") == catalogue.resolve("u_gate") == Column("u_gate", "Gate", "string")
    assert catalogue.resolve("Stat") == ColumnProblem("Stat", 'pm_project has no column "Stat". Did you mean "State"?')
    assert catalogue.resolve("twice") == ColumnProblem(
        "twice", '2 columns of pm_project are labelled "twice" (u_a, u_b)'
    )


# --- events --------------------------------------------------------------------------------------------

CHANGED = ItemsChanged("pm_project update", (NativeId(f"pm_project:{ID}"),))
DELETED = ItemsChanged("pm_project delete", CHANGED.items, deleted=CHANGED.items[0])
PART_DELETED = ItemsChanged("pm_project delete", CHANGED.items)
"""Through a related record of the project; the project itself still exists."""


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ({"table": "pm_project", "sys_id": ID, "operation": "update"}, CHANGED),
        ({"__table_name": "pm_project", "sys_id": ID, "operation": "update"}, CHANGED),
        ({"operation": "update", "data": {"table": "pm_project", "sys_id": {"value": ID}}}, CHANGED),
        ({"table": "pm_project", "sys_id": ID, "operation": "delete"}, DELETED),
        ({"table": "pm_project", "sys_id": ID, "operation": "delete", "through": f"cost_plan:{ID}"}, PART_DELETED),
        ({"table": "pm_project", "sys_id": "../x"}, IgnoredEvent("no record", "the event names no table and sys_id")),
        ({"table": "pm project", "sys_id": ID}, IgnoredEvent("no record", "the event names no table and sys_id")),
        ({}, IgnoredEvent("no record", "the event names no table and sys_id")),
    ],
)
def test_an_event_names_the_record_that_changed(body: JsonObject, parsed: ParsedEvent) -> None:
    assert ServiceNowEventParser().parse(json.dumps(body).encode()) == parsed


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["table", "sys_id", "value", "data", "state"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["table", "sys_id", "data", "payload", "state", "active"]), json_values))
def test_no_json_raises(value: JsonObject) -> None:
    ServiceNowEventParser().parse(json.dumps(value).encode())
    status_category(value)
    change_is_open(value)


def test_every_captured_record_is_read(shared: Path) -> None:
    columns = 0
    for file in sorted((shared / "payloads").glob("servicenow-rest/*/*.json")):
        try:
            document = parse_object(file.read_bytes())
        except InvalidPayload:
            continue
        result = document.get("result", document.get("records"))
        for record in result if isinstance(result, list) else [result]:
            for value in as_object(record).values():
                for kind in ("string", "reference", "decimal", "glide_date_time", "currency"):
                    column_value(value, kind, "sys_user", "true")
                columns += 1
            status_category(as_object(record))
            change_is_open(as_object(record))
    assert columns > 1000
