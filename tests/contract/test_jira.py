"""The stand-in answers as Jira is described, and Gatepost sends what Jira is described to take."""

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

from connector.sync.ports import Wish, Written
from mapping.reply_comment import Answer
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
    running.tell()
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
def test_an_answer_is_as_described(
    description: Description, sandbox: servers.Sandbox, method: str, path: str, body: object, status: int
) -> None:
    whole = f"/rest/api/3{path}"
    answer = requests.request(
        method, f"{sandbox.jira.base_url}{whole}", json=body, auth=AUTH, timeout=LONGEST_CALL_SECONDS
    )
    assert answer.status_code == status, answer.text
    shown = answer.json() if answer.content else None
    assert list(description.problems(method, whole, status, shown)) == []


def test_without_credentials_the_answer_is_401(sandbox: servers.Sandbox) -> None:
    answer = requests.get(f"{sandbox.jira.base_url}/rest/api/3/myself", timeout=LONGEST_CALL_SECONDS)
    assert (answer.status_code, sorted(answer.json())) == (401, ["errorMessages", "errors"])


def test_the_removed_search_is_gone(sandbox: servers.Sandbox) -> None:
    answer = requests.get(f"{sandbox.jira.base_url}/rest/api/3/search?jql=x", auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert answer.status_code == 410
    assert answer.json()["errorMessages"][0].startswith("The requested API has been removed.")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Plan net", "12", "Operation value must be a number"),
        ("Gate blockers", "text", "Operation value must be an Atlassian Document (see the Atlassian Document Format)"),
        ("Gate", {"value": "Ajar"}, "Option value 'Ajar' is not valid"),
        ("DoI stage", "x" * 256, "The entered text is too long. It exceeds the allowed limit of 255 characters."),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_in_jiras_words(
    sandbox: servers.Sandbox, field: str, value: object, message: str
) -> None:
    identity = sandbox.jira.field_named(field).id
    url = f"{sandbox.jira.base_url}/rest/api/3/issue/ITX-1"
    answer = requests.put(url, json={"fields": {identity: value}}, auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert (answer.status_code, answer.json()) == (400, {"errorMessages": [], "errors": {identity: message}})


def test_search_pages_by_token_until_the_last_one(sandbox: servers.Sandbox) -> None:
    found, token = [], None
    while True:
        body = {
            "jql": "project in (ITX, CLOUD) AND issuetype = Epic ORDER BY key",
            "maxResults": 5,
            "nextPageToken": token,
        }
        answer = requests.post(
            f"{sandbox.jira.base_url}/rest/api/3/search/jql", json=body, auth=AUTH, timeout=LONGEST_CALL_SECONDS
        ).json()
        assert "total" not in answer
        found += [issue["id"] for issue in answer["issues"]]
        token = answer.get("nextPageToken")
        assert answer["isLast"] == (token is None)
        if token is None:
            break
    assert len(found) == len(set(found)) == 14


def test_the_vendors_own_client_drives_the_stand_in(sandbox: servers.Sandbox) -> None:
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
    answer = requests.post(url, json={"transition": {"id": forward.id}}, auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert answer.status_code == 400
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
    assert len(reading.found) == len(epics)
    values: dict[str, WriteValue] = {
        "Gate": "Shut",
        "Gate blockers": "one\ntwo",
        "Plan net": Decimal("12.50"),
        "DoI stage": None,
    }
    site.writer.write(Wish(epics[0], {FieldName(name): value for name, value in values.items()}))
    calls = [request.method for request in sent]
    assert calls == ["GET", "POST", "POST", "GET", "PUT"], (
        "fields, items, children and the own account once; one to write"
    )
    first = Answer("Gatepost says:\n@Aylin Kaya: why?", (("Aylin Kaya", "kaya"),))
    assert site.writer.answer(epics[0], first) is Written.DONE
    assert site.writer.answer(epics[0], first) is Written.NOTHING_TO_DO
    assert site.writer.answer(epics[0], Answer("Gatepost says more.")) is Written.DONE
    said = [c.text for c in sandbox.jira.issues[epics[0]].comments if c.author == "gatepost-bot"]
    assert [text for text in said if text.startswith("Gatepost")] == ["Gatepost says more."], "one comment, edited"
    assert site.timesheet is not None
    site.timesheet.logged(["kaya", "osei"], date(2026, 1, 1))
    for request in sent:
        path = (request.path_url or "").partition("?")[0]
        body = json.loads(request.body) if request.body else None
        assert list(description.request_problems(request.method or "", path, body)) == []
