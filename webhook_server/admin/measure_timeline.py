"""What happened to a measure, in words: the audit's entries as its timeline shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.store.database.audit import Entry
from connector.store.reconcile.command_rows import ACCEPTED, REFUSED
from governance.evidence import CommandOrigin
from governance.gates import Policy
from governance.money import Period
from webhook_server.pages import formats


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline."""

    seq: int
    at: datetime
    who: str
    what: str
    detail: str
    kind: str
    """good, bad, info or plain: how the line is marked, beside its words."""


TITLES = {
    "stage.granted": ("good", ""),
    "stage.reopened": ("bad", ""),
    "measure.off_ramp": ("bad", ""),
    "measure.resumed": ("good", ""),
    "plan.locked": ("info", ""),
    "plan.rebaselined": ("info", "The plan was re-baselined: "),
    "deviation.asked": ("info", ""),
    "deviation.explained": ("info", "The deviation was explained: "),
    "kill_switch": ("bad", "The kill switch put it on hold: "),
}
"""Mark and beginning of an entry whose detail is one text."""


def told(entry: Entry, policy: Policy | None) -> Told:
    """An entry that is not known here is told by its own name, so that nothing of the record is left out."""
    detail: Mapping[str, Any] = entry.detail
    who = "Gatepost" if entry.actor == "gatepost" else entry.actor
    kind, what, more = "plain", entry.action, ""
    if entry.action in {ACCEPTED, REFUSED}:
        kind, what, more = _statement(entry, detail, policy)
    elif entry.action in TITLES:
        kind, begin = TITLES[entry.action]
        what = f"{begin}{detail.get('text', '')}"
    elif entry.action == "decided":
        stage = policy.label(detail.get("stage")) if policy else detail.get("stage") or "None yet"
        what = f"Judged: stage {stage}, gate {detail.get('gate')}"
        more = f"mapping version {entry.mapping_version}, evidence {str(detail.get('digest'))[:12]}"
    elif entry.action == "field.put_back":
        kind, what = "info", f"{detail.get('field')} was edited by hand and put back"
        more = f"{_shown(detail.get('present'))} became {_shown(detail.get('wanted'))} again"
    return Told(entry.seq, entry.at, who, what[:1].upper() + what[1:], more, kind)


def _statement(entry: Entry, detail: Mapping[str, Any], policy: Policy | None) -> tuple[str, str, str]:
    ruling = detail.get("ruling") or {}
    accepted = entry.action == ACCEPTED
    said = said_words(detail, policy)
    return ("good" if accepted else "bad"), f"{said}{'' if accepted else ': refused'}", str(ruling.get("answer", ""))


def said_words(content: Mapping[str, Any], policy: Policy | None) -> str:
    """``approve Decided``, ``confirm 1,200,000.00 EUR until Oct 2026``."""
    verb = str(content.get("verb", ""))
    stage = content.get("stage") or ""
    amount = content.get("amount") or {}
    parts = [verb, policy.label(stage) if policy and stage else stage]
    if amount:
        parts.append(formats().money(Decimal(amount["amount"]), amount["currency"], 2))
    if content.get("month"):
        parts.append(f"until {formats().month(Period.parse(content['month']))}")
    if content.get("delegate"):
        parts.append(f"to {content['delegate']} until {content.get('until')}")
    words = " ".join(part for part in parts if part)
    return f"{words}: {content['text']}" if content.get("text") else words


def said_where(origin: str) -> str:
    """On the pages or in the tool."""
    return "here" if origin == CommandOrigin.PAGE else "in the tool"


def _shown(value: object) -> str:
    return f'"{value}"' if value not in (None, "") else "empty"
