"""The dictionary: who inherits from whom, and how often it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connector.servicenow.fields import TableFields
from sandbox import servers
from sandbox.servicenow.model import Column, Table
from sandbox.story import seed
from tests.connector.servicenow.test_instance import client
from tests.sites import servicenow_site
from tests.waiting import LONGEST_CALL_SECONDS


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 6, 25, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    running.servicenow.add_table(Table("u_wave", "Wave", (Column("u_size", "Size"),), parent="pm_project"))
    running.servicenow.add_table(Table("u_alone", "Alone", (Column("u_size", "Size"),)))
    yield running
    running.stop()


def fields(sandbox: servers.Sandbox, clock: Clock) -> TableFields:
    return TableFields(client(servicenow_site(sandbox.servicenow)), clock)


def reads(sandbox: servers.Sandbox) -> int:
    calls = requests.get(f"{sandbox.servicenow.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    return sum(str(call["path"]).endswith("/table/sys_dictionary") for call in calls)


def test_a_table_inherits_from_what_the_instance_says_and_not_from_what_its_name_suggests(
    sandbox: servers.Sandbox,
) -> None:
    here = fields(sandbox, Clock())
    assert here.parents("u_wave") == ("pm_project", "planned_task", "task")
    assert here.parents("u_alone") == (), "not a task, although it has no other known parent"
    assert "percent_complete" in here.catalogue("u_wave")
    assert "short_description" not in here.catalogue("u_alone")


def test_where_sys_db_object_is_hidden_the_usual_parents_are_taken(sandbox: servers.Sandbox) -> None:
    sandbox.servicenow.restrict("sys_db_object", "read", "personalize_dictionary")
    here = fields(sandbox, Clock())
    assert here.parents("pm_project") == ("planned_task", "task")
    for row in sandbox.servicenow.tables["sys_security_acl"].values():
        row["active"] = "false" if row["name"] == "sys_db_object" else row["active"]
    sandbox.servicenow.access.invalidate()


def test_an_unchanged_dictionary_is_counted_and_not_read_again(sandbox: servers.Sandbox) -> None:
    clock = Clock()
    here = fields(sandbox, clock)
    here.catalogue("pm_project")
    clock.now += timedelta(minutes=6)
    here.catalogue("pm_project")
    before = reads(sandbox)
    for _ in range(5):
        clock.now += timedelta(minutes=6)
        here.catalogue("pm_project")
    assert reads(sandbox) == before
    sandbox.servicenow.add_column("pm_project", Column("u_new", "New"))
    clock.now += timedelta(minutes=6)
    assert "u_new" in here.catalogue("pm_project"), "a new column changes the count"
    clock.now += timedelta(minutes=61)
    before = reads(sandbox)
    here.catalogue("pm_project")
    assert reads(sandbox) == before + 1, "once an hour it is read whatever the count says"
