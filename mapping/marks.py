"""What Gatepost leaves at an item beside its fields: a property, a link, a flag, a blocker, and the status put back.

Each mark goes through the outbox like a field, under a name that no field can have.  What cannot be read with an
item is compared with what was written last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from governance.breach_times import stays_in_breach
from governance.explain import blocker_lines
from governance.measure_gates import GateBlocker, MeasureGates, gates_of
from governance.measure_state import is_cancelled
from governance.verdict import GateState, Outcome, Verdict
from mapping.config import Enforce, FlagWhen, MarkRule, MeasureRule, OnBreach
from mapping.work_item import FieldName, StatusCategory, WorkItem
from mapping.writeback import Change, ChangeKind, canonical, join_lines

MAX_PROPERTY_LENGTH = 32_768
"""Characters of an issue property."""

ON_HOLD_PREFIX = "Gatepost: "
"""Begins the reason of a hold that Gatepost made."""

MAX_ON_HOLD_REASON = 1_000
"""Characters of a reason that a person still reads."""

IMPEDIMENT = "Impediment"
"""The one choice of Jira's field Flagged."""

REMOVED_PREFIX = "-"
"""Before the name of a mark that is to be taken away, or was."""

MAX_STORED_LENGTH = 200
"""Of a longer value the hash is stored: the whole verdict is not stored twice."""


class Mark(StrEnum):
    """Names of marks in the outbox; a property's key follows the colon."""

    PROPERTY = "@property"
    LINK = "@link"
    FLAG = "@flag"
    BLOCKED_BY = "@blocked by"
    ON_HOLD = "@on hold"
    CHECKLIST = "@checklist"
    STATUS = "@status"
    """Statuses to go back to, best first, one a line."""


def is_mark(name: str) -> bool:
    return name.startswith("@")


def stored_value(name: str, value: str | None) -> str | None:
    """What is stored of a written value."""
    if not is_mark(name) or value is None or len(value) <= MAX_STORED_LENGTH:
        return value
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def blocker_of(marks: MarkRule, portfolio: str) -> str:
    """The issue that blocks a portfolio's measures while their gates are shut; empty for none."""
    if marks.blocked_by is None or isinstance(marks.blocked_by, str):
        return marks.blocked_by or ""
    return next((key for name, key in marks.blocked_by.items() if name.casefold() == portfolio.casefold()), "")


def blockers_made(marks: MarkRule) -> frozenset[str]:
    """Every issue that Gatepost links as a blocker: such a link says nothing about the work."""
    named = marks.blocked_by
    return frozenset() if named is None else frozenset({named} if isinstance(named, str) else named.values())


def mark_changes(
    verdict: Verdict,
    rule: MeasureRule,
    item: WorkItem,
    measure: str,
    last_written: Mapping[FieldName, str | None],
    portfolio: str = "",
) -> tuple[Change, ...]:
    """The marks that have to be made or taken away."""
    return tuple(_changes(verdict, rule, item, measure, last_written, portfolio))


