"""A scripted look at a real instance: each step proves one assumption that no test of ours can, and cleans up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class StepResult(StrEnum):
    PROVED = "proved"
    REFUTED = "refuted"
    """The instance behaves otherwise than Gatepost assumes: send this back before anything counts."""
    NOT_TRIED = "not tried"
    """This account may not, or the instance does not have what the step needs."""
    BY_HAND = "by hand"
    """A person has to do it, as the text says."""


@dataclass(frozen=True, slots=True)
class LiveStep:
    """One step of the check; ``key`` is its place in the table of the documentation."""

    key: str
    title: str
    result: StepResult
    observed: str


class InstanceCheck(Protocol):
    def instance(self) -> str:
        """Which instance this is, for the person who has to allow it.  Raises ToolError."""

    def run(self, table: str) -> Iterator[LiveStep]:
        """Step after step, on a record of its own in this table; it is deleted at the end, whatever happened."""
