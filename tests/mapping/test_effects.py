"""Where amounts come from: totals in fields, the children's fields, a table by month."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.evidence import Children
from governance.facts import Unknown
from governance.money import Money, Period
from governance.time_text import month_text
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import MappedMeasure, map_item
from mapping.month_table import read_table
from mapping.work_item import ChildItem, FieldName, FieldValue
from tests.mapping.items import expression_scope, item

TABLE = """
month   | benefit | one-off cost
--------+---------+-------------
2026-01 | 1,000.00 | 400
2026-02 | 1.2k    |
2026-03 | –       | 50
"""


def test_a_table_by_month_is_read_line_by_line() -> None:
    assert read_table(TABLE, Version.PLAN, "EUR") == (
        EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 1), Money(Decimal("1000.00"), "EUR")),
        EffectLine(Version.PLAN, EffectKind.ONE_OFF_COST, Period(2026, 1), Money(Decimal(400), "EUR")),
        EffectLine(Version.PLAN, EffectKind.BENEFIT, Period(2026, 2), Money(Decimal("1200.0"), "EUR")),
        EffectLine(Version.PLAN, EffectKind.ONE_OFF_COST, Period(2026, 3), Money(Decimal(50), "EUR")),
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2026-01 | 5", 'the first line of the table has to name its columns, beginning with "month"'),
        ("month | benefits\n2026-01 | 5",
         '"benefits" is no column; the columns are benefit, one-off benefit, recurring cost, one-off cost, capex, avoidance, cash'),
        ("month | benefit\nJan 26 | 5", "line 2 of the table: a month is written YYYY-MM, not 'Jan 26'"),
        ("month | benefit\n2026-01 | a lot", 'line 2 of the table: "a lot": this is not an amount; write it as 1234567.89'),
        ("month | benefit\n2026-01 | 1,234",
         'line 2 of the table: "1,234": it is not clear whether 1,234 has decimals; write it as 1234567.89'),
        ("month | benefit\n2026-01 | 5\n2026-02 | 5\n2026-01 | 5",
         "line 4 of the table: Jan 2026 has two amounts as benefit: one of them is too much"),
        ("month | cash | one-off benefit\n2026-01 | 5 | 5\n2026-01 | 6 |",
         "line 3 of the table: Jan 2026 has two amounts as cash: one of them is too much"),
        ("month | benefit | cash | Benefit\n2026-01 | 5 | 6 | 5", 'the first line of the table names "benefit" twice'),
        ("month | benefit\n2026-01 | 5 | 6", "line 2 of the table: it has 3 cells for 2 columns"),
        ("month|benefit\n" + "2026-01|1\n" * 601, "the table has more than 600 lines"),
    ],
)  # fmt: skip
def test_a_problem_of_a_table_names_its_line(text: str, wrong: str) -> None:
    assert read_table(text, Version.PLAN, "EUR") == Unknown(wrong, entered=True)


def test_a_month_may_have_a_line_for_each_of_its_columns() -> None:
    found = read_table("month | benefit | capex\n2026-01 | 5 |\n2026-01 | - | 6", Version.PLAN, "EUR")
    assert not isinstance(found, Unknown)
    assert [(str(line.month), line.kind.value, str(line.money)) for line in found] == [
        ("2026-01", "benefit", "5 EUR"), ("2026-01", "capex", "6 EUR"),
    ]  # fmt: skip


def test_semicolons_and_tabs_separate_as_well_and_an_empty_text_is_no_table() -> None:
    both = read_table("Month;Capex;Avoidance\n2026-01;5;6", Version.PLAN, "EUR")
    assert isinstance(both, tuple)
    assert len(both) == 2
    cash = read_table("month\tcash\n2026-01\t5", Version.ACTUAL, "EUR")
    assert isinstance(cash, tuple)
    assert [line.account for line in cash] == [Account.CASH]
    assert read_table("\n\n", Version.PLAN, "EUR") == ()


@given(st.text(max_size=200))
def test_no_text_breaks_the_table(text: str) -> None:
    read_table(text, Version.PLAN, "EUR")
    read_table(f"month|benefit\n{text}", Version.PLAN, "EUR")


MAPPING = """
version: 1
organization: ACME
reporting_currency: EUR
measures:
  - name: epics
    connection: jira-main
    match: {{type: [Epic]}}
    hierarchy: {{}}
    roles: {{owner: Assignee}}
    facts: {{start: Start date, end: Due date}}
    effects: {{timing: {{benefit: {{duration: 12}}}}, plan: {plan}}}
    stage: {{from_status: {{Backlog: identified}}}}
    write: {{gate: Gate}}
