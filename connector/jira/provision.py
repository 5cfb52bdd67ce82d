"""What a mapping needs on a Jira site: owned fields with their choices, on the right screens, and native gates.

Names are not unique and screens are shared; most products of this kind fail with "Field cannot be set. It is not on
the appropriate screen, or unknown".  So the existing objects are read first, what is created is recorded, and at the
end a real issue's edit screen shows whether every field can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.errors import NotFound, ValuesRejected
from connector.jira.admin import CloudAdmin
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue
from connector.jira.gate_provisioning import GateProvisioner
from connector.jira.owned_fields import (
    CHOICE,
    DESCRIPTION,
    GovernedProjects,
    NoField,
    OwnedField,
    creation_step,
    existing_field,
    governed_projects,
    owned_fields,
    project_keys,
    project_notes,
    sample_issue,
    verify_fields,
)
from connector.sync.provision import (
    Associated,
    FieldSpec,
    GateSpec,
    OnScreen,
    OptionSpec,
    PlacedGate,
    ProjectsSpec,
    ProvisionedObject,
    ProvisionOptions,
    ProvisionPlan,
    ProvisionStep,
    RecordSpec,
    ScreenSpec,
    StepKind,
)
from mapping.config import MappingConfig, MeasureRule
from mapping.live_check import selected_names
from mapping.policy import Policies
from mapping.work_item import ConnectionName


class CloudProvisioner:
    """Implements :class:`connector.sync.provision.Provisioner`."""

    def __init__(self, connection: ConnectionName, client: JiraClient, admin: CloudAdmin) -> None:
        self._connection = connection
        self._client = client
        self._admin = admin
        self._keeper = GateProvisioner(connection, admin)

    def plan(
        self, config: MappingConfig, made: Sequence[ProvisionedObject], options: ProvisionOptions
    ) -> ProvisionPlan:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        ground = governed_projects(self._client, rules)
        catalogue = FieldCatalogue.from_payload(self._client.fields())
        owned = owned_fields(rules, options, Policies(config).base.gate_names)
        notes = list(project_notes(ground, owned))
        steps: list[ProvisionStep] = []
        fields: dict[str, Field] = {}
        for want in owned:
            field = existing_field(catalogue, want, made, notes)
            if field is NoField.TO_MAKE:
                steps.append(creation_step(want, ground))
            elif isinstance(field, Field):
                fields[want.name] = field
                steps += self._steps_for_existing_field(want, field, ground)
        steps += self._screens(owned, fields, ground, rules)
        steps += self._associations(fields, ground, rules, steps)
        gates, gate_notes = self._keeper.plan(config, rules, ground, fields, options, made)
        order = list(StepKind)
        return ProvisionPlan(
            tuple(sorted([*steps, *gates], key=lambda step: order.index(step.kind))), (*notes, *gate_notes)
        )

    def _steps_for_existing_field(
        self, want: OwnedField, field: Field, ground: GovernedProjects
    ) -> Iterator[ProvisionStep]:
        contexts = self._admin.contexts(field.id)
        covered = {project for context in contexts for project in context.projects}
        if ground.ids and not any(context.is_global for context in contexts):
            lacking = [project for project in ground.projects if project.id not in covered]
            if lacking:
                description = f"make {want.name} valid in {project_keys(lacking)}"
                spec = ProjectsSpec(want.name, tuple(project.id for project in lacking))
                yield ProvisionStep(StepKind.CONTEXT, f"{want.name}:{','.join(spec.projects)}", description, spec)
        if want.options and field.custom == CHOICE:
            for context in contexts:
                present = self._admin.options(field.id, context.id)
                for option in want.options:
                    if option not in present:
                        description = f"add the choice {option} to {want.name}"
                        choice = OptionSpec(want.name, context.id, option)
                        yield ProvisionStep(StepKind.OPTION, f"{want.name}:{context.id}:{option}", description, choice)

    def _screens(
        self,
        owned: Sequence[OwnedField],
        fields: Mapping[str, Field],
        ground: GovernedProjects,
        rules: Sequence[MeasureRule],
    ) -> Iterator[ProvisionStep]:
        kinds = self._kinds(ground, rules)
        for screen in self._admin.edit_screens(ground.ids, kinds).values():
            present = self._admin.tab(screen.id).fields
            for want in owned:
                field = fields.get(want.name)
                if field is None or field.id not in present:
                    description = f'add {want.name} to the screen "{screen.name}"'
                    spec = ScreenSpec(want.name, screen.id, screen.name)
                    yield ProvisionStep(StepKind.SCREEN, f"{screen.id}:{want.name}", description, spec)

    def _kinds(self, ground: GovernedProjects, rules: Sequence[MeasureRule]) -> list[str]:
        """Ids of the governed issue types in the governed projects."""
        names = {name.casefold() for rule in rules for name in selected_names(rule.match.type)}
        found: dict[str, None] = {}
        for project in ground.projects:
            for name, identity in self._admin.issue_types(project.id).items():
                if not names or name.casefold() in names:
                    found[identity] = None
        return list(found)

    def _associations(
        self,
        fields: Mapping[str, Field],
        ground: GovernedProjects,
        rules: Sequence[MeasureRule],
        before: Sequence[ProvisionStep],
    ) -> Iterator[ProvisionStep]:
        """Fields that are on the screen and cannot be edited all the same: no scheme of the project has them."""
        busy = {step.spec.name for step in before}
        for project in ground.projects:
            sample = sample_issue(self._client, project.key, rules)
            if not sample:
                continue
            meta = self._client.editable_fields(sample)
            for name, field in fields.items():
                if field.id not in meta and name not in busy:
                    description = f"associate {name} with the project {project.key}"
                    yield ProvisionStep(
                        StepKind.ASSOCIATION, f"{name}:{project.id}", description, ProjectsSpec(name, (project.id,))
                    )

    # --- doing -------------------------------------------------------------------------------------

    def apply(self, step: ProvisionStep) -> ProvisionedObject:
        match step.spec:
            case GateSpec() as spec:
                names = (spec.gate, spec.allowed_stages or "")
                catalogue = FieldCatalogue.from_payload(self._client.fields())
                fields = {name: field for name in names if isinstance(field := catalogue.resolve(name), Field)}
                return self._keeper.apply(step.target, spec, fields)
            case FieldSpec(name=name) as made:
                identity = self._admin.create_field(name, made.kind, DESCRIPTION)
                return ProvisionedObject(step.kind, identity, name, made)
            case OptionSpec(name, context, option) as choice:
                field = self._field(name)
                self._admin.add_options(field.id, context, [option])
                return ProvisionedObject(step.kind, f"{field.id}:{context}:{option}", name, choice)
            case ScreenSpec(name=name, screen=screen):
                field, tab = self._field(name), self._admin.tab(screen)
                if field.id not in tab.fields:
                    self._admin.add_to_screen(screen, tab.id, field.id)
                place = OnScreen(screen, tab.id, field.id)
                return ProvisionedObject(step.kind, f"{screen}:{tab.id}:{field.id}", name, place)
            case ProjectsSpec(name, projects) as valid if step.kind is StepKind.CONTEXT:
                field = self._field(name)
                context = self._admin.add_context(field.id, f"Gatepost: {name}", projects)
                return ProvisionedObject(step.kind, f"{field.id}:{context}", name, valid)
            case ProjectsSpec(name, projects):
                field = self._field(name)
                how = self._admin.associate(field.id, projects)
                return ProvisionedObject(
                    StepKind.ASSOCIATION, f"{field.id}:{','.join(projects)}", name, Associated(how)
                )
            case RecordSpec():
                raise ValuesRejected(f"{self._connection}: a record of ServiceNow cannot be created in Jira")

    def _field(self, name: str) -> Field:
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(name)
        if not isinstance(field, Field):
            raise ValuesRejected(f"{self._connection}: {field.message}")
        return field

    def undo(self, made: ProvisionedObject) -> str:
        try:
            match made.detail:
                case PlacedGate() as placed:
                    return self._keeper.undo(made.target, placed)
                case FieldSpec():
                    self._admin.trash_field(made.target)
                    return f"{made.name} ({made.target}) was moved to the bin; an administrator can restore it."
                case OnScreen(screen, tab, field):
                    self._admin.remove_from_screen(screen, tab, field)
                    return f"{made.name} was removed from screen {screen}."
                case _:
                    # A choice that issues use, or a context, is removed with its field; removing it alone loses data.
                    return f"{made.kind.value} of {made.name} stays: values of issues may depend on it."
        except NotFound:
            return f"{made.name}: {made.kind.value} {made.target} did not exist any more."

    def verify(self, config: MappingConfig) -> Sequence[str]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        return verify_fields(self._client, rules)
