"""What became of links that an issue no longer has, by the other issue and the changelog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.http.json_values import JsonObject
from connector.jira.removed_links import removed_by
from connector.sync.ports import ToolSite
from mapping.removed_links import RemovedLink
from mapping.work_item import Link, NativeId, WorkItem
from sandbox import servers
from sandbox.jira.model import Deployment, Issue
from sandbox.story import seed
from tests.sites import jira_site

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=list(Deployment))
def sandbox(request: pytest.FixtureRequest) -> Iterator[servers.Sandbox]:
    now = [NOW]

    def clock() -> datetime:
        now[0] += timedelta(seconds=5)
        return now[0]

    running = servers.start(clock=clock, deployment=request.param)
    seed.set_up_jira(running.jira)
    yield running
    running.stop()


@pytest.fixture
def site(sandbox: servers.Sandbox) -> ToolSite:
    return jira_site(sandbox.jira)


def read(site: ToolSite, issue: Issue) -> WorkItem:
    return site.reader.read([NativeId(issue.id)], frozenset()).items[NativeId(issue.id)]


def blocked(sandbox: servers.Sandbox, site: ToolSite) -> tuple[WorkItem, Issue, Issue]:
    """An epic as it was read with its blocker, and both issues."""
    epic = sandbox.jira.create("ITX", "Epic", "Retire it", by="kaya")
    blocker = sandbox.jira.create("ITX", "Task", "Buy the licence", by="kaya")
    sandbox.jira.link(blocker.key, epic.key, by="kaya")
    return read(site, epic), epic, blocker


def asked(site: ToolSite, before: WorkItem, epic: Issue, *links: Link) -> list[tuple[str, str, str, str | None]]:
    assert site.removed_links is not None
    found = site.removed_links.removed(read(site, epic), links or before.links, before.version)
    return [(one.link.key, one.title, one.status, one.person.name if one.person else None) for one in found]


def test_the_changelog_names_who_removed_it_last(sandbox: servers.Sandbox, site: ToolSite) -> None:
    before, epic, blocker = blocked(sandbox, site)
    number = f"{blocker.id}{epic.id}"
    sandbox.jira.unlink(number, by="lind")
    sandbox.jira.link(blocker.key, epic.key, by="kaya")
    sandbox.jira.unlink(number, by="osei")
    sandbox.jira.edit(epic.key, {"Objective": "B"}, by="lind")
    assert asked(site, before, epic) == [(blocker.key, "Buy the licence", "Backlog", "Kwame Osei")]


def test_the_removal_of_another_kind_of_link_to_the_same_issue_names_nobody(
    sandbox: servers.Sandbox, site: ToolSite
) -> None:
    before, epic, blocker = blocked(sandbox, site)
    sandbox.jira.unlink(f"{blocker.id}{epic.id}", by="osei")
    (link,) = before.links
    assert asked(site, before, epic, replace(link, label="relates to")) == [
        (blocker.key, "Buy the licence", "Backlog", None)
    ]


def test_what_happened_before_the_reading_names_nobody(sandbox: servers.Sandbox, site: ToolSite) -> None:
    before, epic, blocker = blocked(sandbox, site)
    sandbox.jira.unlink(f"{blocker.id}{epic.id}", by="osei")
    later, (link,) = read(site, epic), before.links
    assert site.removed_links is not None
    (found,) = site.removed_links.removed(later, before.links, (NOW + timedelta(days=900)).isoformat())
    assert found == RemovedLink(link, "Buy the licence", "Backlog")


def test_an_entry_of_a_real_site_is_understood() -> None:
    """From a public data set of issues: the half without a value is null."""
    change = {
        "field": "Link", "fieldtype": "jira", "from": "IP8CUD168-35404",
        "fromString": "This issue is blocked by IP8CUD168-35404", "to": None, "toString": None,
    }  # fmt: skip
    entry: JsonObject = {"author": {"accountId": "osei", "displayName": "Kwame Osei"}, "items": [change]}
    found = removed_by([entry], Link("is blocked by", "IP8CUD168-35404"))
    assert found is not None
    assert found.name == "Kwame Osei"
    assert removed_by([entry], Link("clones", "IP8CUD168-35404")) is None
    assert removed_by([entry], Link("is blocked by", "IP8CUD168-3")) is None


@pytest.mark.parametrize("what", ["deleted", "hidden", "done", "by Gatepost"])
def test_a_link_that_nobody_took_from_open_work_is_left_out(
    sandbox: servers.Sandbox, site: ToolSite, what: str
) -> None:
    jira = sandbox.jira
    epic = jira.create("ITX", "Epic", "Retire it", by="kaya")
    blocker = jira.create("CLOUD", "Task", "Buy the licence", by="kaya")
    jira.link(blocker.key, epic.key, by="kaya")
    before = read(site, epic)
    if what == "deleted":
        jira.delete(blocker.key, by="osei")
    elif what == "hidden":
        jira.change_project("CLOUD", hidden=True)
    else:
        jira.unlink(f"{blocker.id}{epic.id}", by="osei" if what == "done" else "gatepost-bot")
    if what == "done":
        jira.transition(blocker.key, "Done", by="osei")
    assert asked(site, before, epic) == []
    jira.change_project("CLOUD")
