"""One measure as its page shows it: the sentence, the stage strip, the gate, money by month."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from connector.store.measures.measure_details import Basis
from governance.available_actions import Offer
from governance.effects import ZERO, Account, Effects, Series, Version, period
from governance.evidence import Verb
from governance.gates import REBASELINE, Policy
from governance.measure import Role
from governance.measure_state import RampKind, Standing
from governance.money import Period
from governance.verdict import Blocker, Outcome, Verdict
from webhook_server.formats import Formats

KINDS = {
    "benefit": "Benefit",
    "one_off_benefit": "One-off benefit",
    "recurring_cost": "Recurring cost",
    "one_off_cost": "One-off cost",
    "capex": "Capex",
}
ACCOUNTS = {Account.CASH.value: "cash", Account.AVOIDANCE.value: "avoidance"}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the strip."""

    label: str
    granted: bool
    at: datetime | None
    next: bool
    tool: bool
    """The tool's status stands for this stage."""


def strip(policy: Policy, standing: Standing, tool_stage: str | None) -> tuple[Step, ...]:
    place = policy.index(standing.stage)
    return tuple(
        Step(
            stage.label,
            number <= place,
            standing.granted_at.get(stage.key) if number <= place else None,
            number == place + 1,
            stage.key == tool_stage,
        )
        for number, stage in enumerate(policy.stages)
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the gate's checklist, as a person reads it."""

    outcome: Outcome
    code: str
    text: str
    expected: str
    actual: str
    who: str
    since: datetime | None
    yours: bool
    """It waits for the reader."""
    approval: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """The checklist: what stands open first, what is met after it."""

    open: tuple[Condition, ...]
    met: tuple[Condition, ...]


def gate_of(verdict: Verdict, roles: Collection[Role]) -> Gate:
    """``roles`` are those in which the reader speaks on the measure."""
    blockers = {blocker.key: blocker for blocker in verdict.blockers}
    open_: list[Condition] = []
    met: list[Condition] = []
    told: set[tuple[str, str]] = set()
    for one in reversed(verdict.checklist):
        # A later gate asks for more of the same: told once, in its strictest form.
        if (one.code, one.subject) in told and one.outcome is not Outcome.MET:
            continue
        told.add((one.code, one.subject))
        blocker = blockers.get(one.key)
        is_met = one.outcome is Outcome.MET
        condition = Condition(
            one.outcome, one.code, _capital(one.subject.replace("_", " ") if is_met else one.reason), one.expected,
            one.actual, one.who, blocker.since if blocker else None,
            blocker is not None and waits_for(blocker, verdict, roles),
            one.approval is not None,
        )  # fmt: skip
        (met if is_met else open_).append(condition)
    return Gate(tuple(reversed(open_)), tuple(reversed(met)))


def waits_for(blocker: Blocker, verdict: Verdict, roles: Collection[Role]) -> bool:
    """Whether a blocker waits for somebody who speaks in these roles; the same as on My work.

    Off the road a measure waits for nobody, except for the sponsor after the kill switch; the reason of a deviation
    waits for those whom the ladder has reached.
    """
    if blocker.code in RESUMABLE or (verdict.ramp is not None and blocker.code != KILL_SWITCH):
        return False
    if blocker.code == UNEXPLAINED:
        return any(step.responsible.role in roles for step in verdict.asks)
    return any(one.role in roles for one in blocker.responsible)


KILL_SWITCH, UNEXPLAINED = "KILL_SWITCH", "DEVIATION_UNEXPLAINED"
RESUMABLE = frozenset({"ON_HOLD", "CANCELLED"})
"""Somebody put the measure there on purpose: it may be resumed, and nobody has to."""


def apart(verdict: Verdict, roles: Collection[Role]) -> tuple[tuple[Blocker, bool], ...]:
    """Blockers that are no condition of the checklist, and whether they wait for the reader.

    A breach, an off-ramp, an unreadable status.
    """
    conditions = {one.key for one in verdict.checklist}
    return tuple(
        (blocker, waits_for(blocker, verdict, roles)) for blocker in verdict.blockers if blocker.key not in conditions
    )


def sentence(basis: Basis, gate: Gate, policy: Policy | None, formats: Formats) -> str:
    """The page's answer: may it move on, what is missing, who acts, and what stands behind it."""
    row, verdict, ramp = basis.row, basis.verdict, basis.standing.ramp
    plan = verdict.figures.plan
    behind = f" {formats.short(plan.amount)} {plan.currency} net plan stands behind it." if plan else ""
    if ramp is not None:
        by = "" if ramp.kind is RampKind.KILLED else f" by {ramp.by}"
        return f"{ramp.kind.label} since {formats.day(ramp.at)}{by}: {_ended(ramp.reason)}{behind}"
    label = verdict.next_stage_label
    if row["gate"] == "open":
        if verdict.next_stage is None:
            actual = verdict.figures.actual
            came = f" {formats.short(actual.amount)} {actual.currency} net have been realised." if actual else behind
            return f"Every gate is granted: it is {verdict.stage_label}.{came}"
        return f"It may be moved into {' or '.join(verdict.passes) or verdict.stage_label} now.{behind}"
    count, firsts = len(gate.open), list(dict.fromkeys(one.who for one in gate.open if one.who))
    claimed = policy.label(row["tool_stage"]) if policy else row["tool_stage"]
    word = f"It was moved to {claimed} while the gate" if row["gate"] == "breach" else "The gate"
    if not count:
        return f"{word} into {label} is shut.{behind}"
    conditions = "1 condition is open" if count == 1 else f"{formats.number(count)} conditions are open"
    acts = f"; {_listed(firsts[:3])} {'has' if len(firsts) == 1 else 'have'} to act" if firsts else ""
    return f"{word} into {label} is shut: {conditions}{acts}.{behind}"


@dataclass(frozen=True, slots=True)
class Month:
    """Net of one month, and cumulative up to it; ``None`` where a version has no line (any more)."""

    month: Period
    net: Mapping[Version, Decimal | None]
    total: Mapping[Version, Decimal | None]


def months(effects: Effects | None) -> tuple[Month, ...]:
    series = _series(effects)
    if not series:
        return ()
    first, last = min(min(one.net) for one in series.values()), max(max(one.net) for one in series.values())
    running = dict.fromkeys(series, ZERO)
    rows = []
    for place in range(first, last + 1):
        net: dict[Version, Decimal | None] = {}
        total: dict[Version, Decimal | None] = {}
        for version, one in series.items():
            running[version] += one.net.get(place, ZERO)
            net[version] = one.net.get(place)
            total[version] = running[version] if min(one.net) <= place <= max(one.net) else None
        rows.append(Month(period(place), net, total))
    return tuple(rows)


def versions(effects: Effects | None) -> tuple[Version, ...]:
    """The versions that have lines."""
    return tuple(_series(effects))


def months_chart(rows: Sequence[Month], currency: str, formats: Formats) -> dict[str, Any]:
    def values(part: str, version: Version) -> list[float | None]:
        found = [getattr(row, part).get(version) for row in rows]
        return [None if amount is None else round(float(amount), 2) for amount in found]

    today = Period.of(formats.now.date())
    return {
        "unit": currency,
        "locale": str(formats.locale).replace("_", "-"),
        "months": [formats.month(row.month) for row in rows],
        "net": {version.value: values("net", version) for version in Version},
        "total": {version.value: values("total", version) for version in Version},
        "today": next((place for place, row in enumerate(rows) if row.month == today), None),
    }


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every line by kind: columns are versions and kinds that have one, rows are months."""

    columns: tuple[tuple[str, str, str], ...]
    """Version, name of the kind, and currency."""
    rows: tuple[tuple[date, tuple[Decimal | None, ...]], ...]
    sums: tuple[Decimal, ...]


def kinds(lines: Sequence[RowMapping]) -> Kinds:
    names = {(line["version"], _kind(line), line["currency"]): None for line in lines}
    order = {version.value: number for number, version in enumerate(Version)}
    columns = tuple(sorted(names, key=lambda name: (order[name[0]], *name[1:])))
    cells: dict[date, dict[tuple[str, str, str], Decimal]] = {}
    for line in lines:
        row = cells.setdefault(line["month"], {})
        key = (line["version"], _kind(line), line["currency"])
        row[key] = row.get(key, ZERO) + line["amount"]
    rows = tuple((month, tuple(cells[month].get(column) for column in columns)) for month in sorted(cells))
    sums = tuple(sum((values[place] or ZERO for _, values in rows), ZERO) for place in range(len(columns)))
    return Kinds(columns, rows, sums)


def offer_label(offer: Offer, policy: Policy, standing: Standing) -> str:
    """What a button says: ``Approve Decided``, ``Confirm the actual effect``."""
    stage = policy.label(offer.stage) if offer.stage else ""
    if takes_back(offer, standing, policy):
        return f"Take {stage} back"
    return {
        Verb.APPROVE: f"Approve {stage}",
        Verb.REJECT: f"Reject {stage}",
        Verb.CONFIRM: "Confirm the actual effect",
        Verb.WRITE_DOWN: "Write the effect down",
        Verb.REASON: "Give the reason",
        Verb.HOLD: "Put on hold",
        Verb.RESUME: "Resume",
        Verb.CANCEL: "Cancel the measure",
        Verb.REBASELINE: "Ask for a re-baseline",
        Verb.DELEGATE: "Delegate",
    }[offer.verb]


def takes_back(offer: Offer, standing: Standing, policy: Policy) -> bool:
    """Whether a rejection takes a stage back that was granted."""
    known = offer.stage != REBASELINE and offer.verb is Verb.REJECT
    return known and policy.index(offer.stage) <= policy.index(standing.stage)


def _series(effects: Effects | None) -> dict[Version, Series]:
    if effects is None:
        return {}
    found = {Version.PLAN: effects.plan, Version.FORECAST: effects.forecast, Version.ACTUAL: effects.actual}
    return {version: series for version, series in found.items() if series is not None}


def _kind(line: RowMapping) -> str:
    account = ACCOUNTS.get(line["account"], "")
    parts = [part for part in (account, "" if line["hard"] else "soft") if part]
    name = KINDS.get(line["kind"], line["kind"])
    return f"{name} ({', '.join(parts)})" if parts else name


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
