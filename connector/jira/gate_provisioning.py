"""Keeps native gates in the workflows of a Jira Cloud site: plans them, places them, reads them back, removes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import BadAnswer, NotFound, Refused
from connector.jira.admin import CloudAdmin, Workflows
from connector.jira.client import Project
from connector.jira.fields import Field
from connector.jira.owned_fields import Ground
from connector.jira.workflow_gates import Document, GateField, Guard, guarded, has_any, is_guarded, unguarded
from connector.sync.provision import GateStyle, Made, Options, Step, StepKind
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
        former = {one.target: str(one.detail.get("passes_id", "")) for one in made if one.kind is StepKind.GATE}
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
        detail: dict[str, Any] = {
            "name": name, "workflow": document["id"], "gate": rule.write.gate, "passes": rule.write.passes,
            "closed": closed, "style": options.style.value, "robots_only": options.robots_only,
            "exempt_group": options.exempt_group, "former_passes": former_passes,
            "transitions": {one.id: one.stage for one in gated},
        }  # fmt: skip
        step = Step(StepKind.GATE, str(document["id"]), told, detail)
        gate = self._gate_field(field) if field is not None else None
        if gate is None:
            return step, ""
        guard = self._guard(gate, passes.id if passes else "", detail)
        (current,) = read.documents
        right = all(
            is_guarded(one, guard, detail["transitions"][one["id"]])
            for one in current["transitions"]
            if one["id"] in detail["transitions"]
        )
        return (None, "") if right else (step, "")

    def _guard(self, gate: GateField, passes: str, detail: Mapping[str, Any]) -> Guard:
        return Guard(
            gate,
            closed=bool(detail["closed"]),
            style=GateStyle(detail["style"]),
            passes=passes,
            former_passes=str(detail["former_passes"]),
            robots_only=bool(detail["robots_only"]),
            exempt_group=str(detail["exempt_group"]),
        )

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

    def apply(self, step: Step, fields: Mapping[str, Field]) -> Made:
        """Place the rules of one workflow, and read them back.

        Raises Refused when the validation finds something or the workflow was changed meanwhile, BadAnswer when what
        is there afterwards is not what was written.
        """
        field, passes = fields.get(str(step.detail["gate"])), fields.get(str(step.detail["passes"]))
        gate = self._gate_field(field) if field is not None else None
        if field is None or gate is None:
            raise Refused(
                f"{self._connection}: the field {step.detail['gate']} with its three choices is not there yet"
            )
        guard = self._guard(gate, passes.id if passes else "", step.detail)
        read = self._admin.workflow(step.target)
        if not read.documents:
            raise NotFound(f'{self._connection}: the workflow "{step.detail["name"]}" is gone')
        wanted: Mapping[str, str] = step.detail["transitions"]
        changed = [
            guarded(one, guard, wanted[one["id"]]) if one["id"] in wanted else one
            for one in read.documents[0]["transitions"]
        ]
        self._admin.replace_transitions(read, changed)
        self._read_back(step, guard, wanted)
        detail = dict(step.detail) | {"gate_id": field.id, "passes_id": passes.id if passes else ""}
        return Made(StepKind.GATE, step.target, str(step.detail["name"]), detail)

    def _read_back(self, step: Step, guard: Guard, wanted: Mapping[str, str]) -> None:
        (there,) = self._admin.workflow(step.target).documents
        wrong = [
            str(one["name"])
            for one in there["transitions"]
            if one["id"] in wanted and not is_guarded(one, guard, wanted[one["id"]])
        ]
        if wrong:
            raise BadAnswer(
                f'{self._connection}: the rules of {", ".join(wrong)} in "{step.detail["name"]}" do not stand there as '
                "they were written. Look at the workflow, and run the same command again."
            )

    def undo(self, made: Made) -> str:
        read = self._admin.workflow(made.target)
        if not read.documents:
            return f'the workflow "{made.name}" was gone already.'
        gate, passes = str(made.detail["gate_id"]), str(made.detail["passes_id"])
        transitions = read.documents[0]["transitions"]
        if not any(has_any(one, gate, passes) for one in transitions):
            return f'the workflow "{made.name}" had no gates left.'
        self._admin.replace_transitions(read, [unguarded(one, gate, passes) for one in transitions])
        return f'the gates of the workflow "{made.name}" were taken out; everything else stays as it was.'


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
