"""Members of the groups that say who may hold a role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import servers
from sandbox.story import seed
from tests.sites import servicenow_site

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start(clock=lambda: NOW)
    yield running
    running.stop()


def test_active_members_count_and_a_group_is_read_again_after_minutes(sandbox: servers.Sandbox) -> None:
    state, moment = sandbox.servicenow, [NOW]
    ids = seed.set_up_servicenow(state)
    finance = state.insert("sys_user_group", {"name": "Finance controllers", "active": "true"}, "admin")
    closed = state.insert("sys_user_group", {"name": "Closed", "active": "false"}, "admin")
    for group, login in ((finance, "weber"), (finance, "osei"), (closed, "kaya")):
        state.insert("sys_user_grmember", {"group": group["sys_id"], "user": ids[login]}, "admin")
    state.update("sys_user", ids["osei"], {"active": "false"}, "admin")
    groups = servicenow_site(state, clock=lambda: moment[0]).groups
    assert groups is not None
    wanted = {"Finance controllers", "Closed", "Nobody's", "x^ORname=Closed"}
    assert groups.members(wanted) == {"Finance controllers": frozenset({ids["weber"]})}
    state.insert("sys_user_grmember", {"group": finance["sys_id"], "user": ids["lind"]}, "admin")
    assert groups.members(wanted) == {"Finance controllers": frozenset({ids["weber"]})}
    moment[0] += timedelta(minutes=6)
    assert groups.members(wanted) == {"Finance controllers": frozenset({ids["weber"], ids["lind"]})}
