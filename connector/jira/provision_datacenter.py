"""Provisioning on Jira Data Center, as far as its REST goes."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import NotFound, Refused
from connector.jira.admin import DataCenterAdmin
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue
from connector.jira.owned_fields import (
    CHOICE,
    DESCRIPTION,
    TEXT,
    NoField,
    Wanted,
    creation,
    existing_field,
    ground_notes,
    ground_of,
    verify,
    wanted_fields,
)
from connector.sync.provision import FieldSpec, Made, OnScreen, Options, Plan, ScreenSpec, Step, StepKind
from mapping.config import Enforce, MappingConfig
from mapping.work_item import ConnectionName


class DataCenterProvisioner:
    """Data Center: fields and the screens that are named; choices and workflows cannot be made over REST there.

    https://docs.atlassian.com/software/jira/docs/api/REST/10.3.0/ has no resource that creates either.
    """

    def __init__(self, connection: ConnectionName, client: JiraClient, admin: DataCenterAdmin) -> None:
        self._connection = connection
        self._client = client
        self._admin = admin

    def plan(self, config: MappingConfig, made: Sequence[Made], options: Options) -> Plan:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        ground = ground_of(self._client, rules)
        catalogue = FieldCatalogue.from_payload(self._client.fields())
        wanted = [_as_text(want) for want in wanted_fields(rules, options)]
        notes = list(ground_notes(ground, wanted))
        steps: list[Step] = []
        found: dict[str, Field] = {}
        for want in wanted:
            field = existing_field(catalogue, want, made, notes)
            if field is NoField.TO_MAKE:
                steps.append(creation(want, ground))
            elif isinstance(field, Field):
                found[want.name] = field
        for name in options.screens or (DEFAULT_SCREEN,):
            screens = self._admin.screens(name)
            if not screens:
                notes.append(f'No screen is called "{name}"; name those on which issues are edited with --screen.')
            for screen in screens:
                there = self._admin.tab(screen.id).fields
                for want in wanted:
                    known = found.get(want.name)
                    if known is None or known.id not in there:
                        told = f'put {want.name} on the screen "{screen.name}"'
                        spec = ScreenSpec(want.name, screen.id, screen.name)
                        steps.append(Step(StepKind.SCREEN, f"{screen.id}:{want.name}", told, spec))
        if any(rule.enforce is Enforce.NATIVE for rule in rules):
            notes.append(
                "Data Center has no REST for workflows: instead of a native gate, an issue that went past a shut gate "
                "is moved back with one comment (as with enforce: revert)."
            )
        return Plan(tuple(steps), tuple(notes))

    def apply(self, step: Step) -> Made:
        spec = step.spec
        if isinstance(spec, FieldSpec):
            identity = self._admin.create_field(spec.name, spec.kind, DESCRIPTION, spec.projects)
            return Made(step.kind, identity, spec.name, spec)
        if not isinstance(spec, ScreenSpec):
            raise Refused(f"{self._connection}: Data Center has no REST for this step: {step.told}")
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(spec.name)
        if not isinstance(field, Field):
            raise Refused(f"{self._connection}: {field.message}")
        tab = self._admin.tab(spec.screen)
        if field.id not in tab.fields:
            self._admin.add_to_screen(spec.screen, tab.id, field.id)
        place = OnScreen(spec.screen, tab.id, field.id)
        return Made(step.kind, f"{spec.screen}:{tab.id}:{field.id}", spec.name, place)

    def undo(self, made: Made) -> str:
        try:
            match made.detail:
                case OnScreen(screen, tab, field):
                    self._admin.drop_from_screen(screen, tab, field)
                    return f"{made.name} was taken off screen {screen}."
                case _:
                    self._admin.delete_field(made.target)
                    return f"{made.name} ({made.target}) was deleted with its values."
        except NotFound:
            return f"{made.name}: {made.kind.value} {made.target} was gone already."

    def verify(self, config: MappingConfig) -> Sequence[str]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        return verify(self._client, rules, choices=False)


DEFAULT_SCREEN = "Default Screen"


def _as_text(want: Wanted) -> Wanted:
    """Choices cannot be made there over REST: a line of text says the same."""
    return Wanted(want.name, TEXT, ()) if want.kind == CHOICE else want
