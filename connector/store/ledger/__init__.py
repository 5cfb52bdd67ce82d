"""The ledger: entries, their sums, and the close of months."""
