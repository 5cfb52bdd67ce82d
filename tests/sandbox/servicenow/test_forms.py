"""Raw values and what a person sees: dates, currency, choices, references, journals, durations; both ways."""

from __future__ import annotations

import pytest

from sandbox.servicenow.model import Record
from tests.sandbox.servicenow.instance import RunningInstance

GERMAN, AMERICAN = ("ute", "ute"), ("bob", "bob")


@pytest.fixture
def people(instance: RunningInstance) -> RunningInstance:
    state = instance.state
    state.add_user("ute", "Ute Berg", "ute", time_zone="Europe/Berlin", date_format="dd.MM.yyyy", country="DE")
    american = state.add_user("bob", "Bob Hill", "bob", time_zone="America/New_York", country="US")
    state.update("sys_user", american, {"date_format": "MM-dd-yyyy", "time_format": "hh:mm:ss a"}, "boss")
    for code, rate in (("EUR", "1"), ("USD", "0.8"), ("GBP", "1.25")):
        currency = state.store("fx_currency", {"code": code}, "system")
        state.store("fx_rate", {"currency": currency["sys_id"], "rate": rate, "date": "2026-01-01"}, "system")
    return instance


def test_three_display_modes_of_a_row(people: RunningInstance) -> None:
    owner = people.state.find_user("kaya")
    assert owner is not None
    start, span = "2026-01-15 23:30:00", "1970-01-01 00:02:17"
    people.project(project_manager=owner["sys_id"], start_date=start, calendar_duration=span)
    fields = "state,project_manager,parent,start_date,calendar_duration,work_notes,sys_mod_count,project_manager.email"
    raw, shown, both = (
        people.rows("pm_project", auth=GERMAN, fields=fields, display_value=mode)[0]
        for mode in ("false", "true", "all")
    )
    link = f"{people.state.base_url}/api/now/table/sys_user/{owner['sys_id']}"
    assert raw == {
        "state": "-5", "project_manager": {"link": link, "value": owner["sys_id"]}, "parent": "", "start_date": start,
        "calendar_duration": span, "work_notes": "", "sys_mod_count": "0", "project_manager.email": "",
    }  # fmt: skip
    assert shown == {
        "state": "Pending", "project_manager": {"display_value": "Aylin Kaya", "link": link}, "parent": "",
        "start_date": "16.01.2026 00:30:00", "calendar_duration": "2 Minutes 17 Seconds", "work_notes": "",
        "sys_mod_count": "0", "project_manager.email": "",
    }  # fmt: skip
    assert both["start_date"] == {"display_value": "16.01.2026 00:30:00", "value": start}
    assert both["project_manager"] == {"display_value": "Aylin Kaya", "value": owner["sys_id"], "link": link}
    assert both["parent"] == {"display_value": "", "value": ""}
    bare = people.rows("pm_project", fields="project_manager", exclude_reference_link="true")
    assert bare == [{"project_manager": owner["sys_id"]}]


@pytest.mark.parametrize(
    ("auth", "given", "value", "shown"),
    [
        (GERMAN, "EUR;1234567.5", "1234567.5", "€1.234.567,50"),
        (GERMAN, "USD;1000", "800.00", "€800,00"),
        (AMERICAN, "EUR;1000", "1250.00", "$1,250.00"),
        (AMERICAN, "GBP;1000", "1562.50", "$1,562.50"),
        (GERMAN, "XXX;1000", "1000.00", "€1.000,00"),
    ],
)
def test_currency_is_converted_to_the_readers_own_when_it_is_read(
    people: RunningInstance, auth: tuple[str, str], given: str, value: str, shown: str
) -> None:
    people.state.insert("cost_plan", {"name": "x", "total_planned_cost": given}, "kaya")
    (row,) = people.rows("cost_plan", auth=auth, fields="total_planned_cost", display_value="all")
    assert row["total_planned_cost"] == {"display_value": shown, "value": value}


