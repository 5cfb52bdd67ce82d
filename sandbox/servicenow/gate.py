"""The decision of the rule that Gatepost's app brings: may this change be saved?

The app's own tests and this module share one table of cases, ``deploy/servicenow-app/test/gate-cases.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SHOWN_BLOCKERS = 3
USUAL_MINUTES = 60
ASK = "Ask whoever runs Gatepost (the people with the role u_gatepost_admin)"
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_MORE = re.compile(r"… and (\d+) more")


@dataclass(frozen=True, slots=True)
class Settings:
    """The properties of the app, as texts, and what it looks up."""

    gated: str
    stale_minutes: str = "60"
    when_stale: str = "closed"
    when_unassessed: str = "open"
    exempt_writer: str = "true"
    is_writer: bool = False
    heard_at: str = ""
    """When Gatepost was last heard of, in UTC."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a form calls a column, and by ``column:value`` what it calls a value."""


@dataclass(frozen=True, slots=True)
class Decision:
    abort: bool
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    column: str
    value: str


def gated_columns(setting: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    """``state:3,4,7;stage:project`` as columns with their gated values; a bare list means state."""
    found = []
    for part in setting.strip().split(";"):
        column, colon, values = part.partition(":")
        if not colon:
            column, values = "state", part
        listed = tuple(value.strip() for value in values.split(",") if value.strip())
        if column.strip() and listed:
            found.append((column.strip(), listed))
    return found


def gated_move(before: Mapping[str, str], after: Mapping[str, str], setting: str) -> Move | None:
    """The first column that this change moves into a gated value."""
    for column, values in gated_columns(setting):
        value = after.get(column, "").strip()
        if value != before.get(column, "").strip() and value in values:
            return Move(column, value)
    return None


def decide(before: Mapping[str, str] | None, after: Mapping[str, str], settings: Settings, now: datetime) -> Decision:
    """Whether a change may be saved; ``before`` is the stored record, ``None`` for an insert.

    The verdict is the stored one: nobody opens a gate in the update that goes through it.
    """
    stored = before or {}
    move = gated_move(stored, after, settings.gated)
    if move is None:
        return Decision(abort=False, code="no_move")
    if settings.is_writer and (settings.exempt_writer.strip() or "true") == "true":
        return Decision(abort=False, code="writer")
    column = settings.labels.get(move.column, move.column)
    value = settings.labels.get(f"{move.column}:{move.value}", move.value)
    return _judge(f"Gatepost keeps {column} from becoming {value}: ", stored, settings, now)


def _judge(keeps: str, record: Mapping[str, str], settings: Settings, now: datetime) -> Decision:
    gate = record.get("u_gatepost_gate", "").strip()
    if not gate:
        if _is_open(settings.when_unassessed, "open"):
            return Decision(abort=False, code="unassessed")
        return _refuse("unassessed", [f"{keeps}it has never assessed this record. {ASK} to take it in."])
    if gate not in {"Open", "Shut", "Breach"}:
        odd = f'{keeps}the gate reads "{gate}", which is neither Open, Shut nor Breach. {ASK} to look at this record.'
        return _refuse("unknown_gate", [odd])
    heard = _last_heard(record, settings)
    if heard is None or now - heard[0] > timedelta(minutes=_minutes(settings.stale_minutes)):
        return _stale(keeps, heard, settings)
    if gate == "Open":
        return Decision(abort=False, code="open")
    shut = "the gate is shut." if gate == "Shut" else "the record is ahead of the stage it was granted."
    link = record.get("u_gatepost_link", "").strip()
    lines = [keeps + shut, *_blockers(record.get("u_gatepost_blockers", ""))]
    return _refuse(gate.casefold(), [*lines, *([f"More: {link}"] if link else [])])


def _stale(keeps: str, heard: tuple[datetime, str] | None, settings: Settings) -> Decision:
    if _is_open(settings.when_stale, "closed"):
        return Decision(abort=False, code="stale")
    told = "nothing tells when it last looked. "
    if heard is not None:
        minutes = _minutes(settings.stale_minutes)
        told = f"it was last heard of at {heard[1]} UTC, and a verdict counts for {minutes} minutes. "
    return _refuse("stale", [f"{keeps}{told}{ASK} to start it again."])


def _refuse(code: str, lines: Sequence[str]) -> Decision:
    return Decision(abort=True, code=code, message="\n".join(lines))


def _last_heard(record: Mapping[str, str], settings: Settings) -> tuple[datetime, str] | None:
    times = (record.get("u_gatepost_checked", "").strip(), settings.heard_at.strip())
    known = [(at, text) for text in times if (at := _moment(text)) is not None]
    return max(known, key=lambda one: one[0], default=None)


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
    """What is neither empty nor one of the two known words is a slip of the pen, and is taken as closed."""
    return (choice.strip() or when_empty) == "open"


def _minutes(setting: str) -> int:
    given = setting.strip()
    return int(given) if re.fullmatch(r"[0-9]+", given) and int(given) > 0 else USUAL_MINUTES


def _blockers(written: str) -> list[str]:
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", written) if line.strip()]
    cut = _MORE.fullmatch(lines[-1]) if lines else None
    known = lines[:-1] if cut else lines
    if not known:
        return [f"No reason is written on this record. {ASK}."]
    more = len(known) - SHOWN_BLOCKERS + (int(cut[1]) if cut else 0)
    return [*known[:SHOWN_BLOCKERS], *([f"and {more} more, see the checklist."] if more > 0 else [])]
