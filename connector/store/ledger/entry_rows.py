"""Ledger entries as rows of their table, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, RowMapping

from governance.effects import Account, EffectKind
from governance.ledger import EntryId, EntryType, LedgerEntry, LedgerVersion, Posting, Spend
from governance.ledger_source import source_from_mapping, source_to_mapping
from governance.money import Money, Period


def entry_to_row(entry: LedgerEntry) -> dict[str, object]:
    posting = entry.posting
    return {
        "id": entry.id,
        "measure_id": posting.measure or None,
        "service": posting.service,
        "version": posting.version.value,
        "kind": posting.kind.value,
        "month": posting.month.first_day,
        "amount": posting.money.amount,
        "currency": posting.money.currency,
        "account": posting.account.value,
        "hard": posting.hard,
        "pl_line": posting.pl_line,
        "spend": posting.spend.value if posting.spend else None,
        "cost_centre": posting.cost_centre,
        "gl_account": posting.gl_account,
        "legal_entity": posting.legal_entity,
        "counterparty": posting.counterparty,
        "type": entry.type.value,
        "corrects": entry.corrects,
        "reverses": entry.reverses,
        "reason": entry.reason,
        "source": source_to_mapping(entry.source),
        "batch": entry.batch,
        "after_close": entry.after_close,
        "statement": entry.statement,
        "entered_at": entry.entered_at,
        "entered_by": entry.entered_by,
    }


def entry_from_row(row: Row[Any] | RowMapping | Mapping[str, Any]) -> LedgerEntry:
    found = row._mapping if isinstance(row, Row) else row  # noqa: SLF001 - its documented accessor
    posting = Posting(
        LedgerVersion(found["version"]),
        EffectKind(found["kind"]),
        Period.of(found["month"]),
        Money(found["amount"], found["currency"]),
        found["measure_id"] or "",
        found["service"],
        Account(found["account"]),
        found["hard"],
        found["pl_line"],
        Spend(found["spend"]) if found["spend"] else None,
        found["cost_centre"],
        found["gl_account"],
        found["legal_entity"],
        found["counterparty"],
    )
    return LedgerEntry(
        EntryId(found["id"]),
        posting,
        source_from_mapping(found["source"]),
        found["entered_at"],
        found["entered_by"],
        EntryType(found["type"]),
        EntryId(found["corrects"]) if found["corrects"] is not None else None,
        found["reason"],
        EntryId(found["reverses"]) if found["reverses"] is not None else None,
        found["batch"],
        found["after_close"],
        found["statement"],
    )
