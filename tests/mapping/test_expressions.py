"""CEL over the normalised item: what it may say, what it gives, and that it cannot run away."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence import Children
from governance.facts import Unknown
from governance.money import Money
from mapping.expressions import LONGEST_LIST, Wrong, check, fields_in
from mapping.work_item import FieldValue
from tests.mapping.items import item, scope

SOME = item(
    {"Planned benefit": Decimal("1200000.5"), "Risk": "High", "Empty": None, "Cost": Money(Decimal(5), "USD")},
    children=Children(4, 3, in_progress=1),
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('item.status_category != "done" || item.updated > now - duration("8760h")', True),
        ('item.labels.exists(l, l.startsWith("gov"))', True),
        ('item.fields["Planned benefit"] > 1000000.0 ? "large" : "small"', "large"),
        ('item.fields["Planned benefit"] * 2.0', Decimal("2400001.0")),
        ("item.children.done * 100 / item.children.total", Decimal(75)),
        ('item.fields["Risk"] + " in " + item.project', "High in ITX"),
        ("item.fields.Sponsor.name", "M. Brandt"),
        ("item.fields.Cost.currency", "USD"),
        ('item.fields["Empty"] == null', True),
        ('"Nope" in item.fields', False),
        ('has(item.fields.Risk) && item.fields.Risk == "High"', True),
        ('item.key.matches("^ITX-[0-9]+$")', True),
        ('item.fields["Due date"]', datetime(2026, 4, 30, tzinfo=UTC)),
        ("item.labels", ("governed", "q4")),
        ("now.getFullYear()", Decimal(2026)),
    ],
)
def test_an_expression_gives_a_value(source: str, value: FieldValue) -> None:
    assert check(source) is None
    assert scope(SOME).evaluate(source) == value


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('item.fields["Nope"] == 1', "asks for 'Nope', which this item does not have"),
        ("1 / 0", "has no value here: division by zero in CEL expression"),
        ('item.fields["Empty"] > 5.0', "has no value here: "),
        ("item.fields", "the result is an object; name one part of it"),
    ],
)
def test_what_has_no_value_is_unknown_with_its_reason(source: str, reason: str) -> None:
    found = scope(SOME).evaluate(source)
    assert isinstance(found, Unknown)
    assert reason in found.reason


def test_children_that_were_not_read_have_no_number() -> None:
    found = scope(item(children=Unknown("hidden"))).evaluate("item.children.total")
    assert isinstance(found, Unknown)


def test_a_condition_is_true_or_false_or_unknown() -> None:
    assert scope(SOME).holds('item.type == "Epic"') is True
    assert scope(SOME).holds("item.type") == Unknown("the expression \"item.type\" gives 'Epic', not true or false")


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (
            "item.labels.exists(l l)",
            Wrong("this is not an expression: character 22: extraneous input 'l' expecting ')'."),
        ),
        ("item.staus == 'x'", Wrong("an item has no staus.", 'Did you mean "status"?')),
        ("itm.status == 'x'", Wrong("nothing is called itm.", 'Did you mean "item"?')),
        ("payload.issue == 'x'", Wrong("nothing is called payload.", "An expression sees item and now.")),
        (
            "item.fields[item.key] == 1",
            Wrong("a field is named in the expression itself.", 'Write item.fields["Field name"].'),
        ),
        ("'x' + " * 100 + "'x'", Wrong("an expression has at most 500 characters; this one has 603.")),
        (
            "item.labels.all(a, item.labels.all(b, item.labels.all(c, a + b == c)))",
            Wrong("an expression has at most 2 of all, exists, map and filter; this one has 3."),
        ),
        ("(" * 200 + "1" + ")" * 200, None),
    ],
)
def test_what_is_no_expression_says_why(source: str, wrong: Wrong | None) -> None:
    found = check(source)
    assert isinstance(found, Wrong)
    assert wrong is None or found == wrong


def test_the_fields_of_an_expression_are_known_before_it_runs() -> None:
    source = """item.fields["Planned benefit"] > 5.0 && item.fields.Risk == "x" && item.fields['Due date'] != null"""
    assert fields_in(source) == {"Planned benefit", "Risk", "Due date"}


def test_the_longest_work_that_passes_the_check_is_bounded() -> None:
    """By the number of macros, see above, and by the length of the lists that they go through."""
    many = item(labels=tuple(f"label-{n}" for n in range(10_000)))
    source = "item.labels.all(a, item.labels.all(b, a + b != 'x'))"
    assert check(source) is None
    assert scope(many).evaluate(source) is True
    assert scope(many).evaluate("size(item.labels)") == LONGEST_LIST


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(text: str) -> None:
    check(text)
    check(f"item.fields[{text}] == {text}")


@given(st.text(alphabet="()[]{}.,+-*/<>=!&|?:'\" item.fieldsnow019", max_size=120))
def test_what_passes_the_check_never_raises(text: str) -> None:
    if check(text) is None:
        scope(SOME).evaluate(text)
