"""The stages from the decision on, as the active mapping's policy has them."""

from __future__ import annotations

from mapping.config import MappingConfig
from mapping.policy import Policies


def committed_stages(config: MappingConfig | None) -> tuple[str, ...]:
    """Keys of the stages from which committed totals count a measure; none without a mapping."""
    if config is None:
        return ()
    policies = Policies(config)
    keys = [stage.key for stage in policies.base.stages]
    return tuple(keys[keys.index(policies.committed_from) :])
