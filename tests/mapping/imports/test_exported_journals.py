"""Journals, and columns for each month that look alike: the proposed profile reads them, and adds up nothing twice."""

from __future__ import annotations

import pytest

from connector.finance.files.read import read_file
from mapping.imports.propose import Proposal, propose
from tests.mapping.imports.test_exported_lists import wanted

JOURNALS = {
    "debits and credits": (
        "Period Name,Account,Project,Debit,Credit,Currency\nOCT-26,650100,ITX-1,1000.00,,EUR\n"
        "OCT-26,650100,ITX-1,,200.50,EUR\nNOV-26,650100,ITX-2,50.00,0.00,EUR\n",
        "actual 2026-10 EUR 799.50 actual 2026-11 EUR 50.00",
    ),
    "Soll and Haben": (
        "Buchungsdatum;Projekt;Soll;Haben;Währung\n01.10.2026;ITX-1;1.000,00;;EUR\n02.10.2026;ITX-1;;200,50;EUR\n",
        "actual 2026-10 EUR 799.50",
    ),
    "a letter for each version": (
        "Project,Jan-26 B,Jan-26 A,Jan-26 F\nITX-1,10,11,12\nITX-2,1,1,1\n",
        "actual 2026-01 EUR 12 budget 2026-01 EUR 11 forecast 2026-01 EUR 13",
    ),
    "the year before beside each month": (
        "Project;Jan 2026 Ist;Jan 2026 Vorjahr;Feb 2026 Ist;Feb 2026 Vorjahr\nITX-1;10;9;20;19\nITX-2;1;1;1;1\n",
        "actual 2026-01 EUR 11 actual 2026-02 EUR 21",
    ),
    "two columns for each month that nobody explains": (
        "Project,Jan-26 X1,Jan-26 X2,Feb-26 X1,Feb-26 X2\nITX-1,10,11,20,21\nITX-2,1,1,1,1\n",
        "actual 2026-01 EUR 11 actual 2026-02 EUR 21",
    ),
    "heads on every page": (
        "|Object    |Per|Year|        Val.in RC|Crcy|\n|ITX-1     |010|2026|        1,234.50 |EUR |\n"
        "|ITX-1     |010|2026|          234.50-|EUR |\n----------\n|Object    |Per|Year|        Val.in RC|Crcy|\n----------\n"
        "|ITX-2     |011|2026|           50.00 |EUR |\n",
        "actual 2026-10 EUR 1000.00 actual 2026-11 EUR 50.00",
    ),
    "numbers of months below the year": (
        f"Plan 2026;;\nProject;{';'.join(map(str, range(1, 13)))}\nITX-1;{';'.join(['10,50'] + ['0'] * 10 + ['2,00'])}\n",
        "actual 2026-01 EUR 10.50 actual 2026-12 EUR 2 "
        + " ".join(f"actual 2026-{month:02} EUR 0" for month in range(2, 12)),
    ),
    "periods of a year that is called by two": (
        "Fiscal Year,Fiscal Period,WBS,Amount\n2026/27,1,ITX-1,100.00\n2026/27,12,ITX-2,5.00\n",
        "actual 2026-04 EUR 100.00 actual 2027-03 EUR 5.00",
    ),
    "a currency in each cell": (
        "Measure;Month;Amount\nITX-1;2026-10;1.234,50 EUR\nITX-2;2026-10;12,00 USD\nITX-2;2026-11;-3,00 EUR\n",
        "actual 2026-10 EUR 1234.50 actual 2026-10 USD 12 actual 2026-11 EUR -3",
    ),
    "T€ in the heads, and a share": (
        "Maßnahme;Monat;Plan in T€;Ist in T€;Abw. in %\nITX-1;Okt 26;1,5;1,25;-16,7\nITX-2;Okt 26;2;2;0\n",
        "actual 2026-10 EUR 3250 plan 2026-10 EUR 3500",
    ),
    "quarters beside a year": (
        "Project;Q1 FY26 Plan;Q1 FY26 Actual;Q2 FY26 Plan;Q2 FY26 Actual;FY26 Plan\nITX-1;3,00;3,30;0;0;3,00\n",
        "actual 2026-01 EUR 1.10 actual 2026-02 EUR 1.10 actual 2026-03 EUR 1.10 plan 2026-01 EUR 1 plan 2026-02 EUR 1 "
        "plan 2026-03 EUR 1 "
        + " ".join(f"{one} 2026-0{month} EUR 0" for one in ("actual", "plan") for month in (4, 5, 6)),
    ),
    "an invoice and what was paid of it": (
        'Project,Invoice Date,Amount Due,Amount Paid\nITX-1,10/31/2026,"$1,000.00",$400.00\nITX-2,11/05/2026,$50.00,$50.00\n',
        "actual 2026-10 USD 1000.00 actual 2026-11 USD 50.00",
    ),
}


