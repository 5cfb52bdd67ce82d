"""Objectives and key results as a mapping states them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from mapping.service_config import Key, Name
from mapping.sources import MappingModel

Weight = Annotated[Decimal, Field(ge=0, le=1000)]


class KeyResultRule(MappingModel):
    """What an objective is measured by."""

    name: Name
    start: Decimal = Decimal(0)
    """The value from which it counts."""
    target: Decimal
    current: Decimal | None = None
    """The value now; the newest KPI value of the key result counts before it."""
    weight: Weight = Decimal(1)
    unit: Annotated[str, Field(max_length=40)] = ""


class ObjectiveRule(MappingModel):
    """What the organisation wants to reach; measures and services name it."""

    name: Name
    aliases: tuple[Name, ...] = ()
    """What it is called in fields of the tools beside its name and key; letter case does not count."""
    parent: Key | None = None
    owner: Name | None = None
    period: Annotated[str, Field(pattern=r"^\d{4}(-Q[1-4])?$")] | None = None
    weight: Weight = Decimal(1)
    """Among the objectives of its parent."""
    key_results: Mapping[Key, KeyResultRule] = {}
