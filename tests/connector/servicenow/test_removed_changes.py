"""What became of changes that a record no longer has: whether they are open, and who took them off it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.sync.ports import ToolSite
from mapping.removed_links import CHANGE, RemovedLink
from mapping.work_item import Link, NativeId, WorkItem
from sandbox import servers
from sandbox.servicenow.model import Record
from sandbox.servicenow.rights import ROLES
from sandbox.story import seed
from tests.sites import servicenow_site

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=[True, False], ids=["audit", "no audit"])
def audited(request: pytest.FixtureRequest) -> bool:
    """Whether Gatepost's account may read the audit."""
    return bool(request.param)


@pytest.fixture(scope="module")
def sandbox(audited: bool) -> Iterator[servers.Sandbox]:
    now = [NOW]

    def clock() -> datetime:
        now[0] += timedelta(seconds=5)
        return now[0]

    running = servers.start(clock=clock)
    seed.set_up_servicenow(running.servicenow)
    if audited:
        roles = (*ROLES, "admin")
        running.servicenow.add_user(seed.BOT_USER, "Gatepost", seed.BOT_PASSWORD, roles=roles)
    yield running
    running.stop()


@pytest.fixture
def site(sandbox: servers.Sandbox) -> ToolSite:
    return servicenow_site(sandbox.servicenow)


def project(sandbox: servers.Sandbox, site: ToolSite) -> tuple[WorkItem, Record, Record]:
    """A project as it was read, its record, and its change."""
    state = sandbox.servicenow
    record = state.insert("pm_project", {"short_description": "A", "state": "-5"}, "lind")
    change = state.insert(
        "change_request", {"short_description": "Cut over", "state": "-4", "parent": record["sys_id"]}, "lind"
    )
    native = NativeId(f"pm_project:{record['sys_id']}")
    return site.reader.read([native], frozenset()).items[native], record, change


def removed(site: ToolSite, item: WorkItem, *numbers: str) -> list[tuple[str, str, str, str | None]]:
    assert site.removed_links is not None
    found = site.removed_links.removed(item, [Link(CHANGE, number) for number in numbers], item.version)
    return [(one.link.key, one.title, one.status, one.person.name if one.person else None) for one in found]


def test_whoever_gave_it_another_parent_last_is_named_where_the_audit_may_be_read(
    sandbox: servers.Sandbox, site: ToolSite, audited: bool
) -> None:
    state = sandbox.servicenow
    item, record, change = project(sandbox, site)
    _, other, _ = project(sandbox, site)
    for parent, login in (("", "lind"), (record["sys_id"], "lind"), (other["sys_id"], "osei"), ("", "kaya")):
        state.update("change_request", change["sys_id"], {"parent": parent}, login)
    who = "Kwame Osei" if audited else None
    assert removed(site, item, change["number"]) == [(change["number"], "Cut over", "Assess", who)]


def test_what_is_still_its_own_or_not_open_or_gone_is_left_out(sandbox: servers.Sandbox, site: ToolSite) -> None:
    state = sandbox.servicenow
    item, _, change = project(sandbox, site)
    assert removed(site, item, change["number"], "CHG9999999", "not^a number") == []
    state.update("change_request", change["sys_id"], {"state": "4", "parent": ""}, "osei")
    assert removed(site, item, change["number"]) == [], "cancelled"
    item, _, change = project(sandbox, site)
    state.delete("change_request", change["sys_id"], "osei")
    assert removed(site, item, change["number"]) == [], "deleted"
    assert RemovedLink(Link(CHANGE, "CHG1")).sentence(item) == (
        "The change CHG1 was taken off it by somebody whom the tool does not name, and CHG1 was open when it was read "
        "before; whether it still is could not be read"
    )
