"""Fills the stand-ins with three programs of a bank's IT: 31 measures, their people, their money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sandbox.jira.model import Group, Status, Transition, Value, Workflow, field_is
from sandbox.jira.state import JiraState
from sandbox.servicenow.model import Column, owned
from sandbox.servicenow.rights import ROLES
from sandbox.servicenow.state import ServiceNowState

BOT_EMAIL, BOT_TOKEN = "gatepost@nordbank.example", "sandbox-token"
BOT_USER, BOT_PASSWORD = "gatepost.integration", "sandbox-password"
ADMIN_USER, ADMIN_PASSWORD = "admin", "sandbox-admin"

EXIT, CORE, DESK = "Data centre exit", "Core banking renewal", "Service desk automation"

PEOPLE = {
    "kaya": "Aylin Kaya",
    "brandt": "Martin Brandt",
    "weber": "Julia Weber",
    "osei": "Kwame Osei",
    "lind": "Sara Lind",
    "novak": "Petr Novak",
    "rossi": "Elena Rossi",
}
"""Owners Kaya, Osei, Lind, Novak; sponsors Brandt, Rossi; controller Weber."""

JIRA_FIELDS: Mapping[str, str] = {
    "Program": "textfield",
    "Sponsor": "userpicker",
    "Controller": "userpicker",
    "Business unit": "textfield",
    "Legal entity": "textfield",
    "Start date": "datepicker",
    "Rough value": "float",
    "Baseline": "float",
    "Objective": "textfield",
    "Kill criteria": "textfield",
    "Overlaps": "textfield",
    "Legacy services": "textfield",
    "Team": "multiuserpicker",
    "Planned benefit": "float",
    "Planned cost": "float",
    "Forecast benefit": "float",
    "Forecast cost": "float",
    "Actual benefit": "float",
    "Actual cost": "float",
}
WRITTEN_FIELDS: Mapping[str, str] = {
    "DoI stage": "textfield",
    "Implementation status": "textfield",
    "Potential status": "textfield",
    "Gate": "select",
    "Highest stage": "float",
    "Gate blockers": "textarea",
    "Why": "textarea",
    "Gate findings": "textarea",
    "Plan net": "float",
    "Forecast net": "float",
    "Actual net": "float",
    "Variance %": "float",
}
STATUSES = ("Backlog", "Analysis", "Approved", "Done", "Closed")
CATEGORIES = ("new", "indeterminate", "indeterminate", "done", "done")


@dataclass(frozen=True)
class SeedMeasure:
    """One measure-to-be.  ``full`` fills every fact; amounts are in EUR over the whole duration."""

    project: str
    title: str
    program: str
    status: str
    owner: str | None = None
    has_all_facts: bool = False
    benefit: int | None = None
    cost: int | None = None
    forecast: float | None = None
    """Forecast benefit as a share of the plan."""
    approved: tuple[str, ...] = ()
    children: tuple[int, int] = (0, 0)
    """Child items: done, open."""
    extra: Mapping[str, Value] = field(default_factory=dict)


SEED_MEASURES = (
    SeedMeasure("ITX", "Retire the legacy CRM", EXIT, "Backlog"),
    SeedMeasure("ITX", "Consolidate 14 print servers", EXIT, "Backlog", "osei", has_all_facts=True, benefit=420_000, cost=60_000),
    SeedMeasure("ITX", "Move batch jobs off the mainframe", CORE, "Analysis", "lind", has_all_facts=True, benefit=1_900_000, cost=700_000,
         forecast=1.0, approved=("detailed",), children=(2, 4)),
    SeedMeasure("ITX", "One identity provider", EXIT, "Approved", "novak", has_all_facts=True, benefit=900_000, cost=250_000,
         forecast=0.97, approved=("detailed", "decided"), children=(3, 2)),
    SeedMeasure("ITX", "Renegotiate the licence estate", EXIT, "Approved", "kaya", has_all_facts=True, benefit=2_400_000, cost=180_000,
         forecast=1.0, approved=("detailed", "decided"), children=(4, 0)),
    SeedMeasure("ITX", "Straight-through account opening", CORE, "Analysis", "osei", has_all_facts=True, benefit=90_000, cost=60_000,
         approved=("detailed",)),
    SeedMeasure("ITX", "Decommission the archive tapes", EXIT, "Backlog", "lind", benefit=300_000, cost=40_000),
    SeedMeasure("CLOUD", "Landing zone for regulated workloads", EXIT, "Approved", "novak", has_all_facts=True, benefit=700_000, cost=300_000,
         forecast=0.9, approved=("detailed", "decided"), children=(1, 3)),
    SeedMeasure("CLOUD", "Move data warehouse to the cloud", EXIT, "Analysis", "kaya", has_all_facts=True, benefit=3_100_000, cost=1_200_000,
         forecast=1.0, approved=("detailed",), children=(0, 5)),
    SeedMeasure("CLOUD", "Close data centre West", EXIT, "Approved", "osei", has_all_facts=True, benefit=5_200_000, cost=1_900_000,
         forecast=1.0, approved=("detailed", "decided"), children=(5, 4)),
    SeedMeasure("CLOUD", "Rightsize idle servers", EXIT, "Backlog", "lind", has_all_facts=True, benefit=640_000, cost=30_000),
    SeedMeasure("CLOUD", "Back-up as a service", EXIT, "Backlog", "novak"),
    SeedMeasure("CLOUD", "Storage tiering", EXIT, "Approved", "kaya", has_all_facts=True, benefit=510_000, cost=90_000,
         forecast=0.78, approved=("detailed", "decided"), children=(2, 1)),
    SeedMeasure("CLOUD", "End of life for Windows 2016", EXIT, "Analysis", "osei", has_all_facts=True, benefit=260_000, cost=220_000),
    SeedMeasure("pm_project", "Core banking release 1", CORE, "2", "lind", has_all_facts=True, benefit=4_100_000, cost=2_300_000,
         forecast=1.0, approved=("detailed", "decided"), children=(3, 0)),
    SeedMeasure("pm_project", "Payments hub", CORE, "2", "novak", has_all_facts=True, benefit=2_700_000, cost=1_500_000,
         forecast=0.83, approved=("detailed", "decided"), children=(2, 3)),
    SeedMeasure("pm_project", "Customer master data", CORE, "1", "kaya", has_all_facts=True, benefit=1_200_000, cost=400_000,
         approved=("detailed",)),
    SeedMeasure("pm_project", "Retire the loan ledger", CORE, "-5", "osei", has_all_facts=True, benefit=800_000, cost=350_000),
    SeedMeasure("pm_project", "Self-service password reset", DESK, "2", "lind", has_all_facts=True, benefit=480_000, cost=70_000,
         forecast=1.1, approved=("detailed", "decided"), children=(2, 0)),
    SeedMeasure("pm_project", "Virtual agent for first contacts", DESK, "1", "novak", has_all_facts=True, benefit=950_000, cost=310_000),
    SeedMeasure("pm_project", "Knowledge base clean-up", DESK, "-5"),
    SeedMeasure("pm_project", "Asset register reconciliation", DESK, "-5", "kaya", benefit=200_000, cost=20_000),
    SeedMeasure("dmn_demand", "Instant payments reporting", CORE, "2", "osei", benefit=350_000, cost=150_000),
    SeedMeasure("dmn_demand", "Branch tablet refresh", DESK, "1"),
    SeedMeasure("dmn_demand", "Automated joiner and leaver", DESK, "3", "lind", has_all_facts=True, benefit=410_000, cost=120_000,
         approved=("detailed",)),
    SeedMeasure("dmn_demand", "Contract archive search", DESK, "1", "novak", benefit=150_000, cost=90_000),
    SeedMeasure("dmn_demand", "Fraud alerts in the app", CORE, "4", "kaya", has_all_facts=True, benefit=1_600_000, cost=500_000,
         approved=("detailed",)),
    SeedMeasure("change_request", "Switch off LPAR 7", CORE, "-1", "osei", has_all_facts=True, benefit=330_000, cost=25_000,
         forecast=1.0, approved=("detailed", "decided")),
    SeedMeasure("change_request", "Cut over the payments gateway", CORE, "-5", "lind"),
    SeedMeasure("change_request", "Migrate the service desk telephony", DESK, "-4", "novak", has_all_facts=True, benefit=240_000, cost=60_000),
    SeedMeasure("change_request", "Cancel the second leased line", EXIT, "-1", "kaya", has_all_facts=True, benefit=180_000, cost=5_000,
         approved=("detailed", "decided")),
)  # fmt: skip


def set_up_people(state: JiraState) -> None:
    """The bank's people and its own fields; nothing of Gatepost's but its account."""
    for account, name in PEOPLE.items():
        state.add_user(account, name, f"{account}@nordbank.example")
    state.add_user("gatepost-bot", "Gatepost", BOT_EMAIL, BOT_TOKEN)
    for name, kind in JIRA_FIELDS.items():
        state.add_field(name, kind)


def set_up_jira(state: JiraState) -> None:
    """People, fields, projects.  In ITX the workflow compares the highest stage, in CLOUD it is unchanged."""
    set_up_people(state)
    for name, kind in WRITTEN_FIELDS.items():
        state.add_field(name, kind, ("Open", "Not due", "Waiting", "Blocked", "Breach") if name == "Gate" else ())
    highest = state.field_named("Highest stage").id
    state.add_project("ITX", "IT transformation", workflow("ITX workflow", highest))
    state.add_project("CLOUD", "Cloud", workflow("CLOUD workflow"))
    state.add_project("SUP", "Support", workflow("SUP workflow"))


def fill_jira(state: JiraState) -> list[str]:
    """Fill a site that is set up; returns the keys of the epics."""
    keys = []
    for item in SEED_MEASURES:
        if item.project in state.projects:
            issue = state.create(
                item.project,
                "Epic",
                item.title,
                by="kaya",
                status=item.status,
                assignee=item.owner,
                duedate=_day(9),
                values=_facts(item) | {"Start date": _day(-3)},
                attachments=1 if item.has_all_facts else 0,
            )
            keys.append(issue.key)
            for number in range(sum(item.children)):
                done = number < item.children[0]
                state.create(
                    item.project, "Story", f"{item.title}: step {number + 1}", by="kaya", parent=issue.key,
                    status="Done" if done else "Backlog",
                )  # fmt: skip
            for stage in item.approved:
                state.comment(issue.key, f"/approve {stage}", by="brandt")
                if stage == "decided":
                    state.comment(issue.key, f"/approve {stage}", by="weber")
    return keys


GATED_STATES: Mapping[str, tuple[str, ...]] = {"pm_project": ("3",), "dmn_demand": ("8",), "change_request": ("3",)}
"""States that Gatepost's rule guards, by table."""


