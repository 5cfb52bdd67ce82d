"""The version of the mapping that is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mapping.config import MappingConfig
from mapping.existing_breaches import MovingStart
from mapping.policy import Policies


@dataclass(frozen=True, slots=True)
class ActiveMapping:
    number: int
    config: MappingConfig
    policies: Policies
    moving_starts: Mapping[str, MovingStart] = field(default_factory=dict)
    """By rule, where moving back was switched on without moving what was ahead already."""
