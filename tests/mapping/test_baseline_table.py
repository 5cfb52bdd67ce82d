"""A baseline by month as controllers paste it, and what is wrong with one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from governance.baseline_series import BaselineSeries
from governance.facts import Unknown
from mapping.baseline_table import read_baseline
from mapping.map_item import MappedMeasure, map_item
from mapping.work_item import FieldValue
from tests.mapping.items import expression_scope, item
from tests.mapping.test_classes import loaded
from tests.mapping.test_governing import SOUND

TABLE = """
month   | volume | price | currency | rate
--------|--------|-------|----------|-----
2026-02 | 1,100.5 | 12.50 | USD | 0.935
2026-01 | 1000 | 12,50
"""


def test_months_come_in_their_order_with_the_baselines_own_currency() -> None:
    found = read_baseline(TABLE, "EUR")
    assert isinstance(found, BaselineSeries)
    assert [(str(one.month), one.volume, str(one.price), one.rate) for one in found.months] == [
        ("2026-01", Decimal(1000), "12.50 EUR", None),
        ("2026-02", Decimal("1100.5"), "12.50 USD", Decimal("0.935")),
    ]
    assert read_baseline(" \n", "EUR") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("month | volume", "the first line of the table has to name month, volume, price, each once"),
        ("month | volume | price | colour", '"colour" is no column; the columns are month, volume, price, currency, rate'),
        ("month|volume|price\n2026-01|x|1", 'line 2 of the table: the volume "x": this is not an amount; write it as 1234567.89'),
        ("month|volume|price\n2026-01|5|", 'line 2 of the table: the price "": this is not an amount; write it as 1234567.89'),
        ("month|volume|price\n2026-01|-5|1", "line 2 of the table: the volume -5 is below zero"),
        ("month|volume|price\n2026-01|5|1\n2026-01|5|1", "line 3 of the table: Jan 2026 is listed twice"),
        ("month|volume|price|rate\n2026-01|5|1|0.9", "line 2 of the table: a price in EUR needs no rate"),
        (
            "month|volume|price|currency|rate\n2026-01|5|1|USD|0",
            'line 2 of the table: the rate "0" is no number above zero; write it like 0.92',
        ),
        ("month|volume|price|currency\n2026-01|5|1|dollar", 'line 2 of the table: "dollar" is no currency; write it like EUR'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table(text: str, problem: str) -> None:
    assert read_baseline(text, "EUR") == problem


def test_a_field_of_the_item_is_the_baseline_of_its_measure() -> None:
    facts = "    facts: {baseline: Baseline, baseline_series: Series, baseline_kind: Kind}\n"
    config = loaded(SOUND.replace("    roles: {owner: Assignee", f"{facts}    roles: {{owner: Assignee")).config

    def series(text: str) -> object:
        fields: dict[str, FieldValue] = {"Baseline": "1200 USD", "Series": text, "Kind": "cost"}
        found = map_item(expression_scope(item(fields)), config)
        assert isinstance(found, MappedMeasure), found
        return found.measure.baseline_series

    assert str(series("month | volume | price\n2026-01 | 10 | 5")) == "5 USD from Jan 2026"
    assert series("month | price") == Unknown(
        'the field "Series": the first line of the table has to name month, volume, price, each once'
    )
