"""Files of demand and KPI values: read, matched with services and measures, and stored as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine

from connector.finance.files.delimited import read_delimited
from connector.finance.stated_month import stated_month
from connector.finance.stated_problem import StatedProblem
from connector.store.database.audit import record
from connector.store.service_portfolio.kpi_values import KpiValue, SubjectKind, kpi_name, store_values, subjects_by_name
from governance.service_report import DEMAND
from mapping.imports.cells import text_of
from mapping.imports.numbers import Amount, read_amount
from mapping.imports.repeated_heads import repeated_head

MOST_PROBLEMS = 50
KINDS = {kind.value: kind for kind in SubjectKind}


@dataclass(frozen=True, slots=True)
class StatedValue:
    """A value as a line of a file or a call of the API states it."""

    where: str
    kind: SubjectKind
    subject: str
    """Key or name, as it is written."""
    kpi: str
    month: str
    value: str


@dataclass(frozen=True, slots=True)
class ValuesResult:
    changed: int
    """Values that are new or others than before; what is stated again changes nothing."""
    problems: tuple[StatedProblem, ...] = ()
    """With one of them nothing is stored."""


def read_values_file(name: str, content: bytes) -> list[StatedValue] | str:
    """The lines of a CSV with the columns ``service`` (or ``measure``, ``key_result``), ``month`` and ``value``.

    Without a column ``kpi`` the value is the demand, and may stand in a column ``demand``.  A text says why the file
    cannot be read.  Raises FileRefused.
    """
    rows = [[text_of(cell).strip() for cell in row] for row in read_delimited(name, content).rows]
    if not rows:
        return "The file is empty."
    heads = [cell.casefold().replace(" ", "_") for cell in rows[0]]
    subject = next((kind for kind in KINDS if kind in heads), None)
    value = next((head for head in ("value", DEMAND) if head in heads), None)
    if subject is None or value is None or "month" not in heads:
        there = ", ".join(head for head in heads if head)
        return f"The first line has to name the columns service, month and value (or demand); there are {there}."
    if twice := repeated_head(heads, (subject, "kpi", "month", value)):
        return f'The first line names the column "{twice}" twice. Take one of them out.'
    found = []
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(heads, row, strict=False))
        if any(cells.values()):
            kpi = cells.get("kpi", "") if value == "value" else ""
            found.append(
                StatedValue(
                    f"line {number}", KINDS[subject], cells.get(subject, ""), kpi or DEMAND, cells.get("month", ""),
                    cells.get(value, ""),
                )
            )  # fmt: skip
    return found


def save_values(
    engine: Engine, stated: Sequence[StatedValue], source: str, login: str, now: datetime, *, dry_run: bool = False
) -> ValuesResult:
    """Store what is stated.  A subject that nobody knows, a month or number that is none, two values of one month:
    nothing is stored.
    """
    with engine.begin() as transaction:
        names = {
            kind: subjects_by_name(transaction, kind, {one.subject for one in stated if one.kind is kind})
            for kind in {one.kind for one in stated}
        }
        values: list[KpiValue] = []
        problems: list[StatedProblem] = []
        places: dict[tuple[object, ...], tuple[str, Decimal]] = {}
        for one in stated:
            made = _value(one, names[one.kind].get(one.subject.strip().lower()))
            if isinstance(made, KpiValue):
                key = (made.kind, made.subject, kpi_name(made.kpi), made.month)
                first, value = places.setdefault(key, (one.where, made.value))
                if value != made.value:
                    told = f"{first} states another {made.kpi} of {one.subject.strip()[:80]} in {made.month}."
                    made = StatedProblem(one.where, told)
            (problems if isinstance(made, StatedProblem) else values).append(made)  # type: ignore[arg-type]
        if problems or dry_run:
            return ValuesResult(len(values) if not problems else 0, tuple(problems[:MOST_PROBLEMS]))
        changed = store_values(transaction, values, source, login, now)
        if changed:
            text = f"{changed} {'value' if changed == 1 else 'values'} of {source} stored."
            entry = {"actor": login, "action": "values.stored", "subject": "services", "detail": {"text": text}}
            record(transaction, [entry])
        return ValuesResult(changed)


def _value(one: StatedValue, subject: str | None) -> KpiValue | StatedProblem:
    what = one.kind.value.replace("_", " ")
    if not subject:
        return StatedProblem(one.where, f'there is no {what} "{one.subject[:80]}".')
    try:
        month = stated_month(one.month)
    except ValueError:
        return StatedProblem(one.where, f'"{one.month[:40]}" is no month; write 2026-10.')
    amount = read_amount(one.value, None)
    if not isinstance(amount, Amount) or amount.currency:
        return StatedProblem(one.where, f'"{one.value[:40]}" is no number.')
    if one.kpi.strip().casefold() == DEMAND and amount.number < 0:
        return StatedProblem(one.where, "a demand is not below zero.")
    return KpiValue(one.kind, subject, one.kpi, month, amount.number)
