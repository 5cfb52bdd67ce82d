"""What follows from a savings relapse: which measure is watched, the finding, and what closing asks for again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from governance.effects import EffectKind, EffectLine, Version, of_version
from governance.evidence import Command, Evidence, Verb
from governance.finding_draft import FindingDraft
from governance.gates import ConditionKind, Policy
from governance.measure import Measure, Role
from governance.rates import Rates
from governance.relapse import CODE, Relapse, RelapseWatch
from governance.responsible import responsible
from governance.time_text import day_text
from governance.verdict import ConditionResult, Outcome

SUBJECT = "savings"
CONFIRMING = frozenset({Verb.CONFIRM, Verb.CONFIRM_LOWER})


def posted_legacy(lines: Sequence[EffectLine]) -> tuple[EffectLine, ...]:
    """Legacy cost that stands in the ledger."""
    legacy = EffectKind.LEGACY_COST
    return tuple(of_version([one for one in lines if one.kind is legacy], Version.ACTUAL))


def watch_of(
    policy: Policy, evidence: Evidence, commands: Sequence[Command], closed_at: datetime, today: date, rates: Rates
) -> RelapseWatch | None:
    """``None`` where the policy watches nothing."""
    months = policy.thresholds.relapse_months
    if not months or not policy.is_on(CODE):
        return None
    return RelapseWatch(
        closed_at.date(),
        today,
        months,
        policy.thresholds.realised_share,
        policy.thresholds.observation_months,
        evidence.closed_through,
        _has_lower_value(commands),
        rates,
    )


def watches_legacy(policy: Policy) -> bool:
    """Whether closing asks for the end of the legacy at all."""
    gate = policy.gate(policy.closing_stage)
    return gate is not None and ConditionKind.LEGACY_ENDED in gate.conditions and policy.is_on("LEGACY_COST_RUNNING")


def _has_lower_value(commands: Sequence[Command]) -> bool:
    """Whether the last word of the controller on the effect was a lower value."""
    said = [one for one in commands if one.verb in CONFIRMING and one.accepted and not one.withdrawn]
    return bool(said) and said[-1].verb is Verb.CONFIRM_LOWER


def relapse_condition(
    relapse: Relapse, measure: Measure, policy: Policy, commands: Sequence[Command], reopened_at: datetime | None
) -> ConditionResult:
    """Into the closing stage once more: somebody has confirmed what is left, knowing of the relapse."""
    expected = "the saving stays, or what is left of it is confirmed"
    said = [one for one in commands if one.verb in CONFIRMING and one.accepted and not one.withdrawn]
    known_of = said[-1] if said and (reopened_at is None or said[-1].at > reopened_at) else None
    stage = policy.closing_stage
    if known_of is not None:
        told = f"confirmed by {known_of.person.name} on {day_text(known_of.at)}"
        return ConditionResult(stage, CODE, SUBJECT, Outcome.MET, expected, told, "")
    who = (responsible(measure, Role.CONTROLLER), responsible(measure, Role.SPONSOR))
    lost = f"{relapse.lost} lost"
    return ConditionResult(stage, CODE, SUBJECT, Outcome.UNMET, expected, lost, relapse.sentence, who)


def relapse_drafts(relapse: Relapse | None, measure: Measure) -> Iterator[FindingDraft]:
    """Sponsor and controller are told of a relapse; what cannot be said is the controller's to find out."""
    if relapse is None:
        return
    if relapse.is_relapse:
        who = (responsible(measure, Role.SPONSOR), responsible(measure, Role.CONTROLLER))
        yield FindingDraft(SUBJECT, relapse.sentence, who)
    if relapse.unknown_sentence:
        sentence = f"closed on {day_text(relapse.closed_on)}: {relapse.unknown_sentence}"
        yield FindingDraft("unknown", sentence, (responsible(measure, Role.CONTROLLER),))
