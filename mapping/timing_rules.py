"""What a timing may not say although every key of it is well formed; read from the file's plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from governance.milestones import END, START, AmountPer
from mapping.problems import did_you_mean

MappingPath: TypeAlias = "tuple[str | int, ...]"
RuleProblem: TypeAlias = "tuple[MappingPath, str, str]"

BEGINNINGS = ("over", "start", "milestone")
RECURRING_KEYS = ("ramp_up", "duration", "per")
RECURRING_KINDS = frozenset({"benefit", "recurring_cost", "avoidance"})


def check_timing(path: MappingPath, rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) of each problem."""
    names = rule.get("milestones")
    milestones = [str(name) for name in names] if isinstance(names, Mapping) else []
    for name in milestones:
        if name in {START, END}:
            yield (
                (*path[:-2], "milestones", name),
                f'"{name}" is the {name} of the work.',
                "Give the milestone another name.",
            )
    effects = rule.get("effects")
    steady = effects.get("steady") if isinstance(effects, Mapping) else None
    if isinstance(steady, Mapping):
        yield from _check_milestone((*path[:-1], "steady"), steady, [START, END, *milestones])
    timings = effects.get("timing") if isinstance(effects, Mapping) else None
    for kind, timing in timings.items() if isinstance(timings, Mapping) else ():
        if isinstance(timing, Mapping):
            yield from _check((*path, str(kind)), str(kind), timing, [START, END, *milestones])


def _check(path: MappingPath, kind: str, timing: Mapping[str, object], milestones: list[str]) -> Iterator[RuleProblem]:
    begins = [key for key in BEGINNINGS if key in timing]
    if len(begins) > 1:
        yield path, f"{' and '.join(begins)} say two things.", "Name one of over, start and milestone."
    yield from _check_milestone(path, timing, milestones)
    if "offset" in timing and not {"start", "milestone"} & set(begins):
        yield (*path, "offset"), "it is not said from where on it counts.", "Name a start or a milestone as well."
    if kind not in RECURRING_KINDS:
        for key in RECURRING_KEYS:
            if key in timing:
                yield (*path, key), f"{kind} comes once.", f"Leave {key} out."
        return
    whole = "duration" in timing or "over" in timing
    if timing.get("per") == AmountPer.TOTAL.value and not whole:
        hint = "Name the duration in months, or over: work."
        yield (*path, "per"), "a total without a duration has no months to lie over.", hint
    if "over" in timing and "duration" in timing:
        yield (*path, "duration"), "over the work it lasts as long as the work.", "Leave one of the two out."


def _check_milestone(path: MappingPath, rule: Mapping[str, object], milestones: list[str]) -> Iterator[RuleProblem]:
    named = rule.get("milestone")
    if isinstance(named, str) and named not in milestones:
        hint = did_you_mean(named, milestones) or f"The milestones are {', '.join(milestones)}."
        yield (*path, "milestone"), f'no milestone is called "{named}".', hint
