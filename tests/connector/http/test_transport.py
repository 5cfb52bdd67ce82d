"""The HTTP transport: bounded, typed, silent about secrets, and sent once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests
import responses
from structlog.testing import capture_logs

from connector import jira, servicenow
from connector.errors import (
    AuthenticationFailed,
    GatepostError,
    HostNotAllowed,
    InvalidResponse,
    LimitScope,
    NotFound,
    PermissionDenied,
    RateLimited,
    RejectedByDataPolicy,
    RejectedByRule,
    Unreachable,
    ValuesRejected,
)
from connector.http.tool_access import Deployment, ToolAccess
from connector.http.transport import Timeout, ToolResponse, error_for_status, parse_retry_after
from connector.jira.errors import classifier as jira_classifier
from connector.servicenow.errors import classifier as servicenow_classifier
from connector.sync.ports import ToolSite, WriteRequest
from mapping.work_item import ConnectionName, FieldName, NativeId, Tool

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def response(
    status: int, body: object = None, content_type: str = "application/json", operation: str = "PUT /x", **headers: str
) -> ToolResponse:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ToolResponse(
        status,
        requests.structures.CaseInsensitiveDict(named),
        content_type,
        raw,
        operation,
        parse_retry_after(named.get("Retry-After"), NOW),
    )


@pytest.mark.parametrize(
    ("received", "error", "text"),
    [
        (
            response(401),
            AuthenticationFailed,
            "jira-main does not accept the credentials (401). Renew them with: gatepost connection add",
        ),
        (response(403, {"errorMessages": ["No."]}), PermissionDenied, "jira-main does not allow PUT /x: No."),
        (response(404), NotFound, "jira-main does not show this (PUT /x)."),
        (
            response(400, {"errorMessages": [], "errors": {"customfield_1": "Operation value must be a number"}}),
            ValuesRejected,
            "jira-main refused PUT /x (400): customfield_1: Operation value must be a number",
        ),
        (
            response(400, {"errorMessages": ["not valid"]}, operation="POST /rest/api/3/issue/1/transitions"),
            RejectedByRule,
            "jira-main refused the transition: not valid",
        ),
        (response(503), Unreachable, "jira-main answered 503 on PUT /x."),
        (response(302), InvalidResponse, "jira-main redirects PUT /x elsewhere (302); is its address right?"),
        (
            response(200, b"<html>", "text/html"),
            InvalidResponse,
            "jira-main answered PUT /x with a web page; is its address right?",
        ),
        (
            response(429, RateLimit_Reason="jira-burst-based", Retry_After="3"),
            RateLimited,
            "jira-main limits PUT /x (jira-burst-based, retry after 3 s).",
        ),
    ],
)
def test_jiras_responses_have_their_own_errors(received: ToolResponse, error: type[GatepostError], text: str) -> None:
    raised = jira_classifier("jira-main")(received) or error_for_status(received, "jira-main")
    assert raised is not None
    assert (type(raised), raised.at_terminal) == (error, text)


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("jira-per-issue-on-write", LimitScope.ITEM),
        ("jira-burst-based", LimitScope.ENDPOINT),
        ("jira-quota-tenant-based", LimitScope.CONNECTION),
        ("jira-quota-global-based", LimitScope.CONNECTION),
        ("something new", LimitScope.CONNECTION),
    ],
)
def test_a_limits_reason_decides_its_scope(reason: str, scope: LimitScope) -> None:
    error = jira_classifier("j")(response(429, RateLimit_Reason=reason))
    assert isinstance(error, RateLimited)
    assert error.scope is scope


ABORTED = "Operation against file 'pm_project' was aborted by Business Rule 'Gatepost gate^0e5b9945'. Business Rule Stack:Gatepost gate"


@pytest.mark.parametrize(
    ("received", "error", "text"),
    [
        (
            response(403, {"error": {"message": "Operation Failed", "detail": ABORTED}}),
            RejectedByRule,
            'snow-main: the business rule "Gatepost gate" refused PUT /x.',
        ),
        (
            response(
                403,
                {
                    "error": {
                        "message": "Operation Failed",
                        "detail": "Data Policy Exception: The following fields are mandatory: Close code",
                    }
                },
            ),
            RejectedByDataPolicy,
            "snow-main: a data policy refused PUT /x: Operation Failed Data Policy Exception: The following fields are mandatory: Close code. Fill these columns on the record, or have the policy not apply to the integration user.",
        ),
        (
            response(403, {"error": {"message": "Insufficient rights to query records", "detail": None}}),
            PermissionDenied,
            "snow-main does not allow PUT /x: Insufficient rights to query records. Check the roles and ACLs of Gatepost's user.",
        ),
        (
            response(
                404,
                {
                    "error": {
                        "message": "No Record error",
                        "detail": "Record doesn't exist or ACL restricts the record retrieval",
                    }
                },
            ),
            NotFound,
            "snow-main does not show this (PUT /x): No Record error Record doesn't exist or ACL restricts the record retrieval",
        ),
        (
            response(200, b"<html><title>Instance Hibernating page</title>", "text/html"),
            InvalidResponse,
            "snow-main answered PUT /x with text/html instead of JSON; the instance may be hibernating, or the session has ended.",
        ),
        (
            response(
                200, {"result": [], "error": {"message": "Transaction cancelled: maximum execution time exceeded"}}
            ),
            InvalidResponse,
            "snow-main answered PUT /x with an error inside a 200: Transaction cancelled: maximum execution time exceeded",
        ),
        (response(202, operation="GET /x"), InvalidResponse, "snow-main answered GET /x with nothing."),
    ],
)
def test_servicenows_responses_have_their_own_errors(
    received: ToolResponse, error: type[GatepostError], text: str
) -> None:
    raised = servicenow_classifier("snow-main")(received) or error_for_status(received, "snow-main")
    assert (type(raised), str(raised)) == (error, text)


DATE = {"Date": "Sat, 21 Nov 2026 09:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "retry_after", "seconds", "rule"),
    [
        pytest.param({"X-RateLimit-Rule": "r1", "Retry-After": "1800"}, 1800.0, 1800, "r1", id="a rule states the wait"),
        pytest.param(
            {**DATE, "X-RateLimit-Rule": "r1", "X-RateLimit-Reset": "1795251660"}, None, 60, "r1",
            id="a rule states its end, by the server's own clock",
        ),
        pytest.param({**DATE, "X-RateLimit-Reset": "1795251540"}, None, 1, "", id="an end that is over"),
        pytest.param({}, None, 10, "", id="without headers it is the node's semaphores"),
        pytest.param({"X-RateLimit-Reset": "soon"}, None, 10, "", id="an end that cannot be read"),
    ],
)  # fmt: skip
def test_the_wait_of_a_servicenow_limit(
    headers: dict[str, str], retry_after: float | None, seconds: float, rule: str
) -> None:
    received = ToolResponse(429, headers, "application/json", b"", "GET /x", retry_after)
    error = servicenow_classifier("snow-main")(received)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.reason, error.scope) == (seconds, rule, LimitScope.CONNECTION)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Sat, 21 Nov 2026 09:01:00 GMT", 60),
        ("Sat, 21 Nov 2026 08:00:00 GMT", 0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


# --- the wire ------------------------------------------------------------------------------------------


class Counting(BaseHTTPRequestHandler):
    """Takes every request and drops the connection without a response."""

    seen: list[str] = []  # noqa: RUF012 - one list for one server

    def do_PUT(self) -> None:
        self.seen.append(self.command)
        self.connection.close()

    def log_message(self, *_: object) -> None: ...

    def finish(self) -> None: ...


@pytest.fixture
def dropping() -> Iterator[str]:
    Counting.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _jira(base_url: str) -> ToolSite:
    access = ToolAccess(ConnectionName("jira-main"), Tool.JIRA, base_url, "bot@acme.example", "s3cret-token")
    return jira.site(access, timeout=Timeout(2, 2), clock=lambda: NOW)


def test_a_write_on_a_dropped_connection_is_sent_once(dropping: str) -> None:
    from connector.http.transport import build_session
    from connector.jira.cloud import CloudClient

    session = build_session(connection="j", base_url=dropping, timeout=Timeout(2, 2), classify=lambda _: None)
    with pytest.raises(
        Unreachable, match=r"j does not answer on PUT /rest/api/3/issue/1: 127\.0\.0\.1 closed the connection before"
    ):
        CloudClient(ToolAccess(ConnectionName("j"), Tool.JIRA, dropping, "u", "t"), session).edit_issue(
            "1", {"summary": "x"}, {}
        )
    assert Counting.seen == ["PUT"]


@responses.activate(registry=responses.registries.OrderedRegistry)
def test_a_429_is_an_error_at_once_without_a_sleep() -> None:
    fields = [{"id": "customfield_1", "name": "Gate", "schema": {"type": "string", "custom": "x:textfield"}}]
    responses.get("https://acme.example/rest/api/3/field", json=fields)
    responses.put(
        "https://acme.example/rest/api/3/issue/1",
        status=429,
        headers={"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"},
    )
    with pytest.raises(RateLimited) as caught:
        _jira("https://acme.example").writer.write(WriteRequest(NativeId("1"), {FieldName("Gate"): "Blocked"}))
    assert (caught.value.retry_after, caught.value.scope) == (1847, LimitScope.CONNECTION)
    assert len(responses.calls) == 2


def test_another_host_is_never_called() -> None:
    from connector.http.transport import build_session

    session = build_session(connection="j", base_url="https://acme.example", timeout=Timeout(), classify=lambda _: None)
    with pytest.raises(
        HostNotAllowed, match=r"j: evil\.example is not the host of this connection; nothing was sent\."
    ):
        session.get("https://evil.example/x")


@responses.activate
def test_a_redirect_is_not_followed() -> None:
    responses.get(
        "https://snow.example/api/now/table/sys_dictionary", status=302, headers={"Location": "https://evil.example"}
    )
    access = ToolAccess(ConnectionName("s"), Tool.SERVICENOW, "https://snow.example", "u", "p")
    site = servicenow.site(access, timeout=Timeout(), clock=lambda: NOW)
    with pytest.raises(InvalidResponse, match="s redirects GET /api/now/table/sys_dictionary elsewhere"):
        site.reader.read([NativeId("pm_project:" + "0" * 32)], frozenset())


@responses.activate
def test_logs_contain_no_credential_and_no_body() -> None:
    responses.get("https://acme.example/rest/api/3/field", json=[])
    with capture_logs() as logs, pytest.raises(ValuesRejected):
        _jira("https://acme.example").writer.write(WriteRequest(NativeId("1"), {FieldName("Gate"): "private text"}))
    log_text = json.dumps(logs, default=str)
    assert "GET /rest/api/3/field" in log_text
    assert "s3cret-token" not in log_text
    assert "private text" not in log_text


@responses.activate
@pytest.mark.parametrize("deployment", Deployment)
def test_a_response_that_is_cut_off_is_invalid_on_both_kinds_of_jira(deployment: Deployment) -> None:
    """Never an error of ours: the items are tried again, and no task fails."""
    version = 3 if deployment is Deployment.CLOUD else 2
    cut = {"body": b'{"issues": [{"id": "1', "content_type": "application/json"}
    responses.get(f"https://acme.example/rest/api/{version}/field", json=[])
    responses.post("https://acme.example/rest/api/3/issue/bulkfetch", **cut)
    responses.post("https://acme.example/rest/api/2/search", **cut)
    access = ToolAccess(ConnectionName("j"), Tool.JIRA, "https://acme.example", "u", "t", deployment)
    site = jira.site(access, timeout=Timeout(2, 2), clock=lambda: NOW)
    with pytest.raises(InvalidResponse):
        site.reader.read([NativeId("1")], frozenset())
