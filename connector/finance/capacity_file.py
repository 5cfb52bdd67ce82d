"""Files of planned and logged hours of teams: read, checked, and stored as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from connector.finance.files.delimited import read_delimited
from connector.finance.stated_month import stated_month
from connector.finance.stated_problem import StatedProblem
from connector.store.database.audit import record
from connector.store.reporting.capacity import HoursKind, NewHours, store_hours
from mapping.imports.cells import text_of
from mapping.imports.numbers import Amount, read_amount
from mapping.imports.repeated_heads import repeated_head

MOST_PROBLEMS = 50
MOST_HOURS = 1_000_000
COLUMNS = {"planned": HoursKind.PLANNED, "hours": HoursKind.PLANNED, "logged": HoursKind.LOGGED,
           "weekly": HoursKind.WEEKLY}  # fmt: skip
"""A column ``hours`` holds planned hours, ``weekly`` those that a person, or each person of the team, has in a week."""
MOST_OF_A_WEEK = 168


@dataclass(frozen=True, slots=True)
class TextHours:
    """Hours as a line of a file or a call of the API states them."""

    where: str
    kind: HoursKind
    team: str
    month: str
    hours: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class HoursResult:
    changed: int
    """Hours that are new or others than before."""
    problems: tuple[StatedProblem, ...] = ()
    """With one of them nothing is stored."""


def read_capacity_file(name: str, content: bytes) -> list[TextHours] | str:
    """The lines of a CSV with the columns ``team``, ``month``, ``planned``, ``logged`` and ``weekly``, and perhaps
    ``person``.

    A text says why the file cannot be read.  Raises FileRefused.
    """
    rows = [[text_of(cell).strip() for cell in row] for row in read_delimited(name, content).rows]
    if not rows:
        return "The file is empty."
    heads = [cell.casefold().replace(" ", "_") for cell in rows[0]]
    kinds = [head for head in heads if head in COLUMNS]
    if "team" not in heads or "month" not in heads or not kinds:
        there = ", ".join(head for head in heads if head)
        return (
            f"The first line has to name the columns team, month and planned (or logged, or weekly); there are {there}."
        )
    if twice := repeated_head(heads, ("team", "month", "person", *COLUMNS)):
        return f'The first line names the column "{twice}" twice. Take one of them out.'
    if "planned" in heads and "hours" in heads:
        return "The first line names the columns planned and hours, which are the same. Take one of them out."
    found = []
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(heads, row, strict=False))
        team, month, person = (cells.get(head, "") for head in ("team", "month", "person"))
        found += [
            TextHours(f"line {number}", COLUMNS[head], team, month, cells[head], person)
            for head in kinds
            if cells.get(head)
        ]
    return found


def save_hours(
    engine: Engine, stated: Sequence[TextHours], source: str, login: str, now: datetime, *, dry_run: bool = False
) -> HoursResult:
    """Store what is stated; nothing where a line lacks team, month or number, or states what another one does."""
    hours: list[NewHours] = []
    problems: list[StatedProblem] = []
    places: dict[tuple[object, ...], str] = {}
    for one in stated:
        made = _hours(one)
        if isinstance(made, NewHours):
            # Two lines may be two halves of the hours or a correction: which of them, nobody knows.
            first = places.setdefault((made.kind, made.team, made.month, made.person), one.where)
            if first != one.where:
                told = f"{first} states the {made.kind.value} hours of {made.team} in {made.month} already."
                made = StatedProblem(one.where, told)
        (problems if isinstance(made, StatedProblem) else hours).append(made)  # type: ignore[arg-type]
    if problems or dry_run:
        return HoursResult(len(hours) if not problems else 0, tuple(problems[:MOST_PROBLEMS]))
    with engine.begin() as transaction:
        changed = store_hours(transaction, hours, source, login, now)
        if changed:
            told = f"{changed} {'line' if changed == 1 else 'lines'} of hours of teams of {source} stored."
            entry = {"actor": login, "action": "values.stored", "subject": "capacity", "detail": {"text": told}}
            record(transaction, [entry])
    return HoursResult(changed)


def _hours(one: TextHours) -> NewHours | StatedProblem:
    if not one.team.strip():
        return StatedProblem(one.where, "no team is named.")
    try:
        month = stated_month(one.month)
    except ValueError:
        return StatedProblem(one.where, f'"{one.month[:40]}" is no month; write 2026-10.')
    amount = read_amount(one.hours, None)
    if not isinstance(amount, Amount) or amount.currency or not 0 <= amount.number <= MOST_HOURS:
        return StatedProblem(one.where, f'"{one.hours[:40]}" is no number of hours.')
    if one.kind is HoursKind.WEEKLY and amount.number > MOST_OF_A_WEEK:
        return StatedProblem(one.where, f"a week has {MOST_OF_A_WEEK} hours, and {one.hours[:40]} are stated.")
    return NewHours(one.kind, one.team.strip(), month, amount.number, one.person.strip())
