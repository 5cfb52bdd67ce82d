"""Lines of texts to ledger entries, the same for the command line, files and the API."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from io import StringIO
from typing import TypeVar

from governance.effects import Account, EffectKind
from governance.ledger import EntryType, LedgerVersion, NewEntry, Posting, Spend
from governance.ledger_source import LedgerSource
from governance.money import MAX_DIGITS, Money, Period, is_reasonable
from mapping.imports.repeated_heads import repeated_head

REQUIRED = ("version", "kind", "month", "amount", "currency")
OPTIONAL = (
    "measure", "service", "type", "account", "hard", "pl_line", "spend", "cost_centre", "gl_account", "legal_entity",
    "counterparty",
)  # fmt: skip
POSTED_TYPES = (EntryType.POSTING, EntryType.CREDIT, EntryType.ACCRUAL)
"""What people post; reversals and corrections follow from these."""
MAX_LINES = 100_000

Word = TypeVar("Word", bound=StrEnum)


class WrongLine(ValueError):
    """A line that is no entry; the message says what is wrong with it."""


def entry_of(values: Mapping[str, str], source: LedgerSource) -> NewEntry:
    """The entry of one line; ``measure`` stays as it was given.  Raises WrongLine."""
    for name in values:
        if name not in REQUIRED and name not in OPTIONAL:
            raise WrongLine(f'"{name}" is not known; the columns are {", ".join((*REQUIRED, *OPTIONAL))}')
    for name in REQUIRED:
        if not values.get(name, "").strip():
            raise WrongLine(f"{name} is missing")

    def value(name: str) -> str:
        found = values.get(name, "").strip()
        if "\x00" in found or len(found) > 200:
            raise WrongLine(f"{name} is too long, or holds what no text holds")
        return found

    posting = Posting(
        version=_word(LedgerVersion, "version", value("version")),
        kind=_word(EffectKind, "kind", value("kind")),
        month=_month(value("month")),
        money=money_of(value("amount"), value("currency")),
        measure=value("measure"),
        service=value("service"),
        account=_word(Account, "account", value("account")) if value("account") else Account.EBITDA,
        hard=_hard(value("hard")),
        pl_line=value("pl_line"),
        spend=_word(Spend, "spend", value("spend")) if value("spend") else None,
        cost_centre=value("cost_centre"),
        gl_account=value("gl_account"),
        legal_entity=value("legal_entity"),
        counterparty=value("counterparty"),
    )
    kind = _word(EntryType, "type", value("type"), POSTED_TYPES) if value("type") else EntryType.POSTING
    return NewEntry(posting, source, kind)


def read_csv(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of the line, values by column) of a table whose first line names its columns.  Raises WrongLine."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            raise WrongLine(f"the first line has to name the columns; {', '.join(missing)} is missing")
        if twice := repeated_head(names, (*REQUIRED, *OPTIONAL)):
            raise WrongLine(f'the first line names the column "{twice}" twice')
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(names):
                raise WrongLine(f"line {rows.line_num} has {len(row)} cells for {len(names)} columns")
            if rows.line_num > MAX_LINES + 1:
                raise WrongLine(f"there are more than {MAX_LINES:,} lines")
            yield rows.line_num, dict(zip(names, row, strict=True))
    except csv.Error as error:
        raise WrongLine(f"line {rows.line_num} is not CSV: {error}") from None


def _word(kind: type[Word], name: str, text: str, allowed: Collection[Word] = ()) -> Word:
    words = [one for one in kind if not allowed or one in allowed]
    wanted = text.lower().replace(" ", "_").replace("-", "_")
    for word in words:
        if word.value == wanted:
            return word
    raise WrongLine(f'"{text}" is no {name}; write {", ".join(word.value for word in words)}')


def _month(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError:
        raise WrongLine(f'"{text}" is no month; write 2026-10') from None


def money_of(amount: str, currency: str) -> Money:
    """The amount as it stands in a line.  Raises WrongLine."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise WrongLine(f'"{currency}" is no currency; write three capitals, such as EUR')
    try:
        number = Decimal(amount) if re.fullmatch(r"-?\d+(\.\d+)?", amount) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise WrongLine(f'"{amount}" is no amount; write 1234567.89')
    if not is_reasonable(number):
        raise WrongLine(f"{amount} is too large; an amount has at most {MAX_DIGITS} digits before the point")
    return Money(number, currency)


def _hard(text: str) -> bool:
    if text.lower() in {"", "hard", "true", "yes"}:
        return True
    if text.lower() in {"soft", "false", "no"}:
        return False
    raise WrongLine(f'"{text}": write hard or soft')
