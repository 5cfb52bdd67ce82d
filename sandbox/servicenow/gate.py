"""The gate decision of Gatepost's app: may this change be saved?

The app's own tests and this module share one table of cases, ``deploy/servicenow-app/test/gate-cases.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MAX_BLOCKERS = 3
DEFAULT_STALE_MINUTES = 60
CONTACT_HINT = "Ask whoever runs Gatepost (the people with the role u_gatepost_admin)"
STATES = {"open": "Open", "not_due": "Not due", "waiting": "Waiting", "blocked": "Blocked", "breach": "Breach"}
"""The states by the key that the property ``gatepost.gate_names`` uses, with their own names."""
SHUT_REASONS = {
    "Not due": "the gate is shut, and work has not come to it.",
    "Waiting": "the gate is shut, and an approval is missing.",
    "Blocked": "the gate is shut.",
    "Breach": "the record is ahead of the stage it was granted.",
}
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_MORE = re.compile(r"… and (\d+) more")


@dataclass(frozen=True, slots=True)
class Settings:
    """The properties of the app, as texts, and what it reads from other tables."""

    gated: str
    exempt: str = ""
    """Records that are let pass and told of, like ``gated``."""
    stale_minutes: str = "60"
    when_stale: str = "closed"
    when_unassessed: str = "open"
    exempt_writer: str = "true"
    gate_names: str = ""
    is_writer: bool = False
    is_clone: bool = False
    unwritten: bool = False
    """A heartbeat names the record among those whose verdict could not be read or written."""
    heartbeat_at: str = ""
    """The time of the newest heartbeat, in UTC."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a form calls a column, and by ``column:value`` what it calls a value."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    abort: bool
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class GatedMove:
    column: str
    value: str


