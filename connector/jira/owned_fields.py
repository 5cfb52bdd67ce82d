"""What both kinds of Jira share in provisioning: the fields that the rules want, and where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from connector.errors import ConfigurationError
from connector.http.json_values import items, obj, text
from connector.jira.client import JiraClient, Project, search
from connector.jira.fields import Field, FieldCatalogue, NotResolved
from connector.jira.scanner import quoted
from connector.sync.provision import FieldSpec, Made, Options, Step, StepKind
from mapping.config import MeasureRule
from mapping.live_check import GATES, LIGHTS, listed

TEXT, LINES, NUMBER, CHOICE, READ_ONLY = "textfield", "textarea", "float", "select", "readonlyfield"
MOMENT = "datetime"
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "doi_stage": (TEXT, ()),
    "implementation": (CHOICE, LIGHTS),
    "potential": (CHOICE, LIGHTS),
    "gate": (CHOICE, GATES),
    "passes": (TEXT, ()),
    "blockers": (LINES, ()),
    "findings": (LINES, ()),
    "plan": (NUMBER, ()),
    "forecast": (NUMBER, ()),
    "actual": (NUMBER, ()),
    "variance": (NUMBER, ()),
    "checked": (MOMENT, ()),
}
"""The field that each part of a verdict wants."""

FITTING: Mapping[str, tuple[str, ...]] = {
    TEXT: (TEXT, READ_ONLY, LINES),
    LINES: (LINES,),
    NUMBER: (NUMBER,),
    MOMENT: (MOMENT, TEXT, READ_ONLY),
    CHOICE: (CHOICE, "radiobuttons", TEXT, READ_ONLY),
}
"""Types of an existing field that serve as well."""

DESCRIPTION = "Written by Gatepost. Edits by hand are put back."


@dataclass(frozen=True, slots=True)
class Wanted:
    """One owned field that the rules name."""

    name: str
    kind: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the rules of a connection work."""

    projects: tuple[Project, ...]
    team_managed: tuple[Project, ...]
    missing: tuple[str, ...]
    """Projects that a rule names and the account does not see."""
    keys: Mapping[str, str]
    """Every project that the account sees, by id."""

    @property
    def all(self) -> tuple[Project, ...]:
        return (*self.projects, *self.team_managed)

    @property
    def ids(self) -> list[str]:
        return [project.id for project in self.projects]


def wanted_fields(rules: Sequence[MeasureRule], options: Options) -> list[Wanted]:
    """The owned fields of the rules, each once; a rule may ask for a part in a field that another rule names too."""
    found: dict[str, Wanted] = {}
    for rule in rules:
        for part, name in rule.write.model_dump().items():
            if name:
                kind, choices = PARTS[part]
                kind = READ_ONLY if options.readonly and kind == TEXT else kind
                if name in found and found[name].kind != kind:
                    raise ConfigurationError(
                        f'The field "{name}" is to hold {part} and something else: give each part a field of its own.'
                    )
                found[name] = Wanted(name, kind, choices)
    return list(found.values())


def ground_of(client: JiraClient, rules: Sequence[MeasureRule]) -> Ground:
    named = {key.casefold(): key for rule in rules for key in listed(rule.match.project)}
    everywhere = any(not listed(rule.match.project) for rule in rules)
    seen = client.projects()
    there = [project for project in seen if everywhere or project.key.casefold() in named]
    known = {project.key.casefold() for project in there}
    return Ground(
        tuple(project for project in there if not project.team_managed),
        tuple(project for project in there if project.team_managed),
        tuple(key for folded, key in named.items() if folded not in known),
        {project.id: project.key for project in seen},
    )


def sample_of(client: JiraClient, project: str, rules: Sequence[MeasureRule]) -> str:
    """The id of one issue that a rule may take, if there is one."""
    kinds = sorted({name for rule in rules for name in listed(rule.match.type)})
    clause = f" AND issuetype in ({', '.join(map(quoted, kinds))})" if kinds else ""
    found = search(client, f"project = {quoted(project)}{clause} ORDER BY created DESC", ["summary"], 1)
    return text(found[0].get("id")) if found else ""


