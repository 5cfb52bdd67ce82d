"""The portfolio as a workbook: the same figures as the pages, with sums that can be followed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from governance.definitions.report import REPORT, WORDS
from tests.connector.store.reporting.portfolio_data import GivenMeasure, refresh, save
from tests.waiting import LONGEST_WAIT_SECONDS
from tests.webhook_server.admin.test_portfolio import LATE, OFFICE, mapped, three
from tests.webhook_server.visitor import FormBrowser, WebSite

__all__ = ["mapped", "three"]


def opened(visitor: FormBrowser, query: str = "", *, formulas: bool = False) -> Workbook:
    answer = visitor.get(f"/portfolio/workbook.xlsx{query}")
    assert answer.status_code == 200, answer.text
    return load_workbook(io.BytesIO(answer.data), data_only=not formulas)


def rows_of(book: Workbook, sheet: str, first: str) -> list[list[object]]:
    """The rows below the head whose first cell reads so."""
    rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    head = next(number for number, row in enumerate(rows) if row[0] == first)
    return rows[head + 1 :]


def cells_of(book: Workbook, sheet: str, name: str, column: str, *, first: str) -> object:
    """The cell of a row and a column by their names."""
    rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    head = next(row for row in rows if row[0] == first)
    row = next(row for row in rows if row[0] == name)
    return row[head.index(column)]


def test_totals_equal_the_page_and_are_formulas_over_the_measures(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    results, formulas = opened(visitor), opened(visitor, formulas=True)
    for heading, expected in (("Plan", 2_400_935.7), ("Latest estimate", 800_935.7), ("Difference", -1_600_000)):
        assert cells_of(results, "Summary", "EBITDA effect", heading, first="Figure") == pytest.approx(expected)
    assert str(cells_of(formulas, "Summary", "EBITDA effect", "Plan", first="Figure")).startswith(
        "=SUMIFS('Measures'!$"
    )
    assert cells_of(results, "Measures", "ITX-1", "Variance, EBITDA effect", first="Key") == -1_600_000
    assert cells_of(results, "Measures", "ITX-3", "Left out because", first="Key") == "without an exchange rate"
    assert cells_of(results, "Measures", "ITX-3", "In the totals", first="Key") == "no"


def test_each_formula_gives_what_stands_beside_it(three: WebSite) -> None:
    """The sums over the sheet Measures, calculated here as a spreadsheet does."""
    visitor = three.signed_in("office@acme.example", OFFICE)
    results = opened(visitor)
    measures = rows_of(results, "Measures", "Key")
    heads = next(row for row in results["Measures"].iter_rows(values_only=True) if row[0] == "Key")
    counted = [row for row in measures if row[heads.index("In the totals")] == "yes"]
    for line in REPORT:
        for side, name in (("Plan", line.plan), ("Latest estimate", line.estimate), ("Actual", line.actual)):
            if not name:
                continue
            column = heads.index(WORDS[name].heading)
            by_hand = sum(Decimal(str(row[column] or 0)) for row in counted)
            shown = cells_of(results, "Summary", line.name, side, first="Figure")
            assert float(by_hand) == pytest.approx(shown or 0), (line.name, side)
    programs = rows_of(results, "By program", "Portfolio")
    assert programs[-1][0] is None or programs[-1][0] == "Total"
    total = next(row for row in programs if row[0] == "Total")
    assert total[4] == pytest.approx(2_400_935.7)
    assert [row[3] for row in programs if row[0] not in {"Total", None}] == [1, 1]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here (Debian: libreoffice-calc)")
def test_another_program_calculates_the_same(three: WebSite, tmp_path: Path) -> None:
    """Without the stored results, LibreOffice has to calculate each formula."""
    whole = three.signed_in("office@acme.example", OFFICE).get("/portfolio/workbook.xlsx").data
    bare, expected = tmp_path / "bare.xlsx", load_workbook(io.BytesIO(whole), data_only=True)
    with zipfile.ZipFile(io.BytesIO(whole)) as given, zipfile.ZipFile(bare, "w") as made:
        for name in given.namelist():
            made.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", given.read(name)))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
               "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "made"), str(bare)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_WAIT_SECONDS)
    # Read without its charts, which the reader does not know as LibreOffice writes them.
    calculated = load_workbook(tmp_path / "made" / "bare.xlsx", data_only=True, read_only=True)
    results = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in calculated}
    calculated.close()
    formulas = load_workbook(io.BytesIO(whole))
    compared = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            wanted = expected[sheet.title][cell.coordinate].value
            result = results[sheet.title][cell.row - 1][cell.column - 1]
            assert result == pytest.approx(wanted), (sheet.title, cell)
            compared += 1
    assert compared > 100


def test_a_title_is_never_a_formula(three: WebSite) -> None:
    book = opened(three.signed_in("office@acme.example", OFFICE), formulas=True)
    titles = [cell for cell in book["Measures"]["B"] if str(cell.value).startswith("=cmd")]
    assert [(cell.value, cell.data_type) for cell in titles] == [("=cmd|' /C calc'!A0", "s")]


def test_lists_are_native_tables_with_heads_that_stay(three: WebSite) -> None:
    book = opened(three.signed_in("office@acme.example", OFFICE), formulas=True)
    assert list(book["Measures"].tables) == ["Measures"]
    assert list(book["Effect lines"].tables) == ["EffectLines"]
    assert book["Measures"].freeze_panes == "C6"
    answer = three.signed_in("viewer@acme.example", RoleGrant(Role.VIEWER)).get("/portfolio/workbook.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        assert len([name for name in parts.namelist() if name.startswith("xl/charts/chart")]) == 3


def test_a_workbook_holds_the_readers_part_alone(three: WebSite) -> None:
    book = opened(three.signed_in("part@acme.example", RoleGrant(Role.VIEWER, ("Operations",))))
    assert [row[0] for row in rows_of(book, "Measures", "Key")] == ["ITX-2"]
    assert {row[0] for row in rows_of(book, "Effect lines", "Measure")} == {"ITX-2"}
    filtered = opened(three.signed_in("all@acme.example", OFFICE), "?portfolio=IT&potential=red")
    assert [row[0] for row in rows_of(filtered, "Measures", "Key")] == ["ITX-1"]
    assert "Part: Portfolio: IT, Potential: red." in {
        row[0] for row in filtered["Summary"].iter_rows(max_row=8, values_only=True)
    }


def test_before_the_first_figures_there_is_no_workbook(mapped: WebSite) -> None:
    answer = mapped.signed_in("office@acme.example", OFFICE).get("/portfolio/workbook.xlsx")
    assert answer.status_code == 404
    assert "No figures have been calculated yet." in answer.text


def test_stages_count_the_measures_that_are_listed(mapped: WebSite) -> None:
    """One that has left the mapping is not listed: it is a line of what totals leave out, and no stage."""
    save(mapped.services.engine, GivenMeasure(1, lines=LATE), GivenMeasure(2), GivenMeasure(3, stage=None))
    with mapped.services.engine.begin() as transaction:
        transaction.execute(text("UPDATE measure SET unmapped_since = now() WHERE id = 'jira-main/2'"))
    refresh(mapped.services.engine)
    book = opened(mapped.signed_in("office@acme.example", OFFICE))
    listed = Counter(row[7] for row in rows_of(book, "Measures", "Key"))
    rows = rows_of(book, "Summary", "Stage")
    stages = {row[0]: row[1] for row in rows[: next(n for n, row in enumerate(rows) if row[0] is None)]}
    assert stages == listed
    assert cells_of(book, "Summary", "left the mapping (not listed)", "Measures", first="Not in the totals") == 1


def test_odd_names_are_counted_by_themselves_alone(mapped: WebSite) -> None:
    """A criterion of a spreadsheet would read these as patterns."""
    for number, program in enumerate(("Cost*", "Cost?", ">5", "~", "Cost of all"), 1):
        save(mapped.services.engine, GivenMeasure(number, place=("IT", program, None, None), lines=LATE))
    refresh(mapped.services.engine)
    book = opened(mapped.signed_in("office@acme.example", OFFICE), formulas=True)
    programs = [row for row in rows_of(book, "By program", "Portfolio") if row[0] not in {"Total", None}]
    numbers = [row[2] for row in programs]
    assert set(numbers) == {1, 2, 3, 4, 5}
    assert len(numbers) == 5
    assert all("$C" in str(row[4]) for row in programs), "by number, not by name"
