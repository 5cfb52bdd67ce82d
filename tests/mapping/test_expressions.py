"""CEL over the normalised item: what it may say, what it gives, and that it cannot run away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence import Children
from governance.facts import Unknown
from governance.money import Money
from mapping.expression_cost import MAX_LIST_LENGTH
from mapping.expressions import ExpressionProblem, check_expression, fields_in
from mapping.work_item import FieldValue
from tests.mapping.items import expression_scope, item

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
    assert check_expression(source) is None
    assert expression_scope(SOME).evaluate(source) == value


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
    found = expression_scope(SOME).evaluate(source)
    assert isinstance(found, Unknown)
    assert reason in found.reason


def test_children_that_were_not_read_have_no_number() -> None:
    found = expression_scope(item(children=Unknown("hidden"))).evaluate("item.children.total")
    assert isinstance(found, Unknown)


def test_a_title_that_was_not_read_is_null() -> None:
    assert expression_scope(replace(SOME, title=None)).evaluate("item.title == null") is True


def test_a_condition_is_true_or_false_or_unknown() -> None:
    assert expression_scope(SOME).is_true('item.type == "Epic"') is True
    assert expression_scope(SOME).is_true("item.type") == Unknown(
        "the expression \"item.type\" gives 'Epic', not true or false"
    )


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (
            "item.labels.exists(l l)",
            ExpressionProblem("this is not an expression: character 22: extraneous input 'l' expecting ')'."),
        ),
        ("item.staus == 'x'", ExpressionProblem("an item has no staus.", 'Did you mean "status"?')),
        ("itm.status == 'x'", ExpressionProblem("nothing is called itm.", 'Did you mean "item"?')),
        ("payload.issue == 'x'", ExpressionProblem("nothing is called payload.", "An expression sees item and now.")),
        (
            "item.fields[item.key] == 1",
            ExpressionProblem("a field is named in the expression itself.", 'Write item.fields["Field name"].'),
        ),
        (
            "'x' + " * 100 + "'x'",
            ExpressionProblem(
                "an expression has at most 150 names, values and signs; this one has 201.",
                "Ask for less in one expression, or compute it in the tool.",
            ),
        ),
        (
            "(" * 200 + "1" + ")" * 200,
            ExpressionProblem(
                "an expression is nested at most 16 levels deep; this one is 200.",
                "Ask for less in one expression, or compute it in the tool.",
            ),
        ),
        ("item", ExpressionProblem("the item cannot be used as a whole.", "Name one part of it: item.key.")),
        (
            "[item.fields].all(f, f.Risk == 'High')",
            ExpressionProblem("all fields cannot be used at once.", 'Name one of them: item.fields["Field name"].'),
        ),
        (
            "item.labels.all(item, item == 'x')",
            ExpressionProblem("item is the name of something else.", "Give it another name: x."),
        ),
    ],
)
def test_what_is_no_expression_says_why(source: str, wrong: ExpressionProblem | None) -> None:
    found = check_expression(source)
    assert isinstance(found, ExpressionProblem)
    assert wrong is None or found == wrong


def test_the_fields_of_an_expression_are_known_before_it_runs() -> None:
    source = """item.fields["Planned benefit"] > 5.0 && item.fields.Risk == "x" && item.fields['Due date'] != null"""
    assert fields_in(source) == {"Planned benefit", "Risk", "Due date"}
    assert fields_in("item // all of it\n .fields . Risk == 'item.fields.Nothing'") == {"Risk"}
    assert fields_in("'Risk' in item.fields") == {"Risk"}
    assert fields_in("this is none") == frozenset()


LONG_TEXT = "x" * 10_000
LARGEST = item(
    {
        # One text, many times: the lists are long, and take no memory.
        "Texts": (LONG_TEXT,) * 10_000,
        "Lists": ((LONG_TEXT,) * 1_000,) * 1_000,
        "Text": "a" * 1_000_000,
    },
    labels=tuple(f"label-{n}" for n in range(10_000)),
)
_NESTED = ExpressionProblem(
    "all, exists, exists_one, map and filter stand at most 2 inside one another.",
    "Ask for it in two expressions, or compute it in the tool.",
)
_TOO_MUCH_WORK = ExpressionProblem(
    "this would take too long for an item with long lists and texts.",
    "Go through one list only, and make no lists inside lists.",
)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("item.labels.all(a, item.labels.all(b, item.labels.all(c, a + b == c)))", _NESTED),
        ("item.labels.existsOne(a, item.labels.existsOne(b, item.labels.existsOne(c, a + b == c)))", _NESTED),
        ("item.labels.\n//\nall(a, item.labels.\n//\nall(b, item.labels.\n//\nall(c, a + b == c)))", _NESTED),
        ("[1].map(a, [a].map(b, [b].map(c, c)))", _NESTED),
        ("item.fields.Texts.map(x, item.fields.Texts)", _TOO_MUCH_WORK),
        ("size(item.labels.map(x, item.labels.map(y, item.fields.Text)))", _TOO_MUCH_WORK),
        ("item.labels.all(a, item.labels.all(b, b in item.fields.Texts))", _TOO_MUCH_WORK),
        ("item.labels.map(a, item.labels.filter(b, b != a)).all(c, size(c) > 1)", _TOO_MUCH_WORK),
        (
            "item.fields.Text.matches('(a{1,100}){1,100}b')",
            ExpressionProblem(
                "the pattern of matches would have 10303 characters with its repetitions written out; 200 are the most.",
                "Use + or * instead of a number of repetitions.",
            ),
        ),
        (
            "item.fields.Text.matches('(?x)a {1000}')",
            ExpressionProblem("the pattern of matches sets x, which hides what it repeats.", "Write it without (?x)."),
        ),
        (
            "item.fields.Text.matches(item.key)",
            ExpressionProblem(
                "the pattern of matches is not a text in the expression itself.",
                'Write it out: item.key.matches("^ITX-[0-9]+$").',
            ),
        ),
    ],
)
def test_work_without_bounds_is_refused_before_it_runs(source: str, wrong: ExpressionProblem) -> None:
    assert check_expression(source) == wrong


@pytest.mark.parametrize(
    "source",
    [
        "item.labels.all(a, item.labels.all(b, a + b != 'x'))",
        "item.fields.Texts.map(x, x + x)",
        "item.fields.Texts.all(a, a in item.fields.Texts)",
        "item.fields.Lists.map(x, x)",
        "item.fields.Lists.filter(x, size(x) > 0)",
        r"item.fields.Text.matches('\\w{1,17}[^a]b')",
        r"item.labels.exists(l, l.matches('^gov.*$') || l.matches('^[A-Z]+-[0-9]+$'))",
        "[item.fields.Text + item.fields.Text].map(x, [x + x].map(y, y + y))",
    ],
)
def test_the_longest_work_that_passes_the_check_is_short(source: str) -> None:
    assert check_expression(source) is None
    scope = expression_scope(LARGEST)
    assert scope.evaluate("size(item.labels)") == MAX_LIST_LENGTH
    # Below 0.1 s, as measured; what never ends is ended by the time limit of every test.
    scope.evaluate(source)


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(text: str) -> None:
    check_expression(text)
    check_expression(f"item.fields[{text}] == {text}")


@given(st.text(alphabet="()[]{}.,+-*/<>=!&|?:'\" item.fieldsnow019", max_size=120))
def test_what_passes_the_check_never_raises(text: str) -> None:
    if check_expression(text) is None:
        expression_scope(SOME).evaluate(text)
