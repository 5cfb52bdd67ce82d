"""What a mapping needs at a tool that is not there yet: planned, made, verified, and taken back.

Everything that is made is recorded, and only what is recorded is ever taken back.  A plan is made anew after each
group of steps: what one made (a field's id) the next one needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

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


class GateStyle(StrEnum):
    """How a native gate meets its people."""

    BOTH = "both"
    """The transition is hidden, and whoever reaches it otherwise is told why."""
    HIDE = "hide"
    EXPLAIN = "explain"
    """The transition stays, and says why it refuses."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the administrator chose."""

    style: GateStyle = GateStyle.BOTH
    readonly: bool = False
    """Text fields that nobody can edit on a screen."""
    robots_only: bool = False
    """Only programs may take the gated transitions."""
    exempt_group: str = ""
    """Id of a group that passes every gate."""
    shared: bool = False
    """Guard workflows that ungoverned projects use as well."""
    screens: tuple[str, ...] = ()
    """Data Center: names of the screens on which issues are edited."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, as it is told before it is done."""

    kind: StepKind
    target: str
    """Unique at the tool: what is recorded, and found again."""
    told: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    """What cannot be done by a program, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Made:
    """Something that Gatepost made at the tool."""

    kind: StepKind
    target: str
    name: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Provisioner(Protocol):
    """Raises ToolError."""

    def plan(self, config: MappingConfig, made: Sequence[Made], options: Options) -> Plan:
        """Everything that is missing now; nothing is changed."""

    def apply(self, step: Step) -> Made:
        """Do one step.  Doing it a second time changes nothing."""

    def undo(self, made: Made) -> str:
        """Take back what was made, and say so; what is gone already is no error."""

    def verify(self, config: MappingConfig) -> Sequence[str]:
        """What still keeps the fields from being written, looked at on real items; empty when nothing does."""


class Registry(Protocol):
    """What was made, by connection."""

    def all(self) -> tuple[Made, ...]: ...

    def record(self, made: Made) -> None: ...

    def forget(self, made: Made) -> None: ...


def drifted(provisioner: Provisioner, config: MappingConfig, made: Sequence[Made]) -> tuple[Step, ...]:
    """Gates that Gatepost placed and that do not stand any more as they were placed.  Raises ToolError."""
    gates = {one.target: one for one in made if one.kind is StepKind.GATE}
    if not gates:
        return ()
    placed = next(iter(gates.values())).detail
    options = Options(
        GateStyle(placed.get("style", GateStyle.BOTH)),
        robots_only=bool(placed.get("robots_only")),
        exempt_group=str(placed.get("exempt_group", "")),
        shared=True,
    )
    steps = provisioner.plan(config, made, options).steps
    return tuple(step for step in steps if step.kind is StepKind.GATE and step.target in gates)