"""


def mapped(plan: str, *children: dict[str, FieldValue], known: bool = True, **fields: FieldValue) -> MappedMeasure:
    loaded = load_mapping(MAPPING.format(plan=plan))
    assert isinstance(loaded, LoadedMapping), loaded
    some = item(
        {name.replace("_", " "): value for name, value in fields.items()},
        children=Children(len(children), 0) if known else Unknown("the child items could not be read"),
        child_items=tuple(
            ChildItem(False, {FieldName(name): value for name, value in child.items()}) for child in children
        ),
    )
    result = map_item(expression_scope(some), loaded.config)
    assert isinstance(result, MappedMeasure)
    return result


def total(found: MappedMeasure) -> Decimal:
    return sum((line.money.amount for line in found.measure.effects), Decimal(0))


def test_a_plan_may_be_a_table() -> None:
    found = mapped("{table: Plan by month}", Plan_by_month=TABLE)
    assert (len(found.measure.effects), found.measure.unreadable_effects) == (4, ())


def test_a_broken_table_is_a_sentence_at_the_gate() -> None:
    found = mapped("{table: Plan by month}", Plan_by_month="month | benefit\nsoon | 5")
    assert found.measure.unreadable_effects == (
        "the field \"Plan by month\": line 2 of the table: a month is written YYYY-MM, not 'soon'",
    )


@pytest.mark.parametrize(
    ("month", "amount", "wrong"),
    [
        (0, "5", ()),
        (
            1, "5",
            ('the field "Actual by month" holds 5 EUR as actual of {month}, which has not begun: an actual is what was '
             "booked. Enter what is expected as forecast",),
        ),
        (1, "0", ()),
    ],
    ids=["the month that runs", "the next one", "nothing of the next one"],
)  # fmt: skip
def test_nothing_is_booked_for_a_month_to_come(month: int, amount: str, wrong: tuple[str, ...]) -> None:
    at = Period.of(expression_scope(item({})).now).plus(month)
    found = mapped(
        "{table: Plan by month}, actual: {table: Actual by month}",
        Plan_by_month=TABLE, Actual_by_month=f"month | benefit\n2026-01 | 1\n{at} | {amount}",
    )  # fmt: skip
    assert found.measure.unreadable_effects == tuple(one.format(month=month_text(at)) for one in wrong)


PLAN = "{from: children, benefit: Benefit}"


def test_amounts_of_child_items_are_added_up() -> None:
    found = mapped(PLAN, {"Benefit": Decimal(100)}, {"Benefit": Decimal(20)}, {"Benefit": None})
    assert total(found) == 120


def test_without_children_there_is_no_amount() -> None:
    assert mapped(PLAN).measure.effects == ()


def test_one_child_that_cannot_be_read_makes_the_sum_unknown() -> None:
    found = mapped(PLAN, {"Benefit": Decimal(100)}, {})
    assert found.measure.effects == ()
    assert found.measure.unreadable_effects[0].startswith('of a child item the field "Benefit" was not returned')


def test_children_that_could_not_be_read_make_it_unknown_too() -> None:
    assert mapped(PLAN, known=False).measure.unreadable_effects == ("the child items could not be read",)


def test_children_in_two_currencies_are_not_added_up() -> None:
    found = mapped(PLAN, {"Benefit": "5 USD"}, {"Benefit": "5 EUR"})
    assert found.measure.unreadable_effects == ('the child items hold the field "Benefit" in USD and EUR',)


def test_cost_and_benefit_plans_are_taken_by_version() -> None:
    def line(version: Version, amount: int) -> EffectLine:
        return EffectLine(version, EffectKind.BENEFIT, Period(2026, 1), Money(Decimal(amount), "EUR"))

    loaded = load_mapping(MAPPING.format(plan="{from: plans}"))
    assert isinstance(loaded, LoadedMapping)
    some = item(plan_lines=(line(Version.PLAN, 100), line(Version.ACTUAL, 70)))
    result = map_item(expression_scope(some), loaded.config)
    assert isinstance(result, MappedMeasure)
    assert result.measure.effects == (line(Version.PLAN, 100),)
    unread = map_item(expression_scope(item()), loaded.config)
    assert isinstance(unread, MappedMeasure)
    assert unread.measure.unreadable_effects == ("cost and benefit plans were not read",)