def _changes(
    verdict: Verdict,
    rule: MeasureRule,
    item: WorkItem,
    measure: str,
    last_written: Mapping[FieldName, str | None],
    portfolio: str,
) -> Iterator[Change]:
    # A cancelled measure holds nothing up: what marks it as blocked would keep people from ending it.
    marks = rule.marks
    shut = verdict.gate is not GateState.OPEN and not is_cancelled(verdict.off_ramp)
    if marks.property:
        content = verdict_json(verdict, measure, figures=marks.property_figures)
        yield from _unread_mark(f"{Mark.PROPERTY}:{marks.property}", content, last_written)
    if marks.link:
        yield from _unread_mark(Mark.LINK, link_json(verdict, marks.link, measure), last_written)
    raised = verdict.gate is GateState.BREACH or (marks.flag is FlagWhen.SHUT and verdict.gate.holds_up)
    if marks.flag is not None:
        yield from _shared_mark(
            Mark.FLAG, IMPEDIMENT if raised else None, is_there=item.flagged, last_written=last_written
        )
    blocker = blocker_of(marks, portfolio)
    if blocker:
        linked = any(link.key == blocker and link.blocks for link in item.links)
        target = blocker if shut else None
        yield from _shared_mark(Mark.BLOCKED_BY, target, is_there=linked, last_written=last_written)
    if marks.on_hold is not None:
        held = verdict.gate is GateState.BREACH or (marks.on_hold is FlagWhen.SHUT and shut)
        yield from _on_hold(
            verdict, item, last_written, raised=held and item.status_category is not StatusCategory.DONE
        )
    if marks.checklist:
        yield from _unread_mark(Mark.CHECKLIST, checklist_json(verdict), last_written)
    back = revert_statuses(verdict, rule)
    if back:
        name = FieldName(Mark.STATUS)
        yield Change(name, ChangeKind.HAND_EDIT, item.status, "\n".join(back), last_written.get(name))


def _unread_mark(name: str, value: str, last_written: Mapping[FieldName, str | None]) -> Iterator[Change]:
    """A mark that is not read with the item."""
    field = FieldName(name)
    before = last_written.get(field)
    if before != stored_value(name, value):
        yield Change(field, ChangeKind.CHANGED if before else ChangeKind.FIRST, before, value, before)


def _shared_mark(
    name: str, target: str | None, *, is_there: bool, last_written: Mapping[FieldName, str | None]
) -> Iterator[Change]:
    """A mark that people make as well: only our own is taken away again."""
    field = FieldName(name)
    before = last_written.get(field)
    made = before is not None and not before.startswith(REMOVED_PREFIX)
    if target is not None and not is_there:
        yield Change(field, ChangeKind.CHANGED if before else ChangeKind.FIRST, None, target, before)
    elif target is None and made:
        yield Change(field, ChangeKind.CHANGED, before if is_there else None, f"{REMOVED_PREFIX}{before}", before)


def _on_hold(
    verdict: Verdict, item: WorkItem, last_written: Mapping[FieldName, str | None], *, raised: bool
) -> Iterator[Change]:
    """A hold with our reason; the reason follows the blockers, and only our own hold ends."""
    name = FieldName(Mark.ON_HOLD)
    own = item.on_hold_reason is not None and item.on_hold_reason.startswith(ON_HOLD_PREFIX)
    before = last_written.get(name)
    blockers_text = join_lines(blocker_lines(verdict), MAX_ON_HOLD_REASON) or "the gate is shut"
    reason = f"{ON_HOLD_PREFIX}{blockers_text}"
    if raised and item.on_hold_reason is None:
        yield Change(name, ChangeKind.CHANGED if before else ChangeKind.FIRST, None, reason, before)
    elif raised and own and canonical(item.on_hold_reason) != canonical(reason):
        yield Change(name, ChangeKind.CHANGED, item.on_hold_reason, reason, before)
    elif not raised and own:
        yield Change(name, ChangeKind.CHANGED, item.on_hold_reason, REMOVED_PREFIX, before)


def checklist_json(verdict: Verdict) -> str:
    """Every condition of the next gate as JSON, in the order in which a person reads them."""
    since = {blocker.key: blocker.since for blocker in verdict.blockers}
    rows = [
        {
            "stage": verdict.next_stage_label,
            "code": f"{one.code}:{one.subject}",
            "result": one.outcome.value,
            "sentence": one.actual if one.outcome is Outcome.MET else one.reason,
            "who": one.who,
            "since": since[one.key].strftime("%Y-%m-%d %H:%M:%S") if one.key in since else "",
        }
        for one in verdict.checklist
    ]
    return json.dumps(rows, ensure_ascii=False)


