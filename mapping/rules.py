"""What a mapping may not say although every key of it is well formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mapping.config import MappingConfig, Match, MeasureRule, Selector
from mapping.problems import nearest

Finding: TypeAlias = "tuple[tuple[str | int, ...], str, str]"


def check_rules(config: MappingConfig, stages: Sequence[str]) -> Iterator[Finding]:
    """(path, message, hint) of each problem."""
    names: dict[str, int] = {}
    for place, rule in enumerate(config.measures):
        path = ("measures", place)
        if rule.name in names:
            first = f"measures[{names[rule.name]}]"
            yield (*path, "name"), f'"{rule.name}" is already the name of {first}.', "Give each rule its own name."
        names.setdefault(rule.name, place)
        yield from _check_match(path, rule.match)
        yield from _check_stages(path, rule, stages)
        yield from _check_targets(path, rule)


def _check_match(path: tuple[str | int, ...], match: Match) -> Iterator[Finding]:
    named = {name: value for name in Match.model_fields if (value := getattr(match, name)) is not None}
    if not named:
        yield (*path, "match"), "this rule would take every item.", "Name at least a project, type or table."
    for name, selection in named.items():
        empty = not selection or (isinstance(selection, Selector) and selection == Selector())
        if empty:
            yield (*path, "match", name), "nothing is named here.", "Name a value, or leave the key out."


def _check_stages(path: tuple[str | int, ...], rule: MeasureRule, stages: Sequence[str]) -> Iterator[Finding]:
    for status, stage in rule.stage.from_status.items():
        if stage not in stages:
            hint = nearest(stage, stages) or f"The stages are {', '.join(stages)}."
            yield (*path, "stage", "from_status", status), f'"{stage}" is not a stage.', hint


def _check_targets(path: tuple[str | int, ...], rule: MeasureRule) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for part in type(rule.write).model_fields:
        target = getattr(rule.write, part)
        if target is None:
            continue
        if target.casefold() in seen:
            other = seen[target.casefold()]
            yield (*path, "write", part), f'the field "{target}" already receives {other}.', "Use a field of its own."
        seen.setdefault(target.casefold(), part)
    if not seen:
        yield (*path, "write"), "nothing is written back.", "Name at least the field for gate."
