"""The report of accounts to Atlassian, at the edge of HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from connector.errors import AuthenticationFailed, InvalidResponse, PermissionDenied, RateLimited, ToolError
from connector.http.tool_access import Auth, ToolAccess
from connector.http.transport import Timeout, build_session
from connector.jira.account_report import MOST, JiraAccountReporter, cycle_of, reporter_of
from connector.jira.errors import classifier
from connector.sync.personal_data import HeldAccount
from mapping.work_item import ConnectionName, Tool

GATEWAY = "https://api.atlassian.com"
ADDRESS = f"{GATEWAY}/app/report-accounts/"
READ = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HELD = (HeldAccount("5b10ac8d82e05b22cc7d4ef5", READ), HeldAccount("712020:a-b", READ), HeldAccount("c", READ))


def reporter() -> JiraAccountReporter:
    session = build_session(
        connection="jira-main", base_url=GATEWAY, timeout=Timeout(5, 5), classify=classifier("jira-main")
    )
    return JiraAccountReporter(GATEWAY, session)


@responses.activate
def test_each_account_is_reported_with_the_moment_of_what_is_held() -> None:
    responses.post(ADDRESS, status=204, headers={"Cycle-Period": "P7D"})
    answer = reporter().report(HELD)
    assert (answer.closed, answer.updated, answer.cycle) == (frozenset(), frozenset(), timedelta(days=7))
    body = responses.calls[0].request.body
    assert body is not None
    assert json.loads(body)["accounts"][0] == {
        "accountId": "5b10ac8d82e05b22cc7d4ef5", "updatedAt": "2026-11-02T08:30:00Z",
    }  # fmt: skip
    assert MOST == 90


@responses.activate
def test_what_the_answer_asks_for_and_of_nobody_else() -> None:
    told = [
        {"accountId": "712020:a-b", "status": "updated"},
        {"accountId": "c", "status": "closed"},
        {"accountId": "somebody-else", "status": "closed"},
        {"accountId": "5b10ac8d82e05b22cc7d4ef5", "status": "another word"},
        "no account",
    ]
    responses.post(ADDRESS, json={"accounts": told}, headers={"Cycle-Period": "P15D"})
    answer = reporter().report(HELD)
    assert (answer.closed, answer.updated, answer.cycle) == ({"c"}, {"712020:a-b"}, timedelta(days=15))


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (200, {"message": "hello"}, {}, InvalidResponse),
        (401, {"code": 401, "message": "Unauthorized; scope does not match"}, {}, PermissionDenied),
        (401, {"code": 401, "message": "Unauthorized"}, {}, AuthenticationFailed),
        (429, {}, {"Retry-After": "90"}, RateLimited),
        (400, {"errorType": "bad"}, {}, ToolError),
        (503, {}, {}, ToolError),
    ],
)
@responses.activate
def test_what_is_no_answer_erases_nobody(
    status: int, body: object, headers: dict[str, str], kind: type[ToolError]
) -> None:
    responses.post(ADDRESS, json=body, status=status, headers=headers)
    with pytest.raises(kind):
        reporter().report(HELD)


@pytest.mark.parametrize(
    ("header", "days"),
    [
        ("P7D", 7), ("P1W", 7), ("P2W1D", 15), ("PT36H", 1.5), ("7", 7), ("604800", 7), (" P14D ", 14),
        ("", 7), ("soon", 7), ("P", 7), ("PT", 7), ("P0D", 7), ("-1", 7), ("P9999D", 30), ("PT1S", 1), ("9" * 40, 7),
    ],
)  # fmt: skip
def test_the_cycle(header: str, days: float) -> None:
    assert cycle_of(header) == timedelta(days=days)


@pytest.mark.parametrize(
    ("auth", "api", "reports"),
    [
        (Auth.OAUTH, f"{GATEWAY}/ex/jira/1122", True),
        (Auth.SCOPED, f"{GATEWAY}/ex/jira/1122", False),
        (Auth.OAUTH, None, False),
        (Auth.BASIC, None, False),
    ],
)
def test_only_an_app_at_the_gateway_reports(auth: Auth, api: str | None, *, reports: bool) -> None:
    access = ToolAccess(ConnectionName("j"), Tool.JIRA, "https://acme.atlassian.net", "u", "c", auth=auth, api_url=api)
    assert (reporter_of(access, requests.Session()) is not None) is reports
