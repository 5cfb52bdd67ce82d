"""The portfolio as a workbook: the same figures as the pages, with sums that can be followed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from sqlalchemy import text
from xlsxwriter.workbook import Workbook as XlsxWorkbook

from cli.paper_options import EVERYTHING
from connector.measures.usable_rates import usable_rates
from connector.papers import list_sheets
from connector.papers.curve import NO_MONTHS
from connector.papers.decision_sheets import write_blockers, write_decisions
from connector.papers.list_sheets import write_findings, write_lines
from connector.papers.report import Report
from connector.papers.sheet import Sheet, formats_of
from connector.people.permissions import Role, RoleGrant
from connector.store.database.audit import record
from connector.store.reporting.rollups import Rollups
from governance.definitions.report import REPORT, WORDS
from tests.connector.store.reporting.portfolio_data import BASIS, NOW, GivenMeasure, refresh, save
from tests.connector.store.reporting.portfolio_data import line as effect_line
from tests.waiting import LONGEST_WAIT_SECONDS
from tests.webhook_server.admin.test_deck import corrected
from tests.webhook_server.admin.test_portfolio import LATE, OFFICE, mapped, read, three
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


def test_a_list_that_is_too_long_says_where_it_ends(three: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_sheets, "MOST", 2)
    with three.services.engine.begin() as connection:
        connection.execute(text(ENTRIES), {"measures": ["jira-main/1", "jira-main/2", "jira-main/1"]})
    visitor = three.signed_in("office@acme.example", OFFICE)
    book = opened(visitor)
    lines, entries = rows_of(book, "Effect lines", "Measure"), rows_of(book, "Ledger", "Entry")
    assert (len(lines), len(entries)) == (3, 3)
    ends = "The list ends here: only the first 2 {} are here. Filter a part of the portfolio."
    assert (lines[2][0], entries[2][0]) == (ends.format("lines"), ends.format("entries"))
    of_one = rows_of(opened(visitor, "?measure=ITX-1"), "Ledger", "Entry")
    assert [row[1] for row in of_one] == ["ITX-1", "ITX-1"]


ENTRIES = """
    INSERT INTO ledger_entry (measure_id, version, kind, month, amount, currency, account, hard, pl_line, cost_centre,
                              legal_entity, type, source, batch, entered_at, entered_by)
    SELECT m, 'actual', 'benefit', '2026-03-01', 5, 'EUR', 'ebitda', true, '', '', '', 'posting',
           '{"kind": "file", "file": "march", "cell": "A1"}', 'march', now(), 'finance@nordbank.example'
    FROM unnest(CAST(:measures AS text[])) AS m
