"""Where a ledger entry comes from: a file and its cell, a record, hours, a line of a bill, a field, or a person.

Each is a type of its own, so that a page can lead there and nobody has to take a sentence apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class FileCell:
    """A cell of a file that was imported."""

    file: str
    cell: str
    """``B12``, or the number of the line."""
    sheet: str = ""

    def __str__(self) -> str:
        return f"{self.file}, {f'{self.sheet}!' if self.sheet else ''}{self.cell}"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record of another system, such as a journal of the general ledger or a cost plan of ServiceNow."""

    system: str
    record: str

    def __str__(self) -> str:
        return f"{self.record} of {self.system}"


@dataclass(frozen=True, slots=True)
class Worklog:
    """Hours that somebody logged in a tool."""

    connection: str
    item: str
    worklog: str

    def __str__(self) -> str:
        return f"worklog {self.worklog} of {self.item} on {self.connection}"


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of a supplier's bill."""

    bill: str
    line: str

    def __str__(self) -> str:
        return f"bill {self.bill}, line {self.line}"


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """What a field of a tool held on a day."""

    connection: str
    item: str
    field: str
    day: date

    def __str__(self) -> str:
        return f'the field "{self.field}" of {self.item} on {self.connection}, as seen on {self.day}'


@dataclass(frozen=True, slots=True)
class EnteredBy:
    """Somebody entered it by hand."""

    login: str

    def __str__(self) -> str:
        return f"entered by {self.login}"


LedgerSource: TypeAlias = FileCell | SourceRecord | Worklog | BillLine | FieldSeen | EnteredBy

_KINDS: dict[str, type[FileCell | SourceRecord | Worklog | BillLine | FieldSeen | EnteredBy]] = {
    "file": FileCell,
    "record": SourceRecord,
    "worklog": Worklog,
    "bill": BillLine,
    "field": FieldSeen,
    "person": EnteredBy,
}


def source_to_mapping(source: LedgerSource) -> dict[str, str]:
    """The source as plain texts, with its kind."""
    kind = next(name for name, known in _KINDS.items() if isinstance(source, known))
    return {"kind": kind} | {one.name: str(getattr(source, one.name)) for one in fields(source)}


def source_from_mapping(stored: Mapping[str, str]) -> LedgerSource:
    """The inverse of :func:`source_to_mapping`.  Raises KeyError, TypeError or ValueError for what it did not write."""
    values = dict(stored)
    kind = values.pop("kind")
    if kind == "field":
        return FieldSeen(values["connection"], values["item"], values["field"], date.fromisoformat(values["day"]))
    return _KINDS[kind](**values)  # type: ignore[arg-type]  # all but the field's are texts
