"""The policies that a mapping asks for: presets, own numbers, per program and measure type."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from governance.gates import EscalationStep, GrantedStageRule, RoleChangeRule, Thresholds
from governance.measure import Role
from governance.presets import PRESETS
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from tests.governance.factory import measure

HEAD = """
version: 1
organization: ACME
reporting_currency: EUR
policy: {policy}
measures:
  - name: epics
    connection: jira-main
    match: {{type: [Epic]}}
    hierarchy: {{program: "{{Program}}"}}
    roles: {{owner: Assignee}}
    stage: {{from_status: {{Backlog: {stage}}}}}
    write: {{gate: Gate}}
"""


def policies(policy: str, stage: str = "identified") -> Policies:
    loaded = load_mapping(HEAD.format(policy=policy, stage=stage))
    assert isinstance(loaded, LoadedMapping), loaded
    return Policies(loaded.config)


def test_without_a_policy_the_default_holds() -> None:
    assert policies("{}").base == replace(PRESETS["five"], currency="EUR")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_named(name: str) -> None:
    assert policies(f"{{preset: {name}}}", PRESETS[name].stages[0].key).base == replace(PRESETS[name], currency="EUR")


def test_own_numbers_replace_the_presets() -> None:
    base = policies("{hurdle: 100000, kill_red_months: 6, low_priorities: [p4]}").base
    expected = replace(Thresholds(), hurdle=Decimal(100_000), kill_red_months=6, low_priorities=("p4",))
    assert base.thresholds == expected
    assert base.version != PRESETS["five"].version


def test_changes_of_roles_have_a_rule_of_their_own() -> None:
    base = policies("{role_change: cooling 48, after_role_change: take_back, owner_may_sponsor: true}").base
    assert (base.role_change, base.cooling) == (RoleChangeRule.COOLING, timedelta(hours=48))
    assert base.after_role_change is GrantedStageRule.TAKE_BACK
    assert base.owner_may_sponsor
    assert base.version != PRESETS["five"].version


@pytest.mark.parametrize("text", ["{role_change: cooling}", "{role_change: cooling 0}", "{role_change: never}"])
def test_a_rule_for_changes_of_roles_that_means_nothing_is_a_problem(text: str) -> None:
    assert not isinstance(load_mapping(HEAD.format(policy=text, stage="identified")), LoadedMapping)


def test_the_escalation_is_in_minutes() -> None:
    assert policies("{escalation: {sponsor: 30}}").base.escalation == (
        EscalationStep(Role.OWNER, timedelta(0)),
        EscalationStep(Role.SPONSOR, timedelta(minutes=30)),
        EscalationStep(Role.STEERING_COMMITTEE, timedelta(days=1)),
    )


def test_a_program_and_a_measure_type_have_numbers_of_their_own() -> None:
    some = policies(
        "{hurdle: 10, overrides: [{program: cloud exit, hurdle: 20}, {measures: epics, tolerance: 0.2}, "
        "{program: Cloud exit, measures: epics, hurdle: 30}]}"
    )

    def numbers(rule: str, program: str) -> tuple[Decimal, Decimal]:
        hierarchy = replace(measure().hierarchy, program=program)
        thresholds = some.of(measure(rule_name=rule, hierarchy=hierarchy)).thresholds
        return thresholds.hurdle, thresholds.tolerance

    assert numbers("projects", "Other") == (10, Decimal("0.10"))
    assert numbers("projects", "Cloud Exit") == (20, Decimal("0.10"))
    assert numbers("epics", "Other") == (10, Decimal("0.2"))
    assert numbers("epics", "Cloud exit") == (30, Decimal("0.2"))


def test_a_rule_that_is_switched_off_is_named_by_its_code() -> None:
    assert policies("{off: [kill_switch]}").base.off == {"KILL_SWITCH"}
