"""May a measure pass one gate?  The question that pipelines ask before they deploy.

A gate is open when its stage has been granted and the measure is on the road.  What cannot be said is no answer: a
pipeline stops then as well, but is told that it was not the gate that stopped it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from connector.store.measures.measure_lookup import Explained
from governance.explain import MARKS
from governance.gates import Policy, Stage
from governance.verdict import Outcome, Verdict


class Doubt(StrEnum):
    """Why nothing can be said."""

    NO_MEASURE = "no_measure"
    AMBIGUOUS = "ambiguous"
    NO_STAGE = "no_stage"
    UNREACHABLE = "unreachable"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class CannotSay:
    doubt: Doubt
    problem: str
    hint: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the gate that is asked for next; ``outcome`` is met, unmet or unknown."""

    outcome: Outcome
    subject: str
    code: str
    told: str
    who: str

    @property
    def line(self) -> str:
        mark = MARKS[self.outcome]
        if self.outcome is Outcome.MET:
            return f"{mark} {self.subject}: {self.told}"
        return f"{mark} {self.subject}: {self.told} · {self.who or 'nobody'} to act · {self.code}"


@dataclass(frozen=True, slots=True)
class Blocking:
    code: str
    sentence: str
    who: str
    since: datetime | None
    """``None`` when the item has not come to this gate yet."""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether a gate is open, and the checklist behind it."""

    open: bool
    measure: str
    key: str
    title: str | None
    url: str
    stage: str
    label: str
    granted: str | None
    """Key of the stage that was granted last."""
    told: str
    """The answer in one sentence."""
    blockers: tuple[Blocking, ...]
    """What stands in the way; nothing when the gate is open."""
    checklist: tuple[Condition, ...]
    assessed_at: datetime

    @property
    def text(self) -> str:
        """For a terminal: the sentence, then what stands in the way, then every condition."""
        lines = [self.told, *(f"- {one.sentence}" for one in self.blockers)]
        if not self.open and self.checklist:
            lines += ["", *dict.fromkeys(one.line for one in self.checklist)]
        return "\n".join(lines)


Answer: TypeAlias = GateAnswer | CannotSay


def ask(found: Sequence[Explained], name: str, stage: str, policy: Policy | None) -> Answer:
    """Judge from what is stored; ``found`` are the measures under ``name``."""
    if not found:
        return CannotSay(
            Doubt.NO_MEASURE,
            f'There is no measure "{name}".',
            "Name it by its key or id. Either no event of that item came yet, or no rule of the mapping takes it.",
        )
    if len(found) > 1:
        ids = ", ".join(measure.id for measure in found)
        return CannotSay(Doubt.AMBIGUOUS, f'"{name}" is the key of several measures.', f"Name one by its id: {ids}.")
    wanted = policy.find(stage) if policy is not None else None
    if policy is None or wanted is None:
        labels = ", ".join(one.key for one in policy.stages) if policy is not None else "none: no mapping is active"
        return CannotSay(Doubt.NO_STAGE, f'There is no stage "{stage}".', f"The stages are {labels}.")
    return _answer(found[0], wanted, policy)


def _answer(measure: Explained, wanted: Stage, policy: Policy) -> Answer:
    if measure.unmapped_reason is not None:
        problem = f"{measure.key} is no measure any more: {measure.unmapped_reason}."
        return CannotSay(Doubt.UNMAPPED, problem, "Its last verdict does not count.")
    if measure.unreachable_since is not None:
        why = f": {measure.unreachable_reason}" if measure.unreachable_reason else ""
        problem = f"{measure.key} is unreachable since {measure.unreachable_since:%Y-%m-%d %H:%M} UTC{why}."
        return CannotSay(Doubt.UNREACHABLE, problem, "Its tool no longer shows the item; see gatepost doctor.")
    verdict = measure.verdict
    granted = policy.index(verdict.stage)
    is_open = granted >= policy.index(wanted.key) and verdict.ramp is None
    return GateAnswer(
        open=is_open,
        measure=measure.id,
        key=measure.key,
        title=measure.title,
        url=measure.url,
        stage=wanted.key,
        label=wanted.label,
        granted=verdict.stage,
        told=_told(measure, wanted, policy, granted),
        blockers=() if is_open else tuple(_blockings(verdict)),
        checklist=tuple(_conditions(verdict)),
        assessed_at=measure.assessed_at,
    )


def _told(measure: Explained, wanted: Stage, policy: Policy, granted: int) -> str:
    name = f"{measure.key} {measure.title or ''}".strip()
    if measure.verdict.ramp is not None:
        return f"The gate into {wanted.label} is shut for {name}: the measure is off the road."
    if granted >= policy.index(wanted.key):
        return f"The gate into {wanted.label} is open for {name}."
    following = policy.stages[granted + 1]
    if following.key != wanted.key:
        return f"The gate into {wanted.label} is shut for {name}: {following.label} comes first."
    return f"The gate into {wanted.label} is shut for {name}."


def _blockings(verdict: Verdict) -> list[Blocking]:
    """The stored blockers; and where the gate that is shut is a later one than the item stands at, its conditions."""
    stored = [Blocking(one.code, one.sentence, one.who, one.since) for one in verdict.blockers]
    if stored:
        return stored
    return [
        Blocking(one.code, f"{verdict.next_stage_label} is shut: {one.reason} · {one.code}", one.who, None)
        for one in verdict.checklist
        if one.outcome is not Outcome.MET
    ]


def _conditions(verdict: Verdict) -> list[Condition]:
    return [
        Condition(
            one.outcome,
            one.subject.replace("_", " "),
            one.code,
            one.actual if one.outcome is Outcome.MET else one.reason,
            one.who,
        )
        for one in verdict.checklist
    ]
