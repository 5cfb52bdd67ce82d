"""A table with one column twice: nobody knows which of the two counts, and none is taken."""

from __future__ import annotations

import pytest

from connector.finance import ledger_lines, objectives_file
from connector.finance.capacity_file import read_capacity_file
from connector.finance.ledger_lines import read_csv
from connector.finance.objectives_file import read_objectives_file
from connector.finance.service_values import read_values_file
from governance.money import Period
from governance.rates import RateKind
from mapping.imports.cells import SheetTable
from mapping.imports.rate_files import read_rates


def test_two_amounts_of_ledger_lines() -> None:
    head, line = "measure,version,kind,month,amount,Amount,currency", "ITX-1,actual,capex,2026-10,100,900,EUR"
    with pytest.raises(ledger_lines.WrongLine, match=r'^the first line names the column "amount" twice$'):
        list(read_csv(f"{head}\n{line}\n"))


@pytest.mark.parametrize("head", ["team;month;hours;Hours", "team;month;planned;hours"])
def test_two_columns_of_hours(head: str) -> None:
    name = head.rsplit(";", 1)[1].lower()
    told = f'The first line names the column "{name}" twice. Take one of them out.'
    if "planned" in head:
        told = "The first line names the columns planned and hours, which are the same. Take one of them out."
    assert read_capacity_file("hours.csv", f"{head}\nCRM;2026-10;1;2\n".encode()) == told


def test_two_values_of_a_service() -> None:
    assert read_values_file("demand.csv", b"service;month;value;Value\nCRM;2026-10;1;2\n") == (
        'The first line names the column "value" twice. Take one of them out.'
    )
    # Of what is not read there may be as many as there are.
    assert not isinstance(read_values_file("f.csv", b"service;month;value;note;note\nCRM;2026-10;1;a;b\n"), str)


def test_two_targets_of_a_key_result() -> None:
    content = b"objective;key_result;target;target\ngrow;sales;10;20\n"
    with pytest.raises(objectives_file.WrongLine, match=r'^The first line names the column "target" twice'):
        read_objectives_file("okr.csv", content)


def test_two_rates() -> None:
    sheet = SheetTable("r.csv", [["currency", "to", "month", "rate", "Rate"], ["USD", "EUR", "2026-10", "0.9", "0.8"]])
    found, problems = read_rates(sheet, RateKind.AVERAGE, frozenset(), Period(2026, 10))
    assert not found
    assert [*map(str, problems)] == ['E1: The first row names the column "rate" twice. Take one of them out.']
