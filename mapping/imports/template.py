"""The workbook that Gatepost gives to whoever begins: its columns, and the profile that reads it back."""

from __future__ import annotations

TEMPLATE_SHEET = "Money"
TEMPLATE_COLUMNS = (
    "Measure", "Version", "Kind", "Month", "Amount", "Currency", "P&L line", "Cost centre", "GL account",
    "Legal entity", "Counterparty", "Document",
)  # fmt: skip
TEMPLATE_PROFILE = f"""\
version: 1
name: template
sheet: {TEMPLATE_SHEET}
subject: {{column: Measure, by: key}}
amounts:
  - column: Amount
    version: {{column: Version}}
    kind: {{column: Kind}}
    month: {{column: Month}}
currency: {{column: Currency}}
decimal: "."
negative: credit
record: Document
pl_line: {{column: P&L line}}
cost_centre: {{column: Cost centre}}
gl_account: {{column: GL account}}
legal_entity: {{column: Legal entity}}
counterparty: {{column: Counterparty}}
"""
