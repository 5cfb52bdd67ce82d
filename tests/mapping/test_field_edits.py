"""Whom a changed field is put down to, and which amounts it feeds."""

from __future__ import annotations

import pytest

from governance.measure import Person
from mapping.field_edits import MONEY, FieldEdit, field_edits
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import FieldName
from tests.mapping.test_apply import MAPPING

NOVAK = Person("n", "N. Novak", True)
EFFECTS = """    effects:
      currency: Currency
      timing: {benefit: {duration: 12, start: Live from}, one_off_cost: {over: work}}
      attributes: {benefit: {hard: Cashable}}
      forecast: {benefit: Forecast benefit, one_off_cost: Forecast cost}
"""


@pytest.mark.parametrize(
    ("field", "feeds"),
    [
        ("Forecast benefit", ("benefit",)),
        ("Forecast cost", ("one_off_cost",)),
        ("Planned benefit", ("benefit",)),
        ("Live from", ("benefit",)),
        ("Cashable", ("benefit",)),
        ("Currency", (MONEY,)),
        ("Due date", (MONEY,)),
        ("Sponsor", ()),
    ],
)
def test_what_a_changed_field_feeds(field: str, feeds: tuple[str, ...]) -> None:
    loaded = load_mapping(MAPPING.replace("    effects:\n", EFFECTS))
    assert isinstance(loaded, LoadedMapping)
    rule = loaded.config.measures[0]
    name = FieldName(field)
    assert field_edits({name}, {name: NOVAK}, rule) == (FieldEdit(name, NOVAK, feeds),)
    assert field_edits({name}, {FieldName("Another"): NOVAK}, rule) == (FieldEdit(name, None, feeds),)
    assert field_edits({FieldName("Nobody maps it")}, {}, rule) == ()
