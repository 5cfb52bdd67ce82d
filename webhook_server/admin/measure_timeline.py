"""What happened to a measure: the audit's entries as its timeline shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.store.database.audit import AuditEntry
from connector.store.reconcile.command_rows import ACCEPTED, REFUSED, TEAM_REDUCED, UNLINKED
from governance.capital import capitalised
from governance.evidence import CommandOrigin, Verb
from governance.gates import Policy
from governance.measure import name_of
from governance.money import Period
from governance.verdict import NO_NAMES, gate_text
from mapping.marks import Mark
from webhook_server.pages import formats

CHANGES_SHOWN = 8
"""Entries of what happened since somebody's last look; the timeline has all."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline."""

    seq: int
    at: datetime
    who: str
    what: str
    detail: str
    kind: str
    """good, bad, info or plain: how the line is marked, beside its text."""


ENTRY_TITLES = {
    "stage.granted": ("good", ""),
    "stage.reopened": ("bad", ""),
    "measure.off_ramp": ("bad", ""),
    "measure.resumed": ("good", ""),
    "plan.locked": ("info", ""),
    "plan.rebaselined": ("info", "The plan was re-baselined: "),
    "deviation.reason_requested": ("info", ""),
    "deviation.explained": ("info", "The deviation was explained: "),
    "plan.terms_changed": ("bad", ""),
    "measure.kill_switch": ("bad", "The kill switch put it on hold: "),
    "measure.kill_switch_overdue": ("bad", ""),
    "measure.savings_relapsed": ("bad", ""),
    "actuals.booked": ("info", ""),
    "measure.kill_switch_overridden": ("info", ""),
    "measure.kill_switch_stopped": ("info", ""),
    "role.changed": ("bad", ""),
    "role.accepted": ("info", ""),
    "role.restored": ("info", ""),
    "command.withdrawn": ("bad", ""),
    "command.altered": ("bad", ""),
    "measure.breached": ("bad", ""),
    "meeting.decided": ("info", ""),
    "meeting.given": ("info", ""),
    "proposal.made": ("info", ""),
    "proposal.accepted": ("info", ""),
    "proposal.declined": ("info", ""),
    "proposal.withdrawn": ("info", ""),
    "evidence.packed": ("info", ""),
    UNLINKED: ("bad", ""),
    TEAM_REDUCED: ("bad", ""),
    "measure.breach_stays": ("bad", ""),
}
"""Mark and beginning of an entry whose detail is one text."""


def timeline_entry(entry: AuditEntry, policy: Policy | None) -> TimelineEntry:
    """An entry that is not known here is shown under its own name, so that nothing of the record is left out."""
    detail: Mapping[str, Any] = entry.detail
    who = "Gatepost" if entry.actor == "gatepost" else entry.actor
    kind, what, more = "plain", entry.action, ""
    if entry.action in {ACCEPTED, REFUSED}:
        kind, what, more = _command_entry(entry, detail, policy)
    elif entry.action in ENTRY_TITLES:
        kind, begin = ENTRY_TITLES[entry.action]
        what = f"{begin}{detail.get('text', '')}"
    elif entry.action == "measure.assessed":
        stage = policy.label(detail.get("stage")) if policy else detail.get("stage") or "None yet"
        what = (
            f"Assessed: stage {stage}, gate {gate_text(detail.get('gate'), policy.gate_names if policy else NO_NAMES)}"
        )
        more = f"mapping version {entry.mapping_version}, evidence {str(detail.get('digest'))[:12]}"
    elif entry.action == "field.restored":
        kind, what = "info", _restored_entry(detail)
        more = f"{_quoted(detail.get('present'))} became {_quoted(detail.get('target'))} again"
    return TimelineEntry(entry.seq, entry.at, who, capitalised(what), more, kind)


def _restored_entry(detail: Mapping[str, Any]) -> str:
    who = (detail.get("by") or {}).get("name") or name_of(None)
    if detail.get("field") == Mark.STATUS:
        return f"It was moved by {who} past a shut gate, and is moved back"
    return f"{detail.get('field')} was edited by hand by {who} and restored"


def _command_entry(entry: AuditEntry, detail: Mapping[str, Any], policy: Policy | None) -> tuple[str, str, str]:
    ruling = detail.get("ruling") or {}
    accepted = entry.action == ACCEPTED
    text = command_text(detail, policy)
    return ("good" if accepted else "bad"), f"{text}{'' if accepted else ': refused'}", str(ruling.get("reply", ""))


def command_text(content: Mapping[str, Any], policy: Policy | None) -> str:
    """``approve Decided``, ``confirm 1,200,000.00 EUR for Aug 2026 to Oct 2026``."""
    verb = str(content.get("verb", ""))
    if verb == Verb.OVERWRITTEN:
        return "words that somebody else changed before they were read"
    stage = content.get("stage") or ""
    amount = content.get("amount") or {}
    if verb == Verb.ACCEPT_ROLE:
        return " ".join(part for part in (verb, stage, content.get("delegate")) if part)
    parts = [verb, policy.label(stage) if policy and stage else stage]
    if amount:
        parts.append(formats().money(Decimal(amount["amount"]), amount["currency"], 2))
    if content.get("month"):
        months = [Period.parse(content[name]) for name in ("first_month", "month") if content.get(name)]
        parts.append("for " + " to ".join(formats().month(month) for month in months))
    if content.get("delegate"):
        parts.append(f"to {content['delegate']} until {content.get('until')}")
    command = " ".join(part for part in parts if part)
    return f"{command}: {content['text']}" if content.get("text") else command


def command_origin(origin: str) -> str:
    """Where a command was given: on the pages or in the tool."""
    return "here" if origin == CommandOrigin.PAGE else "in the tool"


def _quoted(value: object) -> str:
    return f'"{value}"' if value not in (None, "") else "empty"
