"""Outcomes of the flow as rows of the tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from connector.people.permissions import ToolAccount
from connector.store.database.json_codec import Json, json_digest, to_json, values_to_json
from connector.store.database.people_in_json import Names, nameless_digest, people_names
from connector.store.database.row_level_access import account_key
from connector.store.measures.verdicts import verdict_to_json
from connector.store.reconcile import evidence_names
from connector.sync.stores import AssessedItem
from governance.claims import baseline_key
from governance.effects import BENEFITS, Account, EffectLine, Version
from governance.explain import explain
from governance.facts import Unknown, known
from governance.locked_plan import with_locked_plan
from governance.measure import Person
from governance.measure_state import MeasureState
from governance.money import Money
from governance.role_change import pending
from governance.signature import LineKey as SignedKey
from mapping.marks import is_mark
from mapping.work_item import Comment, ConnectionName, WorkItem
from mapping.writeback import Change, Comparison

Row: TypeAlias = "dict[str, object]"
LineKey: TypeAlias = "tuple[str, str, str, date, str, bool, str]"


class PreparedAssessment:
    """An outcome with its JSON forms, each made once: they go into several tables and two digests."""

    def __init__(self, outcome: AssessedItem) -> None:
        self.outcome = outcome
        verdict = outcome.assessment.verdict
        self.id = outcome.assessment.mapped.measure.id
        self.facts: dict[str, Json] = to_json(outcome.assessment.mapped.measure)  # type: ignore[assignment]
        self.verdict = verdict_to_json(verdict)
        # The locked plan has a table of its own; it is long, and changes with a re-baseline only.
        self.measure_state = to_json(replace(verdict.measure_state, plan=None))
        self.findings = self.verdict.pop("findings")
        plan = verdict.measure_state.plan
        added = to_json((*verdict.legacy_lines, *verdict.relapse_lines))
        self.effects_digest = json_digest([self.facts["effects"], plan.number if plan else None, added])
        self.explanation = "\n".join(explain(verdict))

    def verdict_digest(self) -> str:
        """Equal for two verdicts that decide the same for the same reasons.

        The numbers behind a status change every day; they are in the history, and only a new colour is a decision.
        Another version of the mapping that says the same of a measure is none either: its activation is in the
        audit, and the measure names the version of its last assessment.
        """
        verdict = self.outcome.assessment.verdict
        statuses: list[Json] = [verdict.implementation.colour.value, verdict.potential.colour.value]
        findings: list[Json] = [finding.key for finding in verdict.findings]
        decided = {name: part for name, part in self.verdict.items() if name not in VOLATILE_FIELDS}
        return json_digest([decided, statuses, findings])

    @cached_property
    def evidence(self) -> Json:
        """The evidence of the decision; the plan by its number, commands by their rulings."""
        evidence = self.outcome.assessment.evidence
        plan = evidence.measure_state.plan
        stored = to_json(replace(evidence, measure_state=replace(evidence.measure_state, plan=None)))
        item = self.outcome.item
        return {
            "item": {"key": item.key, "version": item.version, "status": item.status},
            "measure": self.facts,
            "evidence": stored,
            "plan": plan.number if plan else None,
        }

    @cached_property
    def people(self) -> Names:
        """Everybody whom this assessment knows, with their names."""
        return people_names(self.verdict, self.evidence)


VOLATILE_FIELDS = frozenset(
    {
        "implementation",
        "potential",
        "reassess_at",
        "checklist",
        "events",
        "newly_granted",
        "policy_version",
        "kill_criteria",
    }
)
"""Parts that change without a decision.  The checklist's unmet part is the blockers; events happen once."""


def work_item_row(item: WorkItem, now: datetime) -> Row:
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "url": item.url,
        "snapshot": to_json(replace(item, comments=tuple(map(_storable, item.comments)))),
        "version": item.version,
        "rests_on": evidence_names.rests_on(item),
        "read_at": now,
        "unreachable_since": None,
        "unreachable_reason": None,
    }


def _storable(comment: Comment) -> Comment:
    """What not everybody may read in the tool is not kept for others to read."""
    return replace(comment, text="") if comment.restricted else comment


def measure_row(prepared: PreparedAssessment, mapping_version: int, now: datetime) -> Row:
    outcome = prepared.outcome
    item, mapped, verdict = outcome.item, outcome.assessment.mapped, outcome.assessment.verdict
    facts = mapped.measure
    figures = verdict.figures
    return {
        "id": facts.id,
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "title": known(facts.title),
        "rule": mapped.rule.name,
        "portfolio": known(facts.hierarchy.portfolio),
        "program": known(facts.hierarchy.program),
        "project": known(facts.hierarchy.project),
        "package": known(facts.hierarchy.package),
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
        "measure_state": prepared.measure_state,
        "reassess_at": outcome.reassess_at,
        "baseline_id": baseline_key(name) if (name := known(facts.baseline_id)) else None,
        "item_created_at": item.created,
        "unvalidated_since": _unvalidated_since(outcome),
        "explanation": prepared.explanation,
        "findings": prepared.findings,
        "role_change_parties": _role_change_parties(item.connection, verdict.measure_state),
        "verdict_digest": prepared.verdict_digest(),
        "effects_digest": prepared.effects_digest,
        "mapping_version": mapping_version,
        "policy_version": verdict.policy_version,
        "assessed_at": now,
    }


