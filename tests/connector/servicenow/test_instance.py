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
from connector.sync.ports import ToolSite
from governance.facts import Unknown
from governance.measure import Person
from governance.money import Money, Period
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
