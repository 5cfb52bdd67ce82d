"""Verdict -> target field values, and the three-way compare that finds what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import TypeAlias

from governance.explain import blocker_lines
from governance.measure import Person
from governance.money import Money, is_reasonable
from governance.status_reasons import status_reasons, unmapped_reasons
from governance.verdict import Verdict
from mapping.config import WriteRule
from mapping.neutral_text import without_joiners
from mapping.reply_comment import ReplyComment
from mapping.work_item import FieldName, FieldValue

WriteValue: TypeAlias = str | Decimal | datetime | None
"""What a field shall hold; the tool's writer turns it into the field's own form.  ``None`` clears."""

MAX_FIELD_TEXT = 4000
"""Characters; ServiceNow's string columns end there, and nobody reads more in a field."""

CENT = Decimal("0.01")
PRIORITY_CODES = frozenset({"PRIORITY_MISMATCH", "PRIORITY_DRIFT"})
HANDOFF_CODES = frozenset({"HANDOFF_WAIT"})


def target_values(
    verdict: Verdict, rule: WriteRule, ticket: str = "", lines: Sequence[str] | None = None
) -> dict[FieldName, WriteValue]:
    """What each owned field of the rule shall hold; ``ticket`` is the key of a joined item that receives it.

    ``lines`` are the blockers as the tool shows them (:func:`governance.explain.tool_lines`), else as pages do.
    """
    blockers = blocker_lines(verdict) if lines is None else lines
    figures = verdict.figures
    parts: dict[str, WriteValue] = {
        "doi_stage": verdict.display_stage,
        "implementation": verdict.implementation.colour.value.capitalize(),
        "potential": verdict.potential.colour.value.capitalize(),
        "gate": verdict.gate_label,
        "highest_stage": None if verdict.highest_stage is None else Decimal(verdict.highest_stage),
        "blockers": join_lines([*blockers, *_reasons_beside_blockers(verdict, rule)]),
        "why": join_lines(status_reasons(verdict)) if rule.why else None,
        "findings": join_lines(
            [f"{finding.sentence} · {finding.who} · {finding.code}" for finding in verdict.findings]
        ),
        "priority": join_lines(ticket_notes(verdict, ticket, PRIORITY_CODES)),
        "handoffs": join_lines(ticket_notes(verdict, ticket, HANDOFF_CODES)),
        **_delay_values(verdict, ticket),
        "plan": _amount(figures.plan),
        "forecast": _amount(figures.forecast),
        "actual": _amount(figures.actual),
        "variance": figures.variance_percent,
        "funding": verdict.funding.value,
    }
    return {FieldName(name): parts[part] for part in parts if (name := getattr(rule, part)) is not None}


def _delay_values(verdict: Verdict, ticket: str) -> dict[str, WriteValue]:
    """What a ticket holds up; empty for one that nothing valuable waits for."""
    delay = verdict.delay.of(ticket) if verdict.delay is not None and ticket else None
    if verdict.delay is None or delay is None:
        return {"delay_cost": None, "waiting_since": None, "suggested_priority": None}
    return {
        "delay_cost": _amount(verdict.delay.a_day.money),
        "waiting_since": delay.since.replace(microsecond=0),
        "suggested_priority": delay.suggested or None,
    }


def ticket_notes(verdict: Verdict, ticket: str, codes: frozenset[str]) -> list[str]:
    """What the findings of these codes say of one ticket, with their codes."""
    return [
        f"{note.sentence} · {finding.who} · {finding.code}"
        for finding in verdict.findings
        if finding.code in codes
        for note in finding.tickets
        if note.key == ticket
    ]


def _reasons_beside_blockers(verdict: Verdict, rule: WriteRule) -> list[str]:
    """A colour comes with its reason: without a field of their own, those of colours that are shown and not green."""
    if rule.why:
        return []
    return unmapped_reasons(verdict, work=rule.implementation is not None, money=rule.potential is not None)


def join_lines(sentences: Sequence[str], limit: int = MAX_FIELD_TEXT) -> str | None:
    """Sentences, one a line, cut on whole lines; ``None`` when there are none.

    The blockers are the first lines of the explanation (:func:`governance.explain.explain`).
    """
    lines: list[str] = []
    used = 0
    for index, text in enumerate(sentences):
        rest = len(sentences) - index
        if used + len(text) + 1 + (20 if rest > 1 else 0) > limit:
            lines.append(f"… and {rest} more")
            break
        lines.append(text)
        used += len(text) + 1
    return "\n".join(lines) or None


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else money.amount.quantize(CENT, ROUND_HALF_EVEN)


class ChangeKind(StrEnum):
    FIRST = "first"
    """Gatepost has never written this field."""
    CHANGED = "changed"
    """The verdict has changed; the field holds what was written last."""
    HAND_EDIT = "hand_edit"
    """Somebody else changed the field since; it is put back."""


@dataclass(frozen=True, slots=True)
class Change:
    field: FieldName
    kind: ChangeKind
    present: str | None
    target: WriteValue
    last_written: str | None
    by: Person | None = None
    """Of an edit by hand: who made it, where the tool names somebody for certain."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What has to be written, and which owned fields the tool did not show."""

    changes: tuple[Change, ...] = ()
    unreadable: tuple[FieldName, ...] = ()
    reply_comment: ReplyComment | None = None
    """The text that Gatepost's comment has to get; ``None`` when it stays as it is."""

    @property
    def has_writes(self) -> bool:
        return bool(self.changes) or self.reply_comment is not None


def compare(
    last_written: Mapping[FieldName, str | None],
    present: Mapping[FieldName, FieldValue],
    target: Mapping[FieldName, WriteValue],
    reply_comment: ReplyComment | None = None,
    present_reply_comment: str | None = None,
) -> Comparison:
    """Last written, present and target, each in canonical form; only what differs is written."""
    changes, unreadable = [], []
    for name, value in target.items():
        if name not in present:
            unreadable.append(name)
            continue
        here = _canonical_present(present[name], value)
        if here == canonical(value):
            continue
        if name not in last_written:
            kind = ChangeKind.FIRST
        else:
            kind = ChangeKind.CHANGED if here == last_written[name] else ChangeKind.HAND_EDIT
        changes.append(Change(name, kind, here, value, last_written.get(name)))
    new_comment = None if reply_comment is None or reply_comment.has_text(present_reply_comment) else reply_comment
    return Comparison(tuple(changes), tuple(unreadable), new_comment)


def _canonical_present(present: FieldValue, target: WriteValue) -> str | None:
    """What a field holds, as a number where a number is written into a field of text: 12.50 there is 12.5."""
    if isinstance(present, str) and isinstance(target, Decimal):
        try:
            number = Decimal(present)
        except ArithmeticError:
            return canonical(present)
        return canonical(number if is_reasonable(number) else present)
    return canonical(present)


def canonical(value: FieldValue) -> str | None:
    """One text per meaning: 1.0 is 1.00, an empty text is nothing, line ends are alike."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            # Plus nothing, because -0.04 rounded is -0.0, which every tool keeps as 0.
            return f"{value.normalize() + 0:f}" if value.is_finite() else str(value)
        case Money(amount=amount, currency=currency):
            return f"{canonical(amount)} {currency}"
        case Person(id=person):
            return person
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return "\n".join(canonical(part) or "" for part in value) or None
        case _:
            return "\n".join(line.rstrip() for line in without_joiners(value).strip().splitlines()) or None
