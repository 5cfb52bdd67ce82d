"""What the portfolio's queries answer, to whom, and that they go through small tables and indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from sqlalchemy import Connection, Engine, event, text

from connector.people.permissions import PersonId, Role, RoleGrant, ToolAccount, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.reporting.figures_history import PastPortfolio, past_lists
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import EffectLineFilters, PortfolioLists
from connector.store.reporting.validated_months import validated_by_month
from governance.effects import EffectLine, Version
from governance.money import Period
from tests.bench.generate import MAPPING, Size, fill
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reporting.portfolio_data import NOW, OFFICE, GivenMeasure, line, refresh, save

OF_IT = replace(OFFICE, grants=(RoleGrant(Role.OFFICE, ("IT",)),))
OF_SUISSE = replace(OFFICE, grants=(RoleGrant(Role.OFFICE, (), "Nordbank Suisse SA"),))
OF_PROJECT = replace(OFFICE, grants=(RoleGrant(Role.OFFICE, ("IT", "Cloud exit", "CRM")),))
OWNER = Viewer(PersonId(2), "kaya", "A. Kaya", (), frozenset({ToolAccount("jira-main", "k")}), frozenset({Role.OWNER}))
NOBODY = Viewer(PersonId(3), "new", "N. N.")


def money(plan: int, forecast: int) -> tuple[EffectLine, ...]:
    return (line("plan", "benefit", "2026-03", plan), line("forecast", "benefit", "2026-03", forecast))


@pytest.fixture
def world(store: StoreFixture) -> StoreFixture:
    save(
        store.engine,
        GivenMeasure(1, lines=money(1000, 900), gate="blocked", codes=("OPEN_WORK",), reason="delay: later"),
        GivenMeasure(2, place=("IT", "Cloud exit", "Ledger", None), owner="B. Brandt", owner_id="b", stage="decided",
              potential="red", findings=("ORPHAN_OWNER",), lines=money(5000, 1000)),
        GivenMeasure(3, place=("Operations", "Branches", None, None), entity="Nordbank Suisse SA", owner_id="b", off_ramp="on_hold",
              implementation="red", gate="blocked", lines=money(300, 300), findings=("ORPHAN_OWNER", "CREEP")),
        GivenMeasure(4, place=("IT", None, None, None), entity=None, owner_id="b", title="100% of_the rest", stage=None),
    )  # fmt: skip
    refresh(store.engine)
    return store


@contextmanager
def seen(engine: Engine, viewer: Viewer, **filters: str) -> Iterator[tuple[Portfolio, PortfolioLists]]:
    with read_as(engine, viewer) as connection:
        chosen = PortfolioFilters.parse(filters)
        yield Portfolio(connection, viewer, chosen), PortfolioLists(connection, viewer, chosen)


@pytest.mark.parametrize(
    ("viewer", "keys"),
    [
        pytest.param(OFFICE, ["ITX-1", "ITX-2", "ITX-3", "ITX-4"], id="the office sees all"),
        pytest.param(OF_IT, ["ITX-1", "ITX-2", "ITX-4"], id="a portfolio"),
        pytest.param(OF_SUISSE, ["ITX-3"], id="a legal entity"),
        pytest.param(OF_PROJECT, ["ITX-1"], id="a project"),
        pytest.param(OWNER, ["ITX-1"], id="an owner, by the account in the tool"),
        pytest.param(
            replace(OF_SUISSE, accounts=OWNER.accounts, measure_roles=OWNER.measure_roles),
            ["ITX-1", "ITX-3"],
            id="both at once",
        ),
        pytest.param(NOBODY, [], id="nobody"),
    ],
)
def test_sums_and_lists_hold_what_a_viewer_may_see_and_nothing_else(
    world: StoreFixture, viewer: Viewer, keys: list[str]
) -> None:
    with seen(world.engine, viewer) as (portfolio, lists):
        found = portfolio.overview()
        assert [row.key for row in lists.measures().rows] == keys
        assert found.total.measures == len(keys)
        plan = {"ITX-1": 1000, "ITX-2": 5000, "ITX-3": 300}
        assert (found.total.amounts.ebitda_plan or 0) == sum(plan.get(key, 0) for key in keys)
        assert sum((point.ebitda[Version.PLAN] for point in portfolio.curve()), Decimal(0)) == (
            found.total.amounts.ebitda_plan or 0
        )
        shown = {one.key for one in lists.lines(EffectLineFilters()).rows} | {one.key for one in lists.findings().rows}
        assert shown <= set(keys)
        assert sum(lists.finding_counts().values()) == len(lists.findings().rows)


def test_the_database_itself_hides_the_rest_when_a_query_forgets_to(world: StoreFixture) -> None:
    tables = (
        "measure_figures", "measure_finding", "measure_series", "measure_validated", "rollup_group", "rollup_month",
        "rollup_validated", "rollup_curve",
    )  # fmt: skip
    with read_as(world.engine, OF_SUISSE) as connection:
        counts = {table: _count(connection, table) for table in tables}
    assert counts == {
        "measure_figures": 1, "measure_finding": 2, "measure_series": 2, "measure_validated": 0,
        "rollup_group": 1, "rollup_month": 2, "rollup_validated": 0, "rollup_curve": 2,
    }  # fmt: skip


def test_a_sum_over_a_program_is_hidden_from_who_sees_only_a_part_of_it(world: StoreFixture) -> None:
    with read_as(world.engine, OF_PROJECT) as connection:
        assert (_count(connection, "measure_figures"), _count(connection, "rollup_group")) == (1, 0)


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        pytest.param({"portfolio": "IT"}, ["ITX-1", "ITX-2", "ITX-4"], id="portfolio"),
        pytest.param({"portfolio": "IT", "program": "(not stated)"}, ["ITX-4"], id="what nobody has stated"),
        pytest.param({"project": "CRM"}, ["ITX-1"], id="project alone"),
        pytest.param({"entity": "Nordbank Suisse SA"}, ["ITX-3"], id="legal entity"),
        pytest.param({"owner": "B. Brandt"}, ["ITX-2"], id="owner"),
        pytest.param({"stage": "on_hold"}, ["ITX-3"], id="on hold is no stage"),
        pytest.param({"stage": "(not stated)"}, ["ITX-4"], id="before the first stage"),
        pytest.param({"implementation": "green", "potential": "red"}, ["ITX-2"], id="a cell of the matrix"),
        pytest.param({"gate": "blocked"}, ["ITX-1", "ITX-3"], id="gate"),
        pytest.param({"finding": "ORPHAN_OWNER"}, ["ITX-2", "ITX-3"], id="finding"),
        pytest.param({"text": "itx-3"}, ["ITX-3"], id="key in any case"),
        pytest.param({"text": "100%"}, ["ITX-4"], id="a percent sign is a percent sign"),
        pytest.param({"text": "of_the"}, ["ITX-4"], id="and an underscore an underscore"),
        pytest.param({"nonsense": "x", "stage": ""}, ["ITX-1", "ITX-2", "ITX-3", "ITX-4"], id="what is no filter"),
    ],
)
def test_a_filter_chooses_the_same_for_sums_and_for_lists(
    world: StoreFixture, filters: dict[str, str], keys: list[str]
) -> None:
    with seen(world.engine, OFFICE, **filters) as (portfolio, lists):
        assert [row.key for row in lists.measures().rows] == keys
        assert portfolio.overview().total.measures == len(keys)


def test_an_address_has_its_filters_in_one_order() -> None:
    found = PortfolioFilters.parse({"text": " ledger ", "portfolio": "IT", "program": "(not stated)", "gate": ""})
    assert found == PortfolioFilters(portfolio="IT", program="", text="ledger")
    assert list(found.query.items()) == [("portfolio", "IT"), ("program", "(not stated)"), ("text", "ledger")]


def test_the_tree_opens_from_place_to_place(world: StoreFixture) -> None:
    with seen(world.engine, OFFICE) as (portfolio, _):
        assert [(node.name, node.sums.measures) for node in portfolio.overview().children] == [
            ("IT", 3),
            ("Operations", 1),
        ]
        under = portfolio.children(("IT",))
        assert [(node.name, node.sums.amounts.ebitda_plan) for node in under] == [("", None), ("Cloud exit", 6000)]
        assert [(node.name, node.sums.red_potential) for node in portfolio.children(("IT", "Cloud exit"))] == [
            ("CRM", 0),
            ("Ledger", 1),
        ]
        assert portfolio.children(("IT", "Cloud exit", "CRM", "Contracts")) == ()


def test_the_largest_loss_comes_first_and_carries_its_reason(world: StoreFixture) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        rows = lists.measures("variance").rows
    assert [(row.key, row.amounts.variance, row.deviation_reason) for row in rows] == [
        ("ITX-2", -4000, ""),
        ("ITX-1", -100, "delay: later"),
    ]
    assert rows[1].blockers == ("OPEN_WORK",)


@pytest.mark.parametrize("sort", ["key", "variance", "delayed", "plan"])
def test_pages_of_one_row_come_to_the_same_as_one_page(world: StoreFixture, sort: str) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        whole, after, found = [row.key for row in lists.measures(sort).rows], None, []
        while True:
            page = lists.measures(sort, after, limit=1)
            found += [row.key for row in page.rows]
            after = page.next_cursor
            if after is None:
                break
    assert found == whole
    assert whole or sort == "delayed", "all of this world's money lies in months that are closed"


def test_pages_of_lines_and_findings_lose_and_double_nothing(world: StoreFixture) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        lines, after = [], None
        while True:
            page = lists.lines(EffectLineFilters(), after, limit=2)
            lines += [(row.key, row.line.version) for row in page.rows]
            after = page.next_cursor
            if after is None:
                break
        first = lists.findings(limit=2)
        second = lists.findings(first.next_cursor, limit=2)
    assert lines == [(f"ITX-{n}", version) for n in (1, 2, 3) for version in ("forecast", "plan")]
    assert [(one.code, one.key) for one in (*first.rows, *second.rows)] == [
        ("CREEP", "ITX-3"),
        ("ORPHAN_OWNER", "ITX-2"),
        ("ORPHAN_OWNER", "ITX-3"),
    ]
    assert (first.rows[0].sentence, first.rows[0].who) == ("Something is creep", "owner A. Kaya")


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        pytest.param("money", ["ITX-2", "ITX-3", "ITX-3"], id="the largest plan first: 5000 before 300"),
        pytest.param("age", ["ITX-2", "ITX-3", "ITX-3"], id="as old as each other: by measure"),
        pytest.param("code", ["ITX-3", "ITX-2", "ITX-3"], id="by code"),
    ],
)
def test_findings_have_an_order_and_no_page_loses_one(world: StoreFixture, sort: str, keys: list[str]) -> None:
    found, after = [], None
    with seen(world.engine, OFFICE) as (_, lists):
        while True:
            page = lists.findings(after, 1, sort)
            found += [row.key for row in page.rows]
            after = page.next_cursor
            if after is None:
                break
    assert found == keys


def test_what_is_asked_of_everything_has_no_parameters_so_that_its_plan_is_kept(world: StoreFixture) -> None:
    sent: list[tuple[str, object]] = []
    with seen(world.engine, OFFICE) as (portfolio, lists):
        event.listen(world.engine, "before_cursor_execute", lambda *call: sent.append((call[2], call[3])))
        portfolio.overview()
        portfolio.total("delayed_benefit")
        for sort in ("key", "variance", "delayed"):
            lists.measures(sort)
        lists.excluded_measures()
        lists.findings(sort="money")
        lists.finding_counts()
        validated_by_month(portfolio._connection, OFFICE, PortfolioFilters())
    assert len(sent) == 10
    assert [statement for statement, values in sent if values] == []


@pytest.mark.parametrize("after", ["", "x", "bm90IGpzb24", "WzEsIDJd", "W10"])
def test_a_mangled_place_in_a_list_begins_at_the_beginning(world: StoreFixture, after: str) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        assert lists.measures("variance", after).rows[0].key == "ITX-2"


def test_lines_are_chosen_by_version_kind_and_month(world: StoreFixture) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        wanted = EffectLineFilters(version="plan", kind="benefit", first=Period(2026, 3), last=Period(2026, 3))
        assert [row.line.money.amount for row in lists.lines(wanted).rows] == [1000, 5000, 300]
        assert lists.lines(EffectLineFilters(first=Period(2026, 4))).rows == ()


def test_names_begin_as_somebody_writes(world: StoreFixture) -> None:
    with seen(world.engine, OFFICE) as (_, lists):
        assert lists.column_values("owner") == ("A. Kaya", "B. Brandt")
        assert lists.column_values("owner", "B") == ("B. Brandt",)


LARGE = "measure|effect_line|work_item|measure_series|measure_figures|measure_validated|figures_version"


@dataclass(frozen=True)
class QueryCount:
    statement: str
    parameters: dict[str, object]


@contextmanager
def asked(engine: Engine) -> Iterator[list[QueryCount]]:
    """Every query that runs meanwhile."""
    found: list[QueryCount] = []

    def note(_c: object, _cursor: object, statement: str, parameters: dict[str, object], *_: object) -> None:
        if "measure" in statement or "rollup" in statement:
            found.append(QueryCount(statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_hot_queries_read_no_large_table_from_end_to_end(store: StoreFixture) -> None:
    """On a portfolio that is large enough for the planner to care."""
    number = store.mappings.activate(MAPPING, "generated", author="tests", reason="tests").number
    fill(store.engine, number, Size.small(8_000), NOW)
    refresh(store.engine)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("SET ROLE gatepost_app"))
    with asked(store.engine) as queries, seen(store.engine, OFFICE) as (portfolio, lists):
        portfolio.overview()
        portfolio.choices()
        portfolio.curve()
        for sort in ("variance", "delayed", "key"):
            lists.measures(sort, limit=10)
        lists.findings(limit=10)
        lists.findings(limit=10, sort="money")
        lists.lines(EffectLineFilters(version="plan"), limit=50)
        lists.column_values("owner")
    with (
        seen(store.engine, OFFICE, portfolio="Group IT", program="Cloud exit North", project="Crm 001") as (
            portfolio,
            lists,
        ),
        asked(store.engine) as more,
    ):
        portfolio.overview()
        portfolio.curve()
        lists.measures("variance", limit=10)
    with read_as(store.engine, OFFICE) as connection, asked(store.engine) as others:
        validated_by_month(connection, OFFICE, PortfolioFilters())
        past = PastPortfolio(connection, OFFICE, PortfolioFilters(), NOW)
        assert past.overview().total.measures
        past.choices()
        past.curve()
        # Of the worst on a past day every measure's version is asked; of a page by key those that are on it.
        past_lists(connection, OFFICE, PortfolioFilters(), NOW).measures("key", limit=10)
    with read_as(store.engine, OFFICE) as connection:
        for query in (*queries, *more, *others):
            plan = "\n".join(
                connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, TIMING off) {query.statement}", query.parameters
                ).scalars()
            )
            # A policy's own sub-plan stands in the plan also where nobody has to ask it.
            read = re.findall(rf"Seq Scan on ({LARGE})\b(?!.*never executed)", plan)
            assert not read, f"{query.statement}\n{plan}"


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
