"""The webhook endpoints over the real store: the answer to each sender, and what is stored."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.http.tool_access import WebhookAuth
from connector.runtime import log
from connector.settings import LogFormat, Settings
from connector.store.connections.connections import ConnectionRecord
from connector.store.database import migrate
from connector.store.queue.backlog import BacklogAges
from mapping.work_item import ConnectionName, Tool
from tests.connector.store.database.next_version import next_version
from webhook_server.app import create_app

SECRET, OLD_SECRET = "It's a Secret to Everybody", "the one before"
EVENT = b'{"webhookEvent":"jira:issue_updated","issue":{"id":"10001","key":"ITX-1"}}'
RECORD = b'{"table":"pm_project","sys_id":"46d44a5dc0a8016401f7e3c3b5a3b1d2","operation":"update"}'
LIMIT = 4096
LONG_SECRET = "a-secret-of-thirty-two-characters"
NO_NUMBERS = [
    f'{{"issue":{{"id":{number}}}}}'.encode()
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "1e99999999999999999999")
]


@dataclass
class Endpoints:
    services: Services
    client: FlaskClient

    def post(self, body: bytes, **headers: str) -> tuple[int, str]:
        """Post to the Jira endpoint, signed unless the headers override it; returns status and detail."""
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
def endpoints(database: URL, tmp_path: Path) -> Iterator[Endpoints]:
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=tmp_path,
        secret_key=Fernet.generate_key().decode(),
        max_body_bytes=LIMIT,
    )
    services = bootstrap(settings, application="tests")
    for name, tool in (("jira-main", Tool.JIRA), ("snow-main", Tool.SERVICENOW)):
        services.connections.save(
            ConnectionRecord(
                ConnectionName(name), tool, "https://x.example", "bot", "token", (SECRET, OLD_SECRET),
                old_secret_until=datetime.now(UTC) + timedelta(hours=1),
            )
        )  # fmt: skip
    yield Endpoints(services, create_app(services).test_client())
    services.close()


def test_a_signed_jira_event_is_committed_and_accepted(endpoints: Endpoints) -> None:
    assert endpoints.post(EVENT) == (202, "accepted")
    assert endpoints.inbox() == [("jira:issue_updated", "10001", "pending", None)]


def test_a_sender_waits_for_a_locked_table_less_than_five_seconds(endpoints: Endpoints) -> None:
    with endpoints.services.engine.begin() as other:
        other.execute(text("LOCK TABLE dirty_key IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        assert endpoints.post(EVENT) == (503, "The event could not be stored. Send it again.")
        assert time.monotonic() - began < 5
    assert endpoints.post(EVENT) == (202, "accepted"), "nothing was stored before"


def test_a_signed_servicenow_event_is_committed_and_accepted(endpoints: Endpoints) -> None:
    assert endpoints.post_to("/hooks/servicenow/snow-main", RECORD) == (202, "accepted")
    ((_, native_id, state, _),) = endpoints.inbox()
    assert (native_id, state) == ("pm_project:46d44a5dc0a8016401f7e3c3b5a3b1d2", "pending")


def test_the_secret_before_a_rotation_is_still_accepted(endpoints: Endpoints) -> None:
    assert endpoints.post(EVENT, X_Hub_Signature=sign(EVENT, OLD_SECRET)) == (202, "accepted")


def test_the_secret_before_a_rotation_is_refused_after_its_end(endpoints: Endpoints) -> None:
    record = endpoints.services.connections.get("jira-main")
    assert record is not None
    endpoints.services.connections.save(replace(record, old_secret_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert endpoints.post(EVENT, X_Hub_Signature=sign(EVENT, OLD_SECRET))[0] == 401
    assert endpoints.post(EVENT) == (202, "accepted")


def test_the_same_webhook_identifier_counts_once(endpoints: Endpoints) -> None:
    assert endpoints.post(EVENT, X_Atlassian_Webhook_Identifier="a1") == (202, "accepted")
    assert endpoints.post(EVENT, X_Atlassian_Webhook_Identifier="a1") == (202, "duplicate")
    assert endpoints.post(EVENT, X_Atlassian_Webhook_Identifier="a2") == (202, "accepted")
    assert len(endpoints.inbox()) == 2


def test_without_an_identifier_the_same_bytes_count_once(endpoints: Endpoints) -> None:
    assert endpoints.post(EVENT) == (202, "accepted")
    assert endpoints.post(EVENT) == (202, "duplicate")


def test_an_event_of_no_interest_is_accepted_and_recorded_with_the_reason(endpoints: Endpoints) -> None:
    assert endpoints.post(b'{"webhookEvent":"sprint_started","sprint":{"id":1}}') == (202, "ignored")
    ((event, native_id, state, reason),) = endpoints.inbox()
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
def test_a_wrong_signature_is_refused_and_nothing_is_stored(endpoints: Endpoints, signature: str, status: int) -> None:
    assert endpoints.post(EVENT, X_Hub_Signature=signature)[0] == status
    assert endpoints.inbox() == []


def test_the_signature_is_checked_before_the_body_is_parsed(endpoints: Endpoints) -> None:
    assert endpoints.post(b"not json", X_Hub_Signature=sign(b"other"))[0] == 401


@pytest.mark.parametrize("body", [b"not json", b"[1]", b'"text"', b"", b"\xff\xfe", b"[" * 2000, *NO_NUMBERS])
def test_what_is_not_a_json_object_is_refused_for_good(endpoints: Endpoints, body: bytes) -> None:
    assert endpoints.post(body)[0] == 400
    assert endpoints.inbox() == []


def test_a_body_over_the_limit_is_refused(endpoints: Endpoints) -> None:
    assert endpoints.post(b" " * (LIMIT + 1))[0] == 413


def test_another_content_type_is_refused(endpoints: Endpoints) -> None:
    assert endpoints.post(EVENT, Content_Type="text/plain") == (
        415,
        "An event's Content-Type must be application/json.",
    )


@pytest.mark.parametrize("path", ["/hooks/jira/nobody", "/hooks/servicenow/jira-main", "/hooks/github/jira-main"])
def test_an_unknown_connection_is_not_found(endpoints: Endpoints, path: str) -> None:
    assert endpoints.post_to(path, EVENT)[0] == 404


def test_a_failed_commit_asks_the_sender_to_send_it_again(endpoints: Endpoints) -> None:
    endpoints.services.connections.cached("jira-main")
    with endpoints.services.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE inbox RENAME TO away"))
    answer = endpoints.client.post(
        "/hooks/jira/jira-main",
        data=EVENT,
        headers={"Content-Type": "application/json", "X-Hub-Signature": sign(EVENT)},
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.get_json()["detail"] == "The event could not be stored. Send it again."


def test_a_nul_in_an_event_is_not_answered_with_a_5xx(endpoints: Endpoints) -> None:
    assert endpoints.post(b'{"webhookEvent":"sprint\\u0000started"}')[0] in {202, 400}


def test_health_distinguishes_alive_from_ready(
    endpoints: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoints.client.get("/health/live").status_code == 200
    assert endpoints.client.get("/health/ready").get_json() == {"status": "ready"}
    monkeypatch.setattr(migrate, "FOLDER", next_version(tmp_path))
    answer = endpoints.client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["detail"]) == (
        503,
        "The schema is older than this version needs. Upgrade it, as the owner of the database.",
    )
    assert endpoints.client.get("/health/live").status_code == 200


def test_metrics_count_events_by_outcome(endpoints: Endpoints) -> None:
    endpoints.post(EVENT)
    endpoints.post(EVENT)
    endpoints.post(b"not json")
    shown = endpoints.client.get("/metrics").get_data(as_text=True)
    for outcome in ("accepted", "duplicate", "bad_payload"):
        assert f'gatepost_events_total{{connection="jira-main",outcome="{outcome}"}} 1.0' in shown


def test_an_endpoint_with_a_long_backlog_accepts_no_more_until_it_is_processed(endpoints: Endpoints) -> None:
    """Only events that wait for a worker count: no postponed item, and no bulk reassessment."""
    assert endpoints.post(EVENT) == (202, "accepted")
    other = EVENT.replace(b"10001", b"10002")
    for change, status in (
        ("due_at = now() - interval '9 minutes'", 202),
        ("due_at = now() - interval '25 minutes', inbox_id = NULL", 202),
        ("due_at = now() + interval '5 minutes', inbox_id = 1", 202),
        ("due_at = now() - interval '25 minutes', inbox_id = 1", 503),
        ("due_at = now() - interval '25 minutes', inbox_id = 1, claim_token = gen_random_uuid()", 202),
    ):
        with endpoints.services.engine.begin() as connection:
            connection.execute(text("DELETE FROM dirty_key WHERE native_id <> '10001'"))
            connection.execute(text(f"UPDATE dirty_key SET {change}"))
            connection.execute(text("DELETE FROM inbox WHERE id > 1"))
        fresh = replace(endpoints.services, backlog=BacklogAges(endpoints.services.engine), metrics=CollectorRegistry())
        client = create_app(fresh).test_client()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": sign(other)}
        answer = client.post("/hooks/jira/jira-main", data=other, headers=headers)
        assert answer.status_code == status, change
        assert len(endpoints.inbox()) == (2 if status == 202 else 1), "what is refused is not stored"
        if status == 503:
            assert answer.headers["Retry-After"] == "120"
            assert answer.get_json()["detail"] == (
                "The events of jira-main have waited for 25 minutes; this one was not stored. Send it again."
            )


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_an_endpoint_takes_no_other_method(endpoints: Endpoints, method: str) -> None:
    answer = endpoints.client.open("/hooks/jira/jira-main", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.get_data(as_text=True) == ("" if method == "HEAD" else '{"detail":"","error":"Method Not Allowed"}\n')


def test_an_answer_to_an_event_has_the_security_headers_of_every_answer(endpoints: Endpoints) -> None:
    of_event = endpoints.client.post("/hooks/jira/nobody", data=b"{}", headers={"Content-Type": "application/json"})
    of_program = endpoints.client.get("/health/live")
    without = {"Content-Length", "Content-Type"}
    expected = {(name, value) for name, value in of_program.headers if name not in without}
    assert {(name, value) for name, value in of_event.headers if name not in without} == expected
    assert ("Cache-Control", "no-store") in expected


class _BrokenInbox:
    """Fails as no database does, with an address in its words."""

    def store(self, *_: object, **__: object) -> None:
        raise RuntimeError(f"cannot store what came to /hooks/jira/jira-main/{LONG_SECRET}")

    def __getattr__(self, _name: str) -> object:
        return self.store


@pytest.mark.parametrize("kind", list(LogFormat))
def test_no_log_line_shows_a_secret_even_when_handling_an_event_fails(
    endpoints: Endpoints, kind: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    record = endpoints.services.connections.get("jira-main")
    assert record is not None
    changed = replace(
        record,
        credential="the-credential",
        webhook_secrets=(LONG_SECRET,),
        webhook_auth=frozenset({WebhookAuth.URL_SECRET}),
    )
    endpoints.services.connections.save(changed)
    handlers, level, before = logging.root.handlers[:], logging.root.level, structlog.get_config()
    try:
        log.configure(replace_settings(endpoints.services.settings, kind))
        structlog.configure(cache_logger_on_first_use=False)
        broken = create_app(
            replace(endpoints.services, inbox=_BrokenInbox(), metrics=CollectorRegistry())  # type: ignore[arg-type]
        ).test_client()
        path, headers = f"/hooks/jira/jira-main/{LONG_SECRET}", {"Content-Type": "application/json"}
        assert broken.post(path, data=EVENT, headers=headers).status_code == 500
        assert broken.post(f"{path}x", data=EVENT, headers=headers).status_code == 401
        assert broken.post(f"{path}/more", data=EVENT, headers=headers).status_code == 404
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        structlog.configure(**before)
    shown = capsys.readouterr().err
    assert "/hooks/jira/jira-main/•••" in shown.replace("\\u2022", "•")
    assert "RuntimeError: cannot store what came to /hooks/jira/jira-main/" in shown
    assert LONG_SECRET not in shown
    assert "the-credential" not in shown


def replace_settings(settings: Settings, kind: LogFormat) -> Settings:
    return settings.model_copy(update={"log_format": kind, "log_level": "DEBUG"})