def test_currency_is_not_converted_when_it_is_written(people: RunningInstance) -> None:
    made = people.call(
        "POST", "/table/cost_plan", {"unit_cost": "100", "total_planned_cost": "EUR;100"}, auth=AMERICAN
    ).json()
    row = people.state.tables["cost_plan"][made["result"]["sys_id"]]
    assert (row["unit_cost"], row["total_planned_cost"]) == ("USD;100", "EUR;100")
    assert (made["result"]["unit_cost"], made["result"]["total_planned_cost"]) == ("100", "125.00")


@pytest.mark.parametrize(
    ("displayed", "sent", "stored"),
    [
        ("true", {"start_date": "16.01.2026 00:30:00"}, {"start_date": "2026-01-15 23:30:00"}),
        ("false", {"start_date": "2026-01-15 23:30:00"}, {"start_date": "2026-01-15 23:30:00"}),
        ("true", {"state": "Work in Progress"}, {"state": "2"}),
        ("true", {"project_manager": "Aylin Kaya"}, {"project_manager": "kaya"}),
        ("true", {"project_manager": "Nobody"}, {"project_manager": ""}),
        ("false", {"calendar_duration": "137"}, {"calendar_duration": "1970-01-01 00:02:17"}),
        ("false", {"calendar_duration": "1 02:00:00"}, {"calendar_duration": "1970-01-02 02:00:00"}),
        ("false", {"description": ""}, {"description": ""}),
    ],
)
def test_what_is_sent_is_stored(
    people: RunningInstance, displayed: str, sent: dict[str, str], stored: dict[str, str]
) -> None:
    record = people.project(description="old")
    people.call("PATCH", f"/table/pm_project/{record['sys_id']}", sent, auth=GERMAN, input_display_value=displayed)
    owner = people.state.find_user("kaya") or {}
    expected = {name: owner["sys_id"] if value == "kaya" else value for name, value in stored.items()}
    assert {name: record[name] for name in stored} == expected


def test_a_journal_is_read_back_empty_and_its_entries_carry_their_author(people: RunningInstance) -> None:
    record = people.project()
    path = f"/table/pm_project/{record['sys_id']}"
    answer = people.call("PATCH", path, {"work_notes": "one", "comments": "two"}, auth=GERMAN)
    assert (answer.json()["result"]["work_notes"], answer.json()["result"]["comments"]) == ("", "")
    entries = people.rows("sys_journal_field", query=f"element_id={record['sys_id']}^ORDERBYvalue")
    assert [(row["element"], row["value"], row["sys_created_by"]) for row in entries] == [
        ("work_notes", "one", "ute"),
        ("comments", "two", "ute"),
    ]
    made = people.call("POST", "/table/incident", {"work_notes": "born with it"}).json()["result"]
    assert made["work_notes"] == ""
    assert len(people.rows("sys_journal_field", query=f"element_id={made['sys_id']}^element=work_notes")) == 1


def test_counters_and_authors_are_the_platforms(people: RunningInstance) -> None:
    record: Record = people.project()
    path = f"/table/pm_project/{record['sys_id']}"
    people.clock.advance(minutes=1)
    people.call("PATCH", path, {"description": "d"}, auth=GERMAN)
    people.call("PATCH", path, {"description": "d"}, auth=AMERICAN)
    seen = people.call("GET", path).json()["result"]
    names = ("sys_mod_count", "sys_created_by", "sys_updated_by", "sys_created_on", "sys_updated_on")
    assert [seen[name] for name in names] == ["1", "kaya", "ute", "2026-06-25 10:00:00", "2026-06-25 10:01:00"]


def test_thousands_are_grouped_for_people(people: RunningInstance) -> None:
    record = people.project(percent_complete="1234.5")
    record["sys_mod_count"] = "2000"
    (row,) = people.rows("pm_project", fields="sys_mod_count,percent_complete", display_value="true")
    assert row == {"sys_mod_count": "2,000", "percent_complete": "1,234.5"}


def test_a_head_and_a_body_that_is_not_wanted(people: RunningInstance) -> None:
    record = people.project()
    path = f"/table/pm_project/{record['sys_id']}"
    assert people.call("HEAD", "/table/pm_project").headers["X-Total-Count"] == "1"
    answer = people.call("PATCH", path, {"description": "d"}, headers={"X-no-response-body": "true"})
    assert (answer.status_code, answer.content, record["description"]) == (200, b"", "d")
