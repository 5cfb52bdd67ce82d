"""A write whose response was lost may have been carried out: it is repeated, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from connector import jira
from connector.errors import LimitScope, RateLimited, Unreachable
from connector.http.transport import Timeout
from connector.sync.ports import ToolSite, WriteRequest, WriteResult
from mapping.reply_comment import ReplyComment
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.jira.model import Deployment, Issue
from sandbox.story import seed
from tests.sites import jira_access, jira_site, now
from tests.waiting import LONGEST_CALL_SECONDS

LINK = (
    '{"url": "https://g.example/m", "title": "Gate", "summary": "1 blocker", "icon": "https://g.example/i.svg",'
    ' "iconTitle": "Gate blocked", "resolved": false}'
)


@pytest.fixture(params=list(Deployment))
def sandbox(request: pytest.FixtureRequest) -> Iterator[servers.Sandbox]:
    running = servers.start(deployment=request.param)
    seed.set_up_jira(running.jira)
    running.jira.create("SUP", "Task", "Blocks", by="kaya")
    yield running
    running.stop()


@pytest.fixture
def issue(sandbox: servers.Sandbox) -> Issue:
    return sandbox.jira.create("CLOUD", "Epic", "Retire the legacy CRM", by="kaya", status="Done")


def fault(sandbox: servers.Sandbox, **what: object) -> None:
    requests.post(f"{sandbox.jira.base_url}/sandbox/faults", json={"times": 1} | what, timeout=LONGEST_CALL_SECONDS)


def write(mark: str, value: str) -> Callable[[ToolSite, Issue], object]:
    return lambda site, issue: site.writer.write(WriteRequest(NativeId(issue.id), {FieldName(mark): value}))


def reply(site: ToolSite, issue: Issue) -> WriteResult:
    return site.writer.write_reply_comment(NativeId(issue.id), ReplyComment("Gatepost replies here."))


@pytest.mark.parametrize(
    ("do", "path", "count"),
    [
        pytest.param(reply, "/comment", lambda issue: len(issue.comments), id="comment"),
        pytest.param(write("@link", LINK), "/remotelink", lambda issue: len(issue.remote_links), id="remote link"),
        pytest.param(write("@blocked by", "SUP-1"), "Link", lambda issue: len(issue.blocked_by), id="blocking link"),
        pytest.param(write("@property:gatepost", "{}"), "", lambda issue: len(issue.properties), id="property"),
        pytest.param(
            write("@status", "Analysis\nBacklog"), "/transitions", lambda issue: int(issue.status == "Analysis"), id="status"
        ),
    ],
)  # fmt: skip
def test_a_repeated_write_is_there_once(
    sandbox: servers.Sandbox, issue: Issue, do: Callable[[ToolSite, Issue], object], path: str,
    count: Callable[[Issue], int],
) -> None:  # fmt: skip
    version = "3" if sandbox.jira.deployment is Deployment.CLOUD else "2"
    root = f"/rest/api/{version}/issue"
    method = "PUT" if not path else "POST"
    fault(sandbox, method=method, path=root + path if path == "Link" else f"{root}/{issue.id}{path}", status="drop")
    site = jira_site(sandbox.jira)
    with pytest.raises(Unreachable):
        do(site, issue)
    assert count(issue) == 1, "the tool had carried it out"
    do(site, issue)
    assert count(issue) == 1


def test_a_response_that_takes_too_long_ends_the_call(sandbox: servers.Sandbox, issue: Issue) -> None:
    site = jira.site(jira_access(sandbox.jira), timeout=Timeout(1, 0.3), clock=now)
    site.reader.read([NativeId(issue.id)], frozenset())
    requests.post(f"{sandbox.jira.base_url}/sandbox/faults", json={"delay_ms": 900}, timeout=LONGEST_CALL_SECONDS)
    with pytest.raises(
        Unreachable, match=r"jira-main does not answer on PUT .*: 127\.0\.0\.1 did not answer in time\."
    ):
        write("Plan net", "1")(site, issue)


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("jira-quota-global-based", LimitScope.CONNECTION),
        ("jira-quota-tenant-based", LimitScope.CONNECTION),
        ("jira-burst-based", LimitScope.ENDPOINT),
        ("jira-per-issue-on-write", LimitScope.ITEM),
        ("something new", LimitScope.CONNECTION),
    ],
)
def test_each_reason_of_a_limit_closes_its_own_scope(
    sandbox: servers.Sandbox, issue: Issue, reason: str, scope: LimitScope
) -> None:
    fault(sandbox, method="PUT", path="/rest/api/", status=429, reason=reason, retry_after=1847)
    with pytest.raises(RateLimited) as caught:
        write("Plan net", "1")(jira_site(sandbox.jira), issue)
    assert (caught.value.scope, caught.value.retry_after) == (scope, 1847)
