"""Shapes of tables that people have: what the proposed profile reads of each, without a line changed by hand."""

from __future__ import annotations

import pytest

from connector.finance.files.read import read_file
from mapping.imports.propose import Proposal, propose

SHAPES = {
    "quarters": ("Measure;Kind;Q1 2026;Q2 2026\nITX-1;capex;9;\n", "2026-01 3.00, 2026-02 3.00, 2026-03 3.00"),
    "quarters without a year": ("Plan 2025;;\nMeasure;Q1;Q2\nITX-1;3;6\n", "2025-01 1.00, 2025-02 1.00, 2025-03 1.00"),
    "periods of a fiscal year": ("Project;FY26-P03;FY26-P04\nITX-1;10;20\n", "2026-03 10, 2026-04 20"),
    "periods of an ERP": ("WBS;003.2026;004.2026\nA;1;2\n", "2026-03 1, 2026-04 2"),
    "months with points": ("Project;01.2026;02.2026\nITX-1;1.234,50;2\n", "2026-01 1234.50, 2026-02 2"),
    "short months": ('Project,Jan-26,Feb-26\nITX-1,"1,234.50",2\n', "2026-01 1234.50, 2026-02 2"),
    "months without signs": ("WBS,202601,202602\nA,1,2\n", "2026-01 1, 2026-02 2"),
    "heads over two rows": (
        "Project;Jan 2026;;Feb 2026;\n;Plan;Ist;Plan;Ist\nA;1;2;3;4\n",
        "2026-01 2, 2026-02 4, 2026-01 1, 2026-02 3",
    ),
    "year and period beside each other": (
        "Order;Fiscal year;Period;Amount;Curr\n4711;2026;3;5,00;EUR\n",
        "2026-03 5.00",
    ),
    "thousands in the head": ("Project,Period,Actual (EUR k)\nITX-1,FY26-P03,12.5\n", "2026-03 12500"),
    "millions in the head": ("Project,Jan 2026 USD m,Feb 2026 USD m\nA,1.5,2\n", "2026-01 1500000.0, 2026-02 2000000"),
    "units in the cells": ("Project;Jan 2026\nA;12k\nB;1,5 Mio.\n", "2026-01 12000, 2026-01 1500000"),
    "Indian groups": ('Project,Jan 2026\nA,"12,34,567.50"\n', "2026-01 1234567.50"),
    "Swiss groups": ("Project;Jan 2026\nA;1'234.50\n", "2026-01 1234.50"),
    "a minus behind": ("Project;Jan 2026\nA;5,00-\nB;1,50\nC;2,50\n", "2026-01 -5.00, 2026-01 1.50, 2026-01 2.50"),
    "a sign inside quotes": ('Project;Note;Jan 2026\nA;"a;b";5\n', "2026-01 5"),
    "German totals": ("Auftrag;Jan 2026\nA;1\nSumme;1\nGesamtergebnis;1\n", "2026-01 1"),
    "French totals": ("Projet;janv. 2026\nA;1\nTotal général;1\n", "2026-01 1"),
    "Spanish totals": ("Proyecto;ene 2026\nA;1\nTotales;1\n", "2026-01 1"),
    "Italian totals": ("Progetto;gen 2026\nA;1\nTotale complessivo;1\n", "2026-01 1"),
    "Dutch totals": ("Project;mrt 2026\nA;1\nTotaal;1\n", "2026-03 1"),
    "a long list whose first column is the period": (
        'Posting period,Object,Amount in LC,Currency,Cost element,Text\n003.2026,A,"(1,500.00)",EUR,650000,Credit\n'
        '003.2026,B,"2,500.00",EUR,650000,Work\n004.2026,C,3 100.00,EUR,650000,x\n005.2026,C,"2,100.00",EUR,650000,x\n',
        "2026-03 -1500.00, 2026-03 2500.00, 2026-04 3100.00",
    ),
    "a long list of months, each once": (
        "Monat;Kostenstelle;Betrag;Währung\n01.2026;A;10,50;EUR\n02.2026;B;20,50;EUR\n03.2026;C;5,25;EUR\n",
        "2026-01 10.50, 2026-02 20.50, 2026-03 5.25",
    ),
    "measures in columns": ("Month;ITX-1;A\n2026-01;10;20\n2026-02;11;21\n2026-03;12;22\n", "2026-01 10"),
    "a total of the year beside its months": (
        "Project,"
        + ",".join(
            f"{name}-26"
            for name in ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        )
        + ",FY26\nITX-1,"
        + ",".join("1" * 12)
        + ",12\n",
        "2026-01 1, 2026-02 1",
    ),
    "the unit above the heads": (
        "Benefits FY26 (kEUR);;\nProject;Jan 2026;Feb 2026\nITX-1;1,5;2\n",
        "2026-01 1500.0, 2026-02 2000",
    ),
    "lines above the heads": ("Report\nprinted\n\nOrder;Month;Amount\nA;2026-10;12,50\n", "2026-10 12.50"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_is_read_by_what_is_proposed(shape: str) -> None:
    content, wanted = SHAPES[shape]
    found = propose(read_file("table.csv", content.encode()), "shape")
    assert isinstance(found, Proposal), found
    assert list(map(str, found.read.problems)) == []
    assert ", ".join(f"{one.posting.month} {one.posting.money.amount:f}" for one in found.read.lines).startswith(wanted)
    assert {one.subject for one in found.read.lines} <= {"A", "B", "C", "ITX-1", "4711"}


def test_measures_are_found_by_the_column_of_keys_whatever_its_head() -> None:
    content = (
        "Posting period,Object,Amount,Text\n003.2026,MOD-1,5.00,Credit\n003.2026,MOD-1,7.00,Work\n"
        "004.2026,PRJ0000002,1.00,x\n"
    )
    found = propose(read_file("table.csv", content.encode()), "shape")
    assert isinstance(found, Proposal)
    assert (found.profile.subject.column, found.profile.subject.by) == ("Object", "key")
    assert {one.subject for one in found.read.lines} == {"MOD-1", "PRJ0000002"}


def test_what_an_amount_is_comes_from_the_words_of_its_row() -> None:
    content = (
        "Measure,Type,Version,Jan 2026\nITX-1,Savings,Actuals,10\nITX-1,One-off cost,Actuals,4\nITX-1,Run cost,FC,2\n"
    )
    found = propose(read_file("table.csv", content.encode()), "shape")
    assert isinstance(found, Proposal)
    assert [(one.posting.kind.value, one.posting.version.value) for one in found.read.lines] == [
        ("benefit", "actual"), ("one_off_cost", "actual"), ("recurring_cost", "forecast"),
    ]  # fmt: skip


def test_costs_below_zero_beside_benefits_are_costs() -> None:
    content = "Measure,Type,Jan 2026,Feb 2026\nITX-1,Savings,10,-1\nITX-1,One-off cost,-4,-5\n"
    found = propose(read_file("table.csv", content.encode()), "shape")
    assert isinstance(found, Proposal)
    assert (found.profile.sign, found.profile.negative) == ("negative_costs", "credit")
    assert [f"{one.posting.kind.value} {one.posting.money.amount}" for one in found.read.lines] == [
        "benefit 10", "benefit -1", "one_off_cost 4", "one_off_cost 5",
    ]  # fmt: skip
