"""The money of finance: lines of ledger entries as people and programs give them, and who may post them."""
