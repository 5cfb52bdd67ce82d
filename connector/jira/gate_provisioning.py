"""Native gates in the workflows of a Jira Cloud site: planned, added, read back, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from connector.errors import InvalidResponse, NotFound, ValuesRejected
from connector.jira.admin import CloudAdmin, Workflows
from connector.jira.client import Project
from connector.jira.fields import Field
from connector.jira.gated_transitions import GatedTransition, gated_transitions
from connector.jira.owned_fields import GovernedProjects
from connector.jira.workflow_gates import (
    CHECK_FIELD_RULE,
    Document,
    WorkflowGate,
    add_gate_rules,
    has_any_gate_rule,
    has_gate_rules,
    is_same_gate,
    remove_gate_rules,
)
from connector.remedy import Note, Remedy
from connector.sync.provision import GateSpec, PlacedGate, ProvisionedObject, ProvisionOptions, ProvisionStep, StepKind
from mapping.config import Enforce, MappingConfig, MeasureRule
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName

NO_EXEMPT_GROUP = Note(
    "no group is exempt from the gates: while Gatepost does not run, nobody moves a shut item on but a Jira "
    "administrator who takes the rules out.",
    Remedy(
        "Name a group that passes every gate. Whoever runs Gatepost keeps the sheet of the gates either way.",
        "--exempt-group ID names a group that passes every gate; keep the sheet of gatepost provision sheet either "
        "way.",
    ),
)
ONLY_CLICKS_STOP = Note(
    "people's clicks alone are kept from the gated transitions, and nothing else: every API token, automation rule and "
    "agent still takes them where the number allows it.",
    Remedy(command="Leave out --programs-only to have the number decide for everybody."),
)


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
    ) -> tuple[list[ProvisionStep], list[Note]]:
        """Workflows without a gate or with a wrong one, and what a person has to decide first."""
        steps: list[ProvisionStep] = []
        native = [rule for rule in rules if rule.enforce is Enforce.NATIVE]
        notes = [
            Note(
                f"rule {rule.name}: a native gate compares a number: name a field under write: highest_stage. Until "
                "then no workflow is guarded, and a breach is answered afterwards."
            )
            for rule in native
            if not rule.write.highest_stage
        ]
        native = [rule for rule in native if rule.write.highest_stage]
        placed = {one.target: one.detail for one in made if isinstance(one.detail, PlacedGate)}
        pairs = {rule.name: self._pairs(rule, governed.all) for rule in native}
        ours = frozenset(pair for found in pairs.values() for pair in found)
        seen: set[str] = set()
        for rule in native:
            for document in self._admin.workflows(sorted(pairs[rule.name])).documents if pairs[rule.name] else ():
                if document["id"] in seen:
                    continue
                seen.add(document["id"])
                field, before = fields.get(rule.write.highest_stage or ""), placed.get(document["id"])
                step, found = self._for_workflow(config, rule, ours, governed, field, options, document, before)
                steps += [step] if step is not None else []
                notes += found
        if steps:
            notes += [] if options.exempt_group else [NO_EXEMPT_GROUP]
            notes += [ONLY_CLICKS_STOP] if options.automation_only else []
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
        governed: frozenset[tuple[str, str]],
        ground: GovernedProjects,
        field: Field | None,
        options: ProvisionOptions,
        document: Document,
        placed: PlacedGate | None,
    ) -> tuple[ProvisionStep | None, list[Note]]:
        identity, name, used = str(document["id"]), str(document["name"]), self._admin.usages(str(document["id"]))
        strangers = sorted({project for project, _ in used} - {project for project, _ in governed})
        if strangers and not options.shared:
            others = ", ".join(
                ground.keys_by_id.get(project, f"a project that is hidden (id {project})") for project in strangers
            )
            shared = Note(
                f'the workflow "{name}" is used by {others} as well, which no rule governs.',
                Remedy(
                    "Copy it for the governed projects, or let the plan guard workflows that ungoverned projects "
                    "use as well; issues without a number are let through.",
                    "Copy it for the governed projects, or pass --shared to guard it for all; issues without a number "
                    "are let through.",
                ),
            )
            return None, [shared]
        refused = self._refusal(document)
        if refused:
            return None, [Note(refused)]
        read = self._admin.workflow(identity)
        gated = gated_transitions(config, rule, read)
        if not gated:
            return None, [
                Note(f'the workflow "{name}" has no transition into a later stage; nothing is guarded there.')
            ]
        spec = GateSpec(
            name, rule.write.highest_stage or "", used <= governed, options.automation_only, options.exempt_group,
            placed.field_id if placed is not None else "",
            {transition.id: transition.level for transition in gated},
            {transition.id: transition.name for transition in gated},
        )  # fmt: skip
        step = ProvisionStep(StepKind.GATE, identity, _description(spec, gated), spec)
        notes = [Note(one) for one in (*_trigger_notes(name, gated), *_locked_notes(read))]
        if field is None:
            return step, notes
        guard = _guard(field.id, spec)
        (current,) = read.documents
        right = all(
            has_gate_rules(transition, guard, spec.transitions[transition["id"]])
            for transition in current["transitions"]
            if transition["id"] in spec.transitions
        )
        return (None if right else step), notes

    def _refusal(self, document: Document) -> str:
        """Why a workflow cannot have native gates; empty when it can."""
        name = document["name"]
        if document.get("isEditable") is False:
            return f'the workflow "{name}" cannot be edited: copy it, and give the copy to the governed projects.'
        scope = document.get("scope") or {}
        if scope.get("type") == "PROJECT" and CHECK_FIELD_RULE not in self._admin.rules_of(str(document["id"])):
            return (
                f'the workflow "{name}" belongs to a team-managed project, where Jira offers no rule that compares a '
                "field: a breach is answered afterwards there, and no native gate is placed."
            )
        return ""

    # --- doing -------------------------------------------------------------------------------------

    def intend(self, workflow: str, spec: GateSpec, field: Field | None) -> ProvisionedObject:
        """What placing the gate will have changed, with the conditions before it; nothing is changed yet."""
        field = self._required(spec, field)
        before = {
            transition["id"]: json.dumps(remove_gate_rules(transition, field.id, spec.former_field).get("conditions"))
            for transition in self._transitions(workflow, spec)
            if transition["id"] in spec.transitions
        }
        return ProvisionedObject(StepKind.GATE, workflow, spec.name, PlacedGate(spec, field.id, before))

    def apply(self, workflow: str, spec: GateSpec, field: Field | None) -> ProvisionedObject:
        """Add the rules to one workflow, and read them back.

        Raises ValuesRejected when the validation finds something or the workflow was changed meanwhile,
        InvalidResponse when what is stored afterwards is not what was written.
        """
        intended = self.intend(workflow, spec, field)
        guard = _guard(self._required(spec, field).id, spec)
        read, gated = self._admin.workflow(workflow), spec.transitions
        changed = [
            add_gate_rules(transition, guard, gated[transition["id"]]) if transition["id"] in gated else transition
            for transition in read.documents[0]["transitions"]
        ]
        self._admin.replace_transitions(read, changed)
        wrong = [
            str(transition["name"])
            for transition in self._transitions(workflow, spec)
            if transition["id"] in gated and not has_gate_rules(transition, guard, gated[transition["id"]])
        ]
        if wrong:
            raise InvalidResponse(
                f'{self._connection}: the rules of {", ".join(wrong)} in "{spec.name}" are not stored as '
                "they were written. Check the workflow, and run the same command again."
            )
        return intended

    def _required(self, spec: GateSpec, field: Field | None) -> Field:
        if field is None:
            raise ValuesRejected(f"{self._connection}: the field {spec.highest_stage} does not exist yet")
        return field

    def _transitions(self, workflow: str, spec: GateSpec) -> Sequence[Document]:
        read = self._admin.workflow(workflow)
        if not read.documents:
            raise NotFound(f'{self._connection}: the workflow "{spec.name}" is gone')
        found: Sequence[Document] = read.documents[0]["transitions"]
        return found

    def undo(self, workflow: str, placed: PlacedGate) -> str:
        """Take the rules out; where nobody changed them since, the conditions are what they were, to the letter."""
        read, name = self._admin.workflow(workflow), placed.spec.name
        if not read.documents:
            return f'the workflow "{name}" was gone already.'
        fields = (placed.field_id, placed.spec.former_field)
        transitions = read.documents[0]["transitions"]
        if not any(has_any_gate_rule(transition, *fields) for transition in transitions):
            return f'the workflow "{name}" had no gates left.'
        guard = _guard(placed.field_id, placed.spec)
        self._admin.replace_transitions(read, [_restored(one, guard, placed, fields) for one in transitions])
        return f'the gates of the workflow "{name}" were removed; everything else is unchanged.'


def _restored(transition: Document, guard: WorkflowGate, placed: PlacedGate, fields: Sequence[str]) -> Document:
    bare = remove_gate_rules(transition, *fields)
    level, before = placed.spec.transitions.get(transition["id"]), placed.before.get(transition["id"])
    if level is None or before is None:
        return bare
    original = {name: value for name, value in transition.items() if name != "conditions"}
    conditions = json.loads(before)
    original |= {"conditions": conditions} if conditions else {}
    return original if is_same_gate(transition, add_gate_rules(original, guard, level), placed.field_id) else bare


def _guard(field: str, spec: GateSpec) -> WorkflowGate:
    return WorkflowGate(
        field,
        number_required=spec.number_required,
        automation_only=spec.automation_only,
        exempt_group=spec.exempt_group,
        former_field=spec.former_field,
    )


def _description(spec: GateSpec, gated: Sequence[GatedTransition]) -> str:
    names = ", ".join(f'"{transition.name}"' for transition in gated)
    empty = (
        "an empty number shuts"
        if spec.number_required
        else "an empty number passes, because others share the workflow, so that there an item without a number can "
        "skip stages until it was assessed"
    )
    return f'guard {names} of the workflow "{spec.name}": {spec.highest_stage} has to reach the stage; {empty}'


def _locked_notes(read: Workflows) -> Iterator[str]:
    """In a status with this property nobody edits an issue, Gatepost neither.

    https://confluence.atlassian.com/adminjiraserver/workflow-properties-938847550.html
    """
    locked = [
        read.status_name(status.get("statusReference", ""))
        for status in read.documents[0].get("statuses", [])
        if str((status.get("properties") or {}).get("jira.issue.editable", "")).casefold() == "false"
    ]
    if locked:
        yield (
            f'{", ".join(locked)} of the workflow "{read.documents[0]["name"]}" is locked (jira.issue.editable=false): '
            "what Gatepost writes there is refused. Take the property out, or let the stage end before."
        )


def _trigger_notes(workflow: str, gated: Sequence[GatedTransition]) -> Iterator[str]:
    """A development tool moves an issue whatever the conditions say.

    https://support.atlassian.com/jira-cloud-administration/docs/understand-workflow-triggers
    """
    names = ", ".join(f'"{transition.name}"' for transition in gated if transition.has_triggers)
    if names:
        yield (
            f'{names} of the workflow "{workflow}" also has triggers: a branch, a commit or a merge moves the item '
            "past the gate, whatever its conditions say. Remove them; what passes all the same is a breach and is "
            "answered as the rule says."
        )
