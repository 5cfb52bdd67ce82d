"""The language of $filter, without a database: what is read, what is refused and how it is said, what SQL it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connector.store.feeds.conditions import Conditions, WrongCondition
from connector.store.feeds.expressions import AnyOf, Binary, Call, Literal, OneOf, Property, Unary
from connector.store.feeds.sources import Source
from connector.store.feeds.views import BY_NAME, VIEWS
from webhook_server.odata.failure import ODataFailure
from webhook_server.odata.filter import MAX_DEPTH, parse_filter

EVERYTHING = Source(frozenset(BY_NAME))


def prop(name: str) -> Property:
    return Property(tuple(name.split("/")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key eq 'ITX-1'", Binary("eq", prop("key"), Literal("ITX-1"))),
        ("KEY EQ 'O''Neil'", Binary("eq", prop("KEY"), Literal("O'Neil"))),
        ("a or b and c", Binary("or", prop("a"), Binary("and", prop("b"), prop("c")))),
        ("(a or b) and c", Binary("and", Binary("or", prop("a"), prop("b")), prop("c"))),
        ("not contains(title,'x')", Unary("not", Call("contains", (prop("title"), Literal("x"))))),
        ("a add b mul 2 gt -1.5", Binary("gt", Binary("add", prop("a"), Binary("mul", prop("b"), Literal(Decimal(2)))),
                                         Unary("-", Literal(Decimal("1.5"))))),
        ("month ge 2026-01-01", Binary("ge", prop("month"), Literal(date(2026, 1, 1)))),
        ("at lt 2026-01-01T02:00:00+02:00", Binary("lt", prop("at"), Literal(datetime(2026, 1, 1, tzinfo=UTC)))),
        ("at lt 2026-01-01T02:00:00 02:00", Binary("lt", prop("at"), Literal(datetime(2026, 1, 1, tzinfo=UTC)))),
        ("at eq 2026-01-01T00:00:00.1234567Z",
         Binary("eq", prop("at"), Literal(datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)))),
        ("stage in ('decided','detailed')", OneOf(prop("stage"), (Literal("decided"), Literal("detailed")))),
        ("n in (1,-2)", OneOf(prop("n"), (Literal(Decimal(1)), Literal(Decimal(-2))))),
        ("in_totals eq true and title ne null",
         Binary("and", Binary("eq", prop("in_totals"), Literal(True)), Binary("ne", prop("title"), Literal(None)))),
        ("findings/any(f: f/code eq 'CREEP')",
         AnyOf(("findings",), "f", Binary("eq", prop("f/code"), Literal("CREEP")))),
        ("findings/any()", AnyOf(("findings",), "", None)),
        ("budget gt 1e3", Binary("gt", prop("budget"), Literal(Decimal("1e3")))),
    ],
)  # fmt: skip
def test_what_is_read(text: str, expected: object) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("", 400, "$filter: its end is not expected; a column, a value or a function is."),
        ("key eq", 400, "$filter: its end is not expected; a column, a value or a function is."),
        ("key eq 'x", 400, "$filter cannot be read from character 7 on."),
        ("key = 'x'", 400, "$filter cannot be read from character 4 on."),
        ("(key eq 'x'", 400, "$filter: its end is not expected; “)” is."),
        ("key eq 'x') or (1 eq 1", 400, "$filter: “)” at character 11 is not expected."),
        ("1; DROP TABLE measure", 400, "$filter cannot be read from character 2 on."),
        ("month eq 2026-02-31", 400, "$filter: 2026-02-31 at character 10 is no date."),
        ("matchesPattern(key,'(a+)+')", 501, "$filter: there is no function matchesPattern here."),
        ("stage has 'x'", 501, "$filter: has is for enumerations, and no column is one."),
        ("contains(key)", 400, "$filter: contains takes 2 values."),
        ("key in (title)", 400, "$filter: in takes a list of values."),
        ("(" * 40 + "true" + ")" * 40, 400, f"$filter goes more than {MAX_DEPTH} levels deep."),
        ("not " * 40 + "true", 400, f"$filter goes more than {MAX_DEPTH} levels deep."),
        (" or ".join(["is_open"] * 500), 400, "$filter has more than 400 terms."),
        ("key eq '" + "x" * 9000 + "'", 400, "$filter has 9009 characters; 8000 are taken."),
    ],
)
def test_what_is_refused(text: str, status: int, message: str) -> None:
    with pytest.raises(ODataFailure) as refused:
        parse_filter(text)
    assert (refused.value.status, refused.value.message, refused.value.target) == (status, message, "$filter")


def sql_of(text: str, view: str = "measure") -> tuple[str, dict[str, object]]:
    made = Conditions(EVERYTHING)
    return made.where(BY_NAME[view], "t", parse_filter(text)), made.parameters


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("key eq 'a'", '(t."key" = CAST(:p0 AS text))'),
        ("key ne 'a'", '(t."key" IS DISTINCT FROM CAST(:p0 AS text))'),
        ("title eq null", '(t."title" IS NULL)'),
        ("not (title eq 'a')", '((t."title" = CAST(:p0 AS text)) IS NOT TRUE)'),
        ("key eq title", '(t."key" IS NOT DISTINCT FROM t."title")'),
        ("closed_month ge '2026-01-01'", '(t."closed_month" >= CAST(:p1 AS date))'),
        ("stage_since lt 2026-01-01", "(t.\"stage_since\" < (CAST(CAST(:p0 AS date) AS timestamp) AT TIME ZONE 'UTC'))"),
        ("year(stage_since) eq 2026",
         "(CAST(extract(year FROM (t.\"stage_since\" AT TIME ZONE 'UTC')) AS numeric) = CAST(:p0 AS numeric))"),
    ],
)  # fmt: skip
def test_the_sql_of_a_condition(text: str, sql: str) -> None:
    assert sql_of(text)[0] == sql


def test_values_are_parameters_alone() -> None:
    sql, given = sql_of("title eq '''; DROP TABLE measure; --'")
    assert "DROP" not in sql
    assert given == {"p0": "'; DROP TABLE measure; --"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour eq 'x'", "measure has no column colour."),
        ("key gt 5", "A text does not compare with a number."),
        ("ebitda_plan", "The condition is a number, and has to be true or false."),
        ("contains(ebitda_plan,'x')", "contains is not for a number."),
        ("key add 1 eq 2", "add is for numbers, not for a text."),
        ("findings/code eq 'x'", "findings leads to several rows: ask with findings/any(…)."),
        ("owner/name eq 'x'", "measure has no link owner."),
        ("key and true", "The left of and is a text, and has to be true or false."),
        ("findings/any(f: f eq 'x')", "f is a row, and no value."),
    ],
)
def test_what_does_not_fit_the_columns(text: str, message: str) -> None:
    with pytest.raises(WrongCondition, match="^" + message.replace("(", r"\(").replace(")", r"\)") + "$"):
        sql_of(text)


def test_a_link_to_what_a_token_may_not_read_is_none() -> None:
    made = Conditions(Source(frozenset(BY_NAME) - {"finding"}))
    with pytest.raises(WrongCondition, match=r"^measure has no link findings\.$"):
        made.where(BY_NAME["measure"], "t", parse_filter("findings/any()"))


def test_every_link_leads_to_columns_that_are_there() -> None:
    for view in VIEWS:
        assert all(view.column(name) is not None for name in view.key), view.name
        assert len({column.name for column in view.columns} | {link.name for link in view.links}) == len(
            view.columns
        ) + len(view.links)
        for link in view.links:
            there = BY_NAME[link.view]
            assert all(view.column(ours) and there.column(theirs) for ours, theirs in link.columns), link
