"""A mapping held against the real tools: what a file alone cannot tell.

The connector looks (:class:`Looked`), this module judges and says where in the file the problem stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mapping.config import MappingConfig, MeasureRule, Selection, Selector
from mapping.fields import rule_fields
from mapping.load import Loaded, Path, shown
from mapping.problems import Problem, nearest
from mapping.sources import RoleTable

GATES = ("Open", "Shut", "Breach")
LIGHTS = ("Green", "Amber", "Red", "Grey")
NEEDED_OPTIONS: Mapping[str, tuple[str, ...]] = {"gate": GATES, "implementation": LIGHTS, "potential": LIGHTS}
"""What a choice field has to offer, by the part of the verdict that it receives."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a tool shows of the items that one rule takes."""

    problems: Mapping[str, str] = field(default_factory=dict)
    """Field name to why it cannot be used: missing, or not unique."""
    editable: frozenset[str] | None = None
    """Names of the fields that Gatepost's account may edit on such an item; ``None`` when no item was there to see."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Choices of the fields that have some."""
    statuses: tuple[str, ...] | None = None
    """Statuses that such an item may have; ``None`` when the tool does not tell."""
    projects: frozenset[str] | None = None
    """Projects or tables that are there."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Id to what is wrong with the person."""
    notes: tuple[str, ...] = ()
    """What could not be looked at, and why."""


def live_problems(loaded: Loaded, looked: Mapping[str, Looked], source: str) -> tuple[Problem, ...]:
    """Problems by rule name; a rule that was not looked at has none."""
    found: list[Problem] = []
    for place, rule in enumerate(loaded.config.measures):
        if rule.name in looked:
            found += rule_problems(loaded, place, looked[rule.name], source)
    for path, message in _committees(loaded.config, tuple(looked.values())):
        found.append(Problem(*loaded.place(path), shown(path), message, "", source))
    return tuple(sorted(set(found)))


def rule_problems(loaded: Loaded, place: int, seen: Looked, source: str) -> tuple[Problem, ...]:
    """Of one rule, without the committees: their members may be in another tool."""
    found = _of(("measures", place), loaded.config.measures[place], seen)
    problems = {Problem(*loaded.place(path), shown(path), message, hint, source) for path, message, hint in found}
    return tuple(sorted(problems))


def _of(path: Path, rule: MeasureRule, seen: Looked) -> Iterator[tuple[Path, str, str]]:
    for name, places in rule_fields(rule).items():
        if name in seen.problems:
            for inner in places:
                yield (*path, *inner), _ended(seen.problems[name]), ""
    for part, name in rule.write.model_dump().items():
        if name and name not in seen.problems:
            yield from _target((*path, "write", part), part, name, seen)
    statuses = seen.statuses
    if statuses is not None:
        known = {status.casefold() for status in statuses}
        for status in rule.stage.from_status:
            if status.casefold() not in known:
                hint = nearest(status, statuses) or f"There are {', '.join(statuses)}."
                yield (
                    (*path, "stage", "from_status", status),
                    f'no item of this rule can have the status "{status}".',
                    hint,
                )
    yield from _projects((*path, "match"), rule, seen)
    yield from _people(path, rule, seen)


def _target(path: Path, part: str, name: str, seen: Looked) -> Iterator[tuple[Path, str, str]]:
    if seen.editable is not None and name not in seen.editable:
        hint = "Put it on the edit screen of these items, and let Gatepost's account edit it."
        yield path, f'Gatepost may not edit the field "{name}".', hint
    lacking = [option for option in NEEDED_OPTIONS.get(part, ()) if option not in seen.options.get(name, (option,))]
    if lacking:
        yield path, f'the field "{name}" does not offer {", ".join(lacking)}.', "Add the options, or use a text field."


def _projects(path: Path, rule: MeasureRule, seen: Looked) -> Iterator[tuple[Path, str, str]]:
    if seen.projects is None:
        return
    for key, selection in (("project", rule.match.project), ("table", rule.match.table)):
        for name in listed(selection):
            if name.casefold() not in {project.casefold() for project in seen.projects}:
                hint = nearest(name, seen.projects) or "Check the name, and that Gatepost's account may see it."
                yield (*path, key), f'there is no {key} "{name}".', hint


def _people(path: Path, rule: MeasureRule, seen: Looked) -> Iterator[tuple[Path, str, str]]:
    for role in ("owner", "sponsor", "controller"):
        source = getattr(rule.roles, role)
        for value, holder in source.people.items() if isinstance(source, RoleTable) else ():
            if holder.id in seen.people:
                yield (*path, "roles", role, "people", value), f"{seen.people[holder.id]}.", ""


def _committees(config: MappingConfig, looked: tuple[Looked, ...]) -> Iterator[tuple[Path, str]]:
    """A member has to be somebody in one of the tools."""
    for place, committee in enumerate(config.committees):
        for number, member in enumerate(committee.members):
            if looked and all(member in seen.people for seen in looked):
                yield ("committees", place, "members", number), f"{looked[0].people[member]}."


def _ended(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def people_in(rule: MeasureRule) -> frozenset[str]:
    """Ids of the people whom a rule's tables name."""
    tables = (rule.roles.owner, rule.roles.sponsor, rule.roles.controller)
    return frozenset(holder.id for table in tables if isinstance(table, RoleTable) for holder in table.people.values())


def listed(selection: Selection | None) -> tuple[str, ...]:
    """The names that a selection asks for."""
    if selection is None:
        return ()
    return (*selection.any, *selection.all) if isinstance(selection, Selector) else selection