def set_up_servicenow(state: ServiceNowState) -> dict[str, str]:
    """People, columns, the gate's rule; returns the sys_ids of the people."""
    ids = {login: state.add_user(login, name) for login, name in PEOPLE.items()}
    state.add_user(BOT_USER, "Gatepost", BOT_PASSWORD, roles=ROLES)
    state.add_user(ADMIN_USER, "System Administrator", ADMIN_PASSWORD, roles=("admin",))
    for table, states in GATED_STATES.items():
        _columns(state, table)
        state.gate_rule(table, states)
    reported = Column(f"u_gatepost_{WRITTEN_ELEMENTS['Gate findings']}", "Gate findings", "string", max_length=4000)
    state.add_column("service_offering", owned(reported, "u_gatepost_writer"))
    return ids


def fill_servicenow(state: ServiceNowState) -> list[tuple[str, str]]:
    """Fill an instance that is set up; returns (table, number) of the records."""
    ids = {row["user_name"]: row["sys_id"] for row in state.tables["sys_user"].values()}
    found = []
    managers = {"pm_project": "project_manager", "dmn_demand": "demand_manager", "change_request": "assigned_to"}
    for item in SEED_MEASURES:
        if item.project not in GATED_STATES:
            continue
        facts = {name: _raw(value, ids) for name, value in _facts(item).items()}
        values = {column_of(name): value for name, value in facts.items()}
        values |= {
            "short_description": item.title,
            "state": item.status,
            "business_unit": facts.get("Business unit", ""),
        }
        values |= {managers[item.project]: ids[item.owner] if item.owner else ""}
        values |= {"start_date": f"{_day(-3)} 00:00:00", "end_date": f"{_day(9)} 00:00:00"}
        record = state.insert(item.project, values, "kaya")
        found.append((item.project, record["number"]))
        _add_related_records(state, item, record["sys_id"])
    first = next(
        row for row in state.tables["pm_project"].values() if row["short_description"] == "Core banking release 1"
    )
    state.insert(
        "change_request",
        {
            "short_description": "Core banking go-live",
            "state": "-5",
            "parent": first["sys_id"],
            "assigned_to": ids["lind"],
        },
        "lind",
    )
    return found


