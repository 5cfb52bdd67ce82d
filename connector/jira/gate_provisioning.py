"""Native gates in the workflows of a Jira Cloud site: planned, added, read back, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import InvalidResponse, NotFound, ValuesRejected
from connector.jira.admin import CloudAdmin, Workflows
from connector.jira.client import Project
from connector.jira.fields import Field
from connector.jira.owned_fields import GovernedProjects
from connector.jira.workflow_gates import (
    OPEN,
    Document,
    GateField,
    WorkflowGate,
    add_gate_rules,
    has_any_gate_rule,
    has_gate_rules,
    remove_gate_rules,
)
from connector.sync.provision import GateSpec, PlacedGate, ProvisionedObject, ProvisionOptions, ProvisionStep, StepKind
from governance.presets import PRESETS
from governance.verdict import gate_labels
from mapping.config import Enforce, MappingConfig, MeasureRule
from mapping.live_check import GATE_OPTIONS, selected_names
from mapping.policy import Policies
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class GatedTransition:
    """One transition that leads through a gate."""

    id: str
    name: str
    stage: str
    """Label of the stage that it leads into."""


class GateProvisioner:
    def __init__(self, connection: ConnectionName, admin: CloudAdmin) -> None:
        self._connection = connection
        self._admin = admin

    def plan(
        self,
        config: MappingConfig,
        rules: Sequence[MeasureRule],
        governed: GovernedProjects,
        fields: Mapping[str, Field],
        options: ProvisionOptions,
        made: Sequence[ProvisionedObject],
    ) -> tuple[list[ProvisionStep], list[str]]:
        """Workflows without a gate or with a wrong one, and what a person has to decide first."""
        steps: list[ProvisionStep] = []
        notes: list[str] = []
        former = {
            provisioned.target: provisioned.detail.allowed_stages_id
            for provisioned in made
            if isinstance(provisioned.detail, PlacedGate)
        }
        native = [rule for rule in rules if rule.enforce is Enforce.NATIVE and rule.write.gate]
        seen: set[str] = set()
        for rule in native:
            field = fields.get(rule.write.gate or "")
            pairs = self._pairs(rule, governed.all)
            if not pairs:
                continue
            for document in self._admin.workflows(sorted(pairs)).documents:
                if document["id"] in seen:
                    continue
                seen.add(document["id"])
                step, note = self._for_workflow(
                    config, rule, native, governed, field, fields, options, document, former.get(document["id"], "")
                )
                if step is not None:
                    steps.append(step)
                if note:
                    notes.append(note)
        return steps, notes

    def _pairs(self, rule: MeasureRule, projects: Sequence[Project]) -> set[tuple[str, str]]:
        """(project id, issue type id) that a rule selects."""
        named = {key.casefold() for key in selected_names(rule.match.project)}
        kinds = {name.casefold() for name in selected_names(rule.match.type)}
        found = set()
        for project in projects:
            if not named or project.key.casefold() in named:
                for name, identity in self._admin.issue_types(project.id).items():
                    if not kinds or name.casefold() in kinds:
                        found.add((project.id, identity))
        return found

    def _for_workflow(
        self,
        config: MappingConfig,
        rule: MeasureRule,
        native: Sequence[MeasureRule],
        ground: GovernedProjects,
        field: Field | None,
        fields: Mapping[str, Field],
        options: ProvisionOptions,
        document: Document,
        former_allowed_stages: str,
    ) -> tuple[ProvisionStep | None, str]:
        name, used = str(document["name"]), self._admin.usages(str(document["id"]))
        governed = {pair for workflow_type in native for pair in self._pairs(workflow_type, ground.all)}
        strangers = sorted({project for project, _ in used} - {project for project, _ in governed})
        if strangers and not options.shared:
            others = ", ".join(
                ground.keys_by_id.get(project, f"a project that is hidden (id {project})") for project in strangers
            )
            return None, (
                f'the workflow "{name}" is used by {others} as well, which no rule governs: copy it for the governed '
                "projects, or pass --shared to guard it for all; issues without a gate are let through."
            )
        read = self._admin.workflow(str(document["id"]))
        gated = gated_transitions(config, rule, read)
        if not gated:
            return None, f'the workflow "{name}" has no transition into a later stage; nothing is guarded there.'
        closed = used <= governed
        allowed_stages = fields.get(rule.write.allowed_stages or "")
        names = ", ".join(f'"{transition.name}"' for transition in gated)
        mode = "lets through an open gate only" if closed else "stops a shut gate; issues without one pass"
        description = f'guard {names} of the workflow "{name}": {mode}'
        spec = GateSpec(
            name, rule.write.gate or "", rule.write.allowed_stages, closed, options.style, options.automation_only,
            options.exempt_group, former_allowed_stages, {transition.id: transition.stage for transition in gated},
            Policies(config).base.gate_names,
        )  # fmt: skip
        step = ProvisionStep(StepKind.GATE, str(document["id"]), description, spec)
        gate = self._gate_field(field, spec.gate_names) if field is not None else None
        if gate is None:
            return step, ""
        guard = _guard(gate, allowed_stages.id if allowed_stages else "", spec)
        (current,) = read.documents
        right = all(
            has_gate_rules(transition, guard, spec.transitions[transition["id"]])
            for transition in current["transitions"]
            if transition["id"] in spec.transitions
        )
        return (None, "") if right else (step, "")

    def _gate_field(self, field: Field, names: Mapping[str, str]) -> GateField | None:
        """A choice is compared by its option's id, a line of text by its value; ``None`` while choices are missing.

        An issue that has not been assessed since a state was renamed holds the old name, which goes on being shut.
        """
        called = dict(zip(GATE_OPTIONS, gate_labels(names), strict=True))
        former = {f"{own}, as it was called": own for own, name in called.items() if own not in {name, OPEN}}
        if field.custom not in {"select", "radiobuttons"}:
            return GateField(field.id, called | former, "STRING")
        context = self._admin.contexts(field.id)[0]
        options = self._admin.options(field.id, context.id)
        if any(name not in options for name in called.values()):
            return None
        kept = {state: name for state, name in former.items() if name in options}
        return GateField(field.id, {state: options[name] for state, name in (called | kept).items()}, "OPTIONID")

    # --- doing -------------------------------------------------------------------------------------

    def apply(self, workflow: str, spec: GateSpec, fields: Mapping[str, Field]) -> ProvisionedObject:
        """Add the rules to one workflow, and read them back.

        Raises Refused when the validation finds something or the workflow was changed meanwhile, BadAnswer when what
        is stored afterwards is not what was written.
        """
        field, allowed_stages = fields.get(spec.gate), fields.get(spec.allowed_stages or "")
        gate = self._gate_field(field, spec.gate_names) if field is not None else None
        if field is None or gate is None:
            raise ValuesRejected(f"{self._connection}: the field {spec.gate} with its choices does not exist yet")
        allowed_stages_id = allowed_stages.id if allowed_stages else ""
        guard = _guard(gate, allowed_stages_id, spec)
        read = self._admin.workflow(workflow)
        if not read.documents:
            raise NotFound(f'{self._connection}: the workflow "{spec.name}" is gone')
        gated = spec.transitions
        changed = [
            add_gate_rules(transition, guard, gated[transition["id"]]) if transition["id"] in gated else transition
            for transition in read.documents[0]["transitions"]
        ]
        self._admin.replace_transitions(read, changed)
        self._read_back(workflow, spec, guard)
        return ProvisionedObject(StepKind.GATE, workflow, spec.name, PlacedGate(spec, field.id, allowed_stages_id))

    def _read_back(self, workflow: str, spec: GateSpec, guard: WorkflowGate) -> None:
        (stored,) = self._admin.workflow(workflow).documents
        wrong = [
            str(transition["name"])
            for transition in stored["transitions"]
            if transition["id"] in spec.transitions
            and not has_gate_rules(transition, guard, spec.transitions[transition["id"]])
        ]
        if wrong:
            raise InvalidResponse(
                f'{self._connection}: the rules of {", ".join(wrong)} in "{spec.name}" are not stored as '
                "they were written. Check the workflow, and run the same command again."
            )

    def undo(self, workflow: str, placed: PlacedGate) -> str:
        read, name = self._admin.workflow(workflow), placed.spec.name
        if not read.documents:
            return f'the workflow "{name}" was gone already.'
        gate, allowed_stages = placed.gate_id, placed.allowed_stages_id
        transitions = read.documents[0]["transitions"]
        if not any(has_any_gate_rule(transition, gate, allowed_stages) for transition in transitions):
            return f'the workflow "{name}" had no gates left.'
        self._admin.replace_transitions(
            read, [remove_gate_rules(transition, gate, allowed_stages) for transition in transitions]
        )
        return f'the gates of the workflow "{name}" were removed; everything else is unchanged.'


def _guard(gate: GateField, allowed_stages: str, spec: GateSpec) -> WorkflowGate:
    return WorkflowGate(
        gate,
        open_gate_required=spec.open_gate_required,
        style=spec.style,
        allowed_stages=allowed_stages,
        former_allowed_stages=spec.former_allowed_stages,
        automation_only=spec.automation_only,
        exempt_group=spec.exempt_group,
    )


def gated_transitions(config: MappingConfig, rule: MeasureRule, read: Workflows) -> list[GatedTransition]:
    """Transitions that lead from an earlier stage into a later one; the opposite direction is never guarded."""
    stages = PRESETS[config.policy.preset].stages
    order = {stage.key: position for position, stage in enumerate(stages)}
    labels = {stage.key: stage.label for stage in stages}
    stage_of = {status.casefold(): stage for status, stage in rule.stage.from_status.items()}
    found = []
    for transition in read.documents[0]["transitions"]:
        into = stage_of.get(read.status_name(transition.get("toStatusReference", "")).casefold())
        if transition.get("type") == "INITIAL" or into is None or order[into] == 0:
            continue
        sources = [read.status_name(link["fromStatusReference"]) for link in transition.get("links") or []]
        positions = [order[stage_of[name.casefold()]] for name in sources if name.casefold() in stage_of]
        if not sources or len(positions) < len(sources) or any(position < order[into] for position in positions):
            found.append(GatedTransition(str(transition["id"]), str(transition["name"]), labels[into]))
    return found
