"""What a decision rests on beside the money: schedule, kill criteria, baseline, scope.  Locked with the plan.

A due date that is moved, a kill criterion that is emptied and a child item that is deleted after the decision would
else turn red work green without anybody's word.  Until a re-baseline is approved, time is judged by the locked dates
and progress by the locked scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from governance.facts import Fact, Unknown, known
from governance.measure import Measure
from governance.money import Period


@dataclass(frozen=True, slots=True)
class LockedScope:
    """The child items that there were: their number, and where the tool tells them their ids with their keys."""

    count: int
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LockedTerms:
    """Dates, facts and child items as they were agreed; ``None`` for what was empty."""

    start: date | None = None
    end: date | None = None
    milestones: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    """Name of a fact to its text; an empty one is not in it."""
    scope: LockedScope | None = None
    """``None`` when the child items could not be read."""


class ChangedTerm(NamedTuple):
    """One term that is no longer as it was agreed."""

    subject: str
    present: str
    """Its value now as text; empty when it was emptied."""
    text: str
    """``the end is 2027-03-31 instead of 2026-12-31``"""


FACT_LABELS: Mapping[str, str] = {
    "kill_criteria": "kill criteria",
    "baseline": "baseline",
    "baseline_id": "shared baseline",
    "baseline_series": "baseline prices",
    "baseline_kind": "baseline's kind",
    "objective": "objective",
    "measure_class": "class",
    "legacy_services": "legacy services",
    "steady_from": "start of the steady state",
}
"""The facts that lock, with what they are called."""

PLACE_LABELS: Mapping[str, str] = {"program": "program", "legal_entity": "legal entity"}
"""Where the measure stands: on it hang its thresholds and its steering committee, and which months are closed.

They lock where they were known at the decision; what was not is no change when it is.
"""
LOCKED_FACTS = (*FACT_LABELS, *PLACE_LABELS, "rule_name")
"""The measure type locks unsaid: a mapping may call its rules otherwise, but nobody is judged by another one."""


def steady_from(measure: Measure, terms: LockedTerms | None) -> Period | None:
    """The month from which the plan is declared to be in steady state: as agreed, once it is."""
    if terms is None:
        return known(measure.steady_from)
    agreed = terms.facts.get("steady_from")
    return Period.parse(agreed) if agreed else None


def as_locked(measure: Measure, terms: LockedTerms | None) -> Measure:
    """The measure with the dates that time is judged by."""
    if terms is None or terms.end is None or (measure.start == terms.start and measure.end == terms.end):
        return measure
    return replace(measure, start=terms.start, end=terms.end)


def changed_terms(measure: Measure, terms: LockedTerms | None) -> tuple[ChangedTerm, ...]:
    """What differs now; a term that cannot be read is in :func:`unreadable_terms`."""
    return tuple(_changed(measure, terms)) if terms is not None else ()


def _changed(measure: Measure, terms: LockedTerms) -> Iterator[ChangedTerm]:
    dates: list[tuple[str, Fact[date], date | None]] = [
        ("start", measure.start, terms.start),
        ("end", measure.end, terms.end),
    ]
    names = dict.fromkeys((*terms.milestones, *measure.milestones))
    dates += [(f'milestone "{name}"', measure.milestones.get(name), terms.milestones.get(name)) for name in names]
    for name, fact, agreed in dates:
        if not isinstance(fact, Unknown) and fact != agreed:
            present = str(fact) if fact is not None else ""
            yield ChangedTerm(name, present, f"the {name} is {present or 'empty'} instead of {agreed or 'empty'}")
    for name, label in FACT_LABELS.items():
        value = getattr(measure, name)
        present, was = str(value) if value else "", terms.facts.get(name, "")
        if isinstance(value, Unknown) or present == was:
            continue
        verb = "are" if label.endswith(("criteria", "prices", "services")) else "is"
        yield ChangedTerm(name, present, f"the {label} {verb} {_quoted(present)} instead of {_quoted(was)}")
    for name, label in PLACE_LABELS.items():
        value, was = getattr(measure, name), terms.facts.get(name, "")
        if was and not isinstance(value, Unknown) and (value or "") != was:
            yield ChangedTerm(name, value or "", f"the {label} is {_quoted(value or '')} instead of {_quoted(was)}")


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "empty"


def unreadable_terms(measure: Measure, terms: LockedTerms | None) -> str:
    """Why it cannot be said whether a locked term still holds; empty when it can."""
    if terms is None:
        return ""
    values = (measure.start, measure.end, *measure.milestones.values(), *(getattr(measure, n) for n in terms.facts))
    return next((value.reason for value in values if isinstance(value, Unknown)), "")