def _add_related_records(state: ServiceNowState, item: SeedMeasure, sys_id: str) -> None:
    for stage in item.approved:
        for login in ("brandt", "weber") if stage == "decided" else ("brandt",):
            state.update(item.project, sys_id, {"work_notes": f"/approve {stage}"}, login)
    for number in range(sum(item.children)):
        step = {
            "short_description": f"Step {number + 1}",
            "top_task": sys_id,
            "state": "3" if number < item.children[0] else "1",
        }
        state.insert("pm_project_task", step, "kaya")


def _facts(item: SeedMeasure) -> dict[str, Value]:
    values: dict[str, Value] = {"Program": item.program}
    if item.benefit is not None:
        values |= {"Rough value": item.benefit, "Planned benefit": item.benefit, "Planned cost": item.cost}
    if item.has_all_facts:
        values |= {
            "Sponsor": "brandt",
            "Controller": "weber",
            "Business unit": "Group IT",
            "Legal entity": "Nordbank AG",
            "Baseline": (item.benefit or 0) * 2,
            "Objective": "Cost-income ratio below 50 %",
            "Kill criteria": "Forecast below half of plan for three months",
            "Overlaps": "none",
        }
    if item.forecast is not None and item.benefit is not None:
        values |= {"Forecast benefit": round(item.benefit * item.forecast), "Forecast cost": item.cost}
    return values | dict(item.extra)


