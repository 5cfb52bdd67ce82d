"""What the check of a pack says: a sentence, and whether that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.remedy import NOTHING_TO_DO, Remedy


class Outcome(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not checked"
    """Nothing in the pack says so or otherwise: it takes the installation, or a key from elsewhere."""


@dataclass(frozen=True, slots=True)
class PackFinding:
    outcome: Outcome
    text: str
    remedy: Remedy = NOTHING_TO_DO
    """Where it can be checked."""


@dataclass(frozen=True, slots=True)
class PackVerification:
    """Everything that was found, in the order in which it was checked."""

    findings: tuple[PackFinding, ...]

    @property
    def is_broken(self) -> bool:
        return any(one.outcome is Outcome.BROKEN for one in self.findings)


def holds(text: str) -> PackFinding:
    return PackFinding(Outcome.HOLDS, text)


def broken(text: str) -> PackFinding:
    return PackFinding(Outcome.BROKEN, text)


def not_checked(text: str, remedy: Remedy = NOTHING_TO_DO) -> PackFinding:
    return PackFinding(Outcome.NOT_CHECKED, text, remedy)


def counted(number: int, one: str, many: str) -> str:
    """``1 entry`` or ``3 entries``."""
    return f"{number:,} {one if number == 1 else many}"


MAX_NAMED = 20


def first_of(findings: Sequence[PackFinding], what: str) -> tuple[PackFinding, ...]:
    """No more of one kind than somebody reads; how many more there are is said."""
    more = len(findings) - MAX_NAMED
    return (*findings[:MAX_NAMED], *([broken(f"{more:,} more {what}.")] if more > 0 else []))
