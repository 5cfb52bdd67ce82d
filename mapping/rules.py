"""What a mapping may not say although every key of it is well formed.

These checks read the file's plain values, not the models, so that they speak even when something else in the
file is wrong: an administrator sees all problems in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mapping.problems import nearest

Path: TypeAlias = "tuple[str | int, ...]"
Finding: TypeAlias = "tuple[Path, str, str]"


def check_rules(data: Mapping[str, object], stages: Sequence[str]) -> Iterator[Finding]:
    """(path, message, hint) of each problem."""
    names: dict[str, int] = {}
    rules = data.get("measures")
    for place, rule in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(rule, Mapping):
            continue
        path: Path = ("measures", place)
        name = rule.get("name")
        if isinstance(name, str):
            if name in names:
                message = f'"{name}" is already the name of measures[{names[name]}].'
                yield (*path, "name"), message, "Give each rule its own name."
            names.setdefault(name, place)
        yield from _check_match((*path, "match"), rule.get("match"))
        yield from _check_stages((*path, "stage", "from_status"), _inner(rule, "stage", "from_status"), stages)
        yield from _check_targets((*path, "write"), rule.get("write"))


def _inner(value: Mapping[str, object], *keys: str) -> object:
    for key in keys[:-1]:
        inner = value.get(key)
        if not isinstance(inner, Mapping):
            return None
        value = inner
    return value.get(keys[-1])


def _check_match(path: Path, match: object) -> Iterator[Finding]:
    if not isinstance(match, Mapping):
        return
    if not match:
        yield path, "this rule would take every item.", "Name at least a project, type or table."
    for name, selection in match.items():
        values = list(selection.values()) if isinstance(selection, Mapping) else [selection]
        if isinstance(selection, Mapping | list) and not any(values):
            yield (*path, name), "nothing is named here.", "Name a value, or leave the key out."


def _check_stages(path: Path, statuses: object, stages: Sequence[str]) -> Iterator[Finding]:
    for status, stage in statuses.items() if isinstance(statuses, Mapping) else ():
        if isinstance(stage, str) and stage not in stages:
            hint = nearest(stage, stages) or f"The stages are {', '.join(stages)}."
            yield (*path, status), f'"{stage}" is not a stage.', hint


def _check_targets(path: Path, write: object) -> Iterator[Finding]:
    if not isinstance(write, Mapping):
        return
    if not write:
        yield path, "nothing is written back.", "Name at least the field for gate."
    seen: dict[str, str] = {}
    for part, target in write.items():
        if not isinstance(target, str):
            continue
        if target.casefold() in seen:
            other = seen[target.casefold()]
            yield (*path, part), f'the field "{target}" already receives {other}.', "Use a field of its own."
        seen.setdefault(target.casefold(), part)
