"""Rows that name a ledger entry: the same amount changes nothing, and another one is a correction of that entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from connector.store.ledger.entries_in_effect import EntryInEffect, in_effect, is_fixed
from governance.ledger import Posting
from governance.ledger_source import FileCell
from governance.statements import Change, ChangeKind, Statement, change_of
from mapping.imports.cells import text_of, without_mark
from mapping.imports.lines import MAX_TEXT
from mapping.imports.problems import ProblemCode, Problems
from mapping.imports.stated_lines import StatedLine

ENTRY_KEY = "entry "
"""What the key of such a statement begins with; the number of the entry follows."""
MAX_NUMBER = 2**63 - 1


def plan_entries(
    connection: Connection,
    lines: Sequence[StatedLine],
    subjects: Mapping[str, str],
    problems: Problems,
    *,
    file: str,
    sheet: str,
    reason: str,
) -> list[Change]:
    """The changes of the rows; a row that says something else of its entry than another amount is a problem.

    ``subjects`` are the ids of measures by the text of their row.
    """
    numbers = {number for line in lines if (number := _number(line.record)) is not None}
    known = in_effect(connection, numbers)
    found = []
    for line in lines:
        one = known.get(_number(line.record) or 0)
        if one is None:
            problems.add(
                ProblemCode.NO_SUBJECT, line.cell, f'There is no entry "{line.record[:40]}" that could be corrected.',
                "Leave the number out for a new entry; a correction is exported as part of what it corrects.",
            )  # fmt: skip
            continue
        change = _change(line, one, subjects, file, sheet, reason)
        if isinstance(change, str):
            problems.add(
                ProblemCode.REFUSED, line.cell, change,
                "Write the amount 0 there, and add what is right as a row without a number.",
            )  # fmt: skip
        else:
            found.append(change)
    return found


def _change(
    line: StatedLine, one: EntryInEffect, subjects: Mapping[str, str], file: str, sheet: str, reason: str
) -> Change | str:
    held = one.entry.posting
    measure = subjects.get(line.subject, line.subject)
    service = measure.removeprefix("service/") if measure.startswith("service/") else ""
    posting = replace(
        line.posting, measure="" if service else measure, service=service, account=held.account, hard=held.hard,
        spend=held.spend,
    )  # fmt: skip
    if replace(posting, money=held.money) != _as_read(held) or posting.money.currency != held.money.currency:
        return f"Entry {one.entry.id} is {_told(held)}, and its row says {_told(posting)}."
    posting = replace(held, money=posting.money)
    amount = posting.money.amount
    if is_fixed(one.entry) and amount != one.stated.amount:
        return f"Entry {one.entry.id} is an accrual or takes one back: correct it by itself."
    if amount * one.stated.amount < 0:
        return f"Entry {one.entry.id} would change its sign, from {one.stated.amount:,f} to {amount:,f}."
    statement = Statement(f"{ENTRY_KEY}{one.entry.id}", posting, FileCell(file, line.cell, sheet))
    change = change_of(statement, one.stated, reason)
    # The correction stays with the statement that the entry was posted for, so that its own file still compares right.
    change.entries = tuple(replace(entry, statement=one.entry.statement) for entry in change.entries)
    change.by_hand = False
    if change.kind is ChangeKind.NEW:
        raise AssertionError("an entry that is known is not posted again")
    return change


def _as_read(held: Posting) -> Posting:
    """With its names as a cell gives them back: on one line, with single blanks, without the mark of a text."""

    def cell(text: str) -> str:
        return text_of(without_mark(text))[:MAX_TEXT]

    return replace(
        held, service=text_of(held.service), pl_line=cell(held.pl_line), cost_centre=cell(held.cost_centre),
        gl_account=cell(held.gl_account), legal_entity=cell(held.legal_entity), counterparty=cell(held.counterparty),
    )  # fmt: skip


def _told(posting: Posting) -> str:
    parts = (
        posting.version.value, posting.kind.value, str(posting.month), posting.money.currency, posting.subject,
        posting.pl_line, posting.cost_centre, posting.gl_account, posting.legal_entity, posting.counterparty,
    )  # fmt: skip
    return ", ".join(part for part in parts if part)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) <= MAX_NUMBER else None
