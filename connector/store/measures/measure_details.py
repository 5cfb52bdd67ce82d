"""Everything that is stored of one measure, read in one transaction: what its page and what is said there rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, select, text

from connector.people.permissions import LEVELS
from connector.store.database.json_codec import from_json
from connector.store.database.tables import DEPENDENCY, MEASURE, PLAN_VERSION
from connector.store.measures import measure_queries
from connector.store.measures.commands import newest_commands
from connector.store.measures.measure_facts import measure_of
from connector.store.measures.verdicts import verdict_of
from connector.store.queue.submitted_commands import Pending, pending
from connector.store.reconcile import command_rows
from governance.approvals import may_speak_for
from governance.available_actions import Table
from governance.command_rules import Room
from governance.effects import Effects, sum_up
from governance.evidence import Statement
from governance.gates import Policy
from governance.locked_plan import LockedPlan, under_lock
from governance.measure import Measure, Person, Role
from governance.measure_state import Standing
from governance.money import CurrencyMismatch
from governance.verdict import Verdict

MOST_SAID = 200
"""Statements that a page lists; older ones stand in the timeline."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What statements about a measure are heard on."""

    row: RowMapping
    verdict: Verdict
    """Without its statements, which are ``heard``."""
    measure: Measure
    standing: Standing
    heard: tuple[Statement, ...]
    effects: Effects | None
    problem: str
    """Why the lines cannot be added up."""

    @property
    def plan(self) -> LockedPlan | None:
        return self.standing.plan

    def table(self, policy: Policy) -> Table:
        """As the domain looks at it."""
        room = Room(
            self.measure, policy, self.effects, policy.index(self.standing.stage), self.plan, self.standing.ramp,
            heard=list(self.heard),
        )  # fmt: skip
        verdict = self.verdict
        return Table(room, verdict.next_stage, verdict.checklist, self.standing.deviation, self.standing.stage)

    def roles_of(self, accounts: Iterable[str], now: datetime) -> tuple[Role, ...]:
        """The roles in which these accounts of the measure's connection speak: their own, or as somebody's delegate."""
        people = [Person(account, "") for account in accounts]
        return tuple(
            role
            for role in Role
            if any(may_speak_for(person, role, self.measure, self.heard, now) for person in people)
        )


@dataclass(frozen=True, slots=True)
class Joined:
    """An item that the measure rests on, or that rests on it; without a key when it was not read yet."""

    connection: str
    name: str
    key: str | None = None
    title: str | None = None
    url: str | None = None
    measure: str | None = None
    """The id, when it is a measure itself and the reader sees it."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the measure's page shows beside its verdict."""

    basis: Basis
    lines: Sequence[RowMapping]
    days: Sequence[RowMapping]
    said: Sequence[RowMapping]
    waiting: tuple[Pending, ...]
    plans: Sequence[Row[Any]]
    evidence: dict[str, Any]
    """Of the newest decision."""
    evidence_at: datetime | None
    joined: tuple[Joined, ...]


def basis(connection: Connection, row: RowMapping) -> Basis:
    """What is known of the measure of one of the catalogue's rows."""
    named = {"id": row["id"], "title": row["title"], "place": {"organization": "", **{one: row[one] for one in LEVELS}}}
    measure = measure_of(named | row["facts"])
    stored = connection.execute(select(MEASURE.c.standing).where(MEASURE.c.id == row["id"])).scalar_one()
    latest = select(PLAN_VERSION).where(PLAN_VERSION.c.measure_id == row["id"]).order_by(PLAN_VERSION.c.number.desc())
    locked = connection.execute(latest.limit(1)).first()
    standing = replace(from_json(Standing, stored), plan=command_rows.locked_plan(locked) if locked else None)
    try:
        effects, problem = sum_up(under_lock(measure.effects, standing.plan)), ""
    except CurrencyMismatch as error:
        effects, problem = None, str(error)
    commands = newest_commands(connection, [row["id"]]).get(row["id"], ())
    return Basis(row, verdict_of(row), measure, standing, commands, effects, problem)


def dossier(connection: Connection, row: RowMapping) -> Dossier:
    """Everything of the measure of one of the catalogue's rows."""
    name = row["id"]
    newest = measure_queries.decisions(connection, name, before=None, limit=1)
    plans = select(PLAN_VERSION).where(PLAN_VERSION.c.measure_id == name).order_by(PLAN_VERSION.c.number.desc())
    return Dossier(
        basis=basis(connection, row),
        lines=measure_queries.effect_lines(connection, name),
        days=measure_queries.days(connection, name),
        said=measure_queries.statements(connection, name, before=None, limit=MOST_SAID),
        waiting=pending(connection, [name]),
        plans=connection.execute(plans).all(),
        evidence=newest[0]["evidence"]["evidence"] if newest else {},
        evidence_at=newest[0]["decided_at"] if newest else None,
        joined=_joined(connection, name),
    )


def _joined(connection: Connection, measure: str) -> tuple[Joined, ...]:
    """What the measure rests on, on other connections; items that were read are told by their key and title."""
    query = select(DEPENDENCY).where(DEPENDENCY.c.measure_id == measure).order_by(DEPENDENCY.c.on_name)
    found = []
    for row in connection.execute(query):
        name = row.on_name.removeprefix("key:")
        item = connection.execute(_ITEM, {"connection": row.on_connection, "name": name}).first()
        if item is None:
            found.append(Joined(row.on_connection, name))
        else:
            found.append(Joined(row.on_connection, name, item.key, item.title, item.url, item.measure))
    return tuple(found)


_ITEM = text("""
    SELECT w.key, w.snapshot ->> 'title' AS title, w.url, m.id AS measure
    FROM work_item AS w LEFT JOIN measure AS m ON m.connection = w.connection AND m.native_id = w.native_id
    WHERE w.connection = :connection AND (w.native_id = :name OR w.key = :name OR w.key = upper(:name)) LIMIT 1
""")
