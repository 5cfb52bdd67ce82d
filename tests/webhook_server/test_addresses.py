"""Addresses are those that Werkzeug itself would write."""

from __future__ import annotations

from enum import StrEnum

import pytest
from werkzeug.routing import Map, Rule

from governance.money import Period
from webhook_server.addresses import PageRule


class Colour(StrEnum):
    RED = "red"


def test_a_month_is_one_value() -> None:
    adapter = Map([PageRule("/portfolio", endpoint="portfolio")]).bind("gatepost.example", "/")
    assert adapter.build("portfolio", {"first": Period(2026, 3)}) == "/portfolio?first=2026-03"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "jira-main/1"},
        {"name": "a", "portfolio": "Group IT", "program": "Größe & Maß = 100 % + 1", "left": None},
        {"name": "a", "text": "!$'()*,/:;?@\"<>#[]|\\~\n", "": ""},
        {"name": "a", "text": "long & " * 50},
        {"name": "a", "code": ["ONE", "TWO"], "unit": ("x y", "z"), "none": [], "n": 7, "status": Colour.RED},
        {"name": "a", "value": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
    ],
)
def test_a_query_is_written_as_by_the_library(values: dict[str, object]) -> None:
    def built(kind: type[Rule]) -> str:
        rules = Map([kind("/measures/<path:name>", endpoint="measure"), kind("/portfolio", endpoint="portfolio")])
        adapter = rules.bind("gatepost.example", "/")
        endpoint = "measure" if "name" in values else "portfolio"
        return adapter.build(endpoint, values) + adapter.build("portfolio", values)

    assert built(PageRule) == built(Rule)