def verify(client: JiraClient, rules: Sequence[MeasureRule], *, choices: bool = True) -> list[str]:
    """Owned fields that a real issue's edit screen does not have, in words; and what could not be looked at.

    ``choices`` looks as well whether a field offers every choice.
    """
    ground, catalogue = ground_of(client, rules), FieldCatalogue.from_payload(client.fields())
    wrong = []
    for project in (*ground.projects, *ground.team_managed):
        sample = sample_of(client, project.key, rules)
        if not sample:
            wrong.append(f"{project.key}: there is no issue to look at; whether the fields can be written shows later.")
            continue
        meta = client.editable(sample)
        for want in wanted_fields(rules, Options()):
            field = catalogue.resolve(want.name, project.id)
            if not isinstance(field, Field):
                wrong.append(f"{project.key}: {field.message}.")
            elif field.id not in meta:
                wrong.append(
                    f'{project.key}: "{want.name}" ({field.id}) is not on the edit screen, or not valid there.'
                )
            elif choices and want.options and field.custom == CHOICE:
                there = {text(obj(one).get("value")) for one in items(obj(meta.get(field.id)).get("allowedValues"))}
                lacking = [option for option in want.options if option not in there]
                if lacking:
                    wrong.append(f'{project.key}: "{want.name}" does not offer {", ".join(lacking)}.')
    return wrong


class NoField(Enum):
    """Why there is no field to use."""

    TO_MAKE = auto()
    """There is none of the name."""
    TO_DECIDE = auto()
    """A person has to decide first: several fields have the name, or one of a type that does not serve."""


def existing_field(catalogue: FieldCatalogue, want: Wanted, made: Sequence[Made], notes: list[str]) -> Field | NoField:
    """The field of this name, or why there is none to use; what a person has to decide is added to ``notes``.

    What Gatepost made is known by its id: names are not unique, and somebody may have made another one meanwhile.
    """
    for one in made:
        mine = catalogue.by_id(one.target) if one.kind is StepKind.FIELD and one.name == want.name else None
        if mine is not None:
            return mine
    field = catalogue.resolve(want.name)
    if not isinstance(field, Field):
        if field.why is NotResolved.AMBIGUOUS:
            notes.append(f"{field.message}. Nothing was planned for it.")
            return NoField.TO_DECIDE
        return NoField.TO_MAKE
    if field.custom not in FITTING[want.kind] and not (want.kind == READ_ONLY and field.custom in FITTING[TEXT]):
        notes.append(
            f'"{want.name}" is there as {field.custom or field.type}, and a {want.kind} is needed: rename one of the '
            "two, or name another field in the mapping."
        )
        return NoField.TO_DECIDE
    return field


def creation(want: Wanted, ground: Ground) -> Step:
    choices = f" with {', '.join(want.options)}" if want.options else ""
    where = f" for {keys_of(ground.projects)}" if ground.projects else ""
    return Step(
        StepKind.FIELD,
        want.name,
        f"create the field {want.name} ({want.kind}{choices}){where}",
        FieldSpec(want.name, want.kind, want.options, tuple(ground.ids)),
    )


def ground_notes(ground: Ground, wanted: Sequence[Wanted]) -> Iterator[str]:
    for key in ground.missing:
        yield f"{key} is not there, or hidden from this account: nothing is planned for it."
    for project in ground.team_managed:
        names = ", ".join(want.name for want in wanted)
        yield (
            f"{project.key} is team-managed: no program can put fields there. Its administrator adds these existing "
            f"fields under Project settings > Work types: {names}. Until then an issue property and a link can stand "
            "in (marks: {property: gatepost, link: …})."
        )


def keys_of(projects: Sequence[Project]) -> str:
    return ", ".join(project.key for project in projects)