@pytest.mark.parametrize("name", JOURNALS)
def test_nothing_is_added_up_twice(name: str) -> None:
    content, totals = JOURNALS[name]
    found = propose(read_file("journal.csv", content.encode()), "journal")
    assert isinstance(found, Proposal), found
    assert list(map(str, found.read.problems)) == []
    sums: dict[tuple[str, str, str], object] = {}
    for line in found.read.lines:
        posting = line.posting
        key = (posting.version.value, str(posting.month), posting.money.currency)
        sums[key] = sums.get(key, 0) + posting.money.amount  # type: ignore[operator]
    assert sums == wanted(totals)


def test_what_is_left_out_is_said() -> None:
    content, _ = JOURNALS["two columns for each month that nobody explains"]
    found = propose(read_file("journal.csv", content.encode()), "journal")
    assert isinstance(found, Proposal)
    assert '"* X2" is left out: another column states the same version and kind (amounts).' in found.unsure


def test_an_amount_without_a_currency_is_not_in_that_of_its_neighbours() -> None:
    rows = "Measure;Month;Amount\nITX-1;2026-10;1.234,50 EUR\nITX-2;2026-10;12,00 USD\nITX-2;2026-11;5,00\n"
    found = propose(read_file("journal.csv", rows.encode()), "journal")
    assert isinstance(found, Proposal)
    assert (found.profile.currency, found.profile.incomplete) == ("cell", "quarantine")
    assert [(str(one.posting.money), one.gap) for one in found.read.lines] == [
        ("1,234.50 EUR", ""), ("12 USD", ""), ("5 XXX", "currency"),
    ]  # fmt: skip


def test_words_of_benefits_and_costs_in_one_column_are_told_apart() -> None:
    rows = "Initiative,Impact type,2026-01\nITX-1,Cost reduction,100\nITX-1,Implementation cost,50\nITX-2,Revenue uplift,10\n"
    found = propose(read_file("journal.csv", rows.encode()), "journal")
    assert isinstance(found, Proposal)
    assert [f"{one.posting.kind.value} {one.posting.money.amount}" for one in found.read.lines] == [
        "benefit 100", "one_off_cost 50", "benefit 10",
    ]  # fmt: skip
    unknown = propose(read_file("journal.csv", rows.replace("Cost reduction", "Blue").encode()), "journal")
    assert isinstance(unknown, Proposal)
    assert 'Rows that are added up may differ in "Impact type": say under kind what its words mean.' in unknown.unsure


@pytest.mark.parametrize("side", ["250.00 Cr", "1,000.00 Dr", "2 cr"])
def test_a_side_of_the_account_behind_an_amount_is_asked_about_and_never_ten_millions(side: str) -> None:
    rows = f'Project,Month,Amount,Currency\nITX-1,2026-10,"{side}",EUR\nITX-2,2026-10,"{side}",EUR\n'
    found = propose(read_file("journal.csv", rows.encode()), "journal")
    assert isinstance(found, Proposal)
    assert next(str(problem) for problem in found.read.problems) == (
        f'C2: "{side}" names a side of the account, or crores. Write credits with a minus, debits without a sign, and crore '
        "in full."
    )


def test_a_month_of_which_nothing_is_known_yet_is_read_with_the_others() -> None:
    rows = "Project,Jan 2026,Feb 2026\nITX-1,n/a,TBD\nITX-2,-,10\n"
    found = propose(read_file("journal.csv", rows.encode()), "journal")
    assert isinstance(found, Proposal)
    assert list(map(str, found.read.problems)) == []
    assert [str(one.posting.money) for one in found.read.lines] == ["10 EUR"]