"""


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
    assert cells_of(results, "Measures", "ITX-1", "Gate", first="Key") == "Implemented: Blocked"
    assert cells_of(results, "Measures", "ITX-2", "Gate", first="Key") == "Implemented: Not due"


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
    visitor = three.signed_in("office@acme.example", OFFICE)
    book = opened(visitor, formulas=True)
    said = [str(row[0].value) for row in book["Summary"].iter_rows(max_row=8)]
    assert "Sources: jira-main not known to any day, because it was never read to the end." in said
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


def test_a_sheet_that_is_too_wide_for_one_page_is_printed_over_several(three: WebSite) -> None:
    book = opened(three.signed_in("office@acme.example", OFFICE))
    wide, narrow = book["Measures"], book["By program"]
    assert (wide.page_setup.scale, wide.sheet_properties.pageSetUpPr.fitToPage) == (60, None)
    assert wide.print_title_cols == "$A:$B"
    assert narrow.sheet_properties.pageSetUpPr.fitToPage
    assert [cell.alignment.horizontal for cell in narrow[4]][1:6] == [None, "right", "right", "right", "right"]


def test_a_workbook_holds_the_readers_part_alone(three: WebSite) -> None:
    book = opened(three.signed_in("part@acme.example", RoleGrant(Role.VIEWER, ("Operations",))))
    assert [row[0] for row in rows_of(book, "Measures", "Key")] == ["ITX-2"]
    assert {row[0] for row in rows_of(book, "Effect lines", "Measure")} == {"ITX-2"}
    filtered = opened(three.signed_in("all@acme.example", OFFICE), "?portfolio=IT&potential=red")
    assert [row[0] for row in rows_of(filtered, "Measures", "Key")] == ["ITX-1"]
    assert "Part: Portfolio: IT, Potential: red." in {
        row[0] for row in filtered["Summary"].iter_rows(max_row=8, values_only=True)
    }


def test_blockers_decisions_and_the_audits_extract_are_of_the_listed_measures(three: WebSite) -> None:
    engine = three.services.engine
    with engine.begin() as transaction:
        for measure, person, accepted in (
            ("jira-main/1", "=Brandt", True), ("jira-main/1", "Osei", False), ("jira-main/2", "Novak", True),
        ):  # fmt: skip
            transaction.execute(RULING, {"measure": measure, "person": person, "accepted": accepted, "at": NOW})
        record(
            transaction,
            [
                {"actor": "brandt", "action": action, "subject": subject, "detail": {"stage": "decided"}}
                for action, subject in (
                    ("stage.granted", "jira-main/1"), ("measure.assessed", "jira-main/1"),
                    ("stage.granted", "jira-main/2"), ("connection.paused", "jira-main"),
                )
            ],
        )  # fmt: skip
    whole = opened(three.signed_in("office@acme.example", OFFICE))
    shut = rows_of(whole, "Gates and blockers", "Measure")
    assert [(row[0], row[2], row[3], row[6]) for row in shut] == [
        ("ITX-1", "Implemented", "OPEN_WORK is missing", "OPEN_WORK")
    ]
    decided = rows_of(whole, "Decisions", "Measure")
    assert [(row[0], row[2], row[4], row[5], row[6], row[7]) for row in decided] == [
        ("ITX-1", "=Brandt", "approve", "Decided", "as agreed", "accepted"),
        ("ITX-1", "Osei", "approve", "Decided", "as agreed", "refused"),
        ("ITX-2", "Novak", "approve", "Decided", "as agreed", "accepted"),
    ]
    entries = [row for row in rows_of(whole, "Audit extract", "Entry") if row[2] == "brandt"]
    assert [(row[3], row[4]) for row in entries] == [
        ("ITX-2", "Granted the stage decided"),
        ("ITX-1", "Granted the stage decided"),
    ], "newest first, without assessments and without what is of no measure"
    assert all(len(str(row[6])) == 64 for row in entries)
    part = opened(three.signed_in("part@acme.example", RoleGrant(Role.VIEWER, ("Operations",))))
    assert [row[0] for row in rows_of(part, "Decisions", "Measure")] == ["ITX-2"]
    assert {row[3] for row in rows_of(part, "Audit extract", "Entry")} == {"ITX-2"}
    assert [row for row in rows_of(part, "Gates and blockers", "Measure") if row[0]] == []

    # Each list of a sheet that is full says so, and reads no further.
    keys = {f"jira-main/{number}": f"ITX-{number}" for number in (1, 2, 3)}
    with three.services.read_as(EVERYTHING) as reader:
        rates = usable_rates(three.services.rates.rates(), None, NOW.date())
        report = Report(reader, EVERYTHING, "", {}, rates, NOW)
        assert cut(lambda sheet: write_decisions(report, sheet, keys, native=True), rows=2) == (
            ["ITX-1", "ITX-1"], "The sheet is full: only the first 2 decisions are here. Filter a part of the portfolio.",
        )  # fmt: skip
        assert cut(lambda sheet: write_blockers(report, sheet, keys, native=True), rows=0)[1] == (
            "The sheet is full: only the first 0 blockers are here. Filter a part of the portfolio."
        )
        assert cut(lambda sheet: write_findings(report, sheet, native=True), 4, rows=0)[1] == (
            "The sheet is full: only the first 0 findings are here. Filter a part of the portfolio."
        )
        assert cut(lambda sheet: write_lines(report, sheet, True, lambda *_: None), 4, rows=1) == (
            ["ITX-1"], "The sheet is full: only the first 1 lines are here. Filter a part of the portfolio.",
        )  # fmt: skip
        assert cut(lambda sheet: write_decisions(report, sheet, keys, native=True), rows=3)[1] is None


def cut(write: Callable[[Sheet], None], head: int = 5, *, rows: int) -> tuple[list[object], object]:
    """The first cells of a list below its head, on a sheet that holds so many, and what stands below them."""
    out = io.BytesIO()
    with XlsxWorkbook(out) as book:
        write(Sheet(book.add_worksheet("List"), formats_of(book), last_listed=head + rows))
    found = [row[0] for row in load_workbook(out)["List"].iter_rows(min_row=head + 1, values_only=True)]
    return found[:rows], found[rows] if len(found) > rows else None


RULING = text("""
    INSERT INTO command (measure_id, origin, origin_id, verb, person, given_at, ruled_at, accepted, role, content)
    VALUES (:measure, 'comment', :person, 'approve', :person, :at, :at, :accepted, 'sponsor',
            '{"verb": "approve", "stage": "decided", "text": "as agreed"}')
