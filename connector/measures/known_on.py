"""Questions as of a day: which moment is meant, and the measure as it was known then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, RowMapping, select, text

from connector.people.permissions import HIERARCHY_LEVELS
from connector.store.database.json_codec import from_json
from connector.store.database.tables import COMMAND, PLAN_VERSION
from connector.store.measures import measure_queries
from connector.store.measures.measure_details import MAX_COMMANDS, MeasureDetails, MeasureSnapshot
from connector.store.measures.measure_facts import measure_from_facts
from connector.store.measures.verdict_history import KnownMeasure, first_known, known_measure
from connector.store.measures.verdicts import verdict_of
from connector.store.reconcile import command_rows
from governance.effects import sum_up, with_steady_state
from governance.measure_state import MeasureState
from governance.money import CurrencyMismatch
from governance.role_change import with_acceptance
from governance.time_text import day_text, moment_text


@dataclass(frozen=True, slots=True)
class KnownOn:
    """A moment in the past for which somebody asks."""

    at: datetime
    text: str
    """As it stands in an address: ``2026-06-30`` or a moment with its time zone."""

    @property
    def is_day(self) -> bool:
        return len(self.text) == DAY_LENGTH

    @property
    def iso(self) -> str:
        """For a program and a file's name: ``2026-06-30``, or ``2026-06-30 12:00 UTC``."""
        return self.at.strftime("%Y-%m-%d" if self.is_day else "%Y-%m-%d %H:%M UTC")

    def __str__(self) -> str:
        """For a reader: ``30 Jun 2026``, or ``30 Jun 2026 12:00 UTC``."""
        return day_text(self.at) if self.is_day else f"{moment_text(self.at)} UTC"


DAY_LENGTH = len("2026-06-30")
"""Characters of a day; anything longer has a time."""


class NotAMoment(ValueError):
    """What was given is no day and no moment of the past; the message says what to give."""


class NotKnownYet(LookupError):
    """Gatepost did not know the measure then; the message says since when it does."""


def parse_known_on(given: str, now: datetime) -> KnownOn:
    """A day counts until its end (UTC), a moment without a time zone is UTC.  Raises NotAMoment."""
    given = given.strip()
    try:
        if len(given) == DAY_LENGTH:
            day = date.fromisoformat(given)
            at = datetime.combine(day, time.max, UTC)
            has_come = day <= now.astimezone(UTC).date()
        else:
            # In an address a plus sign is a space.
            found = datetime.fromisoformat(given.replace(" ", "+") if "T" in given else given)
            at = (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
            has_come = at <= now
    except (ValueError, OverflowError) as error:
        raise NotAMoment(
            f'"{given[:40]}" is not a day: write it as 2026-06-30, or with a time as 2026-06-30T12:00Z.'
        ) from error
    if not has_come:
        raise NotAMoment(f"{given} has not come yet: ask for a day up to today.")
    return KnownOn(at, given)


def known_row(connection: Connection, row: RowMapping, on: KnownOn) -> KnownMeasure:
    """The measure of one of the catalogue's rows as it was known.  Raises NotKnownYet."""
    found = known_measure(connection, row, on.at)
    if found is None:
        first = first_known(connection, row["id"])
        since = f" It is known since {moment_text(first.astimezone(UTC))} UTC." if first else ""
        raise NotKnownYet(f"Gatepost did not know this measure on {on}.{since}")
    return found


def known_snapshot(connection: Connection, known: KnownMeasure, on: KnownOn) -> MeasureSnapshot:
    """What a page shows of it; the commands are those that were ruled on by then."""
    row = known.row
    named = {
        "id": row["id"],
        "title": row["title"],
        "hierarchy": {"organization": "", **{one: row[one] for one in HIERARCHY_LEVELS}},
    }
    measure = measure_from_facts(named | row["facts"])
    plans = _plans(connection, row["id"], on)
    plan = command_rows.plan_from_row(plans[0]) if plans else None
    state = replace(from_json(MeasureState, known.measure_state), plan=plan)
    verdict = verdict_of(row)  # type: ignore[arg-type]  # a row as the catalogue has it
    try:
        effects, problem = with_steady_state(sum_up(known.effect_lines), verdict.steady_from), ""
    except CurrencyMismatch as error:
        effects, problem = None, str(error)
    measure = with_acceptance(replace(measure, effects=known.effect_lines), state.role_holders)
    return MeasureSnapshot(row, verdict, measure, state, (), effects, problem)  # type: ignore[arg-type]


def known_details(connection: Connection, known: KnownMeasure, on: KnownOn) -> MeasureDetails:
    """Everything of the measure that its page shows, as far as it was known."""
    name = known.row["id"]
    evidence = connection.execute(_EVIDENCE, {"measure": name, "at": on.at}).first()
    columns = COMMAND.c
    commands = select(COMMAND).where(columns.measure_id == name, columns.ruled_at <= on.at).order_by(columns.id.desc())
    days = measure_queries.status_history(connection, name)
    return MeasureDetails(
        snapshot=known_snapshot(connection, known, on),
        effect_lines=_in_order(known.lines),
        status_history=[one for one in days if one["day"] <= on.at.date()],
        commands=connection.execute(commands.limit(MAX_COMMANDS)).mappings().all(),
        pending_commands=(),
        plan_versions=_plans(connection, name, on),
        evidence=evidence.evidence["evidence"] if evidence else {},
        evidence_decided_at=evidence.decided_at if evidence else None,
        related_items=(),
    )


def _plans(connection: Connection, measure: str, on: KnownOn) -> Sequence[Any]:
    """The plan versions that were locked by then, newest first."""
    columns = PLAN_VERSION.c
    query = select(PLAN_VERSION).where(columns.measure_id == measure, columns.locked_at <= on.at)
    return connection.execute(query.order_by(columns.number.desc())).all()


def _in_order(lines: Sequence[Mapping[str, Any]]) -> Any:
    order = ("version", "month", "kind", "account", "hard", "currency")
    return sorted(lines, key=lambda line: tuple(str(line[name]) for name in order))


_EVIDENCE = text("""
    SELECT evidence, decided_at FROM decision WHERE measure_id = :measure AND decided_at <= :at
    ORDER BY id DESC LIMIT 1
""")
