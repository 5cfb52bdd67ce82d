"""Rows of commands, locked plans, dependencies and the audit's entries.

These rows are written once and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from connector.store.database.json_codec import from_json, to_json
from connector.store.database.people_in_json import named_in, people_names
from connector.store.reconcile.assessment_rows import PreparedAssessment, Row, change_row
from connector.store.reconcile.frozen_rates import frozen_from_json, frozen_to_json
from connector.sync.stores import AssessedItem
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.evidence import Command, CommandOrigin, CommandSource
from governance.locked_plan import LockedPlan
from governance.locked_terms import LockedTerms
from governance.money import Money, Period
from governance.verdict import Event, EventKind
from mapping.writeback import ChangeKind

ACCEPTED, REFUSED = "command.accepted", "command.refused"
"""The audit's action for a command, by its ruling."""
UNLINKED = "evidence.unlinked"
"""The audit's action for a link that somebody removed, and on which the measure rested."""
TEAM_REDUCED = "team.reduced"
"""The audit's action for people whom somebody took out of the team."""


def audit_entries(prepared: PreparedAssessment, decided: Row | None, mapping_version: int) -> list[Row]:
    """Commands with their rulings, events, fields that were restored, and the decision itself."""
    assessment = prepared.outcome.assessment
    found: list[tuple[str, str, object]] = [
        (one.person.name, ACCEPTED if one.accepted else REFUSED, to_json(one)) for one in new_commands(prepared.outcome)
    ]
    found += [(event.actor, event.kind.value, _event_detail(event)) for event in assessment.verdict.events]
    found += [
        ("gatepost", "field.restored", change_row(change) | {"by": to_json(change.by)})
        for change in assessment.comparison.changes
        if change.kind is ChangeKind.HAND_EDIT
    ]
    found += [
        ("gatepost", "field.restored", change_row(change) | {"item": other.key, "by": to_json(change.by)})
        for other, comparison in assessment.joined_writes
        for change in comparison.changes
        if change.kind is ChangeKind.HAND_EDIT
    ]
    item = prepared.outcome.item
    found += [
        ("gatepost", UNLINKED, {"text": link.sentence(item), "by": to_json(link.person)})
        for link in assessment.removed_links
    ]
    reduced = assessment.team_reduced
    if reduced is not None:
        found.append(("gatepost", TEAM_REDUCED, {"text": reduced.sentence, "by": to_json(reduced.by)}))
    if decided is not None:
        content = {"stage": decided["stage"], "gate": decided["gate"], "digest": decided["digest"]}
        found.append(("gatepost", "measure.assessed", content))
    named = [*(link.person for link in assessment.removed_links), *((*reduced.people, reduced.by) if reduced else ())]
    people = prepared.people | people_names(to_json(named))
    return [
        {
            "actor": actor,
            "action": action,
            "subject": prepared.id,
            "detail": detail,
            "mapping_version": mapping_version,
            "policy_version": assessment.verdict.policy_version,
            "names": named_in(people, actor, json.dumps(detail, ensure_ascii=False, default=str)),
        }
        for actor, action, detail in found
    ]


def _event_detail(event: Event) -> Row:
    """Its text; the stage where it is of one; of a change of a role who it is about, of a breach who it was."""
    detail: Row = {"text": event.text}
    if event.label:
        detail["stage"] = event.label
    if event.role_change is not None:
        detail["role_change"] = to_json(event.role_change)
    if event.kind is EventKind.BREACHED:
        detail["by"] = to_json(event.by)
    return detail


def new_commands(outcome: AssessedItem) -> list[Command]:
    """Commands that were ruled on for the first time in this assessment."""
    fresh = {one.source for one in outcome.assessment.evidence.commands if one.ruling is None}
    return [one for one in outcome.assessment.verdict.commands if one.source in fresh]


