"""The client and the reader against a running instance: sign-in, queries, what belongs to a record, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import requests
from joserfc.jwk import RSAKey

from connector import servicenow
from connector.errors import AuthenticationFailed, RateLimited, ValuesRejected
from connector.http.oauth import renew_token
from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType, ToolAccess
from connector.http.transport import Timeout
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.query import Query
from connector.sync.ports import EffortUnit, ToolSite, WriteRequest, WriteResult
from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money, Period
from mapping.capacity_config import CapacityRule, CapacityTable
from mapping.service_config import OfferingRule
from mapping.work_item import FieldName, NativeId, WorkItem
from sandbox import servers
from sandbox.servicenow.model import Column, Record
from sandbox.story import seed
from tests.sites import servicenow_access, servicenow_site
from tests.waiting import LONGEST_CALL_SECONDS

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start(clock=lambda: NOW)
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


def client(site: ToolSite) -> ServiceNowClient:
    servicenow_client: ServiceNowClient = site.reader._client  # type: ignore[attr-defined]
    return servicenow_client


def project(sandbox: servers.Sandbox, **values: str) -> Record:
    return sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "1", **values}, "lind")


def read(site: ToolSite, record: Mapping[str, str], *fields: str) -> WorkItem:
    item = NativeId(f"pm_project:{record['sys_id']}")
    return site.reader.read([item], frozenset(map(FieldName, fields))).items[item]


def paths(sandbox: servers.Sandbox) -> list[tuple[str, str]]:
    calls = requests.get(f"{sandbox.servicenow.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    return [(str(call["method"]), str(call["path"])) for call in calls if not call.get("inner")]


# --- sign-in ---------------------------------------------------------------------------------------


def test_a_jwt_bearer_signs_in_with_our_own_key_alone(sandbox: servers.Sandbox) -> None:
    key = RSAKey.generate_key(2048)
    keys = sandbox.servicenow.keys
    keys.clients["gatepost"] = ("its-secret", seed.BOT_USER)
    keys.trust("gatepost", key.as_pem(private=False).decode())
    grant = OAuthGrant(
        "gatepost", "its-secret", "", f"{sandbox.servicenow.base_url}/oauth_token.do", OAuthGrantType.JWT_BEARER,
        key.as_pem(private=True).decode(), "key-1", seed.BOT_USER,
    )  # fmt: skip
    other = RSAKey.generate_key(2048).as_pem(private=True).decode()
    fresh = renew_token(grant, timeout=Timeout(), clock=lambda: NOW)
    access = replace(servicenow_access(sandbox.servicenow), auth=Auth.OAUTH, credential=fresh.access_token)
    site = servicenow.site(access, timeout=Timeout(), clock=lambda: NOW)
    assert site.setup is not None
    assert site.setup.identify().account == seed.BOT_USER
    with pytest.raises(AuthenticationFailed, match="does not renew the access"):
        renew_token(replace(grant, private_key=other), timeout=Timeout(), clock=lambda: NOW)


def test_an_api_key_signs_in_and_a_wrong_one_does_not(sandbox: servers.Sandbox) -> None:
    sandbox.servicenow.keys.api_keys["the-key"] = seed.BOT_USER

    def signed(key: str) -> ToolSite:
        access: ToolAccess = replace(servicenow_access(sandbox.servicenow), auth=Auth.APIKEY, credential=key)
        return servicenow.site(access, timeout=Timeout(), clock=lambda: NOW)

    right = signed("the-key").setup
    assert right is not None
    assert right.identify().account == seed.BOT_USER
    wrong = signed("another").setup
    assert wrong is not None
    with pytest.raises(AuthenticationFailed):
        wrong.identify()


def test_a_password_is_refused_once_basic_authentication_is_restricted(sandbox: servers.Sandbox) -> None:
    sandbox.servicenow.keys.restrict_basic = True
    setup = servicenow_site(sandbox.servicenow).setup
    assert setup is not None
    with pytest.raises(AuthenticationFailed):
        setup.identify()


# --- queries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "query", "message"),
    [
        (
            "pm_project",
            Query().equals("staet", "3"),
            'pm_project was not queried: pm_project has no column "staet". Did you mean "State"?; ServiceNow would',
        ),
        (
            "pm_project",
            Query().equals("project_manager.user_nmae", "lind"),
            'pm_project was not queried: sys_user has no column "user_nmae". Did you mean "user_name"?; ServiceNow',
        ),
        ("u_nowhere", Query().equals("name", "x"), 'u_nowhere was not queried: u_nowhere has no column "name"'),
    ],
)
def test_a_misspelt_column_is_refused_before_it_returns_everything(
    sandbox: servers.Sandbox, table: str, query: Query, message: str
) -> None:
    site = servicenow_site(sandbox.servicenow)
    with pytest.raises(ValuesRejected) as refused:
        client(site).query(table, query, ("sys_id",))
    assert str(refused.value).startswith(message)
    queried = {path.rpartition("/")[2] for _, path in paths(sandbox)}
    assert {"sys_dictionary"} <= queried <= {"sys_db_object", "sys_dictionary"}, "only the dictionary was queried"


def test_a_new_column_is_known_when_the_dictionary_is_read_again(sandbox: servers.Sandbox) -> None:
    site = servicenow_site(sandbox.servicenow)
    wave = Query().equals("u_wave", "3")
    with pytest.raises(ValuesRejected):
        client(site).query("pm_project", wave, ("sys_id",))
    sandbox.servicenow.add_column("pm_project", Column("u_wave", "Wave"))
    fresh = servicenow_site(sandbox.servicenow)
    assert client(fresh).query("pm_project", wave, ("sys_id",)) == []


def test_more_rows_than_a_page_has_are_read_to_the_end(
    sandbox: servers.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.servicenow.client.MAX_ROWS", 4)
    monkeypatch.setattr("connector.servicenow.client.query_parameters.__defaults__", (4, 0))
    monkeypatch.setattr("connector.servicenow.client.ServiceNowClient.query.__defaults__", (4, 0))
    parent = project(sandbox)["sys_id"]
    for number in range(11):
        task = {"short_description": f"T{number}", "top_task": parent, "state": "1"}
        sandbox.servicenow.insert("pm_project_task", task, "lind")
    site = servicenow_site(sandbox.servicenow)
    query = Query().one_of("top_task", [parent]).ordered_by("sys_id")
    assert len(client(site).all_rows("pm_project_task", query, ("sys_id",))) == 11


def test_a_rules_limit_closes_the_connection_for_its_stated_time(sandbox: servers.Sandbox) -> None:
    site = servicenow_site(sandbox.servicenow)
    rule = {"name": "r", "request_limit_per_hour": "1", "rest_api": "Table API", "active": "true", "user": ""}
    sandbox.servicenow.store("sys_rate_limit_rules", rule, "system")
    lind = Query().equals("user_name", "lind")
    with pytest.raises(RateLimited) as limited:
        [client(site).query("sys_user", lind, ("sys_id",)) for _ in range(3)]
    assert limited.value.reason, "the rule is named"
    assert limited.value.retry_after is not None
    assert 0 < limited.value.retry_after <= 3600


# --- what belongs to a record ----------------------------------------------------------------------


def test_incidents_and_changes_that_belong_to_a_record_are_read_with_it(sandbox: servers.Sandbox) -> None:
    record = project(sandbox)
    snow = sandbox.servicenow
    down = {"short_description": "It is down", "parent": record["sys_id"], "state": "2", "priority": "1"}
    open_one = snow.insert("incident", down, "lind")
    snow.insert("incident", down | {"state": "7", "close_code": "Solved", "close_notes": "done"}, "lind")
    change = snow.insert("change_request", {"short_description": "C", "parent": record["sys_id"]}, "lind")
    item = read(servicenow_site(snow), record)
    assert not isinstance(item.incidents, Unknown)
    assert not isinstance(item.changes, Unknown)
    assert [incident.key for incident in item.incidents or ()] == [open_one["number"]]
    assert [change_item.key for change_item in item.changes or ()] == [change["number"]]


@pytest.mark.parametrize("written", ["ITX-1", "itx-1", "Itx-1"])
def test_a_record_is_joined_however_the_key_in_it_is_written(sandbox: servers.Sandbox, written: str) -> None:
    """ServiceNow finds it in any case, and it was then not found by the key that was looked for: an open change shut
    no gate."""
    change = sandbox.servicenow.insert("change_request", {"state": "-1", "correlation_id": written}, "lind")
    joiner = servicenow_site(sandbox.servicenow).join_reader
    assert joiner is not None
    found = joiner.read_joined("change_request", "Correlation ID", ["ITX-1", "ITX-2"], frozenset())
    assert {key: [item.key for item in items] for key, items in found.items()} == {"ITX-1": [change["number"]]}


def test_a_record_is_found_by_each_way_in_which_its_number_is_asked_for(sandbox: servers.Sandbox) -> None:
    change = sandbox.servicenow.insert("change_request", {"state": "-1"}, "lind")
    number = change["number"]
    joiner = servicenow_site(sandbox.servicenow).join_reader
    assert joiner is not None
    found = joiner.read_joined("change_request", None, [number, number.lower()], frozenset())
    assert {key: [item.key for item in items] for key, items in found.items()} == {
        number: [number],
        number.lower(): [number],
    }


def test_a_table_that_is_closed_to_the_account_is_unknown_and_not_empty(sandbox: servers.Sandbox) -> None:
    record = project(sandbox)
    sandbox.servicenow.restrict("change_request", "read", "itil_admin")
    item = read(servicenow_site(sandbox.servicenow), record)
    assert isinstance(item.changes, Unknown)
    assert item.changes.reason.startswith("the changes could not be read: servicenow-main does not allow GET")
    assert not isinstance(item.attachments, Unknown), "the others are read all the same"


def test_a_column_that_an_acl_hides_is_unknown_and_not_empty(sandbox: servers.Sandbox) -> None:
    record = project(sandbox, u_objective="Cost")
    assert read(servicenow_site(sandbox.servicenow), record, "Objective").fields == {"Objective": "Cost"}
    sandbox.servicenow.restrict("pm_project.u_objective", "read", "finance")
    assert read(servicenow_site(sandbox.servicenow), record, "Objective").fields == {}


def test_an_amount_is_in_the_currency_of_the_account_that_reads_it(sandbox: servers.Sandbox) -> None:
    snow = sandbox.servicenow
    snow.add_column("pm_project", Column("u_budget", "Budget", "currency", 40))
    record = project(sandbox, u_budget="EUR;1200")
    robot = next(row for row in snow.tables["sys_user"].values() if row["user_name"] == seed.BOT_USER)
    snow.update("sys_user", robot["sys_id"], {"country": "DE"}, seed.ADMIN_USER)
    assert read(servicenow_site(snow), record, "Budget").fields == {"Budget": Money(Decimal(1200), "EUR")}


def test_two_hundred_records_of_three_tables_are_one_batch(sandbox: servers.Sandbox) -> None:
    snow = sandbox.servicenow
    items = [NativeId(f"pm_project:{project(sandbox)['sys_id']}") for _ in range(120)]
    for table in ("dmn_demand", "change_request"):
        for _ in range(40):
            row = snow.insert(table, {"short_description": "X"}, "lind")
            items.append(NativeId(f"{table}:{row['sys_id']}"))
    site = servicenow_site(snow)
    site.reader.read(items[:1], frozenset({FieldName("Gate")}))
    before = len(paths(sandbox))
    assert len(site.reader.read(items, frozenset({FieldName("Gate")})).items) == 200
    called = paths(sandbox)[before:]
    assert [path for _, path in called if path.endswith("/batch")] == ["/api/now/v1/batch"]
    assert len(called) <= 3, called


def test_an_offering_is_a_service_with_a_life_cycle_of_its_own(sandbox: servers.Sandbox) -> None:
    sandbox.servicenow.insert("service_offering", {"name": "Gold CRM", "operational_status": "6"}, "admin")
    directory = servicenow_site(sandbox.servicenow).service_directory
    assert directory is not None
    item = directory.services(["Gold CRM"], end_column=None, since=NOW.date(), currency="EUR")
    assert item["Gold CRM"].is_retired


def test_hours_on_tasks_are_read_from_time_worked_unless_a_card_has_them(sandbox: servers.Sandbox) -> None:
    site, snow = servicenow_site(sandbox.servicenow), sandbox.servicenow
    own = project(sandbox)
    task = snow.insert("pm_project_task", {"short_description": "T", "top_task": own["sys_id"]}, "lind")
    incident = snow.insert("incident", {"short_description": "I"}, "lind")
    week = {"user": own["sys_id"], "task": task["sys_id"], "week_starts_on": "2026-11-15", "monday": "2"}
    card = snow.insert("time_card", week, "lind")
    refused = snow.insert("time_card", week | {"state": "Rejected"}, "lind")
    worked = {"user": own["sys_id"], "task": incident["sys_id"], "work_date": "2026-11-17"}
    copied = {"task": task["sys_id"], "work_date": "2026-11-16", "time_in_seconds": "7200"}
    for values in (
        {"time_in_seconds": "5400"}, {"time_worked": "1970-01-01 00:30:00"},
        {"work_date": "2026-11-15", "time_in_seconds": "3600"}, {"time_in_seconds": "0"}, {**copied, "task": ""},
        {**copied, "time_card": card["sys_id"]}, {**copied, "time_card": refused["sys_id"]},
        {"task": task["sys_id"], "time_in_seconds": "900"},
    ):  # fmt: skip
        snow.insert("task_time_worked", worked | values, "lind")
    assert site.timesheet is not None
    found = site.timesheet.time_entries([own["sys_id"]], date(2026, 11, 16))
    home = f"pm_project:{own['sys_id']}"
    assert sorted((one.item.partition(":")[0], one.parent, one.day.day, one.hours) for one in found) == sorted([
        ("pm_project_task", home, 16, Decimal(2)),
        ("incident", None, 17, Decimal("1.5")),
        ("incident", None, 17, Decimal("0.5")),
        ("pm_project_task", home, 17, Decimal("0.25")),
    ])  # fmt: skip


def test_hours_on_tasks_are_read_from_time_cards_and_the_last_save_from_the_record(sandbox: servers.Sandbox) -> None:
    site, snow = servicenow_site(sandbox.servicenow), sandbox.servicenow
    own = project(sandbox)
    task = snow.insert("pm_project_task", {"short_description": "T", "top_task": own["sys_id"]}, "lind")
    incident = snow.insert("incident", {"short_description": "I"}, "lind")
    card = {"user": own["sys_id"], "week_starts_on": "2026-11-15"}
    snow.insert("time_card", card | {"task": task["sys_id"], "saturday": "1", "monday": "6.5", "sunday": "9"}, "lind")
    snow.insert("time_card", card | {"task": incident["sys_id"], "tuesday": "2"}, "lind")
    snow.insert("time_card", card | {"task": incident["sys_id"], "tuesday": "3", "state": "Rejected"}, "lind")
    assert site.timesheet is not None
    found = site.timesheet.time_entries([own["sys_id"]], date(2026, 11, 16))
    home = f"pm_project:{own['sys_id']}"
    assert {(one.item.partition(":")[0], one.parent, one.day, one.hours) for one in found} == {
        ("pm_project_task", home, date(2026, 11, 16), Decimal("6.5")),
        ("pm_project_task", home, date(2026, 11, 21), Decimal(1)),
        ("incident", None, date(2026, 11, 17), Decimal(2)),
    }
    assert site.personal_history is not None
    lind = snow.find_user("lind")
    assert lind is not None
    item = read(site, own)
    for person, at in ((Person(lind["sys_id"], "S. Lind"), item.updated), (Person("other", "lind"), None)):
        assert site.personal_history.last_edit(item, person, NOW - timedelta(days=30)) == at
    assert site.personal_history.last_edit(item, Person(lind["sys_id"], "S. Lind"), NOW + timedelta(days=1)) is None


def test_offerings_are_services_and_incidents_their_demand(sandbox: servers.Sandbox) -> None:
    snow = sandbox.servicenow
    gold = snow.insert("service_offering", {"name": "Gold mail"}, "admin")
    for _ in range(2):
        snow.insert("incident", {"short_description": "Slow", "service_offering": gold["sys_id"]}, "lind")
    snow.insert("incident", {"short_description": "Names no service"}, "lind")
    reader = servicenow_site(snow).offerings
    assert reader is not None
    rule = OfferingRule(connection="servicenow-main", owner="Owned by", demand="incident")
    (found,) = [one for one in reader.offerings(rule) if one.name == "Gold mail"]
    assert found.id == gold["sys_id"]
    counted = [one for one in reader.demand(rule, Period(2020, 1)) if one.service == found.id]
    assert [one.count for one in counted] == [2]


def test_what_is_reported_is_written_on_the_record_of_the_service(sandbox: servers.Sandbox) -> None:
    snow = sandbox.servicenow
    snow.add_column("cmdb_ci_service", Column("u_reported", "Reported", max_length=4000))
    rule = OfferingRule(connection="servicenow-main", findings="Reported")
    for table, name in (("service_offering", "Gold mail"), ("cmdb_ci_service", "Mail")):
        made = snow.insert(table, {"name": name}, "admin")
        site = servicenow_site(snow)
        assert site.offerings is not None
        of_table = rule.model_copy(update={"table": table})

        def shown(site: ToolSite = site, name: str = name, of_table: OfferingRule = of_table) -> str | None:
            assert site.offerings is not None
            return next(one.findings for one in site.offerings.offerings(of_table) if one.name == name)

        assert shown() == ""
        said = "a unit costs more · owner K. Owner · NEGATIVE_UNIT_MARGIN\nnobody has said · owner K. Owner · HURDLE_UNNAMED"
        item = NativeId(f"{table}:{made['sys_id']}")
        assert site.writer.write(WriteRequest(item, {FieldName("Reported"): said}, None)) is WriteResult.DONE
        assert (shown() or "").replace("\r\n", "\n") == said
        site.writer.write(WriteRequest(item, {FieldName("Reported"): None}, None))
        assert shown() == ""
    missing = rule.model_copy(update={"findings": "No such column"})
    assert site.offerings is not None
    assert {one.findings for one in site.offerings.offerings(missing)} == {None}


def planned(sandbox: servers.Sandbox, table: CapacityTable) -> list[tuple[str, str, str, Decimal, EffortUnit, bool]]:
    reader = servicenow_site(sandbox.servicenow).planned_capacity
    assert reader is not None
    rule = CapacityRule(connection="servicenow-main", table=table)
    found = reader.planned(rule, date(2026, 8, 1))
    return sorted(
        (one.team, one.person, f"{one.start}..{one.end}", one.effort.amount, one.effort.unit, one.counts)
        for one in found
    )


def test_only_confirmed_and_allocated_resource_plans_count_and_requested_ones_are_apart(
    sandbox: servers.Sandbox,
) -> None:
    snow = sandbox.servicenow
    lind, kaya = (snow.find_user(login) for login in ("lind", "kaya"))
    assert lind is not None
    assert kaya is not None
    network = snow.insert("sys_user_group", {"name": "Network"}, "admin")["sys_id"]
    days = {"start_date": "2026-11-02", "end_date": "2026-12-31", "group_resource": network}
    plans = {
        name: snow.insert("resource_plan", {**days, "state": state, "planned_hours": hours}, "admin")["sys_id"]
        for name, state, hours in (
            ("planning", "1", "900"), ("requested", "2", "40"), ("allocated", "3", "100"), ("completed", "4", "60"),
            ("canceled", "5", "900"), ("rejected", "7", "900"), ("confirmed", "8", "80"), ("hidden", "8", "1"),
        )
    }  # fmt: skip
    snow.update("resource_plan", plans["hidden"], {"allocated_hours": "33"}, "admin")
    for name, user, hours in (
        ("allocated", lind, "60"), ("allocated", kaya, "40"), ("confirmed", lind, "80"), ("completed", kaya, "60"),
        ("requested", lind, "999"), ("rejected", lind, "999"), ("canceled", lind, "999"),
    ):  # fmt: skip
        booked = {"resource_plan": plans[name], "user": user["sys_id"], "allocated_hours": hours}
        snow.insert("resource_allocation", {**days, **booked}, "admin")
    alone = {"state": "2", "user_resource": kaya["sys_id"], "planned_hours": "8", "start_date": "2026-11-02"}
    snow.insert("resource_plan", {**alone, "end_date": "2026-11-03"}, "admin")
    snow.insert("resource_plan", {**alone, "end_date": "2026-07-31", "start_date": "2026-07-01"}, "admin")
    snow.insert("resource_plan", {**alone, "end_date": ""}, "admin")
    span, hours = "2026-11-02..2026-12-31", EffortUnit.HOURS
    assert planned(sandbox, CapacityTable.RESOURCE_PLAN) == sorted([
        ("Network", lind["name"], span, Decimal(60), hours, True),
        ("Network", kaya["name"], span, Decimal(40), hours, True),
        ("Network", lind["name"], span, Decimal(80), hours, True),
        ("Network", kaya["name"], span, Decimal(60), hours, True),
        ("Network", "", span, Decimal(33), hours, True),
        ("Network", "", span, Decimal(40), hours, False),
        (kaya["name"], kaya["name"], "2026-11-02..2026-11-03", Decimal(8), hours, False),
    ])  # fmt: skip


def test_approved_resource_assignments_count_and_unassigned_ones_are_requested(sandbox: servers.Sandbox) -> None:
    snow = sandbox.servicenow
    lind = snow.find_user("lind")
    assert lind is not None
    network = snow.insert("sys_user_group", {"name": "Network"}, "admin")["sys_id"]
    days = {"start_date": "2026-11-02", "end_date": "2026-11-30", "group_resource": network}
    for state, kind, effort, user in (
        ("approved", "hours", "80", lind["sys_id"]), ("approved", "fte", "0.5", lind["sys_id"]),
        ("approved", "person_days", "3", ""), ("unassigned", "hours", "16", ""), ("unapproved", "hours", "999", ""),
        ("approved", "unheard_of", "999", ""),
    ):  # fmt: skip
        values = {"state": state, "effort_type": kind, "effort": effort, "user_resource": user}
        snow.insert("sn_plng_att_core_resource_assignment", {**days, **values}, "admin")
    span = "2026-11-02..2026-11-30"
    assert planned(sandbox, CapacityTable.RESOURCE_ASSIGNMENT) == sorted([
        ("Network", lind["name"], span, Decimal(80), EffortUnit.HOURS, True),
        ("Network", lind["name"], span, Decimal("0.5"), EffortUnit.PEOPLE, True),
        ("Network", "", span, Decimal(3), EffortUnit.DAYS, True),
        ("Network", "", span, Decimal(16), EffortUnit.HOURS, False),
    ])  # fmt: skip
