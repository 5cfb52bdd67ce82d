"""Provisioning on Jira Data Center, as far as its REST goes."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import NotFound, ValuesRejected
from connector.jira.admin import DataCenterAdmin
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue
from connector.jira.owned_fields import (
    CHOICE,
    DESCRIPTION,
    TEXT,
    NoField,
    OwnedField,
    creation_step,
    existing_field,
    governed_projects,
    owned_fields,
    project_notes,
    verify_fields,
)
from connector.remedy import Note, Remedy
from connector.sync.provision import (
    FieldSpec,
    OnScreen,
    ProvisionedObject,
    ProvisionOptions,
    ProvisionPlan,
    ProvisionStep,
    ScreenSpec,
    StepKind,
)
from mapping.config import Enforce, MappingConfig
from mapping.work_item import ConnectionName


class DataCenterProvisioner:
    """Data Center: fields and the screens that are named; choices and workflows cannot be created over REST there.

    https://docs.atlassian.com/software/jira/docs/api/REST/10.3.0/ has no resource that creates either.
    """

    def __init__(self, connection: ConnectionName, client: JiraClient, admin: DataCenterAdmin) -> None:
        self._connection = connection
        self._client = client
        self._admin = admin

    def plan(
        self, config: MappingConfig, made: Sequence[ProvisionedObject], options: ProvisionOptions
    ) -> ProvisionPlan:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        ground = governed_projects(self._client, rules)
        catalogue = FieldCatalogue.from_payload(self._client.fields())
        owned = [_as_text_field(want) for want in owned_fields(rules, options)]
        notes = list(project_notes(ground, owned))
        steps: list[ProvisionStep] = []
        fields: dict[str, Field] = {}
        for want in owned:
            field = existing_field(catalogue, want, made, notes)
            if field is NoField.TO_MAKE:
                steps.append(creation_step(want, ground))
            elif isinstance(field, Field):
                fields[want.name] = field
        for name in options.screens or (DEFAULT_SCREEN,):
            screens = self._admin.screens(name)
            if not screens:
                notes.append(
                    Note(
                        f'No screen is called "{name}".',
                        Remedy(
                            "Name those on which issues are edited.",
                            "Name those on which issues are edited with --screen.",
                        ),
                    )
                )
            for screen in screens:
                present = self._admin.tab(screen.id).fields
                for want in owned:
                    known = fields.get(want.name)
                    if known is None or known.id not in present:
                        description = f'add {want.name} to the screen "{screen.name}"'
                        spec = ScreenSpec(want.name, screen.id, screen.name)
                        steps.append(ProvisionStep(StepKind.SCREEN, f"{screen.id}:{want.name}", description, spec))
        if any(rule.enforce is Enforce.NATIVE for rule in rules):
            notes.append(
                Note(
                    "Data Center has no REST for workflows: instead of a native gate, an issue that went past a shut "
                    "gate is moved back with one comment (as with enforce: revert)."
                )
            )
        return ProvisionPlan(tuple(steps), tuple(notes))

    def apply(self, step: ProvisionStep) -> ProvisionedObject:
        spec = step.spec
        if isinstance(spec, FieldSpec):
            identity = self._admin.create_field(spec.name, spec.kind, DESCRIPTION, spec.projects)
            return ProvisionedObject(step.kind, identity, spec.name, spec)
        if not isinstance(spec, ScreenSpec):
            raise ValuesRejected(f"{self._connection}: Data Center has no REST for this step: {step.description}")
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(spec.name)
        if not isinstance(field, Field):
            raise ValuesRejected(f"{self._connection}: {field.message}")
        tab = self._admin.tab(spec.screen)
        if field.id not in tab.fields:
            self._admin.add_to_screen(spec.screen, tab.id, field.id)
        place = OnScreen(spec.screen, tab.id, field.id)
        return ProvisionedObject(step.kind, f"{spec.screen}:{tab.id}:{field.id}", spec.name, place)

    def intend(self, step: ProvisionStep) -> ProvisionedObject | None:
        """Nothing that exists already is changed there but screens, whose change is known when it is done."""
        del step
        return None

    def ungated_moves(self, config: MappingConfig, made: Sequence[ProvisionedObject]) -> Sequence[str]:
        """There are no native gates."""
        del config, made
        return ()

    def undo(self, made: ProvisionedObject) -> str:
        try:
            match made.detail:
                case OnScreen(screen, tab, field):
                    self._admin.remove_from_screen(screen, tab, field)
                    return f"{made.name} was removed from screen {screen}."
                case _:
                    self._admin.delete_field(made.target)
                    return f"{made.name} ({made.target}) was deleted with its values."
        except NotFound:
            return f"{made.name}: {made.kind.value} {made.target} did not exist any more."

    def verify(self, config: MappingConfig) -> Sequence[Note]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        unwritable = "it is not on the edit screen, or not valid there"
        return [Note(problem) for problem in verify_fields(self._client, rules, choices=False, unwritable=unwritable)]


DEFAULT_SCREEN = "Default Screen"


def _as_text_field(want: OwnedField) -> OwnedField:
    """Choices cannot be created there over REST: a line of text carries the same value."""
    return OwnedField(want.name, TEXT, ()) if want.kind == CHOICE else want
