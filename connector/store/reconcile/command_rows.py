"""What was said, agreed and recorded, as rows: statements, locked plans, dependencies, the audit's entries.

These rows are written once and never changed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.store.database.json_codec import to_json
from connector.store.reconcile.assessment_rows import Prepared, Row, changed
from connector.sync.stores import Assessed
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.evidence import CommandOrigin, CommandSource, Statement
from governance.locked_plan import LockedPlan
from governance.money import Money, Period
from mapping.writeback import ChangeKind

ACCEPTED, REFUSED = "statement.accepted", "statement.refused"
"""How the audit calls a statement by its ruling."""


def audit_entries(prepared: Prepared, decided: Row | None, mapping_version: int) -> list[Row]:
    """What was said and how it was ruled, what happened, which fields were put back, and the decision itself."""
    judged = prepared.outcome.judged
    found: list[tuple[str, str, object]] = [
        (one.person.name, ACCEPTED if one.accepted else REFUSED, to_json(one))
        for one in new_statements(prepared.outcome)
    ]
    found += [(event.actor, event.kind.value, {"text": event.text}) for event in judged.verdict.events]
    found += [
        ("gatepost", "field.put_back", changed(change))
        for change in judged.comparison.changes
        if change.kind is ChangeKind.HAND_EDIT
    ]
    found += [
        ("gatepost", "field.put_back", changed(change) | {"item": item.key})
        for item, comparison in judged.beside
        for change in comparison.changes
        if change.kind is ChangeKind.HAND_EDIT
    ]
    if decided is not None:
        content = {"stage": decided["stage"], "gate": decided["gate"], "digest": decided["digest"]}
        found.append(("gatepost", "decided", content))
    return [
        {
            "actor": actor,
            "action": action,
            "subject": prepared.id,
            "detail": detail,
            "mapping_version": mapping_version,
            "policy_version": judged.verdict.policy_version,
        }
        for actor, action, detail in found
    ]


def new_statements(outcome: Assessed) -> list[Statement]:
    """What was heard for the first time in this assessment."""
    fresh = {one.source for one in outcome.judged.evidence.statements if one.ruling is None}
    return [one for one in outcome.judged.verdict.statements if one.source in fresh]


def statements(outcome: Assessed, now: datetime) -> list[Row]:
    """New statements, and a last word on those whose comment no longer says them."""
    measure_id = outcome.judged.mapped.measure.id
    found: list[Row] = [
        {
            "measure_id": measure_id,
            **_source(one.source),
            "verb": one.verb.value,
            "person": one.person.name,
            "said_at": one.at,
            "heard_at": now,
            "accepted": one.accepted,
            "role": one.ruling.role.value if one.ruling and one.ruling.role else None,
            "content": to_json(one),
        }
        for one in new_statements(outcome)
    ]
    found += [
        {
            "measure_id": measure_id,
            **_source(one.source),
            "verb": WITHDRAWN,
            "person": one.person.name,
            "said_at": one.at,
            "heard_at": now,
            "accepted": False,
            "role": None,
            "content": {},
        }
        for one in outcome.judged.withdrawn
    ]
    return found


def _source(source: CommandSource) -> Row:
    submitted = int(source.id) if source.origin is CommandOrigin.PAGE else None
    return {"origin": source.origin.value, "origin_id": source.id, "ordinal": source.ordinal, "submitted_id": submitted}


WITHDRAWN = "withdrawn"
"""The verb of the row that ends a statement whose comment was changed to say something else."""


def plan_version(outcome: Assessed) -> Row | None:
    """The plan that was locked in this assessment."""
    plan, before = outcome.judged.verdict.standing.plan, outcome.judged.evidence.standing.plan
    if plan is None or (before is not None and before.number == plan.number):
        return None
    return {
        "measure_id": outcome.judged.mapped.measure.id,
        "number": plan.number,
        "locked_at": plan.at,
        "reason": plan.reason,
        "approved_by": list(plan.approved_by),
        "lines": [_short(line) for line in plan.lines],
    }


def locked_plan(row: object) -> LockedPlan:
    """The inverse of :func:`plan_version`."""
    stored: Any = row
    return LockedPlan(
        stored.number, tuple(map(_long, stored.lines)), stored.locked_at, stored.reason, tuple(stored.approved_by)
    )


def _short(line: EffectLine) -> list[object]:
    money = line.money
    return [line.kind.value, str(line.month), str(money.amount), money.currency, line.account.value, line.hard]


def _long(stored: Any) -> EffectLine:
    kind, month, amount, currency, account, hard = stored
    money = Money(Decimal(amount), currency)
    return EffectLine(Version.PLAN, EffectKind(kind), Period.parse(month), money, Account(account), hard)


def dependencies(outcome: Assessed) -> list[Row]:
    """What on other connections rings this measure when it changes."""
    return [
        {"measure_id": outcome.judged.mapped.measure.id, "on_connection": connection, "on_name": name}
        for connection, name in outcome.rests_on or ()
    ]
