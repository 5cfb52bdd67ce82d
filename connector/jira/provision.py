"""What a mapping needs on a Jira site: owned fields with their choices, on the right screens, and native gates.

Names are not unique and screens are shared; most products of this kind fail with "Field cannot be set. It is not on
the appropriate screen, or unknown".  So what there is is looked at first, what is made is recorded, and at the end a
real issue's edit screen is asked whether every field can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.errors import NotFound, Refused
from connector.jira.admin import CloudAdmin
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldCatalogue
from connector.jira.gate_provisioning import GateKeeper
from connector.jira.owned_fields import (
    CHOICE,
    DESCRIPTION,
    Ground,
    NoField,
    Wanted,
    creation,
    existing_field,
    ground_notes,
    ground_of,
    keys_of,
    sample_of,
    verify,
    wanted_fields,
)
from connector.sync.provision import (
    Associated,
    FieldSpec,
    GateSpec,
    Made,
    OnScreen,
    Options,
    OptionSpec,
    PlacedGate,
    Plan,
    ProjectsSpec,
    RecordSpec,
    ScreenSpec,
    Step,
    StepKind,
)
from mapping.config import MappingConfig, MeasureRule
from mapping.live_check import listed
from mapping.work_item import ConnectionName


class CloudProvisioner:
    """Implements :class:`connector.sync.provision.Provisioner`."""

    def __init__(self, connection: ConnectionName, client: JiraClient, admin: CloudAdmin) -> None:
        self._connection = connection
        self._client = client
        self._admin = admin
        self._keeper = GateKeeper(connection, admin)

    def plan(self, config: MappingConfig, made: Sequence[Made], options: Options) -> Plan:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        ground = ground_of(self._client, rules)
        catalogue = FieldCatalogue.from_payload(self._client.fields())
        notes = list(ground_notes(ground, wanted_fields(rules, options)))
        steps: list[Step] = []
        found: dict[str, Field] = {}
        for want in wanted_fields(rules, options):
            field = existing_field(catalogue, want, made, notes)
            if field is NoField.TO_MAKE:
                steps.append(creation(want, ground))
            elif isinstance(field, Field):
                found[want.name] = field
                steps += self._forexisting_field(want, field, ground)
        steps += self._screens(wanted_fields(rules, options), found, ground, rules)
        steps += self._associations(found, ground, rules, steps)
        gates, told = self._keeper.plan(config, rules, ground, found, options, made)
        order = list(StepKind)
        return Plan(tuple(sorted([*steps, *gates], key=lambda step: order.index(step.kind))), (*notes, *told))

    def _forexisting_field(self, want: Wanted, field: Field, ground: Ground) -> Iterator[Step]:
        contexts = self._admin.contexts(field.id)
        covered = {project for context in contexts for project in context.projects}
        if ground.ids and not any(context.everywhere for context in contexts):
            lacking = [project for project in ground.projects if project.id not in covered]
            if lacking:
                told = f"make {want.name} valid in {keys_of(lacking)}"
                spec = ProjectsSpec(want.name, tuple(project.id for project in lacking))
                yield Step(StepKind.CONTEXT, f"{want.name}:{','.join(spec.projects)}", told, spec)
        if want.options and field.custom == CHOICE:
            for context in contexts:
                there = self._admin.options(field.id, context.id)
                for option in want.options:
                    if option not in there:
                        told = f"add the choice {option} to {want.name}"
                        choice = OptionSpec(want.name, context.id, option)
                        yield Step(StepKind.OPTION, f"{want.name}:{context.id}:{option}", told, choice)

    def _screens(
        self, wanted: Sequence[Wanted], found: Mapping[str, Field], ground: Ground, rules: Sequence[MeasureRule]
    ) -> Iterator[Step]:
        kinds = self._kinds(ground, rules)
        for screen in self._admin.edit_screens(ground.ids, kinds).values():
            there = self._admin.tab(screen.id).fields
            for want in wanted:
                field = found.get(want.name)
                if field is None or field.id not in there:
                    told = f'put {want.name} on the screen "{screen.name}"'
                    spec = ScreenSpec(want.name, screen.id, screen.name)
                    yield Step(StepKind.SCREEN, f"{screen.id}:{want.name}", told, spec)

    def _kinds(self, ground: Ground, rules: Sequence[MeasureRule]) -> list[str]:
        """Ids of the governed issue types in the governed projects."""
        names = {name.casefold() for rule in rules for name in listed(rule.match.type)}
        found: dict[str, None] = {}
        for project in ground.projects:
            for name, identity in self._admin.issue_types(project.id).items():
                if not names or name.casefold() in names:
                    found[identity] = None
        return list(found)

    def _associations(
        self, found: Mapping[str, Field], ground: Ground, rules: Sequence[MeasureRule], before: Sequence[Step]
    ) -> Iterator[Step]:
        """Fields that are on the screen and cannot be edited all the same: no scheme of the project has them."""
        busy = {step.spec.name for step in before}
        for project in ground.projects:
            sample = sample_of(self._client, project.key, rules)
            if not sample:
                continue
            meta = self._client.editable(sample)
            for name, field in found.items():
                if field.id not in meta and name not in busy:
                    told = f"associate {name} with the project {project.key}"
                    yield Step(StepKind.ASSOCIATION, f"{name}:{project.id}", told, ProjectsSpec(name, (project.id,)))

    # --- doing -------------------------------------------------------------------------------------

    def apply(self, step: Step) -> Made:
        match step.spec:
            case GateSpec() as spec:
                names = (spec.gate, spec.passes or "")
                catalogue = FieldCatalogue.from_payload(self._client.fields())
                fields = {name: field for name in names if isinstance(field := catalogue.resolve(name), Field)}
                return self._keeper.apply(step.target, spec, fields)
            case FieldSpec(name=name) as made:
                identity = self._admin.create_field(name, made.kind, DESCRIPTION)
                return Made(step.kind, identity, name, made)
            case OptionSpec(name, context, option) as choice:
                field = self._field(name)
                self._admin.add_options(field.id, context, [option])
                return Made(step.kind, f"{field.id}:{context}:{option}", name, choice)
            case ScreenSpec(name=name, screen=screen):
                field, tab = self._field(name), self._admin.tab(screen)
                if field.id not in tab.fields:
                    self._admin.add_to_screen(screen, tab.id, field.id)
                place = OnScreen(screen, tab.id, field.id)
                return Made(step.kind, f"{screen}:{tab.id}:{field.id}", name, place)
            case ProjectsSpec(name, projects) as valid if step.kind is StepKind.CONTEXT:
                field = self._field(name)
                context = self._admin.add_context(field.id, f"Gatepost: {name}", projects)
                return Made(step.kind, f"{field.id}:{context}", name, valid)
            case ProjectsSpec(name, projects):
                field = self._field(name)
                how = self._admin.associate(field.id, projects)
                return Made(StepKind.ASSOCIATION, f"{field.id}:{','.join(projects)}", name, Associated(how))
            case RecordSpec():
                raise Refused(f"{self._connection}: a record of ServiceNow cannot be made in Jira")

    def _field(self, name: str) -> Field:
        field = FieldCatalogue.from_payload(self._client.fields()).resolve(name)
        if not isinstance(field, Field):
            raise Refused(f"{self._connection}: {field.message}")
        return field

    def undo(self, made: Made) -> str:
        try:
            match made.detail:
                case PlacedGate() as placed:
                    return self._keeper.undo(made.target, placed)
                case FieldSpec():
                    self._admin.trash_field(made.target)
                    return f"{made.name} ({made.target}) was put into the bin; an administrator may take it back."
                case OnScreen(screen, tab, field):
                    self._admin.drop_from_screen(screen, tab, field)
                    return f"{made.name} was taken off screen {screen}."
                case _:
                    # A choice that issues hold, or a context, goes with its field; taking it away alone loses data.
                    return f"{made.kind.value} of {made.name} stays: values of issues may rest on it."
        except NotFound:
            return f"{made.name}: {made.kind.value} {made.target} was gone already."

    def verify(self, config: MappingConfig) -> Sequence[str]:
        rules = [rule for rule in config.measures if rule.connection == self._connection]
        return verify(self._client, rules)
