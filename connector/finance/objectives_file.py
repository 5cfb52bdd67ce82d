"""A CSV with objectives and key results: one line for each key result, or for an objective without one."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from connector.finance.files.delimited import read_delimited
from governance.money import is_reasonable
from governance.outcomes import KeyResult, Objective
from mapping.imports.cells import text_of
from mapping.imports.repeated_heads import repeated_head

COLUMNS = (
    "objective", "name", "parent", "owner", "period", "weight", "key_result", "key_result_name", "start", "target",
    "current", "key_result_weight", "unit",
)  # fmt: skip
KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


class WrongLine(ValueError):
    """A line that says nothing that could be stored; the text says which and why."""


def read_objectives_file(name: str, content: bytes) -> tuple[Objective, ...]:
    """Columns: objective, name, parent, owner, period, weight; key_result, key_result_name, start, target, current,
    key_result_weight, unit.

    Raises FileRefused and WrongLine.
    """
    rows = [[text_of(cell).strip() for cell in row] for row in read_delimited(name, content).rows]
    heads = [cell.casefold().replace(" ", "_") for cell in rows[0]] if rows else []
    if "objective" not in heads:
        raise WrongLine("The first line has to name the columns; there is none called objective.")
    if twice := repeated_head(heads, COLUMNS):
        raise WrongLine(f'The first line names the column "{twice}" twice. Take one of them out.')
    found: dict[str, Objective] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(heads, row, strict=False))
        if any(cells.values()):
            _add(found, cells, f"line {number}")
    return tuple(found.values())


def check_objectives(objectives: tuple[Objective, ...]) -> None:
    """Raises WrongLine for a key that cannot stand in an address, and for one that stands twice."""
    seen: set[str] = set()
    for one in objectives:
        if not KEY.fullmatch(one.key):
            raise WrongLine(f'"{one.key[:80]}" is no key: write lower-case letters, digits, points and dashes.')
        if one.key in seen:
            raise WrongLine(f"{one.key} stands twice.")
        seen.add(one.key)


def _add(found: dict[str, Objective], cells: dict[str, str], where: str) -> None:
    key = cells["objective"].lower()
    if not KEY.fullmatch(key):
        raise WrongLine(f'{where}: "{key[:80]}" is no key: write lower-case letters, digits, points and dashes.')
    if key not in found:
        title = cells.get("name") or key
        found[key] = Objective(
            key, title, tuple(sorted({key, title.lower()})), cells.get("parent", "").lower(), cells.get("owner", ""),
            cells.get("period", ""), _number(cells, "weight", where, Decimal(1)) or Decimal(0),
        )  # fmt: skip
    result = cells.get("key_result", "").lower()
    if not result:
        return
    target = _number(cells, "target", where, None)
    if target is None or not KEY.fullmatch(result):
        raise WrongLine(f'{where}: the key result "{result[:80]}" needs a key and a target.')
    made = KeyResult(
        f"{key}/{result}", cells.get("key_result_name") or result, _number(cells, "start", where, None) or Decimal(0),
        target, _number(cells, "current", where, None),
        _number(cells, "key_result_weight", where, Decimal(1)) or Decimal(0), cells.get("unit", ""),
    )  # fmt: skip
    if any(one.key == made.key for one in found[key].key_results):
        raise WrongLine(f"{where}: {made.key} stands twice.")
    found[key] = replace(found[key], key_results=(*found[key].key_results, made))


def _number(cells: dict[str, str], name: str, where: str, default: Decimal | None) -> Decimal | None:
    text = cells.get(name, "")
    if not text:
        return default
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = None
    if number is None or not is_reasonable(number):
        raise WrongLine(f'{where}: "{text[:40]}" is no number; write 1200.5.')
    return number
