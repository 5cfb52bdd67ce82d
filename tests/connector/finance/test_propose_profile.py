"""A profile for a workbook that does not say which of its sheets is meant."""

from __future__ import annotations

from io import BytesIO
from typing import TypeAlias

import pytest
from openpyxl import Workbook

from connector.finance.files.limits import FileRefused
from connector.finance.propose_profile import propose_profile
from mapping.imports.propose import Proposal

Sheet: TypeAlias = "tuple[str, list[list[object]]]"


def workbook(*sheets: Sheet) -> bytes:
    made = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = BytesIO()
    made.save(content)
    return content.getvalue()


NOTES: Sheet = ("Notes", [["Made by finance"], ["Ask A. Kaya"]])
TABLE: Sheet = ("Forecast", [["Measure", "2026-01", "2026-02"], ["ITX-1", 10, 20]])


def test_the_sheet_with_most_amounts_is_taken_and_named() -> None:
    found = propose_profile("a.xlsx", workbook(NOTES, TABLE), "a")
    assert isinstance(found, Proposal)
    assert found.profile.sheet == "Forecast"
    assert found.unsure[0] == 'The sheet "Forecast" is read; others with something in them are "Notes" (sheet).'
    assert [str(one.posting.money) for one in found.read.lines] == ["10 EUR", "20 EUR"]


def test_where_no_sheet_holds_amounts_they_are_named() -> None:
    with pytest.raises(FileRefused, match='Several sheets have something in them: "Notes", "More"'):
        propose_profile("a.xlsx", workbook(NOTES, ("More", NOTES[1])), "a")


def test_a_named_sheet_is_taken_as_it_is() -> None:
    assert propose_profile("a.xlsx", workbook(NOTES, TABLE), "a", "Notes") == (
        "No column of amounts was found: there is no head with a month, or with a word such as cost or budget."
    )