""")


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


def test_a_day_to_compare_with_is_a_sheet_whose_sums_are_formulas(three: WebSite) -> None:
    engine = three.services.engine
    save(engine, GivenMeasure(1, lines=(*LATE, effect_line("forecast", "benefit", "2026-11", 50_000))))
    Rollups(engine).refresh(BASIS, NOW + timedelta(hours=1))
    visitor = three.signed_in("office@acme.example", OFFICE)
    results = opened(visitor, "?compare=2026-11-21T09:30Z")
    rows = {row[0]: row[1] for row in results["Changes"].iter_rows(values_only=True, max_col=2) if row[0]}
    assert (rows["As known on 21 Nov 2026 09:30 UTC"], rows["Value"]) == (800_935.7, 50_000)
    formulas = opened(visitor, "?compare=2026-11-21T09:30Z", formulas=True)
    sums = [cell.value for cell in formulas["Changes"]["B"] if str(cell.value).startswith("=SUM(")]
    assert len(sums) == 3
    assert "Changes" not in opened(visitor).sheetnames


def test_months_add_up_to_the_actual_of_the_summary_and_of_the_page(mapped: WebSite) -> None:
    """Also what is booked in the month that is not over yet."""
    booked = (*LATE, effect_line("actual", "benefit", "2026-11", 7_000))
    save(mapped.services.engine, GivenMeasure(1, lines=booked))
    refresh(mapped.services.engine)
    visitor = mapped.signed_in("office@acme.example", OFFICE)
    book = opened(visitor)
    heads = next(row for row in book["By month"].iter_rows(values_only=True) if row[0] == "Month")
    months = {f"{row[0]:%Y-%m}": row for row in rows_of(book, "By month", "Month") if row[0]}
    for what, figure in (("EBITDA effect", "EBITDA effect"), ("Cash effect", "Cash effect")):
        shown = [months["2026-11"][heads.index(f"{what}{to_date}, actual")] for to_date in ("", " to date")]
        assert shown == [7_000, 407_000]
        assert cells_of(book, "Summary", figure, "Actual", first="Figure") == 407_000
    assert months["2026-12"][heads.index("EBITDA effect, actual")] is None
    assert re.search(r"Nov 2026 .*407,000", read(visitor, "/portfolio/curve"))


def test_the_curve_of_a_past_day_is_that_of_the_day(three: WebSite) -> None:
    visitor = three.signed_in("office@acme.example", OFFICE)
    corrected(three)
    day = f"?on={NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    booked = {}
    for query in ("", day):
        book = opened(visitor, query)
        heads = next(row for row in book["By month"].iter_rows(values_only=True) if row[0] == "Month")
        months = rows_of(book, "By month", "Month")
        booked[query] = [sum(row[heads.index(name)] or 0 for row in months) for name in (
            "EBITDA effect, plan", "EBITDA effect, latest estimate", "EBITDA effect, actual",
        )]  # fmt: skip
    assert booked == {
        "": [pytest.approx(2_405_000), pytest.approx(706_000), pytest.approx(300_000)],
        day: [pytest.approx(2_400_935.7), pytest.approx(800_935.7), pytest.approx(400_000)],
    }
    part = opened(visitor, f"{day}&stage=decided")
    assert NO_MONTHS in {row[0] for row in part["By month"].iter_rows(values_only=True)}