def workflow(name: str, highest_stage: str = "") -> Workflow:
    """Forward from any status before, back from any status after; ``highest_stage`` is the field that guards it."""
    forward = tuple(
        Transition(str(20 + n), f"To {there}", there, STATUSES[:n], _guard(highest_stage, n))
        for n, there in enumerate(STATUSES)
        if n
    )
    back = tuple(
        Transition(str(40 + n), f"Back to {there}", there, STATUSES[n + 1 :]) for n, there in enumerate(STATUSES[:-1])
    )
    return Workflow(name, _statuses(), [*forward, *back])


def simplified_workflow(name: str, highest_stage: str = "") -> Workflow:
    """What a new software project has: into each status from every other one, by one transition."""
    moves = [Transition(str(11 + n), there, there, (), _guard(highest_stage, n)) for n, there in enumerate(STATUSES)]
    return Workflow(name, _statuses(), moves)


def _statuses() -> tuple[Status, ...]:
    return tuple(Status(str(10 + n), s, c) for n, (s, c) in enumerate(zip(STATUSES, CATEGORIES, strict=True)))


def _guard(field: str, level: int) -> Group | None:
    return field_is(field, str(level), ">=", "NUMBER") if field and level else None


def _columns(state: ServiceNowState, table: str) -> None:
    for name, kind in JIRA_FIELDS.items():
        if name not in {"Start date", "Business unit", "Program", "Team"}:
            person = kind == "userpicker"
            column_type = "reference" if person else "decimal" if kind == "float" else "string"
            state.add_column(table, Column(column_of(name), name, column_type, reference="sys_user" if person else ""))
    state.add_column(table, Column("u_program", "Gatepost program"))
    if table == "change_request":
        state.add_column(table, Column("business_unit", "Business unit"))
    for name, kind in WRITTEN_FIELDS.items():
        if name not in WRITTEN_ELEMENTS:
            continue
        element = f"u_gatepost_{WRITTEN_ELEMENTS[name]}"
        column_type, length = ("decimal", 40) if kind == "float" else ("string", 4000 if kind == "textarea" else 255)
        state.add_column(table, owned(Column(element, name, column_type, max_length=length), "u_gatepost_writer"))


WRITTEN_ELEMENTS = {
    "DoI stage": "stage",
    "Implementation status": "implementation",
    "Potential status": "potential",
    "Gate": "gate",
    "Gate findings": "findings",
    "Gate blockers": "blockers",
    "Why": "why",
    "Plan net": "plan",
    "Forecast net": "forecast",
    "Actual net": "actual",
    "Variance %": "variance",
}


def column_of(name: str) -> str:
    """The column of a field that Gatepost's people added."""
    return f"u_{name.lower().replace(' ', '_').replace('%', 'percent')}"


def _raw(value: Value, ids: Mapping[str, str]) -> str:
    return ids[value] if isinstance(value, str) and value in ids else "" if value is None else str(value)


def _day(months: int) -> str:
    """The first of the month so many months from now, as a date."""
    today = date.today()  # noqa: DTZ011 - the story is set on the local day
    index = today.year * 12 + today.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return str(first if months <= 0 else first - timedelta(days=1))
