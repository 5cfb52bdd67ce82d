"""Provisioning on both kinds of Jira: the fields that the rules need, and in which projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from connector.errors import ConfigurationError
from connector.http.json_values import as_list, as_object, as_text
from connector.jira.client import JiraClient, Project, search
from connector.jira.fields import Field, FieldCatalogue, NotResolved
from connector.jira.jql import jql_quoted
from connector.remedy import Note
from connector.sync.provision import FieldSpec, ProvisionedObject, ProvisionOptions, ProvisionStep, StepKind
from governance.verdict import NO_NAMES, gate_labels
from mapping.config import MeasureRule
from mapping.live_check import FUNDING_OPTIONS, GATE_OPTIONS, STATUS_OPTIONS, selected_names

TEXT, TEXT_AREA, NUMBER, CHOICE, READ_ONLY = "textfield", "textarea", "float", "select", "readonlyfield"
MOMENT = "datetime"
FIELD_TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "doi_stage": (TEXT, ()),
    "implementation": (CHOICE, STATUS_OPTIONS),
    "potential": (CHOICE, STATUS_OPTIONS),
    "gate": (CHOICE, GATE_OPTIONS),
    "highest_stage": (NUMBER, ()),
    "blockers": (TEXT_AREA, ()),
    "why": (TEXT_AREA, ()),
    "findings": (TEXT_AREA, ()),
    "priority": (TEXT_AREA, ()),
    "delay_cost": (NUMBER, ()),
    "waiting_since": (MOMENT, ()),
    "suggested_priority": (TEXT, ()),
    "handoffs": (TEXT_AREA, ()),
    "plan": (NUMBER, ()),
    "forecast": (NUMBER, ()),
    "actual": (NUMBER, ()),
    "variance": (NUMBER, ()),
    "funding": (CHOICE, FUNDING_OPTIONS),
    "written_at": (MOMENT, ()),
}
"""The field that each part of a verdict wants."""

COMPATIBLE_TYPES: Mapping[str, tuple[str, ...]] = {
    TEXT: (TEXT, READ_ONLY, TEXT_AREA),
    TEXT_AREA: (TEXT_AREA,),
    NUMBER: (NUMBER,),
    MOMENT: (MOMENT, TEXT, READ_ONLY),
    CHOICE: (CHOICE, "radiobuttons", TEXT, READ_ONLY),
}
"""Types of an existing field that serve as well."""

DESCRIPTION = "Written by Gatepost. Manual edits are reverted."


@dataclass(frozen=True, slots=True)
class OwnedField:
    """One owned field that the rules name."""

    name: str
    kind: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GovernedProjects:
    """Where the rules of a connection work."""

    projects: tuple[Project, ...]
    team_managed: tuple[Project, ...]
    unknown_keys: tuple[str, ...]
    """Projects that a rule names and the account does not see."""
    keys_by_id: Mapping[str, str]
    """Every project that the account sees, by id."""

    @property
    def all(self) -> tuple[Project, ...]:
        return (*self.projects, *self.team_managed)

    @property
    def ids(self) -> list[str]:
        return [project.id for project in self.projects]


def owned_fields(
    rules: Sequence[MeasureRule], options: ProvisionOptions, gate_names: Mapping[str, str] = NO_NAMES
) -> list[OwnedField]:
    """The owned fields of the rules, without duplicates; several rules may name one field."""
    fields: dict[str, OwnedField] = {}
    for rule in rules:
        joined = (join.write for join in rule.joins if join.write is not None and join.connection == rule.connection)
        for part, name in (pair for write in (rule.write, *joined) for pair in write.model_dump().items()):
            if name:
                kind, choices = FIELD_TYPES[part]
                choices = gate_labels(gate_names) if part == "gate" else choices
                kind = READ_ONLY if options.readonly and kind == TEXT else kind
                if name in fields and fields[name].kind != kind:
                    raise ConfigurationError(
                        f'The field "{name}" is to contain {part} and something else: give each a field of its own.'
                    )
                fields[name] = OwnedField(name, kind, choices)
    return list(fields.values())


def governed_projects(client: JiraClient, rules: Sequence[MeasureRule]) -> GovernedProjects:
    named = {key.casefold(): key for rule in rules for key in selected_names(rule.match.project)}
    everywhere = any(not selected_names(rule.match.project) for rule in rules)
    seen = client.projects()
    existing = [project for project in seen if everywhere or project.key.casefold() in named]
    known = {project.key.casefold() for project in existing}
    return GovernedProjects(
        tuple(project for project in existing if not project.team_managed),
        tuple(project for project in existing if project.team_managed),
        tuple(key for folded, key in named.items() if folded not in known),
        {project.id: project.key for project in seen},
    )


def sample_issue(client: JiraClient, project: str, rules: Sequence[MeasureRule]) -> str:
    """The id of one issue that a rule may select, if there is one."""
    kinds = sorted({name for rule in rules for name in selected_names(rule.match.type)})
    clause = f" AND issuetype in ({', '.join(map(jql_quoted, kinds))})" if kinds else ""
    issues = search(client, f"project = {jql_quoted(project)}{clause} ORDER BY created DESC", ["summary"], 1)
    return as_text(issues[0].get("id")) if issues else ""


def verify_fields(
    client: JiraClient,
    rules: Sequence[MeasureRule],
    *,
    choices: bool = True,
    unwritable: str = "no context or field scheme of the project has it",
) -> list[str]:
    """Owned fields that cannot be written at a real issue, as sentences; and what could not be checked.

    With ``choices`` it also checks whether a field on the edit screen offers every choice.
    """
    ground, catalogue = governed_projects(client, rules), FieldCatalogue.from_payload(client.fields())
    wrong = []
    for project in (*ground.projects, *ground.team_managed):
        sample = sample_issue(client, project.key, rules)
        if not sample:
            wrong.append(
                f"{project.key}: there is no issue to check; whether the fields can be written is not known yet."
            )
            continue
        meta, writable = client.editable_fields(sample), client.writable_fields(sample)
        for want in owned_fields(rules, ProvisionOptions()):
            field = catalogue.resolve(want.name, project.id)
            if not isinstance(field, Field):
                wrong.append(f"{project.key}: {field.message}.")
            elif field.id not in writable:
                wrong.append(f'{project.key}: "{want.name}" ({field.id}) cannot be written there: {unwritable}.')
            elif choices and want.options and field.custom == CHOICE and field.id in meta:
                choices_present = {
                    as_text(as_object(choice).get("value"))
                    for choice in as_list(as_object(meta.get(field.id)).get("allowedValues"))
                }
                lacking = [option for option in want.options if option not in choices_present]
                if lacking:
                    wrong.append(f'{project.key}: "{want.name}" does not offer {", ".join(lacking)}.')
    return wrong


class NoField(Enum):
    """Why there is no field to use."""

    TO_MAKE = auto()
    """There is no field of the name."""
    TO_DECIDE = auto()
    """A person has to decide first: several fields have the name, or its type does not fit."""


def existing_field(
    catalogue: FieldCatalogue, owned: OwnedField, made: Sequence[ProvisionedObject], notes: list[Note]
) -> Field | NoField:
    """The field of this name, or why none can be used; what a person has to decide is added to ``notes``.

    Fields that Gatepost created are identified by id: names are not unique, and somebody may have added another one.
    """
    for provisioned in made:
        own = (
            catalogue.by_id(provisioned.target)
            if provisioned.kind is StepKind.FIELD and provisioned.name == owned.name
            else None
        )
        if own is not None:
            return own
    field = catalogue.resolve(owned.name)
    if not isinstance(field, Field):
        if field.why is NotResolved.AMBIGUOUS:
            notes.append(Note(f"{field.message}. Nothing was planned for it."))
            return NoField.TO_DECIDE
        return NoField.TO_MAKE
    if field.custom not in COMPATIBLE_TYPES[owned.kind] and not (
        owned.kind == READ_ONLY and field.custom in COMPATIBLE_TYPES[TEXT]
    ):
        notes.append(
            Note(
                f'"{owned.name}" exists as {field.custom or field.type}, and a {owned.kind} is needed: rename one of '
                "the two, or name another field in the mapping."
            )
        )
        return NoField.TO_DECIDE
    return field


def creation_step(owned: OwnedField, governed: GovernedProjects) -> ProvisionStep:
    choices = f" with {', '.join(owned.options)}" if owned.options else ""
    where = f" for {project_keys(governed.projects)}" if governed.projects else ""
    return ProvisionStep(
        StepKind.FIELD,
        owned.name,
        f"create the field {owned.name} ({owned.kind}{choices}){where}",
        FieldSpec(owned.name, owned.kind, owned.options, tuple(governed.ids)),
    )


def project_notes(governed: GovernedProjects, owned: Sequence[OwnedField]) -> Iterator[Note]:
    for key in governed.unknown_keys:
        yield Note(f"{key} does not exist, or is hidden from this account: nothing is planned for it.")
    for project in governed.team_managed:
        names = ", ".join(want.name for want in owned)
        yield Note(
            f"{project.key} is team-managed: no program can add fields there. Its administrator adds these existing "
            f"fields under Project settings > Work types: {names}. Until then an issue property and a link can be used "
            "instead (marks: {property: gatepost, link: …})."
        )


def project_keys(projects: Sequence[Project]) -> str:
    return ", ".join(project.key for project in projects)
