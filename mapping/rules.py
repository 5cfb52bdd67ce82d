"""What a mapping may not say although every key of it is well formed.

These checks read the file's plain values, not the models, so that they speak even when something else in the
file is wrong: an administrator sees all problems in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from governance.codes import ALWAYS_ON, CODES
from governance.evidence import Report
from governance.presets import PRESETS
from mapping.calendar_rules import check_calendar
from mapping.class_rules import check_classes
from mapping.expressions import check_expression
from mapping.gate_names import wrong_gate_names
from mapping.ledger_rules import check_ledger
from mapping.ledger_sources import check_ledger_sources
from mapping.problems import did_you_mean
from mapping.refusals import cannot_govern
from mapping.role_checks import check_roles
from mapping.service_rules import check_services
from mapping.servicenow_rules import check_servicenow
from mapping.timing_rules import check_timing

MappingPath: TypeAlias = "tuple[str | int, ...]"
RuleProblem: TypeAlias = "tuple[MappingPath, str, str]"


def check_rules(data: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) of each problem."""
    policy = data.get("policy")
    policy = policy if isinstance(policy, Mapping) else {}
    preset = PRESETS.get(str(policy.get("preset", "five")), PRESETS["five"])
    stages = [stage.key for stage in preset.stages]
    yield from _check_stages(("policy",), {"committed_from": policy.get("committed_from")}, stages)
    names: dict[str, int] = {}
    rules = data.get("measures")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(rule, Mapping):
            continue
        path: MappingPath = ("measures", index)
        name = rule.get("name")
        if isinstance(name, str):
            if name in names:
                message = f'"{name}" is already the name of measures[{names[name]}].'
                yield (*path, "name"), message, "Give each rule its own name."
            names.setdefault(name, index)
        yield from _check_match((*path, "match"), rule.get("match"))
        yield from _check_stages((*path, "stage", "from_status"), _inner(rule, "stage", "from_status"), stages)
        yield from _check_ends((*path, "ends", "cancelled"), rule)
        yield from _check_stages(path, {"approvals": rule.get("approvals")}, stages)
        yield from _check_targets((*path, "write"), rule.get("write"))
        yield from _check_sources(path, rule)
        yield from _check_joins(path, rule)
        yield from _check_progress((*path, "progress"), rule.get("progress"))
        yield from _check_reports(path, rule)
        yield from check_ledger(path, rule)
        yield from check_timing((*path, "effects", "timing"), rule)
        yield from check_servicenow(path, rule)
    yield from check_roles(data, policy, stages)
    yield from _check_off(policy.get("off"))
    yield from _check_overrides(policy.get("overrides"), list(names))
    yield from check_classes(data)
    yield from _check_committees(data.get("committees"))
    yield from _check_legal_entities(data.get("legal_entities"))
    yield from check_services(data)
    yield from check_calendar(data)
    yield from cannot_govern(data)
    yield from wrong_gate_names(data)
    yield from check_ledger_sources(data)