def gated_columns(setting: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    """``state:3,4,7;stage:project`` as columns with their gated values; a bare list means state."""
    columns = []
    for part in setting.strip().split(";"):
        column, colon, values = part.partition(":")
        if not colon:
            column, values = "state", part
        listed = tuple(value.strip() for value in values.split(",") if value.strip())
        if column.strip() and listed:
            columns.append((column.strip(), listed))
    return columns


def gated_move(before: Mapping[str, str], after: Mapping[str, str], setting: str) -> GatedMove | None:
    """The first column that this change moves into a gated value."""
    for column, values in gated_columns(setting):
        value = after.get(column, "").strip()
        if value != before.get(column, "").strip() and value in values:
            return GatedMove(column, value)
    return None


def decide(
    before: Mapping[str, str] | None,
    after: Mapping[str, str],
    verdict: Mapping[str, str] | None,
    settings: Settings,
    now: datetime,
) -> GateDecision:
    """Whether a change may be saved; ``before`` is the stored record, ``None`` for an insert.

    ``verdict`` is the row of the verdict's own table, which no save of the record can change.
    """
    stored = before or {}
    move = gated_move(stored, after, settings.gated)
    if move is None:
        return GateDecision(abort=False, code="no_move")
    if settings.is_clone:
        return GateDecision(abort=False, code="clone")
    if settings.is_writer and (settings.exempt_writer.strip() or "true") == "true":
        return GateDecision(abort=False, code="writer")
    labels = settings.labels
    column = labels.get(move.column, move.column)
    value = labels.get(f"{move.column}:{move.value}", move.value)
    decision = _decide_gate(f"Gatepost keeps {column} from becoming {value}: ", verdict or {}, settings, now)
    exempt = _exemption(stored, after, settings.exempt) if decision.abort else None
    if exempt is None:
        return decision
    what = labels.get(f"{exempt.column}:{exempt.value}", exempt.value)
    return GateDecision(
        abort=False,
        code="exempt",
        message=f"Gatepost lets {column} become {value} although its gate is shut, because "
        f"{labels.get(exempt.column, exempt.column)} is {what}. The move is reported as ahead of its gate.",
    )


def _exemption(before: Mapping[str, str], after: Mapping[str, str], setting: str) -> GatedMove | None:
    """The first exemption that holds before and after a change: nobody exempts a record in the same save."""
    for column, values in gated_columns(setting):
        value = after.get(column, "").strip()
        if value in values and before.get(column, "").strip() in values:
            return GatedMove(column, value)
    return None


def gate_state(written: str, setting: str) -> str:
    """The state that a written name stands for, by its own name or one of ``open:Offen;blocked:Gesperrt``; or empty."""
    names: dict[str, str] = {}
    for part in setting.strip().split(";"):
        key, _, name = (one.strip() for one in part.partition(":"))
        if key in STATES and name:
            # A name that two states have stands for neither.
            names[name] = "" if names.get(name, STATES[key]) != STATES[key] else STATES[key]
    return written if written in STATES.values() else names.get(written, "")


def _decide_gate(prefix: str, verdict: Mapping[str, str], settings: Settings, now: datetime) -> GateDecision:
    written = verdict.get("u_gate", "").strip()
    gate = gate_state(written, settings.gate_names)
    if not written:
        if _is_open(settings.when_unassessed, "open"):
            return GateDecision(abort=False, code="unassessed")
        return _refuse("unassessed", [f"{prefix}it has never assessed this record. {CONTACT_HINT} to add it."])
    if not gate:
        reason = f'the gate reads "{written}", which is neither Open, Not due, Waiting, Blocked nor Breach.'
        return _refuse("unknown_gate", [f"{prefix}{reason} {CONTACT_HINT} to check this record."])
    last_active = _last_active(verdict, settings)
    longest = timedelta(minutes=_minutes(settings.stale_minutes))
    if settings.unwritten or last_active is None or now - last_active[0] > longest:
        return _stale_decision(prefix, last_active, settings)
    if gate == "Open":
        return GateDecision(abort=False, code="open")
    link = verdict.get("u_link", "").strip()
    lines = [prefix + SHUT_REASONS[gate], *_blockers(verdict.get("u_blockers", ""))]
    return _refuse(gate.casefold().replace(" ", "_"), [*lines, *([f"More: {link}"] if link else [])])


def _stale_decision(prefix: str, last_active: tuple[datetime, str] | None, settings: Settings) -> GateDecision:
    if _is_open(settings.when_stale, "closed"):
        return GateDecision(abort=False, code="stale")
    if settings.unwritten:
        reason = "its last verdict on this record could not be read or written. "
        return _refuse("stale", [f"{prefix}{reason}{CONTACT_HINT} to look at it."])
    reason = "the time of its last activity is unknown. "
    if last_active is not None:
        minutes = _minutes(settings.stale_minutes)
        reason = f"it was last active at {last_active[1]} UTC, and a verdict is valid for {minutes} minutes. "
    return _refuse("stale", [f"{prefix}{reason}{CONTACT_HINT} to start it again."])


def _refuse(code: str, lines: Sequence[str]) -> GateDecision:
    return GateDecision(abort=True, code=code, message="\n".join(lines))


def _last_active(verdict: Mapping[str, str], settings: Settings) -> tuple[datetime, str] | None:
    times = (verdict.get("u_checked", "").strip(), settings.heartbeat_at.strip())
    known = [(at, text) for text in times if (at := _moment(text)) is not None]
    return max(known, key=lambda time: time[0], default=None)


def _moment(text: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _is_open(choice: str, when_empty: str) -> bool:
    """An unknown value is taken as closed."""
    return (choice.strip() or when_empty) == "open"


def _minutes(setting: str) -> int:
    given = setting.strip()
    return int(given) if re.fullmatch(r"[0-9]+", given) and int(given) > 0 else DEFAULT_STALE_MINUTES


def _blockers(written: str) -> list[str]:
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", written) if line.strip()]
    cut = _MORE.fullmatch(lines[-1]) if lines else None
    known = lines[:-1] if cut else lines
    if not known:
        return [f"No reason is written on this record. {CONTACT_HINT}."]
    more = len(known) - MAX_BLOCKERS + (int(cut[1]) if cut else 0)
    return [*known[:MAX_BLOCKERS], *([f"and {more} more, see the checklist."] if more > 0 else [])]
