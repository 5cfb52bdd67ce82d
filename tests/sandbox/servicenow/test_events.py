"""Events: in both forms, from the app's outbox, through plans and approvals; and changes that send none."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from sandbox.servicenow.gatepost_app import install_app
from sandbox.servicenow.model import EventForm, EventRule, Record
from tests.sandbox.servicenow.instance import ADMIN, ROBOT, START, RunningInstance

URL, SECRET = "http://127.0.0.1:1/hooks/servicenow", "event-secret"


@dataclass
class Post:
    """Replaces the sender: stores what would be sent."""

    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.sent.append((url, body, headers))

    def take(self) -> list[dict[str, str]]:
        bodies = [json.loads(body) for _, body, _ in self.sent]
        self.sent.clear()
        return bodies


@pytest.fixture
def post(instance: RunningInstance, monkeypatch: pytest.MonkeyPatch) -> Post:
    here = Post()
    monkeypatch.setattr(instance.state.deliverer, "send", here.send)
    return here


@pytest.fixture(params=["rule", "installed"])
def app_events(request: pytest.FixtureRequest, instance: RunningInstance, post: Post) -> RunningInstance:
    """The app's form of events, once by a rule of the stand-in, once by the app's own rows."""
    if request.param == "installed":
        install_app(instance.state, gated={"pm_project": "state:3"}, url=URL, secret=SECRET, writer=ROBOT[0])
    else:
        instance.state.add_role("u_gatepost_writer")
        instance.state.event_rules.append(EventRule("pm_project", URL, SECRET, EventForm.APP, ROBOT[0]))
    return instance


def test_the_apps_event_is_signed_over_time_and_body(app_events: RunningInstance, post: Post) -> None:
    record = app_events.project("Grüße", state="1")
    ((url, body, headers),) = post.sent
    assert url == URL
    assert body.isascii()
    assert json.loads(body) == {
        "event_id": f"{record['sys_id']}:0", "instance": app_events.state.base_url, "table": "pm_project",
        "sys_id": record["sys_id"], "operation": "insert", "sys_mod_count": "0", "sys_updated_on": "2026-06-25 10:00:00",
        "sys_updated_by": "kaya", "sent_at": "2026-06-25 10:00:00",
    }  # fmt: skip
    stamp = headers["X-Gatepost-Timestamp"]
    assert stamp == str(int(START.timestamp()))
    version, _, signature = headers["X-Gatepost-Signature"].partition("=")
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).digest()
    assert (version, b64decode(signature)) == ("v1", expected)
    assert headers["X-Event-Id"].startswith(f"{record['sys_id']}:0")


def test_updates_and_deletes_send_events_and_a_write_without_a_change_does_not(
    app_events: RunningInstance, post: Post
) -> None:
    record = app_events.project()
    app_events.state.update("pm_project", record["sys_id"], {"description": "d"}, "kaya")
    app_events.state.update("pm_project", record["sys_id"], {"description": "d"}, "kaya")
    app_events.state.update("pm_project", record["sys_id"], {"work_notes": "/approve"}, "kaya")
    app_events.state.delete("pm_project", record["sys_id"])
    assert [(event["operation"], event["sys_mod_count"]) for event in post.take()] == [
        ("insert", "0"), ("update", "1"), ("update", "2"), ("delete", "2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column"),
    [("cost_plan", "task"), ("benefit_plan", "task"), ("fm_expense_line", "task"), ("sysapproval_approver", "sysapproval")],
)  # fmt: skip
def test_related_records_send_events_for_their_record(
    app_events: RunningInstance, post: Post, table: str, column: str
) -> None:
    one, other = app_events.project("one"), app_events.project("other")
    post.take()
    row = app_events.state.insert(table, {column: one["sys_id"]}, "kaya")
    app_events.state.update(table, row["sys_id"], {column: other["sys_id"]}, "kaya")
    app_events.state.delete(table, row["sys_id"])
    events = [(event["sys_id"], event["table"], event["operation"], event["through"]) for event in post.take()]
    through = f"{table}:{row['sys_id']}"
    assert sorted(events) == sorted(
        [
            (one["sys_id"], "pm_project", "insert", through),
            (one["sys_id"], "pm_project", "update", through),
            (other["sys_id"], "pm_project", "update", through),
            (other["sys_id"], "pm_project", "delete", through),
        ]
    )


def test_a_plan_without_a_record_or_of_an_ungoverned_record_sends_no_event(
    app_events: RunningInstance, post: Post
) -> None:
    demand = app_events.state.insert("dmn_demand", {"short_description": "D"}, "kaya")
    app_events.state.insert("cost_plan", {"name": "x"}, "kaya")
    app_events.state.insert("cost_plan", {"name": "x", "task": demand["sys_id"]}, "kaya")
    assert post.take() == []


def test_gateposts_own_columns_send_no_event(instance: RunningInstance, post: Post) -> None:
    install_app(instance.state, url=URL, secret=SECRET, writer=ROBOT[0])
    record = instance.project()
    post.take()
    path = f"/table/pm_project/{record['sys_id']}"
    instance.call("PATCH", path, {"u_gatepost_gate": "Blocked", "u_gatepost_stage": "Detailed"})
    assert post.take() == []
    instance.call("PATCH", path, {"u_gatepost_gate": "Open", "description": "by hand"})
    instance.call("PATCH", path, {"work_notes": "an answer"})
    assert len(post.take()) == 2


def test_without_an_endpoint_the_outbox_keeps_what_waits(instance: RunningInstance, post: Post) -> None:
    install_app(instance.state, writer=ROBOT[0])
    record: Record = instance.project()
    (row,) = instance.rows("u_gatepost_outbox", auth=ADMIN)
    assert post.sent == []
    assert (row["u_state"], row["u_table"], row["u_record"]) == ("queued", "pm_project", record["sys_id"])
    assert json.loads(str(row["u_body"]))["event_id"] == f"{record['sys_id']}:0"


def test_set_workflow_false_and_a_conversions_plans_send_no_event(instance: RunningInstance, post: Post) -> None:
    install_app(instance.state, url=URL, secret=SECRET)
    state = instance.state
    demand = state.insert("dmn_demand", {"short_description": "D", "state": "5"}, "kaya")
    plans = [
        state.insert(table, {"name": "x", "task": demand["sys_id"]}, "kaya") for table in ("cost_plan", "benefit_plan")
    ]
    post.take()
    state.update("dmn_demand", demand["sys_id"], {"description": "quiet"}, "kaya", workflow=False)
    assert post.take() == []
    project = state.convert_demand(demand["sys_id"], "kaya")
    assert {plan["task"] for plan in plans} == {project["sys_id"]}
    assert [plan["sys_mod_count"] for plan in plans] == ["1", "1"]
    assert [(event["table"], event["operation"]) for event in post.take()] == [
        ("pm_project", "insert"), ("dmn_demand", "update"),
    ]  # fmt: skip
    assert (project["demand"], demand["project"], demand["state"], demand["stage"]) == (
        demand["sys_id"], project["sys_id"], "8", "project",
    )  # fmt: skip
