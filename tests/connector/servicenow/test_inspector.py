"""Which states of a table the instance counts as closed, for the check of a rule against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mapping.config import HierarchyRule, Match, MeasureRule, RoleRule, StageRule, WriteRule
from mapping.live_check import RuleInspection
from sandbox import servers
from sandbox.story import seed
from tests.sites import servicenow_site


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


def inspected(sandbox: servers.Sandbox, *tables: str) -> RuleInspection:
    rule = MeasureRule(
        name="records",
        connection="servicenow-main",
        match=Match(table=tables),
        hierarchy=HierarchyRule(),
        roles=RoleRule(owner="Assigned to"),
        stage=StageRule(from_status={}),
        write=WriteRule(),
    )
    inspector = servicenow_site(sandbox.servicenow).inspector
    assert inspector is not None
    return inspector.inspect(rule, (), ())


@pytest.mark.parametrize(
    ("table", "done"),
    [
        ("pm_project", ("Closed Complete", "Closed Incomplete", "Closed Skipped")),
        ("dmn_demand", ("Completed", "Incomplete")),
        ("change_request", ("Closed", "Canceled")),
    ],
)
def test_the_closed_states_of_the_platforms_tables_are_known_without_a_record(
    sandbox: servers.Sandbox, table: str, done: tuple[str, ...]
) -> None:
    assert sorted(inspected(sandbox, table).done) == sorted(done)


def test_a_state_of_records_that_are_not_active_is_a_closed_one(sandbox: servers.Sandbox) -> None:
    """An instance has states of its own, and says with each record whether it is closed."""
    state = sandbox.servicenow
    choice = {"name": "pm_project", "element": "state", "value": "12", "label": "Live", "sequence": "12"}
    state.insert("sys_choice", choice, "admin")
    assert "Live" not in inspected(sandbox, "pm_project").done
    live = state.insert("pm_project", {"short_description": "X", "state": "12"}, "kaya")
    state.update("pm_project", live["sys_id"], {"active": "false"}, "kaya")
    assert "Live" in inspected(sandbox, "pm_project").done


def test_of_a_table_whose_records_are_never_inactive_nothing_is_known(sandbox: servers.Sandbox) -> None:
    assert inspected(sandbox, "fm_expense_line").done == ()
