"""What a mapping may not say although every key of it is well formed.

These checks read the file's plain values, not the models, so that they speak even when something else in the
file is wrong: an administrator sees all problems in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from governance.codes import ALWAYS_ON, CODES
from governance.presets import PRESETS
from mapping.expressions import check
from mapping.problems import nearest

Path: TypeAlias = "tuple[str | int, ...]"
Finding: TypeAlias = "tuple[Path, str, str]"


def check_rules(data: Mapping[str, object]) -> Iterator[Finding]:
    """(path, message, hint) of each problem."""
    policy = data.get("policy")
    policy = policy if isinstance(policy, Mapping) else {}
    preset = PRESETS.get(str(policy.get("preset", "five")), PRESETS["five"])
    stages = [stage.key for stage in preset.stages]
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
        yield from _check_stages(path, {"approvals": rule.get("approvals")}, stages)
        yield from _check_targets((*path, "write"), rule.get("write"))
        yield from _check_sources(path, rule)
        yield from _check_joins(path, rule)
        yield from _check_progress((*path, "progress"), rule.get("progress"))
    yield from _check_off(policy.get("off"))
    yield from _check_overrides(policy.get("overrides"), list(names))
    yield from _check_committees(data.get("committees"))


def _check_sources(path: Path, rule: Mapping[str, object]) -> Iterator[Finding]:
    """Expressions that are none, and translations that do not say what happens to other values."""
    if isinstance(when := rule.get("when"), str):
        yield from _check_expression((*path, "when"), when)
    effects = rule.get("effects")
    series = [("effects", name) for name in ("plan", "forecast", "actual")] if isinstance(effects, Mapping) else []
    for keys in (("facts",), *series):
        part = _inner(rule, *keys)
        for name, source in part.items() if isinstance(part, Mapping) else ():
            here: Path = (*path, *keys, str(name))
            if not isinstance(source, Mapping):
                continue
            if isinstance(expression := source.get("cel"), str):
                yield from _check_expression((*here, "cel"), expression)
            elif "values" in source and ("default" in source) == ("unknown" in source):
                message = "it is not said what a value means that is not listed."
                if "default" in source:
                    message = "a value that is not listed cannot have a default and be unknown as well."
                yield here, message, "Write default: TEXT, or unknown: block."


def _check_expression(path: Path, source: str) -> Iterator[Finding]:
    wrong = check(source)
    if wrong is not None:
        yield path, wrong.message, wrong.hint


def _check_joins(path: Path, rule: Mapping[str, object]) -> Iterator[Finding]:
    """Joins that say how they join, and sources that name one of them."""
    joins = rule.get("joins")
    names: list[str] = []
    for place, join in enumerate(joins if isinstance(joins, list) else []):
        if isinstance(join, Mapping):
            names.append(str(join.get("name")))
            if sum(way in join for way in ("mine", "theirs", "link")) != 1:
                hint = (
                    "mine: this item's field with their keys; theirs: their field with this item's key; link: a word."
                )
                yield (*path, "joins", place), "say how they are joined, in one way.", hint
            yield from _check_targets((*path, "joins", place, "write"), join.get("write"))
    for keys in (("facts",), ("effects", "plan"), ("effects", "forecast"), ("effects", "actual")):
        effects = rule.get("effects")
        if keys[0] == "effects" and not isinstance(effects, Mapping):
            continue
        part = _inner(rule, *keys)
        for name, source in part.items() if isinstance(part, Mapping) else ():
            if isinstance(source, Mapping) and "from" in source and source["from"] not in names:
                hint = nearest(str(source["from"]), names) or "Name the join under joins."
                yield (*path, *keys, str(name)), f'no join is called "{source["from"]}".', hint


def _check_progress(path: Path, progress: object) -> Iterator[Finding]:
    if not isinstance(progress, Mapping):
        return
    percent = progress.get("from") == "percent"
    if percent and not progress.get("field"):
        yield path, "percent needs the field that holds it.", "Write {from: percent, field: Percent complete}."
    if progress.get("from", "children") != "children" and "weight" in progress:
        yield (*path, "weight"), "a weight is read for children only.", "Leave it out, or write from: children."
    if not percent and "field" in progress:
        yield (*path, "field"), "a field is read for percent only.", "Leave it out, or write from: percent."


def _check_off(codes: object) -> Iterator[Finding]:
    for place, code in enumerate(codes if isinstance(codes, list) else []):
        word = str(code).upper()
        path: Path = ("policy", "off", place)
        if word in ALWAYS_ON:
            yield path, f"{word} cannot be switched off.", "It is what a person said, or what nobody knows."
        elif word not in CODES:
            yield path, f'"{code}" is not the code of a rule.', nearest(word, CODES) or "The README lists all codes."


def _check_overrides(overrides: object, names: Sequence[str]) -> Iterator[Finding]:
    for place, override in enumerate(overrides if isinstance(overrides, list) else []):
        if not isinstance(override, Mapping):
            continue
        path: Path = ("policy", "overrides", place)
        kind = override.get("measures")
        if kind is None and override.get("program") is None:
            yield path, "this override names neither a program nor measures.", "Name one, or set the number above."
        if isinstance(kind, str) and kind not in names:
            hint = nearest(kind, names) or f"The rules are {', '.join(names)}."
            yield (*path, "measures"), f'no rule is called "{kind}".', hint


def _check_committees(committees: object) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for place, committee in enumerate(committees if isinstance(committees, list) else []):
        if not isinstance(committee, Mapping):
            continue
        path: Path = ("committees", place)
        members, quorum = committee.get("members"), committee.get("quorum", 1)
        if isinstance(members, list) and isinstance(quorum, int) and quorum > len(set(map(str, members))):
            message = f"a quorum of {quorum} cannot be reached by {len(set(map(str, members)))} members."
            yield (*path, "quorum"), message, "Name more members, or lower the quorum."
        programs = committee.get("programs")
        for program in programs if isinstance(programs, list) else []:
            word = str(program).casefold()
            if word in seen:
                message = f'the program "{program}" already belongs to {seen[word]}.'
                yield (*path, "programs"), message, "A program has one steering committee."
            seen.setdefault(word, str(committee.get("name")))


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
    by_field = match.get("fields")
    selections = [((*path, str(name)), value) for name, value in match.items() if name != "fields"]
    if isinstance(by_field, Mapping):
        selections += [((*path, "fields", str(name)), value) for name, value in by_field.items()]
    for here, selection in selections:
        values = list(selection.values()) if isinstance(selection, Mapping) else [selection]
        if isinstance(selection, Mapping | list) and not any(values):
            yield here, "nothing is named here.", "Name a value, or leave the key out."


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