def reverts_breach(rule: MeasureRule) -> bool:
    """Whether an item that went past a shut gate is moved back.

    Under a native gate as well: what got past it (a trigger, an import, an automation rule, another right) was not seen
    by the gate, and none stands before a status in which cancelled work ends.
    """
    return rule.enforce is Enforce.REVERT or (rule.enforce is Enforce.NATIVE and rule.on_breach is OnBreach.REVERT)


def revert_statuses(verdict: Verdict, rule: MeasureRule) -> tuple[str, ...]:
    """Where an item that went past a shut gate is moved to: statuses of the granted stage, then of those before it."""
    if verdict.gate is not GateState.BREACH or not reverts_breach(rule) or stays_in_breach(verdict.measure_state):
        return ()
    order = list(dict.fromkeys(rule.stage.from_status.values()))
    granted = verdict.stage if verdict.stage in order else order[0]
    allowed = order[: order.index(granted) + 1]
    return tuple(status for stage in reversed(allowed) for status, of in rule.stage.from_status.items() if of == stage)


def verdict_json(verdict: Verdict, measure: str, *, figures: bool = False) -> str:
    """The verdict for programs, as JSON that is the same for the same verdict; blockers are cut to the tool's limit.

    Without ``figures`` there is no amount in it, and no sentence that may name one.
    """
    gates = gates_of(verdict)
    content: dict[str, object] = {
        "version": 1,
        "measure": measure,
        "stage": verdict.stage,
        "may_enter": list(gates.may_enter),
        "implementation": verdict.implementation.colour.value,
        "potential": verdict.potential.colour.value,
        "policy": verdict.policy_version,
    }
    if figures:
        amounts = {name: getattr(verdict.figures, name) for name in ("plan", "forecast", "actual")}
        content |= {name: str(amount) if amount else None for name, amount in amounts.items()}
    blockers = gates.next.blockers if gates.next is not None else ()
    count = len(blockers)
    while True:
        text = json.dumps(content | _next_json(gates, blockers, count, sentences=figures), ensure_ascii=False)
        if len(text) <= MAX_PROPERTY_LENGTH or not blockers:
            return text
        blockers = blockers[: len(blockers) // 2]


def _next_json(
    gates: MeasureGates, blockers: Sequence[GateBlocker], count: int, *, sentences: bool
) -> dict[str, object]:
    """The next gate with as many of its ``count`` blockers as there is room for."""
    if gates.next is None:
        return {"next": None}
    listed = [
        {
            "id": one.id,
            "code": one.code,
            "who": one.who,
            "since": one.since.isoformat() if one.since is not None else None,
        }
        | ({"sentence": one.sentence} if sentences else {})
        for one in blockers
    ]
    following = {"stage": gates.next.stage, "state": gates.next.state.value, "blockers": listed, "blocker_count": count}
    return {"next": following}


def page_of(base: str, measure: str) -> str:
    """The page of a measure at Gatepost's own address; empty where that is not known."""
    return f"{base.rstrip('/')}/measures/{measure}" if base else ""


def link_json(verdict: Verdict, base: str, measure: str) -> str:
    """The remote link as JSON: where it leads, what it says, which icon it has."""
    base = base.rstrip("/")
    gate = verdict.gate_in_text
    into = verdict.next_stage_label or verdict.stage_label
    if verdict.gate is GateState.OPEN:
        into = " or ".join(verdict.allowed_stages) or verdict.stage_label
    count = len(verdict.blockers)
    summary = "nothing stands in the way" if not count else f"{count} blocker{'' if count == 1 else 's'}"
    title = f"Gate into {into}: {gate}" if verdict.next_stage else f"{verdict.stage_label}: no further gate"
    content = {
        "url": page_of(base, measure),
        "title": title,
        "summary": summary,
        "icon": f"{base}/static/gate-{verdict.gate.value}.svg",
        "iconTitle": f"Gate {gate}",
        "resolved": verdict.gate is GateState.OPEN,
    }
    return json.dumps(content, ensure_ascii=False)