def command_rows(outcome: AssessedItem, now: datetime) -> list[Row]:
    """New commands, and the end of those whose comment no longer holds them."""
    measure_id = outcome.assessment.mapped.measure.id
    found: list[Row] = [
        {
            "measure_id": measure_id,
            **_source(one.source),
            "verb": one.verb.value,
            "person": one.person.name,
            "given_at": one.at,
            "ruled_at": now,
            "accepted": one.accepted,
            "role": one.ruling.role.value if one.ruling and one.ruling.role else None,
            "content": to_json(one),
        }
        for one in new_commands(outcome)
    ]
    found += [
        {
            "measure_id": measure_id,
            **_source(one.source),
            "verb": WITHDRAWN,
            "person": one.person.name,
            "given_at": one.at,
            "ruled_at": now,
            "accepted": False,
            "role": None,
            # A rejection stays on record: it does not revive what was approved before it.
            "content": to_json(one) if one.withdrawn else {},
        }
        for one in outcome.assessment.evidence.withdrawn_commands
    ]
    return found


def _source(source: CommandSource) -> Row:
    submitted = int(source.id) if source.origin is CommandOrigin.PAGE else None
    return {"origin": source.origin.value, "origin_id": source.id, "ordinal": source.ordinal, "submitted_id": submitted}


WITHDRAWN = "withdrawn"
"""The verb of the row that ends a command which its speaker took back."""


def plan_version_row(outcome: AssessedItem) -> Row | None:
    """The plan that was locked in this assessment."""
    plan, before = outcome.assessment.verdict.measure_state.plan, outcome.assessment.evidence.measure_state.plan
    if plan is None or (before is not None and before.number == plan.number):
        return None
    return {
        "measure_id": outcome.assessment.mapped.measure.id,
        "number": plan.number,
        "locked_at": plan.at,
        "reason": plan.reason,
        "approved_by": list(plan.approved_by),
        "lines": [_line_to_json(line) for line in plan.lines],
        "terms": to_json(plan.terms),
        "rates": frozen_to_json(plan.rates),
    }


def plan_from_row(row: object, before: LockedPlan | None = None) -> LockedPlan:
    """The inverse of :func:`plan_version_row`; ``before`` is the plan of the decision, where this is a later one."""
    stored: Any = row
    return LockedPlan(
        stored.number,
        tuple(map(plan_line_of, stored.lines)),
        stored.locked_at,
        stored.reason,
        tuple(stored.approved_by),
        from_json(LockedTerms, stored.terms) if stored.terms else None,
        before.decided_lines if before is not None else None,
        frozen_from_json(stored.rates),
    )


def locked_plans(transaction: Connection, ids: Sequence[str]) -> dict[str, LockedPlan]:
    """The newest plan of each measure, with the one of the decision."""
    plans: dict[str, LockedPlan] = {}
    for row in transaction.execute(_PLANS, {"ids": list(ids)}) if ids else ():
        plans[row.measure_id] = plan_from_row(row, plans.get(row.measure_id))
    return plans


_PLANS = text("""
    SELECT measure_id, number, locked_at, reason, approved_by, lines, terms, rates
    FROM (SELECT *, min(number) OVER (PARTITION BY measure_id) AS original,
                 max(number) OVER (PARTITION BY measure_id) AS newest
          FROM plan_version WHERE measure_id = ANY(:ids)) AS p
    WHERE number IN (original, newest) ORDER BY measure_id, number
""")


def _line_to_json(line: EffectLine) -> list[object]:
    money = line.money
    return [line.kind.value, str(line.month), str(money.amount), money.currency, line.account.value, line.hard]


def plan_line_of(stored: Any) -> EffectLine:
    """One of the lines of a plan's row."""
    kind, month, amount, currency, account, hard = stored
    money = Money(Decimal(amount), currency)
    return EffectLine(Version.PLAN, EffectKind(kind), Period.parse(month), money, Account(account), hard)


def dependency_rows(outcome: AssessedItem) -> list[Row]:
    """Items of other connections whose changes make this measure dirty."""
    return [
        {"measure_id": outcome.assessment.mapped.measure.id, "on_connection": connection, "on_name": name}
        for connection, name in outcome.dependencies or ()
    ]
