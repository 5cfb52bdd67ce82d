"""The policy that a mapping asks for: the default one with the organisation's own numbers."""

from __future__ import annotations

from governance.gates import Policy, Thresholds, default_policy
from mapping.config import MappingConfig


def policy_of(config: MappingConfig) -> Policy:
    numbers = config.policy
    return default_policy(
        Thresholds(
            hurdle=numbers.hurdle,
            payback_months=numbers.payback_months,
            realised_share=numbers.realised_share,
            observation_months=numbers.observation_months,
        )
    )
