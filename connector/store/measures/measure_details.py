"""Everything that is stored of one measure, read in one transaction, for its page and for commands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, select, text

from connector.people.permissions import HIERARCHY_LEVELS
from connector.store.database.json_codec import from_json
from connector.store.database.tables import DEPENDENCY, MEASURE, PLAN_VERSION
from connector.store.measures import measure_queries
from connector.store.measures.commands import newest_commands
from connector.store.measures.measure_facts import measure_from_facts
from connector.store.measures.verdicts import verdict_of
from connector.store.queue.submitted_commands import PendingCommand, pending_commands
from connector.store.reconcile import command_rows
from connector.store.service_portfolio.kpi_values import KpiMonth, values_of_measure
from governance.approvals import may_act_as
from governance.available_actions import ActionContext
from governance.command_rules import CommandContext
from governance.effects import Effects, sum_up, with_steady_state
from governance.evidence import Command
from governance.gates import Policy
from governance.locked_plan import LockedPlan, with_locked_plan
from governance.measure import Measure, Person, Role
from governance.measure_state import MeasureState
from governance.money import CurrencyMismatch
from governance.role_change import with_acceptance
from governance.role_holders import Capacity
from governance.stated_criteria import with_stated_criteria
from governance.verdict import Verdict

MAX_COMMANDS = 200
"""Commands that a page lists; older ones are in the timeline."""


@dataclass(frozen=True, slots=True)
class MeasureSnapshot:
    """The state of a measure on which commands about it are ruled."""

    row: RowMapping
    verdict: Verdict
    """Without its commands, which are in ``commands``."""
    measure: Measure
    state: MeasureState
    commands: tuple[Command, ...]
    effects: Effects | None
    problem: str
    """Why the lines cannot be added up."""

    @property
    def plan(self) -> LockedPlan | None:
        return self.state.plan

    def action_context(
        self, policy: Policy, officers: Mapping[str, tuple[Capacity, ...]] = MappingProxyType({})
    ) -> ActionContext:
        """The same as a context of the domain; ``officers`` says what people are at Gatepost for this measure."""
        room = CommandContext(
            self.measure, policy, self.effects, policy.index(self.state.stage), self.plan, self.state.off_ramp,
            role_holders=dict(self.state.role_holders), officers=officers, ruled_on=list(self.commands),
            scope_changed=any(finding.code == "SCOPE_CHANGED" for finding in self.verdict.findings),
            closed_through=self.state.closed_through,
        )  # fmt: skip
        verdict = self.verdict
        return ActionContext(room, verdict.next_stage, verdict.checklist, self.state.deviation, self.state.stage)

    def roles_of(self, accounts: Iterable[str], now: datetime) -> tuple[Role, ...]:
        """The roles in which these accounts of the measure's connection speak: their own, or as somebody's delegate."""
        people = [Person(account, "") for account in accounts]
        return tuple(
            role
            for role in self.measure.roles.every
            if any(may_act_as(person, role, self.measure, self.commands, now) for person in people)
        )


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """An item that the measure depends on, or that depends on it; without a key when it was not read yet."""

    connection: str
    name: str
    key: str | None = None
    title: str | None = None
    url: str | None = None
    measure: str | None = None
    """The id, when it is a measure itself and the reader sees it."""


@dataclass(frozen=True, slots=True)
class MeasureDetails:
    """What the measure's page shows beside its verdict."""

    snapshot: MeasureSnapshot
    effect_lines: Sequence[RowMapping]
    status_history: Sequence[RowMapping]
    commands: Sequence[RowMapping]
    pending_commands: tuple[PendingCommand, ...]
    plan_versions: Sequence[Row[Any]]
    evidence: dict[str, Any]
    """Of the newest decision."""
    evidence_decided_at: datetime | None
    related_items: tuple[RelatedItem, ...]
    kpi_values: tuple[KpiMonth, ...] = ()
    """Stated values of KPIs, newest first; none of a day in the past."""


def measure_snapshot(connection: Connection, row: RowMapping) -> MeasureSnapshot:
    """What is known of the measure of one of the catalogue's rows."""
    named = {
        "id": row["id"],
        "title": row["title"],
        "hierarchy": {"organization": "", **{one: row[one] for one in HIERARCHY_LEVELS}},
    }
    measure = measure_from_facts(named | row["facts"])
    stored = connection.execute(select(MEASURE.c.measure_state).where(MEASURE.c.id == row["id"])).scalar_one()
    plan = command_rows.locked_plans(connection, [row["id"]]).get(row["id"])
    state = replace(from_json(MeasureState, stored), plan=plan)
    verdict = verdict_of(row)
    measure = replace(measure, effects=(*measure.effects, *verdict.legacy_lines, *verdict.relapse_lines))
    try:
        effects, problem = sum_up(with_locked_plan(measure.effects, state.plan)), ""
        effects = with_steady_state(effects, verdict.steady_from)
    except CurrencyMismatch as error:
        effects, problem = None, str(error)
    commands = newest_commands(connection, [row["id"]]).get(row["id"], ())
    # Whose role nobody has accepted yet speaks in none.
    measure = with_stated_criteria(with_acceptance(measure, state.role_holders), commands)
    return MeasureSnapshot(row, verdict, measure, state, commands, effects, problem)


def measure_details(connection: Connection, row: RowMapping) -> MeasureDetails:
    """Everything of the measure of one of the catalogue's rows."""
    name = row["id"]
    newest = measure_queries.list_decisions(connection, name, after=None, limit=1)
    plans = select(PLAN_VERSION).where(PLAN_VERSION.c.measure_id == name).order_by(PLAN_VERSION.c.number.desc())
    return MeasureDetails(
        snapshot=measure_snapshot(connection, row),
        effect_lines=measure_queries.effect_lines(connection, name),
        status_history=measure_queries.status_history(connection, name),
        commands=measure_queries.list_commands(connection, name, before=None, limit=MAX_COMMANDS),
        pending_commands=pending_commands(connection, [name]),
        plan_versions=connection.execute(plans).all(),
        evidence=newest[0]["evidence"]["evidence"] if newest else {},
        evidence_decided_at=newest[0]["decided_at"] if newest else None,
        related_items=_related_items(connection, name),
        kpi_values=values_of_measure(connection, name),
    )


def _related_items(connection: Connection, measure: str) -> tuple[RelatedItem, ...]:
    """Items of other connections that the measure depends on; those that were read come with key and title."""
    query = select(DEPENDENCY).where(DEPENDENCY.c.measure_id == measure).order_by(DEPENDENCY.c.on_name)
    found = []
    for row in connection.execute(query):
        name = row.on_name.removeprefix("key:")
        item = connection.execute(_ITEM, {"connection": row.on_connection, "name": name}).first()
        if item is None:
            found.append(RelatedItem(row.on_connection, name))
        else:
            found.append(RelatedItem(row.on_connection, name, item.key, item.title, item.url, item.measure))
    return tuple(found)


_ITEM = text("""
    SELECT w.key, w.snapshot ->> 'title' AS title, w.url, m.id AS measure
    FROM work_item AS w LEFT JOIN measure AS m ON m.connection = w.connection AND m.native_id = w.native_id
    WHERE w.connection = :connection AND (w.native_id = :name OR w.key = :name OR w.key = upper(:name)) LIMIT 1
""")
