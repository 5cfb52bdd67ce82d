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
    Wanted,
    creation,
    existing_field,
    ground_notes,
    ground_of,
    verify,
    wanted_fields,
)
from connector.sync.provision import Made, Options, Plan, Step, StepKind
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
            if field is None:
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
                        detail = {"name": want.name, "screen": screen.id}
                        steps.append(Step(StepKind.SCREEN, f"{screen.id}:{want.name}", told, detail))
        if any(rule.enforce is Enforce.NATIVE for rule in rules):
            notes.append(
                "Data Center has no REST for workflows: instead of a native gate, an issue that went past a shut gate "
                "is moved back with one comment (as with enforce: revert)."
            )
        return Plan(tuple(steps), tuple(notes))

    def apply(self, step: Step) -> Made:
        name = str(step.detail["name"])
        if step.kind is StepKind.FIELD:
            identity = self._admin.create_field(name, str(step.detail["kind"]), DESCRIPTION, step.detail["projects"])
            return Made(step.kind, identity, name, dict(step.detail))
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(name)
        if not isinstance(field, Field):
            raise Refused(f"{self._connection}: {field.message}")
        screen = int(step.detail["screen"])
        tab = self._admin.tab(screen)
        if field.id not in tab.fields:
            self._admin.add_to_screen(screen, tab.id, field.id)
        return Made(step.kind, f"{screen}:{tab.id}:{field.id}", name)

    def undo(self, made: Made) -> str:
        try:
            if made.kind is StepKind.FIELD:
                self._admin.delete_field(made.target)
                return f"{made.name} ({made.target}) was deleted with its values."
            screen, tab, field = made.target.split(":")
            self._admin.drop_from_screen(int(screen), int(tab), field)
        except NotFound:
            return f"{made.name}: {made.kind.value} {made.target} was gone already."
        return f"{made.name} was taken off screen {screen}."

    def verify(self, config: MappingConfig) -> Sequence[str]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        return [told for told in verify(self._client, rules) if " does not offer " not in told]


DEFAULT_SCREEN = "Default Screen"


def _as_text(want: Wanted) -> Wanted:
    """Choices cannot be made there over REST: a line of text says the same."""
    return Wanted(want.name, TEXT, ()) if want.kind == CHOICE else want
