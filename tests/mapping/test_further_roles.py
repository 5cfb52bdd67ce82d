"""Roles that a mapping adds: what is read, what the policy asks of them, and what is refused."""

from __future__ import annotations

import pytest

from governance.evidence import Verb
from governance.facts import Unknown
from governance.fingerprint import FactGroup
from governance.measure import Person, Role
from mapping.expressions import ExpressionScope
from mapping.governing import weak_points
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from mapping.policy import Policies
from tests.mapping.items import NOW, item

TEXT = """\
version: 1
organization: ACME
reporting_currency: EUR
policy:
  approvals: {decided: [risk_owner], closed: [risk_owner]}
  kept_apart: [[sponsor, risk_owner]]
measures:
  - name: epics
    connection: jira-main
    match: {type: [Epic]}
    hierarchy: {program: "{Program}"}
    roles: {owner: Assignee, further: {risk_owner: {label: Risk officer, from: Risk Owner}}}
    stage: {from_status: {Backlog: identified}}
    write: {gate: Gate}
"""
RISK = Role("risk_owner")
LIND = Person("l", "S. Lind")


def loaded(text: str = TEXT) -> LoadedMapping:
    found = load_mapping(text)
    assert isinstance(found, LoadedMapping), [str(one) for one in found]
    return found


def test_the_holder_and_the_label_are_read() -> None:
    for holder in (LIND, None):
        mapped = map_item(ExpressionScope(item(fields={"Risk Owner": holder}), NOW), loaded().config)
        assert isinstance(mapped, MappedMeasure)
        assert mapped.measure.roles.of(RISK) == holder
        assert mapped.measure.roles.label(RISK) == "Risk officer"
        assert mapped.measure.roles.held[-1] == RISK


def test_a_field_that_is_not_shown_is_unknown() -> None:
    mapped = map_item(ExpressionScope(item(fields={}), NOW), loaded().config)
    assert isinstance(mapped, MappedMeasure)
    assert isinstance(mapped.measure.roles.of(RISK), Unknown)


def test_gates_ask_for_it_and_the_policy_keeps_it_apart() -> None:
    policy = Policies(loaded().config).base
    asked = {gate.into: gate.approvals[-1] for gate in policy.gates if any(one.role == RISK for one in gate.approvals)}
    assert list(asked) == ["decided", "closed"]
    assert FactGroup.PLAN in asked["decided"].depends_on
    assert FactGroup.ACTUALS in asked["closed"].depends_on
    assert policy.kept_apart == ((Role.SPONSOR, RISK), (Role.OWNER, RISK))
    assert policy.command_roles[Verb.DELEGATE][-1] == RISK
    assert policy.version != Policies(loaded(TEXT.replace("[[sponsor, risk_owner]]", "[]")).config).base.version


def test_owners_who_may_sponsor_may_hold_it() -> None:
    text = TEXT.replace("  kept_apart", "  owner_may_sponsor: true\n  kept_apart")
    assert Policies(loaded(text).config).base.kept_apart == ((Role.SPONSOR, RISK),)


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("risk_owner: {label", "owner: {label", '"owner" is a role of every measure.'),
        ("{decided: [risk_owner]", "{decided: [risk_onwer]", 'no rule has a role "risk_onwer".'),
        ("{decided: [risk_owner]", "{desided: [risk_owner]", '"desided" is not a stage of this preset.'),
        ("[[sponsor, risk_owner]]", "[[sponsor, auditor]]", 'no rule has a role "auditor".'),
        ("[[sponsor, risk_owner]]", "[[sponsor, sponsor]]", "a role is not kept apart from itself."),
    ],
)
def test_what_is_refused(was: str, becomes: str, message: str) -> None:
    found = load_mapping(TEXT.replace(was, becomes))
    assert not isinstance(found, LoadedMapping)
    assert message in [one.message for one in found]


def test_a_rule_that_lacks_the_role_is_a_weak_point() -> None:
    other = TEXT[TEXT.index("  - name") :].replace("epics", "bugs").replace("{owner: Assignee", "{owner: Lead")
    other = other.replace(", further: {risk_owner: {label: Risk officer, from: Risk Owner}}", "")
    found = [one.message for one in weak_points(loaded(TEXT + other), "mapping.yaml")]
    assert "no field names the risk owner: no measure gets into Decided." in found
