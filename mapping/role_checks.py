"""What a mapping may not say about the roles that it adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from governance.measure import HELD_ROLES, Role
from mapping.problems import did_you_mean

MappingPath: TypeAlias = "tuple[str | int, ...]"
RuleProblem: TypeAlias = "tuple[MappingPath, str, str]"

RESERVED = frozenset({*HELD_ROLES, Role.STEERING_COMMITTEE})


def check_roles(
    data: Mapping[str, object], policy: Mapping[str, object], stages: Sequence[str]
) -> Iterator[RuleProblem]:
    """Keys of roles that are taken, and roles and stages that nothing defines."""
    added: dict[str, None] = {}
    rules = data.get("measures")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        roles = rule.get("roles") if isinstance(rule, Mapping) else None
        further = roles.get("further") if isinstance(roles, Mapping) else None
        for key in further if isinstance(further, Mapping) else ():
            if key in RESERVED:
                hint = f"Map {key} itself, or choose another key."
                yield ("measures", index, "roles", "further", str(key)), f'"{key}" is a role of every measure.', hint
            added.setdefault(str(key))
    yield from _kpi_gates(data.get("measures"), stages)
    yield from _approvals(policy.get("approvals"), list(added), stages)
    yield from _pairs(policy.get("kept_apart"), [*HELD_ROLES, *added])


def _kpi_gates(rules: object, stages: Sequence[str]) -> Iterator[RuleProblem]:
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        kpis = rule.get("kpis") if isinstance(rule, Mapping) else None
        for name, kpi in kpis.items() if isinstance(kpis, Mapping) else ():
            gates = kpi.get("gates") if isinstance(kpi, Mapping) else None
            for stage in gates if isinstance(gates, list) else ():
                if stage not in stages:
                    hint = did_you_mean(str(stage), stages) or f"The stages are {', '.join(stages)}."
                    yield (
                        ("measures", index, "kpis", str(name), "gates"),
                        f'"{stage}" is not a stage of this preset.',
                        hint,
                    )


def _approvals(approvals: object, added: Sequence[str], stages: Sequence[str]) -> Iterator[RuleProblem]:
    for stage, keys in approvals.items() if isinstance(approvals, Mapping) else ():
        path: MappingPath = ("policy", "approvals", str(stage))
        if stage not in stages:
            hint = did_you_mean(str(stage), stages) or f"The stages are {', '.join(stages)}."
            yield path, f'"{stage}" is not a stage of this preset.', hint
        yield from _known(path, keys, added)


def _pairs(pairs: object, known_roles: Sequence[str]) -> Iterator[RuleProblem]:
    for index, pair in enumerate(pairs if isinstance(pairs, list) else []):
        path: MappingPath = ("policy", "kept_apart", index)
        yield from _known(path, pair, known_roles)
        if isinstance(pair, list) and len(pair) == 2 and pair[0] == pair[1]:
            yield path, "a role is not kept apart from itself.", "Name two roles."


def _known(path: MappingPath, keys: object, known_roles: Sequence[str]) -> Iterator[RuleProblem]:
    for index, key in enumerate(keys if isinstance(keys, list) else []):
        if str(key) not in known_roles:
            hint = did_you_mean(str(key), known_roles) or "Add it under roles: further of the rules."
            yield (*path, index), f'no rule has a role "{key}".', hint
