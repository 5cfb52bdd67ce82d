"""A mapping checked against the real tools: what the file alone does not show.

The connector reads (:class:`RuleInspection`); this module finds the problems and says where in the file they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from governance.verdict import Funding, gate_labels
from mapping.config import MappingConfig, MeasureRule, Selection, Selector
from mapping.fields import rule_fields
from mapping.load import LoadedMapping, MappingPath, format_path
from mapping.policy import Policies
from mapping.problems import MappingFileProblem, did_you_mean
from mapping.sources import RoleTable

GATE_OPTIONS = gate_labels()
STATUS_OPTIONS = ("Green", "Amber", "Red", "Grey")
FUNDING_OPTIONS = tuple(one.value for one in Funding)
NEEDED_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "gate": GATE_OPTIONS,
    "implementation": STATUS_OPTIONS,
    "potential": STATUS_OPTIONS,
    "funding": FUNDING_OPTIONS,
}
"""What a choice field has to offer, by the part of the verdict that it receives."""


@dataclass(frozen=True, slots=True)
class RuleInspection:
    """What a tool shows of the items that one rule takes."""

    problems: Mapping[str, str] = field(default_factory=dict)
    """Field name to why it cannot be used: missing, or not unique."""
    editable: frozenset[str] | None = None
    """Names of the fields that Gatepost's account may edit on such an item; ``None`` when no item was there to see."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Choices of the fields that have some."""
    statuses: tuple[str, ...] | None = None
    """Statuses that such an item may have; ``None`` when the tool does not say."""
    done: tuple[str, ...] = ()
    """Those of them in which work is done, as far as the tool says so."""
    projects: frozenset[str] | None = None
    """Projects or tables that are there."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Id to what is wrong with the person."""
    notes: tuple[str, ...] = ()
    """What could not be read, and why."""


def live_problems(
    loaded: LoadedMapping, inspections: Mapping[str, RuleInspection], source: str
) -> tuple[MappingFileProblem, ...]:
    """Problems by rule name; a rule that was not looked at has none."""
    found: list[MappingFileProblem] = []
    for index, rule in enumerate(loaded.config.measures):
        if rule.name in inspections:
            found += rule_problems(loaded, index, inspections[rule.name], source)
    for path, message in _committees(loaded.config, tuple(inspections.values())):
        found.append(MappingFileProblem(*loaded.position_of(path), format_path(path), message, "", source))
    return tuple(sorted(set(found)))


def rule_problems(
    loaded: LoadedMapping, index: int, inspection: RuleInspection, source: str
) -> tuple[MappingFileProblem, ...]:
    """Of one rule, without the committees: their members may be in another tool."""
    needed = {**NEEDED_OPTIONS, "gate": gate_labels(Policies(loaded.config).base.gate_names)}
    classes = tuple(one.name for one in loaded.config.policy.classes)
    found = _of(("measures", index), loaded.config.measures[index], inspection, needed, classes)
    problems = {
        MappingFileProblem(*loaded.position_of(path), format_path(path), message, hint, source)
        for path, message, hint in found
    }
    return tuple(sorted(problems))


def _of(
    path: MappingPath,
    rule: MeasureRule,
    inspection: RuleInspection,
    needed: Mapping[str, tuple[str, ...]],
    classes: tuple[str, ...],
) -> Iterator[tuple[MappingPath, str, str]]:
    for name, places in rule_fields(rule).items():
        if name in inspection.problems:
            for inner in places:
                yield (*path, *inner), _as_sentence(inspection.problems[name]), ""
    for part, name in rule.write.model_dump().items():
        if name and name not in inspection.problems:
            yield from _target((*path, "write", part), needed.get(part, ()), name, inspection)
    yield from _classes(path, rule, inspection, classes)
    yield from _statuses(path, rule, inspection.statuses)
    yield from _projects((*path, "match"), rule, inspection)
    yield from _people(path, rule, inspection)


