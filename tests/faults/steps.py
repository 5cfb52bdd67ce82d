"""What people do in both tools, step by step; each step has the name of its kill point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from mapping.work_item import ConnectionName
from sandbox.jira.model import Issue, Value
from tests.faults.world import JIRA, SNOW, FaultWorld
from tests.waiting import LONGEST_WAIT_SECONDS

FACTS: dict[str, Value] = {
    "Program": "Data centre exit",
    "Sponsor": "brandt",
    "Controller": "weber",
    "Business unit": "Group IT",
    "Legal entity": "Nordbank AG",
    "Start date": "2026-01-01",
    "Baseline": 5_000_000,
    "Objective": "Cost-income ratio below 50 %",
    "Kill criteria": "Forecast below half of plan for three months",
    "Overlaps": "none",
    "Rough value": 1_200_000,
    "Planned benefit": 1_200_000,
    "Planned cost": 300_000,
}
CRM, WEST, TIERS = "Retire the legacy CRM", "Close data centre West", "Storage tiering"
HUB, LEDGER, DATA, PORTAL = "Payments hub", "Retire the loan ledger", "Customer master data", "Branch portal"
LPAR, LINE = "Switch off LPAR 7", "Cancel the second leased line"


def epic(world: FaultWorld, title: str) -> Issue:
    return next(issue for issue in world.sandbox.jira.issues.values() if issue.summary == title)


def _create_epic(world: FaultWorld, title: str, values: dict[str, Value], project: str = "CLOUD") -> Issue:
    return world.sandbox.jira.create(
        project, "Epic", title, by="kaya", assignee="osei", duedate="2026-12-31", values=values
    )


def _people(world: FaultWorld) -> dict[str, str]:
    return {row["user_name"]: row["sys_id"] for row in world.sandbox.servicenow.tables["sys_user"].values()}


def create_record(world: FaultWorld, table: str, title: str, **values: str) -> None:
    """Records get fixed ids, so that they are the same in every world."""
    lind = _people(world)["lind"]
    owner = {"pm_project": "project_manager", "dmn_demand": "demand_manager", "change_request": "assigned_to"}[table]
    given = {"short_description": title, "sys_id": uuid5(NAMESPACE_URL, title).hex, "u_program": "Core"}
    world.sandbox.servicenow.insert(table, given | {owner: lind} | values, "lind")


def _edit(world: FaultWorld, title: str, **values: Value) -> None:
    world.sandbox.jira.edit(epic(world, title).id, {k.replace("_", " "): v for k, v in values.items()}, by="osei")


def _update(world: FaultWorld, table: str, title: str, **values: str) -> None:
    rows = world.sandbox.servicenow.tables[table]
    sys_id = next(key for key, row in rows.items() if row["short_description"] == title)
    world.sandbox.servicenow.update(table, sys_id, values, "lind")


def _comment(world: FaultWorld, title: str, person: str, comment: str) -> None:
    world.sandbox.jira.comment(epic(world, title).id, comment, by=person)


def _while_paused(world: FaultWorld, connection: ConnectionName, act: Callable[[], None]) -> None:
    """Act while a connection is paused, so that everything is processed at once afterwards."""
    world.services.connections.pause(connection, "tests", None)
    act()
    assert world.sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    world.services.connections.resume(connection)


def create_items(world: FaultWorld) -> None:
    """Create the initial items."""
    crm = _create_epic(world, CRM, FACTS)
    _create_epic(world, WEST, FACTS | {"Planned benefit": 2_000_000})
    create_record(world, "dmn_demand", "Close the CRM's contract", correlation_id=crm.key, state="1")
    for title in (HUB, LEDGER, DATA, PORTAL):
        create_record(
            world, "pm_project", title, state="-5", u_rough_value="500000", u_planned_benefit="500000",
            start_date="2026-01-01 00:00:00", end_date="2026-12-31 00:00:00",
        )  # fmt: skip
    create_record(world, "change_request", LPAR, state="-5")


def _ideas(world: FaultWorld) -> None:
    def act() -> None:
        for number in range(8):
            _create_epic(world, f"Idea {number}", {}, "ITX")

    _while_paused(world, JIRA, act)


def _budgets(world: FaultWorld) -> None:
    def act() -> None:
        for number, title in enumerate((HUB, LEDGER, DATA, PORTAL)):
            _update(world, "pm_project", title, u_planned_benefit=str(610_000 + 10_000 * number))

    _while_paused(world, SNOW, act)


def _edit_without_event(world: FaultWorld) -> None:
    """Somebody edits while no webhook is sent; the next sweep finds it."""
    hooks = list(world.sandbox.jira.webhooks.registered.values())
    for hook in hooks:
        hook.enabled = False
    _edit(world, CRM, Planned_benefit=1_333_000)
    for hook in hooks:
        hook.enabled = True
    with world.services.engine.begin() as transaction:
        transaction.exec_driver_sql("UPDATE sweep SET due_at = now() WHERE connection = 'jira-main'")


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    act: Callable[[FaultWorld], object]


STEPS: tuple[Step, ...] = (
    Step("verified", lambda world: _edit(world, CRM, Planned_benefit=1_210_000)),
    Step("committing", lambda world: _edit(world, WEST, Planned_benefit=2_010_000)),
    Step("event stored", lambda world: _update(world, "pm_project", HUB, u_planned_benefit="510000")),
    Step("started", lambda world: _edit(world, CRM, Planned_benefit=1_220_000)),
    Step("claimed", lambda world: _update(world, "pm_project", HUB, u_planned_benefit="520000")),
    Step("read in Jira", lambda world: _edit(world, WEST, Planned_benefit=2_020_000)),
    Step("read in ServiceNow", lambda world: _update(world, "pm_project", LEDGER, u_planned_benefit="530000")),
    Step("assessed", lambda world: _comment(world, CRM, "brandt", "/approve detailed")),
    Step("assessment stored", lambda world: _comment(world, WEST, "osei", "/approve detailed")),
    Step("writes claimed", lambda world: _edit(world, CRM, Planned_benefit=1_230_000)),
    Step("before the write", lambda world: _edit(world, WEST, Planned_benefit=2_030_000)),
    Step("field written", lambda world: _edit(world, CRM, Planned_benefit=1_240_000)),
    Step("comment written", lambda world: _comment(world, CRM, "osei", "/reasons the vendor")),
    Step("recording", lambda world: _edit(world, WEST, Planned_benefit=2_040_000)),
    Step("recorded", lambda world: _edit(world, CRM, Planned_benefit=1_250_000)),
    Step("link set", lambda world: _edit(world, WEST, Objective=None)),
    Step("blocker linked", lambda world: _create_epic(world, TIERS, FACTS | {"Planned benefit": 700_000})),
    Step("moved back", lambda world: world.sandbox.jira.transition(epic(world, WEST).id, "Done", by="osei")),
    Step("bulk edit started", _ideas),
    Step("record written", lambda world: _update(world, "pm_project", HUB, u_planned_benefit="540000")),
    Step("note written", lambda world: _update(world, "pm_project", HUB, work_notes="/approv")),
    Step("on hold", lambda world: create_record(world, "change_request", LINE, state="-5")),
    Step("checklist written", lambda world: _update(world, "pm_project", DATA, u_baseline="900000")),
    Step("batch sent", _budgets),
    Step("page swept", _edit_without_event),
    Step("roll-ups refreshed", lambda world: _edit(world, WEST, Planned_benefit=2_050_000)),
    Step("subscriber notified", lambda world: _comment(world, TIERS, "brandt", "/approve detailed")),
)


def play(world: FaultWorld, upto: int) -> None:
    """Play the steps that have not been played yet, undisturbed."""
    if not world.has_items:
        create_items(world)
        world.has_items = True
        world.wait_quiet()
    while world.done < upto:
        STEPS[world.done].act(world)
        world.done += 1
        world.wait_quiet()
