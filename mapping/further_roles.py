"""Roles that a mapping adds to owner, sponsor and controller, and what the policy asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from governance.fingerprint import FactGroup
from governance.gates import ApprovalRule, Gate, Policy
from governance.measure import Role
from governance.presets import DECIDED_FACTS
from mapping.config import MappingConfig, PolicyRule


def further_roles(config: MappingConfig) -> tuple[Role, ...]:
    """Every role that a rule of the mapping adds, in the order of the file."""
    return tuple(dict.fromkeys(Role(key) for rule in config.measures for key in rule.roles.further))


def with_approvals(preset: Policy, approvals: Mapping[str, Sequence[str]]) -> tuple[Gate, ...]:
    """The gates of the preset, with the approvals by further roles.

    They rest on what the decision rests on; those of the closing stage on the actuals.
    """
    if not approvals:
        return preset.gates
    closing = (FactGroup.ACTUALS, FactGroup.PLACE)
    return tuple(
        replace(
            gate,
            approvals=(
                *gate.approvals,
                *(
                    ApprovalRule(Role(key), depends_on=closing if gate.into == preset.closing_stage else DECIDED_FACTS)
                    for key in approvals.get(gate.into, ())
                ),
            ),
        )
        for gate in preset.gates
    )


def kept_apart(rule: PolicyRule) -> tuple[tuple[Role, Role], ...]:
    """The pairs that the policy names, and the owner from every further role that approves.

    Nobody decides on their own measure, unless the policy lets owners do so.
    """
    pairs = [(Role(one), Role(other)) for one, other in rule.kept_apart]
    if not rule.owner_may_sponsor:
        pairs += [(Role.OWNER, Role(key)) for keys in rule.approvals.values() for key in keys]
    return tuple(dict.fromkeys(pairs))
