"""Outcomes of the flow as rows of the tables."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from connector.store.jsonable import digest, to_json, values_to_json
from connector.sync.ports import Assessed
from governance.effects import EffectLine
from governance.facts import Unknown, known
from governance.measure import Person
from governance.money import Money
from mapping.work_item import WorkItem
from mapping.writeback import Change, ChangeKind

Row: TypeAlias = "dict[str, object]"


class Prepared:
    """An outcome with its JSON forms, each made once: they go into several tables and two digests."""

    def __init__(self, outcome: Assessed) -> None:
        self.outcome = outcome
        self.id = outcome.judged.mapped.measure.id
        self.facts = to_json(outcome.judged.mapped.measure)
        self.verdict = to_json(outcome.judged.verdict)
        self.effects_digest = digest(to_json(outcome.judged.mapped.measure.effects))

    def verdict_digest(self, mapping_version: int) -> str:
        """Equal for two verdicts that decide the same for the same reasons."""
        return digest([self.verdict, mapping_version])


def work_item(item: WorkItem, now: datetime) -> Row:
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "url": item.url,
        "snapshot": to_json(item),
        "version": item.version,
        "read_at": now,
        "unreachable_since": None,
    }


def measure(prepared: Prepared, mapping_version: int, now: datetime) -> Row:
    outcome = prepared.outcome
    item, mapped, verdict = outcome.item, outcome.judged.mapped, outcome.judged.verdict
    facts = mapped.measure
    figures = verdict.figures
    return {
        "id": facts.id,
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "title": known(facts.title),
        "rule": mapped.rule.name,
        "portfolio": known(facts.place.portfolio),
        "program": known(facts.place.program),
        "project": known(facts.place.project),
        "package": known(facts.place.package),
        "business_unit": known(facts.business_unit),
        "legal_entity": known(facts.legal_entity),
        "owner": _name(known(facts.roles.owner)),
        "sponsor": _name(known(facts.roles.sponsor)),
        "controller": _name(known(facts.roles.controller)),
        "stage": verdict.stage,
        "tool_stage": None if isinstance(mapped.tool_stage, Unknown) else mapped.tool_stage,
        "gate": verdict.gate.value,
        "implementation": verdict.implementation.colour.value,
        "potential": verdict.potential.colour.value,
        "currency": facts.effects[0].money.currency if facts.effects else None,
        "plan_net": _amount(figures.plan),
        "forecast_net": _amount(figures.forecast),
        "actual_net": _amount(figures.actual),
        "variance_net": _amount(figures.variance),
        "facts": prepared.facts,
        "verdict": prepared.verdict,
        "blockers_since": to_json(verdict.since()),
        "verdict_digest": prepared.verdict_digest(mapping_version),
        "effects_digest": prepared.effects_digest,
        "mapping_version": mapping_version,
        "policy_version": verdict.policy_version,
        "assessed_at": now,
    }


def decision(prepared: Prepared, mapping_version: int, now: datetime) -> Row:
    outcome = prepared.outcome
    judged = outcome.judged
    return {
        "measure_id": prepared.id,
        "decided_at": now,
        "stage": judged.verdict.stage,
        "gate": judged.verdict.gate.value,
        "verdict": prepared.verdict,
        "evidence": {
            "item": {"key": outcome.item.key, "version": outcome.item.version, "status": outcome.item.status},
            "measure": prepared.facts,
            "evidence": to_json(judged.evidence),
        },
        "mapping_version": mapping_version,
        "policy_version": judged.verdict.policy_version,
    }


def effect_lines(outcome: Assessed) -> list[Row]:
    """One row per version, kind, month and currency; several lines of one month are added up."""
    sums: dict[tuple[str, str, str, date], Decimal] = defaultdict(Decimal)
    facts = outcome.judged.mapped.measure
    for line in facts.effects:
        sums[_line_key(line)] += line.money.amount
    return [
        {
            "measure_id": facts.id,
            "version": version,
            "kind": kind,
            "currency": currency,
            "month": month,
            "amount": amount,
        }
        for (version, kind, currency, month), amount in sums.items()
    ]


def audit_entries(outcome: Assessed) -> list[Row]:
    """Granted stages, and owned fields that somebody edited by hand and that are put back."""
    subject = outcome.judged.mapped.measure.id
    entries: list[Row] = [
        {"actor": "gatepost", "action": "stage.granted", "subject": subject, "detail": {"stage": stage}}
        for stage in outcome.judged.verdict.newly_granted
    ]
    entries += [
        {"actor": "gatepost", "action": "field.put_back", "subject": subject, "detail": _change(change)}
        for change in outcome.judged.comparison.changes
        if change.kind is ChangeKind.HAND_EDIT
    ]
    return entries


def outbox(outcome: Assessed) -> Row:
    item, changes = outcome.item, outcome.judged.comparison.changes
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "wanted": values_to_json({change.field: change.wanted for change in changes}),
        "changes": [_change(change) for change in changes],
    }


def unwritable(outcome: Assessed) -> Row:
    """A parked row for owned fields that the tool does not show: neither written blindly nor left in silence."""
    item = outcome.item
    names = ", ".join(f'"{name}"' for name in outcome.judged.comparison.unreadable)
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "wanted": {},
        "changes": [],
        "state": "parked",
        "reason": f"{names} cannot be read on {item.connection}: check that the fields exist under these names "
        "and that Gatepost's account may see them",
    }


def _change(change: Change) -> Row:
    return {
        "field": change.field,
        "kind": change.kind.value,
        "present": to_json(change.present),
        "wanted": to_json(change.wanted),
        "last_written": to_json(change.last_written),
    }


def _line_key(line: EffectLine) -> tuple[str, str, str, date]:
    return line.version.value, line.kind.value, line.money.currency, line.month.first_day


def _name(person: Person | None) -> str | None:
    return person.name if person else None


def _amount(money: Money | None) -> Decimal | None:
    return money.amount if money else None
