"""What a mapping needs at a tool and is missing there: planned, made, verified, and undone.

Everything that is made is recorded, and only what is recorded is ever undone.  A plan is made anew after each
group of steps: what one made (a field's id) the next one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from connector.remedy import Note
from mapping.config import MappingConfig


class StepKind(StrEnum):
    """In the order in which they are done."""

    FIELD = "field"
    CONTEXT = "context"
    OPTION = "option"
    SCREEN = "screen"
    ASSOCIATION = "association"
    RECORD = "record"
    """A record of Gatepost's app (ServiceNow)."""
    RIGHT = "right"
    """One of its access controls."""
    GATE = "gate"


@dataclass(frozen=True, slots=True)
class ProvisionOptions:
    """What the administrator chose."""

    readonly: bool = False
    """Text fields that nobody can edit on a screen."""
    automation_only: bool = False
    """People's clicks do not take the gated transitions; every program does, with whosever token it calls."""
    exempt_group: str = ""
    """Id of a group that passes every gate: the way on while Gatepost does not run."""
    shared: bool = False
    """Guard workflows and use screens that ungoverned projects use as well."""
    screens: tuple[str, ...] = ()
    """Data Center: names of the screens on which issues are edited."""
    edit_screens: bool = False
    """Cloud: put owned fields on screens for editing too, where there is no View screen of its own."""
    gates_only: bool = False
    """Plan native gates alone, of fields that exist."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field that is to be made."""

    name: str
    kind: str
    options: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    """Ids of the projects that it is for."""


@dataclass(frozen=True, slots=True)
class ProjectsSpec:
    """A field that is to be valid in, or associated with, projects by their ids."""

    name: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """A choice that a field lacks in one of its contexts."""

    name: str
    context: str
    option: str


@dataclass(frozen=True, slots=True)
class ScreenSpec:
    """A field that a screen lacks."""

    name: str
    screen: int
    screen_name: str


@dataclass(frozen=True, slots=True)
class GateSpec:
    """The gates of one workflow."""

    name: str
    """Of the workflow."""
    highest_stage: str
    """Name of the field with the number of the highest stage that an item may enter."""
    number_required: bool
    """Issues without a number are refused; else they go through, because nobody governs them."""
    automation_only: bool
    exempt_group: str
    former_field: str
    """Id of the field that the gates compared when they were placed last."""
    transitions: Mapping[str, int]
    """Id of a transition to the number of the stage that it leads into."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Id of a transition to its name."""


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """A record of Gatepost's app (ServiceNow)."""

    table: str
    sys_id: str
    name: str


Spec: TypeAlias = FieldSpec | ProjectsSpec | OptionSpec | ScreenSpec | GateSpec | RecordSpec
"""What a step has to make; each has a ``name``."""


@dataclass(frozen=True, slots=True)
class ProvisionStep:
    """One thing to do, as it is described before it is done."""

    kind: StepKind
    target: str
    """Unique at the tool: what is recorded, and found again."""
    description: str
    spec: Spec


@dataclass(frozen=True, slots=True)
class ProvisionPlan:
    steps: tuple[ProvisionStep, ...]
    notes: tuple[Note, ...] = ()
    """What cannot be done by a program, and what to do instead."""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Where a field was put."""

    screen: int
    tab: int
    field: str
    """Its id."""


@dataclass(frozen=True, slots=True)
class PlacedGate:
    """Gates as they were placed, with the field that they compare and what the workflow was before."""

    spec: GateSpec
    field_id: str
    before: Mapping[str, str] = field(default_factory=dict)
    """Id of each transition that was changed to its conditions before the first change, as JSON."""


@dataclass(frozen=True, slots=True)
class Associated:
    """In which way a field was associated with a project."""

    how: str


Detail: TypeAlias = FieldSpec | ProjectsSpec | OptionSpec | OnScreen | PlacedGate | Associated | RecordSpec

DETAILS: Mapping[StepKind, type[Detail]] = {
    StepKind.FIELD: FieldSpec,
    StepKind.CONTEXT: ProjectsSpec,
    StepKind.OPTION: OptionSpec,
    StepKind.SCREEN: OnScreen,
    StepKind.ASSOCIATION: Associated,
    StepKind.RECORD: RecordSpec,
    StepKind.RIGHT: RecordSpec,
    StepKind.GATE: PlacedGate,
}
"""What is stored of each kind of object that was made."""


@dataclass(frozen=True, slots=True)
class ProvisionedObject:
    """Something that Gatepost made at the tool."""

    kind: StepKind
    target: str
    name: str
    detail: Detail


class Provisioner(Protocol):
    """Raises ToolError."""

    def plan(
        self, config: MappingConfig, made: Sequence[ProvisionedObject], options: ProvisionOptions
    ) -> ProvisionPlan:
        """Everything that is missing now; nothing is changed."""

    def intend(self, step: ProvisionStep) -> ProvisionedObject | None:
        """What a step that changes an existing object will leave there; ``None`` for steps that make a new one."""

    def apply(self, step: ProvisionStep) -> ProvisionedObject:
        """Do one step.  Doing it a second time changes nothing."""

    def ungated_moves(self, config: MappingConfig, made: Sequence[ProvisionedObject]) -> Sequence[str]:
        """Moves past a shut gate that the tool allows all the same, seen without an administrator's rights."""

    def undo(self, made: ProvisionedObject) -> str:
        """Undo what was made, and return a sentence about it; what is gone already is no error."""

    def verify(self, config: MappingConfig) -> Sequence[Note]:
        """What still prevents the fields from being written, checked on real items; empty when nothing does."""


def carry_out(provisioner: Provisioner, record: Callable[[ProvisionedObject], None], step: ProvisionStep) -> None:
    """Do one step.  What it will change is recorded first: a change that stands unrecorded could not be undone."""
    intended = provisioner.intend(step)
    if intended is not None:
        record(intended)
    record(provisioner.apply(step))


def drifted_gates(
    provisioner: Provisioner, config: MappingConfig, made: Sequence[ProvisionedObject]
) -> tuple[ProvisionStep, ...]:
    """Gates that Gatepost placed and that are no longer as they were placed.  Raises ToolError."""
    gates = {one.target: one.detail.spec for one in made if isinstance(one.detail, PlacedGate)}
    if not gates:
        return ()
    placed = next(iter(gates.values()))
    options = ProvisionOptions(
        automation_only=placed.automation_only, exempt_group=placed.exempt_group, shared=True, gates_only=True
    )
    steps = provisioner.plan(config, made, options).steps
    return tuple(step for step in steps if step.kind is StepKind.GATE and step.target in gates)