def _check_sources(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """Expressions that are none, and translations that do not say what happens to other values."""
    if isinstance(when := rule.get("when"), str):
        yield from _check_expression((*path, "when"), when)
    effects = rule.get("effects")
    series = (
        [("effects", name) for name in ("plan", "forecast", "actual", "compare")]
        if isinstance(effects, Mapping)
        else []
    )
    for keys in (("facts",), *series):
        part = _inner(rule, *keys)
        for name, source in part.items() if isinstance(part, Mapping) else ():
            here: MappingPath = (*path, *keys, str(name))
            if not isinstance(source, Mapping):
                continue
            if isinstance(expression := source.get("cel"), str):
                yield from _check_expression((*here, "cel"), expression)
            elif "values" in source and ("default" in source) == ("unknown" in source):
                message = "the meaning of values that are not listed is missing."
                if "default" in source:
                    message = "a value that is not listed cannot have a default and be unknown as well."
                yield here, message, "Write default: TEXT, or unknown: block."


def _check_expression(path: MappingPath, source: str) -> Iterator[RuleProblem]:
    wrong = check_expression(source)
    if wrong is not None:
        yield path, wrong.message, wrong.hint


def _check_joins(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """Joins that say how they join, and sources that name one of them."""
    joins = rule.get("joins")
    names: list[str] = []
    for index, join in enumerate(joins if isinstance(joins, list) else []):
        if isinstance(join, Mapping):
            names.append(str(join.get("name")))
            if sum(way in join for way in ("own_field", "their_field", "link")) != 1:
                hint = (
                    "own_field: this item's field with their keys; their_field: their field with this item's key; "
                    "link: the label of its links."
                )
                yield (*path, "joins", index), "say how they are joined, in one way.", hint
            yield from _check_targets((*path, "joins", index, "write"), join.get("write"))
    for keys in (("facts",), ("effects", "plan"), ("effects", "forecast"), ("effects", "actual")):
        effects = rule.get("effects")
        if keys[0] == "effects" and not isinstance(effects, Mapping):
            continue
        part = _inner(rule, *keys)
        for name, source in part.items() if isinstance(part, Mapping) else ():
            if isinstance(source, Mapping) and "from" in source and source["from"] not in names:
                hint = did_you_mean(str(source["from"]), names) or "Name the join under joins."
                yield (*path, *keys, str(name)), f'no join is called "{source["from"]}".', hint


def _check_progress(path: MappingPath, progress: object) -> Iterator[RuleProblem]:
    if not isinstance(progress, Mapping):
        return
    percent = progress.get("from") == "percent"
    if percent and not progress.get("field"):
        yield path, "percent needs the field that holds it.", "Write {from: percent, field: Percent complete}."
    if progress.get("from", "children") != "children" and "weight" in progress:
        yield (*path, "weight"), "a weight is read for children only.", "Leave it out, or write from: children."
    if not percent and "field" in progress:
        yield (*path, "field"), "a field is read for percent only.", "Leave it out, or write from: percent."


def _check_reports(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """Something has to count, and nothing that Gatepost writes itself, or cannot read."""
    reports, write = rule.get("reports"), rule.get("write")
    if not isinstance(reports, Mapping):
        return
    counts, fields = reports.get("counts"), reports.get("fields")
    own = {str(name).casefold() for name in write.values()} if isinstance(write, Mapping) else set()
    if counts == [] and not fields:
        yield (
            (*path, "reports"),
            "nothing counts as a report on the work.",
            "Name what people report by, or leave it out.",
        )
    for index, name in enumerate(fields if isinstance(fields, list) else []):
        if str(name).casefold() in own:
            here: MappingPath = (*path, "reports", "fields", index)
            yield here, f'Gatepost itself writes "{name}".', "Name a field in which people report."
        if str(name) in set(Report):
            here = (*path, "reports", "fields", index)
            yield here, f'"{name}" is the word for one of counts.', "Write it under counts, or rename the field."
    if isinstance(counts, list) and Report.WORKLOGS in counts and not rule.get("team"):
        hint = "Name the field with its people under team."
        yield (*path, "reports", "counts"), "hours are read of the measure's people only.", hint
    others = rule.get("hours_from")
    if others and not rule.get("team"):
        hint = "Name the field with its people under team."
        yield (*path, "hours_from"), "hours are read of the measure's people only.", hint
    if isinstance(others, list) and rule.get("connection") in others:
        yield (*path, "hours_from"), "the measure's own connection is read anyway.", "Name other connections only."


def _check_off(codes: object) -> Iterator[RuleProblem]:
    for index, code in enumerate(codes if isinstance(codes, list) else []):
        code_name = str(code).upper()
        path: MappingPath = ("policy", "off", index)
        if code_name in ALWAYS_ON:
            yield path, f"{code_name} cannot be switched off.", "It is what a person decided, or what nobody can know."
        elif code_name not in CODES:
            yield (
                path,
                f'"{code}" is not the code of a rule.',
                did_you_mean(code_name, CODES) or "The README lists all codes.",
            )


def _check_overrides(overrides: object, names: Sequence[str]) -> Iterator[RuleProblem]:
    for index, override in enumerate(overrides if isinstance(overrides, list) else []):
        if not isinstance(override, Mapping):
            continue
        path: MappingPath = ("policy", "overrides", index)
        kind = override.get("measures")
        if kind is None and override.get("program") is None:
            yield path, "this override names neither a program nor measures.", "Name one, or set the number above."
        if isinstance(kind, str) and kind not in names:
            hint = did_you_mean(kind, names) or f"The rules are {', '.join(names)}."
            yield (*path, "measures"), f'no rule is called "{kind}".', hint


def _check_committees(committees: object) -> Iterator[RuleProblem]:
    seen: dict[str, str] = {}
    for index, committee in enumerate(committees if isinstance(committees, list) else []):
        if not isinstance(committee, Mapping):
            continue
        path: MappingPath = ("committees", index)
        members, quorum = committee.get("members"), committee.get("quorum", 1)
        if isinstance(members, list) and isinstance(quorum, int) and quorum > len(set(map(str, members))):
            message = f"a quorum of {quorum} cannot be reached by {len(set(map(str, members)))} members."
            yield (*path, "quorum"), message, "Name more members, or lower the quorum."
        programs = committee.get("programs")
        for program in programs if isinstance(programs, list) else []:
            program_name = str(program).casefold()
            if program_name in seen:
                message = f'the program "{program}" already belongs to {seen[program_name]}.'
                yield (*path, "programs"), message, "A program has one steering committee."
            seen.setdefault(program_name, str(committee.get("name")))


def _check_legal_entities(entities: object) -> Iterator[RuleProblem]:
    seen: dict[str, str] = {}
    for name in map(str, entities if isinstance(entities, Mapping) else ()):
        known = seen.setdefault(name.casefold(), name)
        if known != name:
            yield ("legal_entities", name), f'"{name}" is "{known}" again.', "Letter case does not count; keep one."


def _inner(value: Mapping[str, object], *keys: str) -> object:
    for key in keys[:-1]:
        inner = value.get(key)
        if not isinstance(inner, Mapping):
            return None
        value = inner
    return value.get(keys[-1])


def _check_match(path: MappingPath, match: object) -> Iterator[RuleProblem]:
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


def _check_stages(path: MappingPath, statuses: object, stages: Sequence[str]) -> Iterator[RuleProblem]:
    for status, stage in statuses.items() if isinstance(statuses, Mapping) else ():
        if isinstance(stage, str) and stage not in stages:
            hint = did_you_mean(stage, stages) or f"The stages are {', '.join(stages)}."
            yield (*path, status), f'"{stage}" is not a stage.', hint


def _check_ends(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """A status that ends cancelled work stands for no stage: its transition is not gated, and it is never a success."""
    statuses, ended = _inner(rule, "stage", "from_status"), _inner(rule, "ends", "cancelled")
    stages = {str(status).casefold() for status in statuses} if isinstance(statuses, Mapping) else set()
    for index, status in enumerate(ended if isinstance(ended, list) else []):
        if str(status).casefold() in stages:
            message = f'"{status}" stands for a stage under stage.from_status as well.'
            yield (*path, index), message, "Name it in one of the two: a status that ends cancelled work is no stage."


def _check_targets(path: MappingPath, write: object) -> Iterator[RuleProblem]:
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
