"""Fingerprints of the facts that a command relied on: when the facts change, the command is no longer valid.

A controller who confirmed 1.2M has not confirmed what is booked a week later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum

from governance.effects import EffectLine, Version, of_version
from governance.facts import Unknown
from governance.locked_plan import net_of
from governance.measure import Measure


class FactGroup(StrEnum):
    """The facts that a command may rely on."""

    PLAN = "plan"
    ACTUALS = "actuals"
    BASELINE = "baseline"
    TERMS = "terms"
    """Start, end, milestones, kill criteria and objective."""
    SCOPE = "scope"
    """The child items."""
    PEOPLE = "people"
    """Owner, sponsor and controller."""
    PLACE = "place"
    """Program, measure type and class, which have a steering committee and thresholds of their own."""
    LOCKED = "locked"
    """What else locks with the plan: legacy services, declared steady state and legal entity."""

    @property
    def label(self) -> str:
        return {
            "plan": "plan",
            "actuals": "actual effect",
            "baseline": "baseline",
            "terms": "schedule, kill criteria or objective",
            "scope": "set of child items",
            "people": "set of people",
            "place": "program, measure type or class",
            "locked": "set of legacy services, steady state or legal entity",
        }[self.value]


def fingerprint(measure: Measure, group: FactGroup) -> str:
    """Of the facts as they are now: readable text, then ``#`` and a digest of the whole."""
    return _FINGERPRINTS[group](measure)


def fingerprints(measure: Measure, groups: Iterable[FactGroup]) -> dict[str, str]:
    return {group.value: fingerprint(measure, group) for group in groups}


def readable_part(text: str) -> str:
    """The part of a fingerprint that is for people."""
    return text.partition(" #")[0]


def _plan(measure: Measure) -> str:
    """Size and timing: amounts by month."""
    lines = of_version(measure.effects, Version.PLAN)
    if not lines:
        return "no plan"
    parts, last = [], 0
    for kind, line in _with_kind(lines):
        year, month = line.month
        number = year * 100 + month
        if number > last:
            last = number
        parts.append(f"{kind} {number} {_plain(line.money.amount)}")
    parts.sort()
    return f"{_net(lines)} until {last // 100}-{last % 100:02d} #{_digest(chr(10).join(parts))}"


def _actuals(measure: Measure) -> str:
    """Amounts by kind and month: what moves to another month is another actual."""
    sums: dict[str, Decimal] = {}
    lines = of_version(measure.effects, Version.ACTUAL)
    if not lines:
        return "no actuals"
    for kind, line in _with_kind(lines):
        year, month = line.month
        key = f"{kind} {year * 100 + month}"
        sums[key] = sums[key] + line.money.amount if key in sums else line.money.amount
    content = "\n".join(sorted([f"{key} {_plain(amount)}" for key, amount in sums.items()]))
    return f"{_net(lines)} #{_digest(content)}"


def _net(lines: Iterable[EffectLine]) -> str:
    net = net_of(lines)
    return "several currencies" if net is None else str(net)


# Every assessment takes all fingerprints, and most of its time could go into them: a plan has dozens of lines of the
# same few kinds.
def _with_kind(lines: Iterable[EffectLine]) -> Iterator[tuple[str, EffectLine]]:
    """Each line with the text of its kind."""
    text, kind, account, hard, currency = "", None, None, None, ""
    for line in lines:
        if line.kind is not kind or line.account is not account or line.hard != hard or line.money.currency != currency:
            kind, account, hard, currency = line.kind, line.account, line.hard, line.money.currency
            text = f"{kind} {account} {hard} {currency}"
        yield text, line


def _plain(amount: Decimal) -> str:
    """One text for 1000, 1E+3 and 1000.00."""
    text = str(amount)
    if "E" in text:
        text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _baseline(measure: Measure) -> str:
    value = measure.baseline
    shared = f" of {_text(measure.baseline_id)}" if measure.baseline_id else ""
    amount = "unknown" if isinstance(value, Unknown) else str(value or "no baseline")
    # Volumes and rates of further months are no other agreement; a price is, and so is what the baseline is of.
    if measure.baseline_series:
        shared += f", {_text(measure.baseline_series)}"
    if measure.baseline_kind:
        shared += f", of {_text(measure.baseline_kind)}"
    return f"{amount}{shared} #{value.reason}" if isinstance(value, Unknown) else f"{amount}{shared}"


def _terms(measure: Measure) -> str:
    days = [(name, _text(day)) for name, day in measure.milestones.items()]
    milestones = "".join(f", {name} {day}" for name, day in sorted(days))
    dates = f"{_text(measure.start)} to {_text(measure.end)}{milestones}"
    return f"{dates}, kill criteria: {_text(measure.kill_criteria)}, objective: {_text(measure.objective)}"


def _text(fact: object) -> str:
    return "unknown" if isinstance(fact, Unknown) else str(fact or "none")


def _people(measure: Measure) -> str:
    holders = tuple(measure.roles.of(role) for role in measure.roles.held)
    names = [getattr(holder, "name", "nobody") for holder in holders]
    return f"{', '.join(names)} #{_digest('|'.join(str(getattr(holder, 'id', '')) for holder in holders))}"


def _place(measure: Measure) -> str:
    stated = measure.measure_class
    of_class = f", class {_text(stated)}" if stated else ""
    return f"program {_text(measure.hierarchy.program)}, type {measure.rule_name or 'none'}{of_class}"


def _locked(measure: Measure) -> str:
    legacy, steady = _text(measure.legacy_services), _text(measure.steady_from)
    return f"legacy services: {legacy}, steady state from: {steady}, legal entity: {_text(measure.legal_entity)}"


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]


_FINGERPRINTS: Mapping[FactGroup, Callable[[Measure], str]] = {
    FactGroup.PLAN: _plan,
    FactGroup.ACTUALS: _actuals,
    FactGroup.BASELINE: _baseline,
    FactGroup.TERMS: _terms,
    FactGroup.SCOPE: lambda measure: measure.scope,
    FactGroup.PEOPLE: _people,
    FactGroup.PLACE: _place,
    FactGroup.LOCKED: _locked,
}
