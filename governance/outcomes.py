"""Objectives with their key results: how far each has come.

Formula::

    progress of a key result = (current - start) / (target - start), between 0 and 1
    progress of an objective = weighted mean of its key results and of the objectives below it

A key result of which nobody knows the current value makes the objectives above it unknown: what is not measured has not
been reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.effects import ZERO
from governance.facts import Fact, Unknown, known

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class KeyResult:
    key: str
    """Of the objective and its own: ``run-cost/per-month``."""
    name: str
    start: Decimal
    target: Decimal
    current: Decimal | None = None
    weight: Decimal = ONE
    unit: str = ""

    @property
    def progress(self) -> Fact[Decimal]:
        if self.current is None:
            return Unknown(f'nobody has stated the present value of "{self.name}"')
        if self.target == self.start:
            return ONE if self.current == self.target else Unknown(f'"{self.name}" has no way from start to target')
        return min(max((self.current - self.start) / (self.target - self.start), ZERO), ONE)


@dataclass(frozen=True, slots=True)
class Objective:
    key: str
    name: str
    names: tuple[str, ...] = ()
    """By which measures and services name it, in lower case; its key among them."""
    parent: str = ""
    owner: str = ""
    period: str = ""
    weight: Decimal = ONE
    key_results: tuple[KeyResult, ...] = ()


def progress_by_objective(objectives: Sequence[Objective]) -> dict[str, Fact[Decimal]]:
    """A share from 0 to 1; unknown for an objective without key results and without objectives below it."""
    below: dict[str, list[Objective]] = {}
    for one in objectives:
        below.setdefault(one.parent, []).append(one)
    found: dict[str, Fact[Decimal]] = {}

    def progress(objective: Objective, above: frozenset[str]) -> Fact[Decimal]:
        if objective.key in above:
            return Unknown(f"{objective.name} stands below itself")
        if objective.key not in found:
            parts = [(one.weight, one.progress) for one in objective.key_results]
            deeper = above | {objective.key}
            parts += [(child.weight, progress(child, deeper)) for child in below.get(objective.key, ())]
            found[objective.key] = _mean(objective, parts)
        return found[objective.key]

    return {one.key: progress(one, frozenset()) for one in objectives}


def _mean(objective: Objective, parts: Sequence[tuple[Decimal, Fact[Decimal]]]) -> Fact[Decimal]:
    counted = [(weight, part) for weight, part in parts if weight]
    for _, part in counted:
        if isinstance(part, Unknown):
            return part
    total = sum((weight for weight, _ in counted), ZERO)
    if not total:
        return Unknown(f"{objective.name} has no key result")
    return sum((weight * (known(part) or ZERO) for weight, part in counted), ZERO) / total


@dataclass(frozen=True, slots=True)
class TeamCoverage:
    """What of one team serves an objective, and what serves none; amounts in the reporting currency."""

    team: str
    """Business unit; empty for measures without one."""
    owners: tuple[str, ...]
    """Owners of the measures that serve none, in order of their names."""
    spend: Decimal = ZERO
    """Booked cost of the fiscal year."""
    spend_without: Decimal = ZERO
    hours: Decimal = ZERO
    """Of it, what logged hours cost."""
    hours_without: Decimal = ZERO
    tickets: int = 0
    """Tickets that its measures wait for or have waited for."""
    tickets_without: int = 0
    measures: int = 0
    measures_without: int = 0


REFUSED_TARGET = Decimal("0.3")
"""Share of the answered demands that is refused where a portfolio chooses (the practice's number)."""


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """``None`` where there is nothing of which it could be a share."""
    return Decimal(part) / Decimal(whole) if whole else None


def whole_coverage(teams: Sequence[TeamCoverage]) -> TeamCoverage:
    """The sum over all teams."""
    sums: Mapping[str, Decimal | int] = {
        name: sum((getattr(one, name) for one in teams), ZERO)
        for name in ("spend", "spend_without", "hours", "hours_without")
    }
    counts = {
        name: sum(getattr(one, name) for one in teams)
        for name in ("tickets", "tickets_without", "measures", "measures_without")
    }
    owners = tuple(sorted({owner for one in teams for owner in one.owners}))
    return TeamCoverage("", owners, **sums, **counts)  # type: ignore[arg-type]  # names of its fields
