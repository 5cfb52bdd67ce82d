"""Keeps native gates in the workflows of a Jira Cloud site: plans them, places them, reads them back, removes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import BadAnswer, NotFound, Refused
from connector.jira.admin import CloudAdmin, Workflows
from connector.jira.client import Project
from connector.jira.fields import Field
from connector.jira.owned_fields import Ground
from connector.jira.workflow_gates import Document, GateField, Guard, guarded, has_any, is_guarded, unguarded
from connector.sync.provision import GateSpec, Made, Options, PlacedGate, Step, StepKind
from governance.presets import PRESETS
from mapping.config import Enforce, MappingConfig, MeasureRule
from mapping.live_check import GATES, listed
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class Gated:
    """One transition that leads through a gate."""

    id: str
    name: str
    stage: str
    """Label of the stage that it leads into."""


class GateKeeper:
    def __init__(self, connection: ConnectionName, admin: CloudAdmin) -> None:
        self._connection = connection
        self._admin = admin

    def plan(
        self,
        config: MappingConfig,
        rules: Sequence[MeasureRule],
        ground: Ground,
        fields: Mapping[str, Field],
        options: Options,
        made: Sequence[Made],
    ) -> tuple[list[Step], list[str]]:
        """Workflows that lack a gate or have a wrong one, and what a person has to decide first."""
        steps: list[Step] = []
        notes: list[str] = []
        former = {one.target: one.detail.passes_id for one in made if isinstance(one.detail, PlacedGate)}
        native = [rule for rule in rules if rule.enforce is Enforce.NATIVE and rule.write.gate]
        seen: set[str] = set()
        for rule in native:
            field = fields.get(rule.write.gate or "")
            pairs = self._pairs(rule, ground.all)
            if not pairs:
                continue
            for document in self._admin.workflows(sorted(pairs)).documents:
                if document["id"] in seen:
                    continue
                seen.add(document["id"])
                step, note = self._for_workflow(
                    config, rule, native, ground, field, fields, options, document, former.get(document["id"], "")
                )
                if step is not None:
                    steps.append(step)
                if note:
                    notes.append(note)
        return steps, notes

    def _pairs(self, rule: MeasureRule, projects: Sequence[Project]) -> set[tuple[str, str]]:
        """(project id, issue type id) that a rule takes."""
        named = {key.casefold() for key in listed(rule.match.project)}
        kinds = {name.casefold() for name in listed(rule.match.type)}
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
        ground: Ground,
        field: Field | None,
        fields: Mapping[str, Field],
        options: Options,
        document: Document,
        former_passes: str,
    ) -> tuple[Step | None, str]:
        name, used = str(document["name"]), self._admin.usages(str(document["id"]))
        governed = {pair for one in native for pair in self._pairs(one, ground.all)}
        strangers = sorted({project for project, _ in used} - {project for project, _ in governed})
        if strangers and not options.shared:
            others = ", ".join(ground.keys.get(one, f"a project that is hidden (id {one})") for one in strangers)
            return None, (
                f'the workflow "{name}" is used by {others} as well, which no rule governs: copy it for the governed '
                "projects, or pass --shared to guard it for all; issues without a gate are let through."
            )
        read = self._admin.workflow(str(document["id"]))
        gated = gated_transitions(config, rule, read)
        if not gated:
            return None, f'the workflow "{name}" has no transition into a later stage; nothing is guarded there.'
        closed = used <= governed
        passes = fields.get(rule.write.passes or "")
        told_names = ", ".join(f'"{one.name}"' for one in gated)
        mode = "lets through an open gate only" if closed else "stops a shut gate; issues without one pass"
        told = f'guard {told_names} of the workflow "{name}": {mode}'
        spec = GateSpec(
            name, rule.write.gate or "", rule.write.passes, closed, options.style, options.robots_only,
            options.exempt_group, former_passes, {one.id: one.stage for one in gated},
        )  # fmt: skip
        step = Step(StepKind.GATE, str(document["id"]), told, spec)
        gate = self._gate_field(field) if field is not None else None
        if gate is None:
            return step, ""
        guard = _guard(gate, passes.id if passes else "", spec)
        (current,) = read.documents
        right = all(
            is_guarded(one, guard, spec.transitions[one["id"]])
            for one in current["transitions"]
            if one["id"] in spec.transitions
        )
        return (None, "") if right else (step, "")

    def _gate_field(self, field: Field) -> GateField | None:
        """A choice is compared by its option's id, a line of text by its words; ``None`` while choices are lacking."""
        if field.custom not in {"select", "radiobuttons"}:
            return GateField(field.id, {word: word for word in GATES}, "STRING")
        context = self._admin.contexts(field.id)[0]
        options = self._admin.options(field.id, context.id)
        if any(word not in options for word in GATES):
            return None
        return GateField(field.id, {word: options[word] for word in GATES}, "OPTIONID")

    # --- doing -------------------------------------------------------------------------------------

    def apply(self, workflow: str, spec: GateSpec, fields: Mapping[str, Field]) -> Made:
        """Place the rules of one workflow, and read them back.

        Raises Refused when the validation finds something or the workflow was changed meanwhile, BadAnswer when what
        is there afterwards is not what was written.
        """
        field, passes = fields.get(spec.gate), fields.get(spec.passes or "")
        gate = self._gate_field(field) if field is not None else None
        if field is None or gate is None:
            raise Refused(f"{self._connection}: the field {spec.gate} with its three choices is not there yet")
        passes_id = passes.id if passes else ""
        guard = _guard(gate, passes_id, spec)
        read = self._admin.workflow(workflow)
        if not read.documents:
            raise NotFound(f'{self._connection}: the workflow "{spec.name}" is gone')
        wanted = spec.transitions
        changed = [
            guarded(one, guard, wanted[one["id"]]) if one["id"] in wanted else one
            for one in read.documents[0]["transitions"]
        ]
        self._admin.replace_transitions(read, changed)
        self._read_back(workflow, spec, guard)
        return Made(StepKind.GATE, workflow, spec.name, PlacedGate(spec, field.id, passes_id))

    def _read_back(self, workflow: str, spec: GateSpec, guard: Guard) -> None:
        (there,) = self._admin.workflow(workflow).documents
        wrong = [
            str(one["name"])
            for one in there["transitions"]
            if one["id"] in spec.transitions and not is_guarded(one, guard, spec.transitions[one["id"]])
        ]
        if wrong:
            raise BadAnswer(
                f'{self._connection}: the rules of {", ".join(wrong)} in "{spec.name}" do not stand there as '
                "they were written. Look at the workflow, and run the same command again."
            )

    def undo(self, workflow: str, placed: PlacedGate) -> str:
        read, name = self._admin.workflow(workflow), placed.spec.name
        if not read.documents:
            return f'the workflow "{name}" was gone already.'
        gate, passes = placed.gate_id, placed.passes_id
        transitions = read.documents[0]["transitions"]
        if not any(has_any(one, gate, passes) for one in transitions):
            return f'the workflow "{name}" had no gates left.'
        self._admin.replace_transitions(read, [unguarded(one, gate, passes) for one in transitions])
        return f'the gates of the workflow "{name}" were taken out; everything else stays as it was.'