def _unvalidated_since(outcome: AssessedItem) -> date | None:
    signed = {line.key for line in outcome.assessment.verdict.signed}
    months = (
        line.month
        for line in outcome.assessment.mapped.measure.effects
        if line.version is Version.ACTUAL
        and line.kind in BENEFITS
        and line.account is Account.EBITDA
        and line.hard
        and line.money.amount
        and SignedKey(line.month, line.kind, line.pl_line) not in signed
    )
    oldest = min(months, default=None)
    return None if oldest is None else oldest.first_day


def _role_change_parties(connection: ConnectionName, state: MeasureState) -> list[str]:
    """The accounts whom a change of a role concerns that nobody has accepted yet."""
    people = (person for _, held in pending(state.role_holders) for person in (held.accepted, held.present))
    return sorted({account_key(ToolAccount(connection, person.id)) for person in people if person is not None})


def decision_row(prepared: PreparedAssessment, mapping_version: int, now: datetime) -> Row:
    verdict = prepared.outcome.assessment.verdict
    evidence, names = prepared.evidence, prepared.people
    return {
        "measure_id": prepared.id,
        "decided_at": now,
        "stage": verdict.stage,
        "gate": verdict.gate.value,
        "verdict": prepared.verdict,
        "evidence": evidence,
        "mapping_version": mapping_version,
        "policy_version": verdict.policy_version,
        "digest": nameless_digest([prepared.verdict, evidence], names),
        "names": names,
    }


def effect_line_rows(outcome: AssessedItem) -> list[Row]:
    """One row per version, kind, month and currency; several lines of one month are added up."""
    sums: dict[LineKey, Decimal] = defaultdict(Decimal)
    facts, verdict = outcome.assessment.mapped.measure, outcome.assessment.verdict
    # The lines that count: once the plan is locked, it stands here in place of the tool's.
    counted = with_locked_plan(facts.effects, verdict.measure_state.plan)
    for line in (*counted, *verdict.legacy_lines, *verdict.relapse_lines):
        sums[_line_key(line)] += line.money.amount
    is_locked = verdict.measure_state.plan is not None
    booked = {(kind, month) for version, kind, _, month, *_ in sums if version == Version.ACTUAL}
    return [
        {
            "measure_id": facts.id,
            "version": version,
            "kind": kind,
            "currency": currency,
            "month": month,
            "account": account,
            "hard": hard,
            "pl_line": pl_line,
            "amount": amount,
            "is_unbooked": is_locked and version == Version.PLAN and amount != 0 and (kind, month) not in booked,
        }
        for (version, kind, currency, month, account, hard, pl_line), amount in sums.items()
    ]


def status_day_row(prepared: PreparedAssessment, now: datetime) -> Row:
    """Both statuses of a day; the last assessment of a day stays."""
    verdict = prepared.outcome.assessment.verdict
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


def outbox_row(item: WorkItem, comparison: Comparison) -> Row:
    changes = comparison.changes
    target_values = values_to_json({change.field: change.target for change in changes})
    # A comment and a mark are calls of their own; fields alone may be written together with other items' fields.
    plain = comparison.reply_comment is None and not any(is_mark(change.field) for change in changes)
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "target_values": target_values,
        "changes": [change_row(change) for change in changes],
        "reply_comment": to_json(comparison.reply_comment),
        "bulk_key": json_digest(target_values) if plain else None,
        "version": item.version,
    }


def unwritable_fields_row(outcome: AssessedItem) -> Row:
    """A dead letter for owned fields that the tool does not show: neither written blindly nor ignored."""
    item = outcome.item
    names = ", ".join(f'"{name}"' for name in outcome.assessment.comparison.unreadable)
    return {
        "connection": item.connection,
        "native_id": item.native_id,
        "key": item.key,
        "target_values": {},
        "changes": [],
        "reply_comment": None,
        "bulk_key": None,
        "version": None,
        "state": "dead_letter",
        "reason": f"{names} cannot be read on {item.connection}: check that the fields exist under these names "
        "and that Gatepost's account may see them",
    }


def change_row(change: Change) -> Row:
    return {
        "field": change.field,
        "kind": change.kind.value,
        "present": to_json(change.present),
        "target": to_json(change.target),
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
        line.pl_line,
    )


def _name(person: Person | None) -> str | None:
    return person.name if person else None


def _amount(money: Money | None) -> Decimal | None:
    return money.amount if money else None
