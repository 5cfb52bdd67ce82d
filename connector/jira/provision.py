"""What a mapping needs on a Jira site: owned fields with their choices, on the right screens, and native gates.

Names are not unique and screens are shared; most products of this kind fail with "Field cannot be set. It is not on
the appropriate screen, or unknown".  So the existing objects are read first, what is created is recorded, and at the
end a real issue shows whether every field can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.errors import NotFound, PermissionDenied, ValuesRejected
from connector.jira.admin import CloudAdmin, Context
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
from connector.jira.screens import screens_of
from connector.jira.ungated_moves import ungated_moves
from connector.remedy import Note, Remedy
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
        self._admin.forget()
        notes = [] if options.gates_only else list(project_notes(ground, owned))
        steps: list[ProvisionStep] = []
        fields: dict[str, Field] = {}
        for want in owned:
            field = existing_field(catalogue, want, made, notes)
            if field is NoField.TO_MAKE:
                steps.append(creation_step(want, ground))
            elif isinstance(field, Field):
                fields[want.name] = field
                if not options.gates_only:
                    steps += self._steps_for_existing_field(want, field, ground)
        if not options.gates_only:
            notes += self._unknown_kinds(ground, rules)
            steps += self._on_screens(owned, fields, ground, rules, options, notes)
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

    def _on_screens(
        self,
        owned: Sequence[OwnedField],
        fields: Mapping[str, Field],
        ground: GovernedProjects,
        rules: Sequence[MeasureRule],
        options: ProvisionOptions,
        notes: list[Note],
    ) -> Iterator[ProvisionStep]:
        """View screens only, and none that other projects share; the rest is told and left to a person."""
        others = [identity for identity in ground.keys_by_id if identity not in set(ground.ids)]
        for place in screens_of(self._admin, ground.ids, self._kinds(ground, rules), others):
            screen = place.screen
            if place.strangers and not options.shared:
                keys = ", ".join(sorted(ground.keys_by_id[project] for project in place.strangers))
                notes.append(
                    Note(
                        f'the screen "{screen.name}" is used by {keys} as well: nothing is put there.',
                        Remedy(
                            "Give the governed projects a screen scheme of their own, or let the plan use screens that "
                            "ungoverned projects use as well.",
                            "Give the governed projects a screen scheme of their own, or pass --shared.",
                        ),
                    )
                )
                continue
            if place.is_for_editing and not options.edit_screens:
                notes.append(
                    Note(
                        f'"{screen.name}" is also the screen on which issues are edited: the owned fields are written, '
                        "and not put there.",
                        Remedy(
                            "Give the screen scheme a View screen of its own, or let the plan put owned fields on "
                            "screens for editing: then people can type into them, and Gatepost puts them back.",
                            "Give the screen scheme a View screen of its own, or pass --edit-screens: then people can "
                            "type into them, and Gatepost puts them back.",
                        ),
                    )
                )
                continue
            present = self._admin.tab(screen.id).fields
            for want in owned:
                field = fields.get(want.name)
                if field is None or field.id not in present:
                    description = f'add {want.name} to the screen "{screen.name}"'
                    spec = ScreenSpec(want.name, screen.id, screen.name)
                    yield ProvisionStep(StepKind.SCREEN, f"{screen.id}:{want.name}", description, spec)

    def _unknown_kinds(self, ground: GovernedProjects, rules: Sequence[MeasureRule]) -> Iterator[Note]:
        """Issue types that a rule names and a project does not have: a mistyped one must not mean all of them."""
        known = {project.key: self._admin.issue_types(project.id) for project in ground.all}
        for name in sorted({name for rule in rules for name in selected_names(rule.match.type)}):
            if known and not any(name.casefold() in map(str.casefold, kinds) for kinds in known.values()):
                yield Note(f'no governed project has an issue type "{name}": nothing is planned for it.')

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
        """Fields that a context makes valid and that issues lack all the same: no scheme of the project has them."""
        busy = {step.spec.name for step in before}
        for project in ground.projects:
            sample = sample_issue(self._client, project.key, rules)
            if not sample:
                continue
            writable = self._client.writable_fields(sample)
            for name, field in fields.items():
                if field.id not in writable and name not in busy:
                    description = f"associate {name} with the project {project.key}"
                    yield ProvisionStep(
                        StepKind.ASSOCIATION, f"{name}:{project.id}", description, ProjectsSpec(name, (project.id,))
                    )

    # --- doing -------------------------------------------------------------------------------------

    def apply(self, step: ProvisionStep) -> ProvisionedObject:
        match step.spec:
            case GateSpec() as spec:
                return self._keeper.apply(step.target, spec, self._known(spec.highest_stage))
            case FieldSpec(name=name) as made:
                return ProvisionedObject(step.kind, self._create(made), name, made)
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

    def _create(self, spec: FieldSpec) -> str:
        """A field for its projects only: Jira makes one for everybody, so its own comes first, then that goes."""
        identity = self._admin.create_field(spec.name, spec.kind, DESCRIPTION)
        if not spec.projects:
            return identity
        try:
            everywhere: list[Context] = [one for one in self._admin.contexts(identity) if one.is_global]
            self._admin.add_context(identity, f"Gatepost: {spec.name}", spec.projects)
            for context in everywhere:
                self._admin.drop_context(identity, context.id)
        except (ValuesRejected, PermissionDenied):
            # Half made it would be a field of every space, one of the 700 that each of them may have.
            self._admin.trash_field(identity)
            raise
        return identity

    def intend(self, step: ProvisionStep) -> ProvisionedObject | None:
        if isinstance(step.spec, GateSpec):
            return self._keeper.intend(step.target, step.spec, self._known(step.spec.highest_stage))
        return None

    def _known(self, name: str) -> Field | None:
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(name)
        return field if isinstance(field, Field) else None

    def _field(self, name: str) -> Field:
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(name)
        if not isinstance(field, Field):
            raise ValuesRejected(f"{self._connection}: {field.message}")
        return field

    def ungated_moves(self, config: MappingConfig, made: Sequence[ProvisionedObject]) -> Sequence[str]:
        return ungated_moves(self._client, self._connection, config, made)

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

    def verify(self, config: MappingConfig) -> Sequence[Note]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        return [Note(problem) for problem in verify_fields(self._client, rules)]
