"""One measure as its page shows it: the sentence, the stage strip, the gate, money by month."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from connector.store.measures.measure_details import MeasureSnapshot
from governance.available_actions import AvailableAction
from governance.capital import capitalised
from governance.effects import ZERO, Account, Effects, Series, Version, period
from governance.evidence import Verb
from governance.gates import REBASELINE, Policy
from governance.measure import Role
from governance.measure_state import MeasureState
from governance.money import Period
from governance.signature import SignedLine
from governance.verdict import Blocker, Outcome, Verdict
from webhook_server.admin.measure_sentences import summary_lines
from webhook_server.formats import Formats

KIND_LABELS = {
    "benefit": "Benefit",
    "one_off_benefit": "One-off benefit",
    "recurring_cost": "Recurring cost",
    "one_off_cost": "One-off cost",
    "capex": "Capex",
    "legacy_cost": "Legacy cost",
}
ACCOUNT_LABELS = {Account.CASH.value: "cash", Account.AVOIDANCE.value: "avoidance"}


@dataclass(frozen=True, slots=True)
class StageStep:
    """One stage of the strip."""

    label: str
    granted: bool
    at: datetime | None
    is_next: bool
    is_tool_stage: bool
    """The tool's status stands for this stage."""


def stage_strip(policy: Policy, state: MeasureState, tool_stage: str | None) -> tuple[StageStep, ...]:
    granted = policy.index(state.stage)
    return tuple(
        StageStep(
            stage.label,
            number <= granted,
            state.granted_at.get(stage.key) if number <= granted else None,
            number == granted + 1,
            stage.key == tool_stage,
        )
        for number, stage in enumerate(policy.stages)
    )


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One line of the gate's checklist, as a person reads it."""

    outcome: Outcome
    code: str
    text: str
    expected: str
    actual: str
    who: str
    since: datetime | None
    is_readers: bool
    """It waits for the reader."""
    approval: bool


@dataclass(frozen=True, slots=True)
class GateView:
    """The checklist: what stands open first, what is met after it."""

    open_conditions: tuple[ConditionView, ...]
    met_conditions: tuple[ConditionView, ...]


def gate_view(verdict: Verdict, roles: Collection[Role]) -> GateView:
    """``roles`` are those in which the reader speaks on the measure."""
    blockers = {blocker.key: blocker for blocker in verdict.blockers}
    open_: list[ConditionView] = []
    met: list[ConditionView] = []
    listed: set[tuple[str, str]] = set()
    for result in reversed(verdict.checklist):
        # A later gate asks for more of the same: listed once, in its strictest form.
        if (result.code, result.subject) in listed and result.outcome is not Outcome.MET:
            continue
        listed.add((result.code, result.subject))
        blocker = blockers.get(result.key)
        is_met = result.outcome is Outcome.MET
        condition = ConditionView(
            result.outcome, result.code, capitalised(result.subject.replace("_", " ") if is_met else result.reason),
            result.expected, result.actual, result.who, blocker.since if blocker else None,
            blocker is not None and waits_for(blocker, verdict, roles),
            result.approval is not None,
        )  # fmt: skip
        (met if is_met else open_).append(condition)
    return GateView(tuple(reversed(open_)), tuple(reversed(met)))


def waits_for(blocker: Blocker, verdict: Verdict, roles: Collection[Role]) -> bool:
    """Whether a blocker waits for somebody who acts in these roles; the same as on My work.

    On an off-ramp a measure waits for nobody, except for the sponsor after the kill switch, and where it was ended in
    the tool without a cancellation; the reason of a deviation
    waits for those whom the escalation has reached.
    """
    if blocker.code in RESUMABLE or (verdict.off_ramp is not None and blocker.code not in STILL_ASKED):
        return False
    if blocker.code == UNEXPLAINED:
        return any(step.responsible.role in roles for step in verdict.reason_requests)
    return any(person.role in roles for person in blocker.responsible)


UNEXPLAINED = "DEVIATION_UNEXPLAINED"
STILL_ASKED = frozenset({"KILL_SWITCH", "NOT_CANCELLED"})
"""What waits for somebody although the measure is on an off-ramp."""
RESUMABLE = frozenset({"ON_HOLD", "CANCELLED"})
"""Somebody put the measure there on purpose: it may be resumed, and nobody has to."""


def other_blockers(verdict: Verdict, roles: Collection[Role]) -> tuple[tuple[Blocker, bool], ...]:
    """Blockers that are no condition of the checklist, and whether they wait for the reader.

    A breach, an off-ramp, an unreadable status.
    """
    conditions = {result.key for result in verdict.checklist}
    return tuple(
        (blocker, waits_for(blocker, verdict, roles)) for blocker in verdict.blockers if blocker.key not in conditions
    )


