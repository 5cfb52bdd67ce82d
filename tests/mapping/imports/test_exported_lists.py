"""Lists and reports as ERPs, spreadsheets and pivot tables write them: the proposed profile, with at most five lines
changed by hand, reads the totals that a person adds up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from connector.finance.files.read import read_file
from mapping.imports.cells import Row, SheetTable
from mapping.imports.lines import read_lines
from mapping.imports.profile import load_profile, profile_yaml
from mapping.imports.propose import Proposal, propose


@dataclass(frozen=True)
class Exported:
    """A file, the totals by version, month and currency, and what a person changes of the proposed profile."""

    content: str | list[Row]
    totals: str
    changed: dict[str, str] = field(default_factory=dict)
    subjects: str = "ITX-1 ITX-2"

    def sheet(self) -> SheetTable:
        if isinstance(self.content, str):
            return read_file("export.csv", self.content.encode())
        return SheetTable("export.xlsx", self.content, "Sheet1")


MONTHS = [date(2026, month, 1) for month in range(1, 7)]
KSB1 = (
    "13.11.2026                Dynamische Listenausgabe            1\n\nKostenstellen: Einzelposten Ist\n\n"
    "Kostenstelle\t0000410010\nBerichtswährung\tEUR\n\n"
    "\t\tBuch.datum\tPeriode\tKostenstelle\tKostenart\tBezeichnung\tAuftrag\t    Wert/BWähr\tWährung\tMenge erfaßt\n\n"
    "\t\t01.10.2026\t10\t0000410010\t0000650100\tBeratung\tITX-1\t      1.234,50\tEUR\t12\n"
    "\t\t15.10.2026\t10\t0000410010\t0000650100\tGutschrift\tITX-1\t        234,50-\tEUR\t2-\n"
    "*\t\t\t\t\t0000650100\t\t\t      1.000,00\tEUR\t10\n"
    "\t\t02.11.2026\t11\t0000410010\t0000650200\tLizenzen\tITX-2\t     10.000,00\tEUR\t\n"
    "*\t\t\t\t\t0000650200\t\t\t     10.000,00\tEUR\t\n**\t\t\t\t\t\t\t\t     11.000,00\tEUR\t\n"
)
CJI3: list[Row] = [
    ["Object", "Posting Date", "Per", "Year", "Cost Elem.", "Name", "Val/COArea Crcy", "COCrcy", "Value TranCurr", "TCurr",
     "Total Quantity", "PUM", "Document Number"],
    ["ITX-1", date(2026, 10, 3), "010", "2026", "0000650100", "Work", 1000.10, "EUR", 1100.11, "USD", 8, "H", "0100004711"],
    ["ITX-1", date(2026, 10, 7), "010", "2026", "0000650100", "Work", -200.05, "EUR", -220.06, "USD", -2, "H", "0100004712"],
    ["ITX-2", date(2026, 11, 7), "011", "2026", "0000650300", "Hosting", 50.00, "EUR", 50.00, "EUR", 1, "EA", "0100004713"],
    [None, None, None, None, "0000650100", None, 850.05, "EUR", None, None, 6, "H", None],
]  # fmt: skip
PIVOT: list[Row] = [
    ["Sum of Amount EUR", None, "Month"],
    ["Measure", "Cost type", *MONTHS[:3], "Grand Total"],
    ["ITX-1", "Licences", 10.5, 11.5, 12.5, 34.5],
    [None, "Consulting", 1, None, 3, 4],
    [None, "Travel", 0.25, 0.25, None, 0.5],
    ["ITX-1 Total", None, 11.75, 11.75, 15.5, 39],
    ["ITX-2", "Licences", 100, None, 100, 200],
    [None, "Consulting", 5, 5, 5, 15],
    ["ITX-2 Total", None, 105, 5, 105, 215],
    ["Grand Total", None, 116.75, 16.75, 120.5, 254],
]


def two_rows_of_heads() -> list[Row]:
    """Months as days above plan and actual, with a total behind each quarter."""
    above: Row = ["Measure", "Owner"]
    below: Row = [None, None]
    rows: list[Row] = [["ITX-1", "A"], ["ITX-2", "B"]]
    for quarter in (0, 1):
        heads: Row = [*MONTHS[3 * quarter : 3 * quarter + 3], f"Q{quarter + 1} 2026"]
        for head in heads:
            above += [head, None]
            below += ["Plan", "Actual"]
            months = 3 if isinstance(head, str) else 1
            rows[0] += [100.25 * months, 50 * months]
            rows[1] += [200.5 * months, 25.01 * months]
    total: Row = ["Total", None, *(float(str(rows[0][i])) + float(str(rows[1][i])) for i in range(2, len(above)))]
    return [["Benefits FY2026 in EUR"], above, below, *rows, total]


SIX = " ".join(f"actual 2026-{month:02} EUR 75.01 plan 2026-{month:02} EUR 300.75" for month in range(1, 7))
EXPORTED = {
    "KSB1, a list with subtotals": Exported(KSB1, "actual 2026-10 EUR 1000.00 actual 2026-11 EUR 10000.00"),
    "CJI3, in the currency of the books and that of the document": Exported(
        CJI3, "actual 2026-10 EUR 800.05 actual 2026-11 EUR 50.00"
    ),
    "S_ALR, actual and plan with variances": Exported(
        "Kostenstellen: Ist/Plan/Abweichung;;;;;Seite: 1\nKostenstelle/Gruppe;0000410010;;;;\nBerichtszeitraum:;10 bis 10 2026;;;;\n"
        "Kostenarten;;Istkosten;Plankosten;Abw (abs);Abw (%)\n650100  Beratung;;1.234,50;1.000,00;234,50;23,45\n"
        "650200  Lizenzen;;500,00;600,00;100,00-;16,67-\n* Belastung;;1.734,50;1.600,00;134,50;8,41\n"
        "** Über-/Unterdeckung;;1.734,50;1.600,00;134,50;8,41\n",
        "actual 2026-10 EUR 1734.50 plan 2026-10 EUR 1600.00",
        subjects="650100 Beratung|650200 Lizenzen",
    ),
    "a list between pipes": Exported(
        f"{'-' * 60}\n|Object    |Per|Year|Cost Elem.|        Val.in RC|Crcy|\n{'-' * 60}\n"
        "|ITX-1     |010|2026|650100    |        1,234.50 |EUR |\n|ITX-1     |010|2026|650100    |          234.50-|EUR |\n"
        f"|ITX-2     |011|2026|650100    |           50.00 |EUR |\n{'-' * 60}\n"
        f"|*         |   |    |          |        1,050.00 |EUR |\n{'-' * 60}\n",
        "actual 2026-10 EUR 1000.00 actual 2026-11 EUR 50.00",
    ),
    "apostrophes before codes and numbers": Exported(
        "'Order,'Cost center,'Period,'Amount,'Currency\n'000000400123,'0000410010,'2026.010,'1234.50,'EUR\n"
        "'000000400124,'0000410010,'2026.011,'-34.50,'EUR\n",
        "actual 2026-10 EUR 1234.50 actual 2026-11 EUR -34.50",
        subjects="000000400123 000000400124",
    ),
    "months as days above plan and actual, with quarters": Exported(two_rows_of_heads(), SIX),
    "years above months": Exported(
        [["Project", 2026, None, None, 2027], [None, "Oct", "Nov", "Dec", "Jan"], ["ITX-1", 1, 2, 3, 4], ["ITX-2", 1, 1, 1, 1]],
        "actual 2026-10 EUR 2 actual 2026-11 EUR 3 actual 2026-12 EUR 4 actual 2027-01 EUR 5",
    ),
    "a pivot table": Exported(PIVOT, "actual 2026-01 EUR 116.75 actual 2026-02 EUR 16.75 actual 2026-03 EUR 120.5"),
    "totals of a quarter and a year, and of all rows": Exported(
        [["Cost centre", "Cost element", "Internal order", "Jan-26", "Feb-26", "Mar-26", "Q1-26", "FY26"],
         ["0000410010", "0000650100", "000000400123", 10.1, 20.2, 30.3, 60.6, 60.6],
         ["0000410020", "0000650100", "000000400124", 1, 2, 3, 6, 6], ["Total", None, None, 11.1, 22.2, 33.3, 66.6, 66.6]],
        "actual 2026-01 EUR 11.1 actual 2026-02 EUR 22.2 actual 2026-03 EUR 33.3",
        subjects="000000400123 000000400124",
    ),
    "amounts since the begin of the year": Exported(
        "Project;YTD Jan 2026;YTD Feb 2026;YTD Mar 2026\nITX-1;100,50;250,75;240,75\nITX-2;10,00;10,00;30,00\n",
        "actual 2026-01 EUR 110.50 actual 2026-02 EUR 150.25 actual 2026-03 EUR 10.00",
    ),
    "months beside amounts since the begin of the year": Exported(
        "Project;Jan 2026;Feb 2026;YTD Feb 2026\nITX-1;1,50;2,50;4,00\nITX-2;1,00;0,00;1,00\n",
        "actual 2026-01 EUR 2.50 actual 2026-02 EUR 2.50",
    ),
    "plan, actual and variance of each month": Exported(
        "Project;Jan 2026 Plan;Jan 2026 Actual;Jan 2026 Variance;Feb 2026 Plan;Feb 2026 Actual;Feb 2026 Variance;Total Plan;"
        "Total Actual\nITX-1;1.000,50;900,25;-100,25;1,00;2,00;1,00;1.001,50;902,25\nITX-2;5,00;6,00;1,00;0;0;0;5,00;6,00\n",
        "actual 2026-01 EUR 906.25 actual 2026-02 EUR 2.00 plan 2026-01 EUR 1005.50 plan 2026-02 EUR 1.00",
    ),
    "document and company currency": Exported(
        "Project;Buchungsdatum;Betrag in BelegWähr;Belegwährung;Betrag in Hauswähr;Hauswährung\n"
        "ITX-1;01.10.2026;1.000,00;USD;920,10;EUR\nITX-2;02.10.2026;500,00;CHF;530,20;EUR\n",
        "actual 2026-10 EUR 1450.30",
    ),
    "a fiscal year from April, called by the year in which it begins": Exported(
        "Cost centre,WBS element,Fiscal year,Posting period,Amount in LC,Currency\n0000410010,ITX-1,2026,001,100.00,GBP\n"
        "0000410010,ITX-1,2026,012,200.00,GBP\n0000410010,ITX-1,2026,013,5.00,GBP\n0000410010,ITX-2,2026,016,-5.00,GBP\n",
        "actual 2026-04 GBP 100.00 actual 2027-03 GBP 200.00",
        {"year:\n": "year_ends: 3\nyear_named_by: first\nyear:\n"},
    ),
    "months of a fiscal year from October": Exported(
        "Project;Oct FY27;Dec FY27;Jan FY27;Sep FY27\nITX-1;1,10;3,30;4,40;12,00\nITX-2;1;1;1;1\n",
        "actual 2026-10 EUR 2.10 actual 2026-12 EUR 4.30 actual 2027-01 EUR 5.40 actual 2027-09 EUR 13.00",
    ),
    "periods of a fiscal year from July": Exported(
        "Project;P01 FY27;P02 FY27;P12 FY27\nITX-1;1.00;2.00;12.00\nITX-2;1;1;1\n",
        "actual 2026-07 EUR 2.00 actual 2026-08 EUR 3.00 actual 2027-06 EUR 13.00",
        {"decimal: .\n": "decimal: .\nyear_ends: 6\n"},
    ),
    "Indian months of a fiscal year": Exported(
        'Project,FY2025-26 Apr,FY2025-26 Mar\nITX-1,"₹12,34,567.50","(5,000.00)"\nITX-2,"Rs. 2,50,000.00",2 crore\n',
        "actual 2025-04 INR 1484567.50 actual 2026-03 INR 19995000.00",
    ),
    "Swiss amounts without cents": Exported(
        "Projekt;Jan. 26;Feb. 26\nITX-1;CHF 1’234.50;CHF 12’000.–\nITX-2;CHF 1'000'000.00;-\n",
        "actual 2026-01 CHF 1001234.50 actual 2026-02 CHF 12000",
    ),
    "Brazilian words": Exported(
        "Projeto;Mês;Orçado;Realizado\nITX-1;jan/2026;R$ 1.234,56;R$ 1.000,00\nITX-1;fev/2026;R$ 2.000,00;(R$ 50,00)\n"
        "ITX-2;jan/2026;R$ -1,00;R$ 3,00\nTotal geral;;R$ 3.233,56;R$ 953,00\n",
        "actual 2026-01 BRL 1003.00 actual 2026-02 BRL -50.00 budget 2026-01 BRL 1233.56 budget 2026-02 BRL 2000.00",
    ),
    "months in rows, in thousands": Exported(
        [["EUR k", "ITX-1", "ITX-2", "Total"], [MONTHS[0], 1.5, 2, 3.5], [MONTHS[1], 1.5, 2.25, 3.75], [MONTHS[2], 1, 2, 3],
         ["Q1", 4, 6.25, 10.25]],
        "actual 2026-01 EUR 3500 actual 2026-02 EUR 3750 actual 2026-03 EUR 3000",
    ),
    "hours, rates and licences beside amounts": Exported(
        "Measure,Month,Hours,Rate,Amount EUR,Licences (qty)\nITX-1,2026-10,10,100,1000.00,5\nITX-2,2026-10,3,99.5,298.50,7\n",
        "actual 2026-10 EUR 1298.50",
    ),
    "a reversal and its split": Exported(
        "Doc no;Line;Project;Posting date;Amount;Currency;Text\n4711;1;ITX-1;31.10.2026;1000,00;EUR;Invoice\n"
        "4712;1;ITX-1;02.11.2026;-1000,00;EUR;Reversal\n4713;1;ITX-1;02.11.2026;600,00;EUR;Split 1\n"
        "4713;2;ITX-2;02.11.2026;399,99;EUR;Split 2\n4713;3;ITX-2;02.11.2026;0,01;EUR;Rounding\n",
        "actual 2026-10 EUR 1000.00 actual 2026-11 EUR 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTED)
def test_an_export_is_read_to_the_cent(name: str) -> None:
    exported = EXPORTED[name]
    found = propose(exported.sheet(), "exported")
    assert isinstance(found, Proposal), found
    text = profile_yaml(found.profile)
    for before, after in exported.changed.items():
        assert before in text
        text = text.replace(before, after)
    assert len(text.splitlines()) - len(profile_yaml(found.profile).splitlines()) <= 5
    read = read_lines(exported.sheet(), load_profile(text))
    assert list(map(str, read.problems)) == []
    totals: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for line in read.lines:
        posting = line.posting
        totals[posting.version.value, str(posting.month), posting.money.currency] += posting.money.amount
    assert totals == wanted(exported.totals)
    separator = "|" if "|" in exported.subjects else " "
    assert {line.subject for line in read.lines} == set(exported.subjects.split(separator))


def wanted(text: str) -> dict[tuple[str, str, str], Decimal]:
    words = text.split()
    return {(words[i], words[i + 1], words[i + 2]): Decimal(words[i + 3]) for i in range(0, len(words), 4)}


def test_cost_centres_and_accounts_of_a_list_go_into_the_ledger_with_their_zeros() -> None:
    found = propose(EXPORTED["KSB1, a list with subtotals"].sheet(), "ksb1")
    assert isinstance(found, Proposal)
    assert [(one.posting.cost_centre, one.posting.gl_account) for one in found.read.lines] == [
        ("0000410010", "0000650100"), ("0000410010", "0000650200"),
    ]  # fmt: skip


LIST = "Object;Month;Amount\nITX-1;2026-10;100\nITX-2;2026-10;50\n{};2026-10;{}\n"
SUMMED = (
    "name: p\nsubject: {column: Object}\ncurrency: EUR\nsubtotals: true\namounts:\n"
    "  - {column: Amount, version: actual, kind: capex, month: {column: Month}}\n"
)


@pytest.mark.parametrize(
    ("name", "amount", "problem"),
    [
        ("* Sum", "150", ""), ("", "150", ""), ("", "150,01", ""),
        ("* Sum", "150,02", 'A4: "* Sum" reads as a subtotal, and is not the sum of the rows above it. Export all rows of '
                            "the list, or add the row to skip."),
        ("", "50", "C4: There is an amount, and the cell of \"Object\" is empty. Fill it in, add the row to skip, or write "
                   "incomplete: quarantine in the profile."),
    ],
)  # fmt: skip
def test_a_row_without_a_name_is_a_subtotal_only_where_it_adds_up(name: str, amount: str, problem: str) -> None:
    read = read_lines(
        read_file("list.csv", LIST.format(name, amount).encode()), load_profile(SUMMED + "decimal: ','\n")
    )
    assert list(map(str, read.problems)) == ([problem] if problem else [])
    assert (sum(one.posting.money.amount for one in read.lines), read.subtotals) == (150, 0 if problem else 1)


def test_a_year_beside_some_of_its_months_is_not_added_to_them() -> None:
    text = (
        "name: p\nsubject: {column: Object}\ncurrency: EUR\nlonger_periods: last\namounts:\n"
        "  - {months: '*', version: actual, kind: capex}\n"
    )
    read = read_lines(read_file("a.csv", b"Object;Jan 2026;Feb 2026;FY26\nITX-1;1;2;3\n"), load_profile(text))
    assert list(map(str, read.problems)) == [
        'The column "FY26" holds months that stand in other columns as well. Write longer_periods: skip in the profile when '
        "it is a total of them."
    ]


def test_an_empty_row_ends_what_a_column_repeats() -> None:
    profile = load_profile(SUMMED.replace("subtotals: true", "repeated: [Object]"))
    rows = "Object;Month;Amount\nITX-1;2026-10;1\n;2026-11;2\n;;\n;2026-12;4\n"
    read = read_lines(read_file("a.csv", rows.encode()), profile)
    assert [one.subject for one in read.lines] == ["ITX-1", "ITX-1"]
    assert [problem.cell for problem in read.problems] == ["C5"]


def test_a_list_whose_subtotal_does_not_add_up_is_refused_as_it_is_proposed() -> None:
    found = propose(read_file("list.csv", LIST.format("* Sum", "149,00").encode()), "list")
    assert isinstance(found, Proposal)
    assert [problem.cell for problem in found.read.problems] == ["A4"]


def test_keys_are_keys_whatever_totals_stand_between_them() -> None:
    found = propose(EXPORTED["a pivot table"].sheet(), "pivot")
    assert isinstance(found, Proposal)
    assert (found.profile.subject.column, found.profile.subject.by) == ("Measure", "key")
