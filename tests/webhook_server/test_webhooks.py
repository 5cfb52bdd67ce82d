"""The doors, over the real store: what each sender is told, and what is stored."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.store.database import migrate
from connector.store.queue.backlog import Backlog
from mapping.work_item import ConnectionName, Tool
from tests.connector.store.database.next_version import next_version
from webhook_server.app import create_app

SECRET, OLD_SECRET = "It's a Secret to Everybody", "the one before"
EVENT = b'{"webhookEvent":"jira:issue_updated","issue":{"id":"10001","key":"ITX-1"}}'
RECORD = b'{"table":"pm_project","sys_id":"46d44a5dc0a8016401f7e3c3b5a3b1d2","operation":"update"}'
LIMIT = 4096


@dataclass
class Doors:
    services: Services
    client: FlaskClient

    def post(self, body: bytes, **headers: str) -> tuple[int, str]:
        """Post to the Jira door, signed unless the headers say otherwise; status and detail come back."""
        return self.post_to("/hooks/jira/jira-main", body, **headers)

    def post_to(self, path: str, body: bytes, **headers: str) -> tuple[int, str]:
        sent = {"Content-Type": "application/json", "X-Hub-Signature": sign(body)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.post(path, data=body, headers=sent)
        shown = answer.get_json()
        return answer.status_code, shown.get("result") or shown.get("detail")

    def inbox(self) -> list[tuple[str, str | None, str, str | None]]:
        with self.services.engine.connect() as connection:
            rows = connection.execute(text("SELECT event, native_id, state, reason FROM inbox ORDER BY id"))
            return [(row.event, row.native_id, row.state, row.reason) for row in rows]


def sign(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


@pytest.fixture
def doors(database: URL, tmp_path: Path) -> Iterator[Doors]:
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=tmp_path,
        secret_key=Fernet.generate_key().decode(),
        max_body_bytes=LIMIT,
    )
    services = bootstrap(settings, application="tests")
    for name, tool in (("jira-main", Tool.JIRA), ("snow-main", Tool.SERVICENOW)):
        services.connections.save(
            ConnectionRecord(ConnectionName(name), tool, "https://x.example", "bot", "token", (SECRET, OLD_SECRET))
        )
    yield Doors(services, create_app(services).test_client())
    services.close()


def test_a_signed_jira_event_is_committed_and_accepted(doors: Doors) -> None:
    assert doors.post(EVENT) == (202, "accepted")
    assert doors.inbox() == [("jira:issue_updated", "10001", "pending", None)]


def test_a_signed_servicenow_event_is_committed_and_accepted(doors: Doors) -> None:
    assert doors.post_to("/hooks/servicenow/snow-main", RECORD) == (202, "accepted")
    ((_, native_id, state, _),) = doors.inbox()
    assert (native_id, state) == ("pm_project:46d44a5dc0a8016401f7e3c3b5a3b1d2", "pending")


def test_the_secret_before_a_rotation_is_still_accepted(doors: Doors) -> None:
    assert doors.post(EVENT, X_Hub_Signature=sign(EVENT, OLD_SECRET)) == (202, "accepted")


def test_the_same_webhook_identifier_counts_once(doors: Doors) -> None:
    assert doors.post(EVENT, X_Atlassian_Webhook_Identifier="a1") == (202, "accepted")
    assert doors.post(EVENT, X_Atlassian_Webhook_Identifier="a1") == (202, "duplicate")
    assert doors.post(EVENT, X_Atlassian_Webhook_Identifier="a2") == (202, "accepted")
    assert len(doors.inbox()) == 2


def test_without_an_identifier_the_same_bytes_count_once(doors: Doors) -> None:
    assert doors.post(EVENT) == (202, "accepted")
    assert doors.post(EVENT) == (202, "duplicate")


def test_an_event_of_no_interest_is_accepted_and_recorded_with_the_reason(doors: Doors) -> None:
    assert doors.post(b'{"webhookEvent":"sprint_started","sprint":{"id":1}}') == (202, "ignored")
    ((event, native_id, state, reason),) = doors.inbox()
    assert (event, native_id, state) == ("sprint_started", None, "ignored")
    assert reason


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        pytest.param(sign(EVENT, "wrong"), 401, id="signed with another secret"),
        pytest.param(sign(EVENT + b" "), 401, id="signed over other bytes"),
        pytest.param("", 401, id="not signed"),
        pytest.param("md5=00", 401, id="a method that is not allowed"),
        pytest.param("sha256", 401, id="a signature without a value"),
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(doors: Doors, signature: str, status: int) -> None:
    assert doors.post(EVENT, X_Hub_Signature=signature)[0] == status
    assert doors.inbox() == []


def test_the_signature_is_checked_before_the_body_is_parsed(doors: Doors) -> None:
    assert doors.post(b"not json", X_Hub_Signature=sign(b"other"))[0] == 401


@pytest.mark.parametrize("body", [b"not json", b"[1]", b'"text"', b"", b"\xff\xfe", b"[" * 2000])
def test_what_is_not_a_json_object_is_refused_for_good(doors: Doors, body: bytes) -> None:
    assert doors.post(body)[0] == 400
    assert doors.inbox() == []


def test_a_body_over_the_limit_is_refused(doors: Doors) -> None:
    assert doors.post(b" " * (LIMIT + 1))[0] == 413


def test_another_content_type_is_refused(doors: Doors) -> None:
    assert doors.post(EVENT, Content_Type="text/plain") == (415, "An event's Content-Type must be application/json.")


@pytest.mark.parametrize("path", ["/hooks/jira/nobody", "/hooks/servicenow/jira-main", "/hooks/github/jira-main"])
def test_an_unknown_connection_is_not_found(doors: Doors, path: str) -> None:
    assert doors.post_to(path, EVENT)[0] == 404


def test_a_failed_commit_tells_the_sender_to_come_again(doors: Doors) -> None:
    doors.services.connections.cached("jira-main")
    with doors.services.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE inbox RENAME TO away"))
    answer = doors.client.post(
        "/hooks/jira/jira-main",
        data=EVENT,
        headers={"Content-Type": "application/json", "X-Hub-Signature": sign(EVENT)},
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.get_json()["detail"] == "The event could not be stored; nothing of it is kept. Send it again."


def test_a_nul_in_an_event_is_not_answered_with_a_5xx(doors: Doors) -> None:
    assert doors.post(b'{"webhookEvent":"sprint\\u0000started"}')[0] in {202, 400}


def test_health_tells_alive_from_ready(doors: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doors.client.get("/health/live").status_code == 200
    assert doors.client.get("/health/ready").get_json() == {"status": "ready"}
    monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
    answer = doors.client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["detail"]) == (503, "Run: gatepost db upgrade")
    assert doors.client.get("/health/live").status_code == 200


def test_metrics_count_events_by_outcome(doors: Doors) -> None:
    doors.post(EVENT)
    doors.post(EVENT)
    doors.post(b"not json")
    shown = doors.client.get("/metrics").get_data(as_text=True)
    for outcome in ("accepted", "duplicate", "bad_payload"):
        assert f'gatepost_events_total{{connection="jira-main",outcome="{outcome}"}} 1.0' in shown


def test_a_door_with_a_long_backlog_takes_in_no_more_until_it_is_worked_off(doors: Doors) -> None:
    """Only events that wait for a worker count: not an item that is put off, nor what is looked at again in bulk."""
    assert doors.post(EVENT) == (202, "accepted")
    other = EVENT.replace(b"10001", b"10002")
    for change, status in (
        ("due_at = now() - interval '9 minutes'", 202),
        ("due_at = now() - interval '25 minutes', inbox_id = NULL", 202),
        ("due_at = now() + interval '5 minutes', inbox_id = 1", 202),
        ("due_at = now() - interval '25 minutes', inbox_id = 1", 503),
        ("due_at = now() - interval '25 minutes', inbox_id = 1, claim_token = gen_random_uuid()", 202),
    ):
        with doors.services.engine.begin() as connection:
            connection.execute(text("DELETE FROM dirty_key WHERE native_id <> '10001'"))
            connection.execute(text(f"UPDATE dirty_key SET {change}"))
            connection.execute(text("DELETE FROM inbox WHERE id > 1"))
        fresh = replace(doors.services, backlog=Backlog(doors.services.engine), metrics=CollectorRegistry())
        client = create_app(fresh).test_client()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": sign(other)}
        answer = client.post("/hooks/jira/jira-main", data=other, headers=headers)
        assert answer.status_code == status, change
        assert len(doors.inbox()) == (2 if status == 202 else 1), "what is refused is not stored"
        if status == 503:
            assert answer.headers["Retry-After"] == "120"
            assert answer.get_json()["detail"] == (
                "The events of jira-main have waited for 25 minutes to be worked on; nothing of this one is kept. "
                "Send it again."
            )
