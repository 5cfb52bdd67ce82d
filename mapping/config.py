"""The mapping as frozen models.  Extra keys are refused; a file is read by :mod:`mapping.load`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Base of all mapping models: immutable, and a key that nobody knows is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Selector(Frozen):
    """Which of several values count: any of, all of, none of these (case-insensitive)."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


Selection = tuple[str, ...] | Selector


class Match(Frozen):
    """All of the named selections must hold.  A plain list means *any of*."""

    project: Selection | None = None
    type: Selection | None = None
    status: Selection | None = None
    labels: Selection | None = None
    components: Selection | None = None
    table: Selection | None = None


class PlaceRule(Frozen):
    """Names, or ``{Field name}`` to take a field's value."""

    portfolio: str | None = None
    program: str | None = None
    project: str | None = None
    package: str | None = None


class RoleRule(Frozen):
    """Visible names of person fields."""

    owner: str
    sponsor: str | None = None
    controller: str | None = None


class FactRule(Frozen):
    """Visible names of the fields that hold a measure's facts."""

    title: str | None = None
    business_unit: str | None = None
    legal_entity: str | None = None
    start: str | None = None
    end: str | None = None
    rough_value: str | None = None
    baseline: str | None = None
    objective: str | None = None
    kill_criteria: str | None = None
    progress: str | None = None


class Spread(StrEnum):
    """How one amount is laid over the months from start to end."""

    LINEAR = "linear"


class SeriesRule(Frozen):
    """Fields with the total amounts of one version.

    ``spread`` lays recurring kinds over the measure's months; one-off kinds fall into the first.
    """

    benefit: str | None = None
    recurring_cost: str | None = None
    one_off_cost: str | None = None
    capex: str | None = None
    spread: Spread = Spread.LINEAR


class EffectRule(Frozen):
    currency: str | None = None
    """Field that names the currency; without it amounts are in the reporting currency."""
    plan: SeriesRule | None = None
    forecast: SeriesRule | None = None
    actual: SeriesRule | None = None


class StageRule(Frozen):
    """Tool status (visible name) to stage key."""

    from_status: Mapping[str, str]


class Enforce(StrEnum):
    NATIVE = "native"
    REVERT = "revert"
    COMMENT = "comment"
    OFF = "off"


class WriteRule(Frozen):
    """Which owned field of the tool receives which part of the verdict (visible names)."""

    doi_stage: str | None = None
    implementation: str | None = None
    potential: str | None = None
    gate: str | None = None
    blockers: str | None = None
    plan: str | None = None
    forecast: str | None = None
    actual: str | None = None
    variance: str | None = None


class MeasureRule(Frozen):
    name: str
    connection: str
    match: Match
    place: PlaceRule
    roles: RoleRule
    facts: FactRule = FactRule()
    effects: EffectRule = EffectRule()
    stage: StageRule
    enforce: Enforce = Enforce.NATIVE
    write: WriteRule


class PolicyRule(Frozen):
    """Numbers of the default policy that an organisation may set for itself."""

    hurdle: Decimal = Decimal(0)
    """Least net plan, in the reporting currency."""
    payback_months: Annotated[int, Field(ge=1, le=240)] = 36
    realised_share: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.90")
    observation_months: Annotated[int, Field(ge=1, le=60)] = 3


class MappingConfig(Frozen):
    version: Literal[1]
    organization: str
    reporting_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    policy: PolicyRule = PolicyRule()
    measures: Annotated[tuple[MeasureRule, ...], Field(min_length=1)]
