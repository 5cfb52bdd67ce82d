"""The services that a mapping defines, as the domain has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.gates import Thresholds
from governance.outcomes import KeyResult, Objective
from governance.service import Allocation, ServiceDefinition, ServiceKpi
from mapping.config import MappingConfig
from mapping.work_item import FieldName, NativeId


@dataclass(frozen=True, slots=True)
class StatedService:
    """A service with its place, and what it is called in files and fields."""

    definition: ServiceDefinition
    names: tuple[str, ...]
    """In lower case, its key among them."""
    portfolio: str | None = None
    program: str | None = None
    legal_entity: str | None = None
    objective: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A record of a tool that shows what is reported of a service."""

    service: str
    """Key of the service that the record is; the mapping's own one of the same name counts before it."""
    item: NativeId
    name: str
    field: FieldName
    shown: str | None
    """What the field held when it was read; ``None`` when it could not be read."""


def stated_services(config: MappingConfig) -> Iterator[StatedService]:
    """Each service of the mapping's own list."""
    tolerance = config.policy.cost_spike or Thresholds().cost_spike
    for key, rule in config.services.items():
        definition = ServiceDefinition(
            key,
            rule.name,
            rule.owner or "",
            rule.business_unit or "",
            rule.unit,
            rule.fixed,
            rule.value_per_unit,
            rule.capacity,
            rule.tolerance or tolerance,
            rule.hurdle or "",
            tuple(Allocation(one.source, one.share, one.kpi or "") for one in rule.allocations),
            tuple(ServiceKpi(one.name, one.better, one.lowers_cost) for one in rule.kpis),
        )
        names = tuple(sorted({name.strip().lower() for name in (key, rule.name, *rule.aliases)}))
        yield StatedService(definition, names, rule.portfolio, rule.program, rule.legal_entity, rule.serves or "")


def stated_objectives(config: MappingConfig) -> Iterator[Objective]:
    """Each objective of the mapping's own list."""
    for key, rule in config.objectives.items():
        yield Objective(
            key,
            rule.name,
            tuple(sorted({name.strip().lower() for name in (key, rule.name, *rule.aliases)})),
            rule.parent or "",
            rule.owner or "",
            rule.period or "",
            rule.weight,
            tuple(
                KeyResult(f"{key}/{name}", one.name, one.start, one.target, one.current, one.weight, one.unit)
                for name, one in rule.key_results.items()
            ),
        )
