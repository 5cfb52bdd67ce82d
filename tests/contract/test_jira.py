"""The sandbox responds as Jira is described, and Gatepost sends what Jira is described to accept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from atlassian.jira.jira_cloud import JiraCloud

from connector.sync.ports import WriteRequest, WriteResult
from mapping.reply_comment import ReplyComment
from mapping.work_item import FieldName, NativeId
from mapping.writeback import WriteValue
from sandbox import servers
from sandbox.story import seed
from tests.contract.openapi import Description
from tests.sites import jira_site
from tests.waiting import LONGEST_CALL_SECONDS

AUTH = (seed.BOT_EMAIL, seed.BOT_TOKEN)


@pytest.fixture(scope="module")
def description(shared: Path) -> Description:
    return Description(shared / "specs/jira-platform-v3.json")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    running.load_story()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/serverInfo", None, 200),
        ("GET", "/myself", None, 200),
        ("GET", "/field", None, 200),
        ("GET", "/issue/ITX-1", None, 200),
        ("GET", "/issue/NONE-1", None, 404),
        ("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["ITX-1", "NONE-1"], "fields": ["summary", "status"]}, 200),
        ("POST", "/issue/bulkfetch", {"issueIdsOrKeys": []}, 400),
        ("POST", "/search/jql", {"jql": "project = ITX ORDER BY key", "fields": ["summary"], "maxResults": 2}, 200),
        ("POST", "/search/jql", {"jql": ""}, 400),
        ("POST", "/search/approximate-count", {"jql": "project = ITX"}, 200),
        ("GET", "/issue/ITX-1/transitions", None, 200),
        ("POST", "/issue/ITX-1/transitions", {"transition": {"id": "999"}}, 400),
        ("GET", "/issue/ITX-1/comment", None, 200),
        ("POST", "/issue/ITX-1/comment", {"body": {"type": "doc", "version": 1, "content": []}}, 201),
        ("PUT", "/issue/ITX-1", {"fields": {"summary": "New"}}, 204),
        ("PUT", "/issue/ITX-1", {"fields": {"customfield_0": 1}}, 400),
        ("PUT", "/issue/NONE-1", {"fields": {"summary": "New"}}, 404),
    ],
)
def test_a_response_is_as_described(
    description: Description, sandbox: servers.Sandbox, method: str, path: str, body: object, status: int
) -> None:
    full_path = f"/rest/api/3{path}"
    response = requests.request(
        method, f"{sandbox.jira.base_url}{full_path}", json=body, auth=AUTH, timeout=LONGEST_CALL_SECONDS
    )
    assert response.status_code == status, response.text
    body_read = response.json() if response.content else None
    assert list(description.problems(method, full_path, status, body_read)) == []


def test_without_credentials_the_response_is_401(sandbox: servers.Sandbox) -> None:
    response = requests.get(f"{sandbox.jira.base_url}/rest/api/3/myself", timeout=LONGEST_CALL_SECONDS)
    assert (response.status_code, sorted(response.json())) == (401, ["errorMessages", "errors"])


def test_the_removed_search_is_gone(sandbox: servers.Sandbox) -> None:
    response = requests.get(f"{sandbox.jira.base_url}/rest/api/3/search?jql=x", auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert response.status_code == 410
    assert response.json()["errorMessages"][0].startswith("The requested API has been removed.")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Plan net", "12", "Operation value must be a number"),
        ("Gate blockers", "text", "Operation value must be an Atlassian Document (see the Atlassian Document Format)"),
        ("Gate", {"value": "Ajar"}, "Option value 'Ajar' is not valid"),
        ("DoI stage", "x" * 256, "The entered text is too long. It exceeds the allowed limit of 255 characters."),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_with_jiras_message(
    sandbox: servers.Sandbox, field: str, value: object, message: str
) -> None:
    identity = sandbox.jira.field_named(field).id
    url = f"{sandbox.jira.base_url}/rest/api/3/issue/ITX-1"
    response = requests.put(url, json={"fields": {identity: value}}, auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert (response.status_code, response.json()) == (400, {"errorMessages": [], "errors": {identity: message}})


def test_search_pages_by_token_until_the_last_one(sandbox: servers.Sandbox) -> None:
    ids, token = [], None
    while True:
        body = {
            "jql": "project in (ITX, CLOUD) AND issuetype = Epic ORDER BY key",
            "maxResults": 5,
            "nextPageToken": token,
        }
        response = requests.post(
            f"{sandbox.jira.base_url}/rest/api/3/search/jql", json=body, auth=AUTH, timeout=LONGEST_CALL_SECONDS
        ).json()
        assert "total" not in response
        ids += [issue["id"] for issue in response["issues"]]
        token = response.get("nextPageToken")
        assert response["isLast"] == (token is None)
        if token is None:
            break
    assert len(ids) == len(set(ids)) == 14


def test_the_vendors_own_client_works_with_the_sandbox(sandbox: servers.Sandbox) -> None:
    client: Any = JiraCloud(sandbox.jira.base_url, username=AUTH[0], password=AUTH[1], api_version=3)
    issues = client.enhanced_jql("project = ITX AND issuetype = Epic ORDER BY key", fields=["summary"])["issues"]
    key = issues[0]["key"]
    client.edit_issue(key, data={"fields": {"summary": "Renamed"}})
    client.add_comment(key, data={"body": {"type": "doc", "version": 1, "content": []}})
    (again,) = client.bulk_fetch_issues(data={"issueIdsOrKeys": [key], "fields": ["summary", "comment"]})["issues"]
    assert again["fields"]["summary"] == "Renamed"
    assert again["fields"]["comment"]["total"] >= 1
    free = client.enhanced_jql('project = CLOUD AND issuetype = Epic AND status = "Backlog"', fields=["status"])[
        "issues"
    ][0]
    offered = client.get_transitions(free["key"])["transitions"]
    client.do_transition(free["key"], data={"transition": {"id": offered[0]["id"]}})
    assert client.get_issue(free["key"])["fields"]["status"]["name"] == offered[0]["to"]["name"]


def test_a_withheld_transition_is_not_offered_and_not_done(sandbox: servers.Sandbox) -> None:
    issue = next(i for i in sandbox.jira.issues.values() if i.summary == "Consolidate 14 print servers")
    url = f"{sandbox.jira.base_url}/rest/api/3/issue/{issue.id}/transitions"
    assert requests.get(url, auth=AUTH, timeout=LONGEST_CALL_SECONDS).json()["transitions"] == []
    forward = sandbox.jira.transitions(issue)[0][0]
    response = requests.post(url, json={"transition": {"id": forward.id}}, auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert response.status_code == 400
    assert issue.status == "Backlog"


def test_gatepost_sends_what_is_described_and_nothing_deprecated(
    description: Description, sandbox: servers.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request of reader and writer, caught on its way out."""
    sent: list[requests.PreparedRequest] = []
    real = requests.adapters.HTTPAdapter.send

    def send(
        self: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        # Other sandboxes of this process may still be delivering their events.
        if (request.url or "").startswith(sandbox.jira.base_url):
            sent.append(request)
        return real(self, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    site = jira_site(sandbox.jira)
    epics = [NativeId(i.id) for i in sandbox.jira.issues.values() if i.type == "Epic"]
    reading = site.reader.read(epics, frozenset(map(FieldName, ("Gate", "Gate blockers", "Plan net", "Sponsor"))))
    assert len(reading.items) == len(epics)
    values: dict[str, WriteValue] = {
        "Gate": "Blocked",
        "Gate blockers": "one\ntwo",
        "Plan net": Decimal("12.50"),
        "DoI stage": None,
    }
    site.writer.write(WriteRequest(epics[0], {FieldName(name): value for name, value in values.items()}))
    calls = [request.method for request in sent]
    assert calls == ["GET", "POST", "GET", "POST", "PUT"], (
        "fields, items, the own account and children once; one to write"
    )
    first = ReplyComment("Gatepost replies:\n@Aylin Kaya: why?", (("Aylin Kaya", "kaya"),))
    assert site.writer.write_reply_comment(epics[0], first) is WriteResult.DONE
    assert site.writer.write_reply_comment(epics[0], first) is WriteResult.NOTHING_TO_DO
    assert site.writer.write_reply_comment(epics[0], ReplyComment("Gatepost replies again.")) is WriteResult.DONE
    comments = [comment.text for comment in sandbox.jira.issues[epics[0]].comments if comment.author == "gatepost-bot"]
    assert [text for text in comments if text.startswith("Gatepost")] == ["Gatepost replies again."], (
        "one comment, edited"
    )
    assert site.timesheet is not None
    site.timesheet.time_entries(["kaya", "osei"], date(2026, 1, 1))
    for request in sent:
        path = (request.path_url or "").partition("?")[0]
        body = json.loads(request.body) if request.body else None
        assert list(description.request_problems(request.method or "", path, body)) == []
