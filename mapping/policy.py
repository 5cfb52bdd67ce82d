"""The policies that a mapping asks for: a preset with the organisation's own numbers, per program and measure type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

from governance.definitions.years import YearName
from governance.evidence import Verb
from governance.facts import known
from governance.gates import (
    ConditionKind,
    EscalationStep,
    Gate,
    GrantedStageRule,
    MeasureClass,
    Policy,
    RoleChangeRule,
    Thresholds,
)
from governance.locked_plan import LockedPlan
from governance.measure import Measure, Role
from governance.presets import PRESETS
from governance.weekly_hours import WeeklyHours, named
from mapping.config import EscalationRule, MappingConfig, ThresholdRule
from mapping.further_roles import further_roles, kept_apart, with_approvals

THRESHOLD_NAMES = tuple(name for name in ThresholdRule.model_fields if name != "confirm_in")


class Policies:
    """One policy per program and measure type that sets its own numbers; all others share one."""

    def __init__(self, config: MappingConfig) -> None:
        rule = config.policy
        role_change, _, hours = rule.role_change.partition(" ")
        preset = PRESETS[rule.preset]
        further = further_roles(config)
        self._base = replace(
            preset,
            gates=with_kpis(with_approvals(preset, rule.approvals), config),
            further_roles=further,
            kept_apart=kept_apart(rule),
            command_roles=_command_roles(preset, further),
            thresholds=_with(Thresholds(), rule),
            off=frozenset(code.upper() for code in rule.off),
            escalation=_escalation(rule.escalation),
            owner_may_sponsor=rule.owner_may_sponsor,
            role_change=RoleChangeRule(role_change),
            cooling=timedelta(hours=int(hours or 0)),
            after_role_change=GrantedStageRule(rule.after_role_change),
            currency=config.reporting_currency,
            rate_age_days=rule.rate_age_days,
            classes=tuple(MeasureClass(**one.model_dump()) for one in rule.classes),
            fiscal_year_start=config.fiscal_year_start,
            fiscal_year_named_by=YearName(config.fiscal_year_named_by),
            gate_names={state.value: name.strip() for state, name in rule.gate_names.items()},
        )
        self._overrides = rule.overrides
        self._kinds = frozenset(one.name for one in config.measures)
        self.committed_from = rule.committed_from or self._base.lock_at or self._base.stages[-1].key
        """Key of the stage from which committed totals count a measure."""
        self._for = cache(self._make)

    @property
    def base(self) -> Policy:
        return self._base

    @property
    def overload_weeks(self) -> int:
        """Whole weeks of hours that have to be read; 0 where nobody asks for overload."""
        stated = (one.overload_weeks or 0 for one in self._overrides)
        return max([self._base.thresholds.overload_weeks, *stated]) if self._base.is_on("OVERLOAD") else 0

    def of(self, measure: Measure, plan: LockedPlan | None = None) -> Policy:
        """The policy of a measure; a later override wins over an earlier one.

        It is that of the program and measure type for which ``plan`` was locked.  Else red turns green when a measure
        is moved to a program that tolerates more.
        """
        if not self._overrides:
            return self._base
        decided = plan.terms.facts if plan is not None and plan.terms is not None else {}
        program, kind = decided.get("program") or known(measure.hierarchy.program) or "", decided.get("rule_name", "")
        # A rule that the mapping does not have any more was called otherwise by its administrator.
        return self._for(program.casefold(), kind if kind in self._kinds else measure.rule_name)

    def _make(self, program: str, kind: str) -> Policy:
        thresholds = self._base.thresholds
        for override in self._overrides:
            if (override.program is None or override.program.casefold() == program) and override.measures in {
                None,
                kind,
            }:
                thresholds = _with(thresholds, override)
        return self._base.with_thresholds(thresholds)


def with_kpis(gates: tuple[Gate, ...], config: MappingConfig) -> tuple[Gate, ...]:
    """The gates, with the condition of KPIs where a rule asks for some."""
    asked = {stage for rule in config.measures for one in rule.kpis.values() for stage in one.gates}
    return tuple(
        replace(gate, conditions=(*gate.conditions, ConditionKind.KPIS)) if gate.into in asked else gate
        for gate in gates
    )


def weekly_hours(config: MappingConfig | None) -> WeeklyHours:
    """Hours of people in a week, as the policy says; also before a mapping is active."""
    if config is None:
        return WeeklyHours(Thresholds().weekly_hours)
    rule = config.policy
    others = (rule.weekly_hours or Thresholds().weekly_hours) if rule.weekly_hours_of_others == "stated" else None
    return WeeklyHours(others, named(rule.weekly_hours_by_person.items()), named(rule.weekly_hours_by_team.items()))


def _with(thresholds: Thresholds, rule: ThresholdRule) -> Thresholds:
    stated = {name: value for name in THRESHOLD_NAMES if (value := getattr(rule, name)) is not None}
    if rule.confirm_in is not None:
        place, _, amount = rule.confirm_in.partition(" ")
        stated["confirm_on_page_from"] = None if place == "tool" else Decimal(amount or 0)
    return replace(thresholds, **stated)


def _escalation(rule: EscalationRule) -> tuple[EscalationStep, ...]:
    steps = (
        (Role.OWNER, rule.owner),
        (Role.SPONSOR, rule.sponsor),
        (Role.STEERING_COMMITTEE, rule.steering_committee),
    )
    return tuple(EscalationStep(role, timedelta(minutes=minutes)) for role, minutes in steps)


def _command_roles(preset: Policy, further: tuple[Role, ...]) -> Mapping[Verb, tuple[Role, ...]]:
    """Who holds a further role may delegate it; no other command goes by it."""
    if not further:
        return preset.command_roles
    delegating = (*preset.command_roles.get(Verb.DELEGATE, ()), *further)
    return {**preset.command_roles, Verb.DELEGATE: delegating}
