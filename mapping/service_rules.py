"""What services in a mapping may not say: names that stand twice, and parts of services that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from mapping.problems import did_you_mean

ServiceProblem: TypeAlias = "tuple[tuple[str | int, ...], str, str]"


def check_services(data: Mapping[str, object]) -> Iterator[ServiceProblem]:
    """(path, message, hint) of each problem of a mapping's plain values."""
    stated = data.get("services")
    services = (
        {str(key): one for key, one in stated.items() if isinstance(one, Mapping)}
        if isinstance(stated, Mapping)
        else {}
    )
    seen: dict[str, str] = {}
    for key, service in services.items():
        aliases = service.get("aliases")
        for name in (key, str(service.get("name", "")), *map(str, aliases if isinstance(aliases, list) else ())):
            other = seen.setdefault(name.strip().casefold(), key)
            if other != key:
                yield ("services", key), f'"{name}" already names the service {other}.', "Its cost would count twice."
        yield from _check_allocations(key, service, services)
        objectives = data.get("objectives")
        serves, keys = service.get("serves"), list(map(str, objectives)) if isinstance(objectives, Mapping) else []
        if serves is not None and str(serves) not in keys:
            hint = did_you_mean(str(serves), keys) or "Name a key of objectives."
            yield ("services", key, "serves"), f'"{serves}" is no objective.', hint
    yield from _check_objectives(data.get("objectives"))


def _check_objectives(stated: object) -> Iterator[ServiceProblem]:
    """A tree: every parent is there, and nothing stands below itself."""
    objectives = stated if isinstance(stated, Mapping) else {}
    parents = {str(key): one.get("parent") for key, one in objectives.items() if isinstance(one, Mapping)}
    seen: dict[str, str] = {}
    for key, one in objectives.items():
        if not isinstance(one, Mapping):
            continue
        aliases = one.get("aliases")
        for name in (key, str(one.get("name", "")), *map(str, aliases if isinstance(aliases, list) else ())):
            other = seen.setdefault(str(name).strip().casefold(), str(key))
            if other != key:
                yield ("objectives", key), f'"{name}" already names the objective {other}.', "Use another name."
        parent = one.get("parent")
        if parent is None:
            continue
        path = ("objectives", str(key), "parent")
        if str(parent) not in parents:
            hint = did_you_mean(str(parent), list(parents)) or "Name a key of objectives."
            yield path, f'"{parent}" is no objective.', hint
        above, passed = str(parent), {str(key)}
        while above in parents and above not in passed:
            passed.add(above)
            above = str(parents[above])
        if above == str(key):
            yield path, f"{key} stands below itself.", "Name an objective above it."


def _check_allocations(
    key: str, service: Mapping[str, object], services: Mapping[str, Mapping[str, object]]
) -> Iterator[ServiceProblem]:
    """One step only: a shared service whose cost is itself a part of another would be carried along a chain."""
    allocations = service.get("allocations")
    for index, one in enumerate(allocations if isinstance(allocations, list) else []):
        if not isinstance(one, Mapping):
            continue
        path = ("services", key, "allocations", index)
        source = str(one.get("from", ""))
        if source not in services:
            hint = did_you_mean(source, list(services)) or "Name a key of services."
            yield (*path, "from"), f'"{source}" is no service.', hint
        elif source == key or services[source].get("allocations"):
            message = "a shared service carries no part of another one, nor of itself."
            yield (*path, "from"), message, "Name the service on which the cost is booked."
        if ("share" in one) == ("kpi" in one):
            yield path, "say by which key the cost is shared, in one way.", "share: 0.3, or kpi: the name of a KPI."
