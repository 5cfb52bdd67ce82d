"""What the stand-in keeps: columns, tables, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

Record: TypeAlias = "dict[str, str]"
"""Raw values by column; everything is text, dates are UTC, an empty value is the empty text."""


class Refusal(Exception):
    """What the stand-in refuses, with the platform's status, message and detail."""

    def __init__(self, status: int, message: str, detail: str | None = None, shown: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.shown = shown
        """What a person at a form would see; it does not cross the REST boundary."""


@dataclass(frozen=True, slots=True)
class Column:
    element: str
    label: str
    type: str = "string"
    max_length: int = 255
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) pairs."""
    reference: str = ""
    write_role: str = ""
    """Only holders of this role write the column; for others a value is dropped without a word."""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its own columns; those of its parent come on top."""

    name: str
    label: str
    columns: tuple[Column, ...] = ()
    parent: str = ""
    prefix: str = ""
    """Of its numbers; a table without one is not numbered."""
    shown_by: str = "name"
    """The column that represents a record in references."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """The input of a rule: the stored record, and the columns to be set."""

    table: str
    before: Mapping[str, str]
    values: Mapping[str, str]
    by: str


BeforeCheck: TypeAlias = Callable[[RecordChange], str | None]
"""The message that refuses the change, or ``None``."""


@dataclass(frozen=True, slots=True)
class BeforeRule:
    """A *before* business rule: may abort an update."""

    name: str
    table: str
    sys_id: str
    check: BeforeCheck


class EventForm(Enum):
    HUB = "hub"
    """Signed over the raw body, as ``X-Hub-Signature``."""
    APP = "app"
    """Gatepost's app: signed over time and body, as ``X-Gatepost-Signature``."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """An asynchronous rule that posts a doorbell event."""

    table: str
    url: str
    secret: str
    form: EventForm = EventForm.HUB
    own_user: str = ""
    """A change by this user to Gatepost's own columns alone sends no event."""


def owned(column: Column, role: str) -> Column:
    """The same column, writable by holders of a role only."""
    return replace(column, write_role=role)


def flag(value: bool) -> str:
    return "true" if value else "false"