def _guard(gate: GateField, passes: str, spec: GateSpec) -> Guard:
    return Guard(
        gate,
        closed=spec.closed,
        style=spec.style,
        passes=passes,
        former_passes=spec.former_passes,
        robots_only=spec.robots_only,
        exempt_group=spec.exempt_group,
    )


def gated_transitions(config: MappingConfig, rule: MeasureRule, read: Workflows) -> list[Gated]:
    """Transitions that lead from an earlier stage into a later one; the way back is never guarded."""
    stages = PRESETS[config.policy.preset].stages
    order = {stage.key: place for place, stage in enumerate(stages)}
    labels = {stage.key: stage.label for stage in stages}
    stage_of = {status.casefold(): stage for status, stage in rule.stage.from_status.items()}
    found = []
    for one in read.documents[0]["transitions"]:
        into = stage_of.get(read.status_name(one.get("toStatusReference", "")).casefold())
        if one.get("type") == "INITIAL" or into is None or order[into] == 0:
            continue
        sources = [read.status_name(link["fromStatusReference"]) for link in one.get("links") or []]
        places = [order[stage_of[name.casefold()]] for name in sources if name.casefold() in stage_of]
        if not sources or len(places) < len(sources) or any(place < order[into] for place in places):
            found.append(Gated(str(one["id"]), str(one["name"]), labels[into]))
    return found
