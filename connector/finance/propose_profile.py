"""Propose a profile for a file, and choose the sheet of a workbook that names none."""

from __future__ import annotations

from connector.finance.files.limits import FileRefused, SheetNotNamed
from connector.finance.files.read import read_file
from mapping.imports.propose import Proposal, propose

MOST_SHEETS = 12
"""Sheets of a workbook that are looked at."""


def propose_profile(file: str, content: bytes, name: str, sheet: str | None = None) -> Proposal | str:
    """The profile, or why there is none to propose.  Raises FileRefused.

    Of several sheets that one is taken of which most amounts are read; which it was is among what it is unsure of.
    """
    try:
        return propose(read_file(file, content, sheet), name)
    except SheetNotNamed as several:
        found = {one: _proposed(file, content, name, one) for one in several.sheets[:MOST_SHEETS]}
        read = {one: proposal for one, proposal in found.items() if isinstance(proposal, Proposal)}
        if not read:
            raise
        best = max(read, key=lambda one: (len(read[one].read.lines), -read[one].read.problems.count))
        others = ", ".join(f'"{one}"' for one in several.sheets if one != best)
        read[best].unsure.insert(0, f'The sheet "{best}" is read; others with something in them are {others} (sheet).')
        return read[best]


def _proposed(file: str, content: bytes, name: str, sheet: str) -> Proposal | str:
    try:
        return propose(read_file(file, content, sheet), name)
    except FileRefused as error:
        return str(error)
