"""Reading many issues at once, with the calls counted by the sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from weakref import ref

import pytest
import requests

from connector.http.json_values import JsonObject
from connector.jira.client import JiraClient
from connector.jira.reader import JiraReader
from mapping.work_item import NativeId
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.story import seed
from tests.sites import jira_site
from tests.waiting import LONGEST_CALL_SECONDS


@pytest.fixture(params=list(Deployment))
def sandbox(request: pytest.FixtureRequest) -> Iterator[servers.Sandbox]:
    running = servers.start(deployment=request.param)
    seed.set_up_jira(running.jira)
    yield running
    running.stop()


def test_250_issues_and_their_children_are_read_with_four_calls(sandbox: servers.Sandbox) -> None:
    state = sandbox.jira
    created = [state.create("CLOUD", "Epic", f"Measure {number}", by="kaya").id for number in range(250)]
    for number in (3, 180, 249):
        state.create("CLOUD", "Story", "A story", by="kaya", parent=state.issue(created[number]).key)
    deleted = [NativeId("990001"), NativeId("990002")]
    site = jira_site(state)
    site.reader.read([NativeId(created[0])], frozenset())
    requests.delete(f"{state.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    reading = site.reader.read([NativeId(identity) for identity in created], frozenset())
    calls = requests.get(f"{state.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    paths = Counter(call["path"].rpartition("/")[2] for call in calls)
    cloud = state.deployment is Deployment.CLOUD
    assert paths == ({"bulkfetch": 3, "jql": 1} if cloud else {"search": 4})
    assert len(reading.items) == 250
    totals = {name: item.children.total for name, item in reading.items.items() if item.children}  # type: ignore[union-attr]
    assert {name: total for name, total in totals.items() if total} == {
        NativeId(created[number]): 1 for number in (3, 180, 249)
    }
    absent = site.reader.read([*(NativeId(identity) for identity in created), *deleted], frozenset()).absent
    assert sorted(absent) == deleted


class _Body(dict):  # type: ignore[type-arg]  # a dict of its own kind can be referred to weakly
    """An issue as Jira sent it."""


def test_the_bodies_of_a_bulk_fetch_are_gone_before_the_next_one(
    sandbox: servers.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 500 issues with 20 kB each, all bodies at once are most of what a reading takes."""
    state = sandbox.jira
    created = [state.create("CLOUD", "Epic", f"Measure {number}", by="kaya").id for number in range(201)]
    reader = jira_site(state).reader
    assert isinstance(reader, JiraReader)
    client: JiraClient = reader._client
    fetch, sent, alive = client.bulk_fetch, list[ref[_Body]](), list[int]()

    def bulk_fetch(issues: Sequence[str], fields: Sequence[str]) -> Sequence[JsonObject]:
        alive.append(sum(body() is not None for body in sent))
        bodies = [_Body(issue) for issue in fetch(issues, fields)]
        sent.extend(map(ref, bodies))
        return bodies

    monkeypatch.setattr(client, "bulk_fetch", bulk_fetch)
    assert len(reader.read([NativeId(identity) for identity in created], frozenset()).items) == 201
    assert (alive, len(sent)) == ([0, 0, 0], 201)
