"""The ledger as a table that is imported again: its columns, and the profile that reads it back.

A row is an entry with its amount in effect.  Unchanged it changes nothing; another amount becomes a correction of that
entry; a row without a number is a new entry.
"""

from __future__ import annotations

from governance.ledger import LedgerEntry
from governance.money import Money

EXPORT_SHEET = "Ledger"
EXPORT_COLUMNS = (
    "Entry", "Belongs to", "Key", "Version", "Kind", "Month", "Amount", "Currency", "P&L line", "Cost centre",
    "GL account", "Legal entity", "Counterparty", "Type", "Source", "Entered by",
)  # fmt: skip
AMOUNT, MONTH = EXPORT_COLUMNS.index("Amount"), EXPORT_COLUMNS.index("Month")
EXPORT_NAME = "export"
EXPORT_PROFILE = f"""\
version: 1
name: {EXPORT_NAME}
subject: {{column: Belongs to, by: id}}
amounts:
  - column: Amount
    version: {{column: Version}}
    kind: {{column: Kind}}
    month: {{column: Month}}
currency: {{column: Currency}}
decimal: "."
negative: credit
record: Entry
entries: true
pl_line: {{column: P&L line}}
cost_centre: {{column: Cost centre}}
gl_account: {{column: GL account}}
legal_entity: {{column: Legal entity}}
counterparty: {{column: Counterparty}}
"""


def export_row(entry: LedgerEntry, in_effect: Money, key: str) -> tuple[str, ...]:
    """The cells of an entry, by :data:`EXPORT_COLUMNS`."""
    posting = entry.posting
    return (
        str(entry.id), posting.subject, key, posting.version.value, posting.kind.value, str(posting.month),
        f"{in_effect.amount:f}", in_effect.currency, posting.pl_line, posting.cost_centre, posting.gl_account,
        posting.legal_entity, posting.counterparty, entry.type.value, str(entry.source), entry.entered_by,
    )  # fmt: skip