def _classes(
    path: MappingPath, rule: MeasureRule, inspection: RuleInspection, classes: tuple[str, ...]
) -> Iterator[tuple[MappingPath, str, str]]:
    """Classes that the choice field of the class cannot hold: no measure could be of them."""
    name = rule.facts.measure_class
    options = inspection.options.get(name, ()) if isinstance(name, str) else ()
    known = {option.strip().casefold() for option in options}
    lacking = [one for one in classes if one.strip().casefold() not in known]
    if options and lacking:
        hint = "Add the options, or translate the field's values."
        yield (*path, "facts", "class"), f'the field "{name}" does not offer {", ".join(lacking)}.', hint


def _statuses(
    path: MappingPath, rule: MeasureRule, statuses: tuple[str, ...] | None
) -> Iterator[tuple[MappingPath, str, str]]:
    """Statuses of the rule that no item can have."""
    if statuses is None:
        return
    known = {status.casefold() for status in statuses}
    named: list[tuple[MappingPath, str]] = [(("stage", "from_status", one), one) for one in rule.stage.from_status]
    named += [(("ends", "cancelled", number), one) for number, one in enumerate(rule.ends.cancelled)]
    for inner, status in named:
        if status.casefold() not in known:
            hint = did_you_mean(status, statuses) or f"There are {', '.join(statuses)}."
            yield (*path, *inner), f'no item of this rule can have the status "{status}".', hint


def _target(
    path: MappingPath, needed: tuple[str, ...], name: str, inspection: RuleInspection
) -> Iterator[tuple[MappingPath, str, str]]:
    if inspection.editable is not None and name not in inspection.editable:
        hint = "Make it valid for these items, and let Gatepost's account edit it."
        yield path, f'Gatepost may not edit the field "{name}".', hint
    lacking = [option for option in needed if option not in inspection.options.get(name, (option,))]
    if lacking:
        yield path, f'the field "{name}" does not offer {", ".join(lacking)}.', "Add the options, or use a text field."


def _projects(
    path: MappingPath, rule: MeasureRule, inspection: RuleInspection
) -> Iterator[tuple[MappingPath, str, str]]:
    if inspection.projects is None:
        return
    for key, selection in (("project", rule.match.project), ("table", rule.match.table)):
        for name in selected_names(selection):
            if name.casefold() not in {project.casefold() for project in inspection.projects}:
                hint = (
                    did_you_mean(name, inspection.projects) or "Check the name, and that Gatepost's account may see it."
                )
                yield (*path, key), f'there is no {key} "{name}".', hint


def _people(path: MappingPath, rule: MeasureRule, inspection: RuleInspection) -> Iterator[tuple[MappingPath, str, str]]:
    for role, source in rule.roles.by_role().items():
        place = ("further", role.value, "from") if role.value in rule.roles.further else (role.value,)
        for value, holder in source.people.items() if isinstance(source, RoleTable) else ():
            if holder.id in inspection.people:
                yield (*path, "roles", *place, "people", value), f"{inspection.people[holder.id]}.", ""


def _committees(config: MappingConfig, inspections: tuple[RuleInspection, ...]) -> Iterator[tuple[MappingPath, str]]:
    """A member has to be somebody in one of the tools."""
    for index, committee in enumerate(config.committees):
        for number, member in enumerate(committee.members):
            if inspections and all(member in inspection.people for inspection in inspections):
                yield ("committees", index, "members", number), f"{inspections[0].people[member]}."


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def people_in(rule: MeasureRule) -> frozenset[str]:
    """Ids of the people whom a rule's tables name."""
    tables = rule.roles.by_role().values()
    return frozenset(holder.id for table in tables if isinstance(table, RoleTable) for holder in table.people.values())


def selected_names(selection: Selection | None) -> tuple[str, ...]:
    """The names that a selection asks for."""
    if selection is None:
        return ()
    return (*selection.any, *selection.all) if isinstance(selection, Selector) else selection