def summary_sentence(snapshot: MeasureSnapshot, gate: GateView, policy: Policy | None, formats: Formats) -> str:
    """The page's summary: may it move on, what is missing, who must act, and which benefit depends on it."""
    people = tuple(dict.fromkeys(open_.who for open_ in gate.open_conditions if open_.who))
    return " ".join(summary_lines(snapshot, people, len(gate.open_conditions), policy, formats))


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Net of one month, and cumulative up to it; ``None`` where a version has no line (any more)."""

    month: Period
    net: Mapping[Version, Decimal | None]
    total: Mapping[Version, Decimal | None]


def months(effects: Effects | None) -> tuple[MonthFigures, ...]:
    series = _series(effects)
    if not series:
        return ()
    first = min(min(version.net) for version in series.values())
    last = max(max(version.net) for version in series.values())
    running = dict.fromkeys(series, ZERO)
    rows = []
    for index in range(first, last + 1):
        net: dict[Version, Decimal | None] = {}
        total: dict[Version, Decimal | None] = {}
        for version, amounts in series.items():
            running[version] += amounts.net.get(index, ZERO)
            net[version] = amounts.net.get(index)
            total[version] = running[version] if min(amounts.net) <= index <= max(amounts.net) else None
        rows.append(MonthFigures(period(index), net, total))
    return tuple(rows)


def versions(effects: Effects | None) -> tuple[Version, ...]:
    """The versions that have lines."""
    return tuple(_series(effects))


def months_chart(
    rows: Sequence[MonthFigures], signed: Sequence[SignedLine], currency: str, formats: Formats
) -> dict[str, Any]:
    """For the chart: net and added up, and what of it the controller has signed, by month."""

    def values(part: str, version: Version) -> list[float | None]:
        amounts = [getattr(row, part).get(version) for row in rows]
        return [None if amount is None else round(float(amount), 2) for amount in amounts]

    today = Period.of(formats.now.date())
    return {
        "unit": currency,
        "locale": str(formats.locale).replace("_", "-"),
        "months": [formats.month(row.month) for row in rows],
        "net": {version.value: values("net", version) for version in Version},
        "total": {version.value: values("total", version) for version in Version},
        "validated": _signed_so_far(rows, [line for line in signed if line.currency == currency]),
        "today": next((index for index, row in enumerate(rows) if row.month == today), None),
    }


def _signed_so_far(rows: Sequence[MonthFigures], signed: Sequence[SignedLine]) -> list[float | None]:
    """Added up to each confirmed month; nothing in a month of which nothing is signed."""
    confirmed = {line.month for line in signed}
    return [
        round(float(sum((line.validated for line in signed if line.month <= row.month), ZERO)), 2)
        if row.month in confirmed
        else None
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class LinesByKind:
    """Every line by kind: columns are versions and kinds that have one, rows are months."""

    columns: tuple[tuple[str, str, str], ...]
    """Version, name of the kind, and currency."""
    rows: tuple[tuple[date, tuple[Decimal | None, ...]], ...]
    sums: tuple[Decimal, ...]


def lines_by_kind(lines: Sequence[RowMapping]) -> LinesByKind:
    names = {(line["version"], _kind(line), line["currency"]): None for line in lines}
    order = {version.value: number for number, version in enumerate(Version)}
    columns = tuple(sorted(names, key=lambda name: (order[name[0]], *name[1:])))
    cells: dict[date, dict[tuple[str, str, str], Decimal]] = {}
    for line in lines:
        row = cells.setdefault(line["month"], {})
        key = (line["version"], _kind(line), line["currency"])
        row[key] = row.get(key, ZERO) + line["amount"]
    rows = tuple((month, tuple(cells[month].get(column) for column in columns)) for month in sorted(cells))
    sums = tuple(sum((values[index] or ZERO for _, values in rows), ZERO) for index in range(len(columns)))
    return LinesByKind(columns, rows, sums)


def action_label(action: AvailableAction, policy: Policy, state: MeasureState) -> str:
    """The text of a button: ``Approve Decided``, ``Confirm the actual effect``."""
    stage = policy.label(action.stage) if action.stage else ""
    if revokes_stage(action, state, policy):
        return f"Revoke {stage}"
    if action.holder is not None:
        return f"Accept {action.holder.name} as {action.stage}"
    return {
        Verb.APPROVE: f"Approve {stage}",
        Verb.REJECT: f"Reject {stage}",
        Verb.CONFIRM: "Confirm the actual effect",
        Verb.CONFIRM_LOWER: "Confirm a lower value",
        Verb.REASON: "Give the reason",
        Verb.HOLD: "Put on hold",
        Verb.RESUME: "Resume",
        Verb.CANCEL: "Cancel the measure",
        Verb.REBASELINE: "Ask for a re-baseline",
        Verb.DELEGATE: "Delegate",
        Verb.KILL_CRITERIA: "Choose the kill criteria",
    }[action.verb]


def revokes_stage(action: AvailableAction, state: MeasureState, policy: Policy) -> bool:
    """Whether a rejection revokes a stage that was granted."""
    known = action.stage != REBASELINE and action.verb is Verb.REJECT
    return known and policy.index(action.stage) <= policy.index(state.stage)


def _series(effects: Effects | None) -> dict[Version, Series]:
    if effects is None:
        return {}
    by_version = {Version.PLAN: effects.plan, Version.FORECAST: effects.forecast, Version.ACTUAL: effects.actual}
    return {version: series for version, series in by_version.items() if series is not None}


def _kind(line: RowMapping) -> str:
    account = ACCOUNT_LABELS.get(line["account"], "")
    parts = [part for part in (account, "" if line["hard"] else "soft") if part]
    name = KIND_LABELS.get(line["kind"], line["kind"])
    return f"{name} ({', '.join(parts)})" if parts else name
