"""Outcomes of the flow as rows of the tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from connector.store.database.json_codec import Json, digest, to_json, values_to_json
from connector.store.measures.verdicts import verdict_to_json
from connector.sync.stores import Assessed
from governance.effects import EffectLine
from governance.explain import explain
from governance.facts import Unknown, known
from governance.locked_plan import under_lock
from governance.measure import Person
from governance.money import Money
from mapping.marks import is_mark
from mapping.work_item import WorkItem
from mapping.writeback import Change, Comparison

Row: TypeAlias = "dict[str, object]"
LineKey: TypeAlias = "tuple[str, str, str, date, str, bool]"


class Prepared:
    """An outcome with its JSON forms, each made once: they go into several tables and two digests."""

    def __init__(self, outcome: Assessed) -> None:
        self.outcome = outcome
        verdict = outcome.judged.verdict
        self.id = outcome.judged.mapped.measure.id
        self.facts: dict[str, Json] = to_json(outcome.judged.mapped.measure)  # type: ignore[assignment]
        self.verdict = verdict_to_json(verdict)
        # The locked plan has a table of its own; it is long, and changes with a re-baseline only.
        self.standing = to_json(replace(verdict.standing, plan=None))
        self.findings = self.verdict.pop("findings")
        plan = verdict.standing.plan
        self.effects_digest = digest([self.facts["effects"], plan.number if plan else None])
        self.explanation = "\n".join(explain(verdict))

    def verdict_digest(self) -> str:
        """Equal for two verdicts that decide the same for the same reasons.

        The numbers behind a light move every day; they are in the history, and only a new colour is a decision.
        Another version of the mapping that says the same of a measure is none either: its activation is in the
        audit, and the measure names the version under which it was judged last.
        """
        verdict = self.outcome.judged.verdict
        lights: list[Json] = [verdict.implementation.colour.value, verdict.potential.colour.value]
        findings: list[Json] = [finding.key for finding in verdict.findings]
        decided = {name: part for name, part in self.verdict.items() if name not in MOVING}
        return digest([decided, lights, findings])

    def evidence(self) -> Json:
        """What the decision rests on; the plan by its number, statements by their rulings."""
        evidence = self.outcome.judged.evidence
        plan = evidence.standing.plan
        stored = to_json(replace(evidence, standing=replace(evidence.standing, plan=None)))
        item = self.outcome.item
        return {
            "item": {"key": item.key, "version": item.version, "status": item.status},
            "measure": self.facts,
            "evidence": stored,
            "plan": plan.number if plan else None,
        }


MOVING = frozenset(
    {"implementation", "potential", "look_again", "checklist", "events", "newly_granted", "policy_version"}
)
"""Parts that change without a decision.  The checklist's unmet part is the blockers; events happen once."""


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
        "unreachable_reason": None,
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
        "standing": prepared.standing,
        "look_again_at": outcome.look_again,
        "baseline_id": known(facts.baseline_id),
        "born_at": item.created,
        "explanation": prepared.explanation,
        "findings": prepared.findings,
        "verdict_digest": prepared.verdict_digest(),
        "effects_digest": prepared.effects_digest,
        "mapping_version": mapping_version,
        "policy_version": verdict.policy_version,
        "assessed_at": now,
    }


def decision(prepared: Prepared, mapping_version: int, now: datetime) -> Row:
    verdict = prepared.outcome.judged.verdict
    evidence = prepared.evidence()
    return {
        "measure_id": prepared.id,
        "decided_at": now,
        "stage": verdict.stage,
        "gate": verdict.gate.value,
        "verdict": prepared.verdict,
        "evidence": evidence,
        "mapping_version": mapping_version,
        "policy_version": verdict.policy_version,
        "digest": digest([prepared.verdict, evidence]),
    }


def effect_lines(outcome: Assessed) -> list[Row]:
    """One row per version, kind, month and currency; several lines of one month are added up."""
    sums: dict[LineKey, Decimal] = defaultdict(Decimal)
    facts = outcome.judged.mapped.measure
    # The lines that count: once the plan is locked, it stands here in place of the tool's.
    for line in under_lock(facts.effects, outcome.judged.verdict.standing.plan):
        sums[_line_key(line)] += line.money.amount
    return [
        {
            "measure_id": facts.id,
            "version": version,
            "kind": kind,
            "currency": currency,
            "month": month,
            "account": account,
            "hard": hard,
            "amount": amount,
        }
        for (version, kind, currency, month, account, hard), amount in sums.items()
    ]


def status_day(prepared: Prepared, now: datetime) -> Row:
    """Both lights of a day; the last look of a day is the one that stays."""
    verdict = prepared.outcome.judged.verdict
    figures = verdict.figures
    net = figures.plan or figures.forecast or figures.actual
    return {
        "measure_id": prepared.id,
        "day": now.date(),
        "stage": verdict.stage,
        "gate": verdict.gate.value,
        "implementation": verdict.implementation.colour.value,
        "potential": verdict.potential.colour.value,
        "reasons": {"implementation": verdict.implementation.reason, "potential": verdict.potential.reason},
        "plan_net": _amount(figures.plan),
        "forecast_net": _amount(figures.forecast),
        "actual_net": _amount(figures.actual),
        "currency": net.currency if net else None,
    }


def outbox(item: WorkItem, comparison: Comparison) -> Row:
    changes = comparison.changes
    wanted = values_to_json({change.field: change.wanted for change in changes})
    # A comment and a mark are calls of their own; fields alone may be written together with other items' fields.
    plain = comparison.answer is None and not any(is_mark(change.field) for change in changes)
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "wanted": wanted,
        "changes": [changed(change) for change in changes],
        "answer": to_json(comparison.answer),
        "alike": digest(wanted) if plain else None,
        "version": item.version,
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
        "answer": None,
        "alike": None,
        "version": None,
        "state": "parked",
        "reason": f"{names} cannot be read on {item.connection}: check that the fields exist under these names "
        "and that Gatepost's account may see them",
    }


def changed(change: Change) -> Row:
    return {
        "field": change.field,
        "kind": change.kind.value,
        "present": to_json(change.present),
        "wanted": to_json(change.wanted),
        "last_written": to_json(change.last_written),
    }


def _line_key(line: EffectLine) -> LineKey:
    return (
        line.version.value,
        line.kind.value,
        line.money.currency,
        line.month.first_day,
        line.account.value,
        line.hard,
    )


def _name(person: Person | None) -> str | None:
    return person.name if person else None


def _amount(money: Money | None) -> Decimal | None:
    return money.amount if money else None
