"""A portfolio as it was known: the sums of that day, whatever was corrected, cancelled or priced anew since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from connector.people.permissions import Role, RoleGrant, ToolAccount
from connector.store.database.row_level_access import read_as
from connector.store.database.tables.rollups import SUMS
from connector.store.reporting.figures_history import PastPortfolio, past_lists
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.rollups import Rollups
from governance.roll_up import Amounts
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reporting.portfolio_data import BASIS, OFFICE, GivenMeasure, line, save, save_rates, unmap

FIRST = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
NO_FILTER = PortfolioFilters()
OF_IT = replace(OFFICE, grants=(RoleGrant(OFFICE.grants[0].role, ("IT",)),))


def given(number: int, forecast: int, **more: object) -> GivenMeasure:
    lines = (
        line("plan", "benefit", "2026-03", 1000, "USD"),
        line("forecast", "benefit", "2026-03", forecast, "USD"),
    )
    return GivenMeasure(number, lines=lines, **more)  # type: ignore[arg-type]


@pytest.fixture
def world(store: StoreFixture) -> StoreFixture:
    """In March two measures in IT; in June one fell short, one left, one is new, and the rate of March was corrected."""
    save_rates(store.engine)
    save(store.engine, given(1, 1000), given(2, 1000, findings=("ORPHAN_OWNER",), owner="B. Brandt", owner_id="b"))
    Rollups(store.engine).refresh(BASIS, FIRST)
    save(store.engine, given(1, 400, implementation="red"), given(3, 500, place=("Operations", None, None, None)))
    unmap(store.engine, 2)
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE exchange_rate SET factor = 2 WHERE currency = 'USD'"))
    Rollups(store.engine).refresh(BASIS, LATER)
    return store


def test_a_past_portfolio_has_the_sums_that_were_known_then(world: StoreFixture) -> None:
    with read_as(world.engine, OFFICE) as connection:
        past = PastPortfolio(connection, OFFICE, NO_FILTER, LATER - timedelta(seconds=1))
        overview = past.overview()
        assert past.settings().currency == "EUR"  # type: ignore[union-attr]
        total, amounts = overview.total, overview.total.amounts
        assert (total.measures, amounts.ebitda_plan, amounts.ebitda_estimate, amounts.variance) == (
            2,
            Decimal(1840),
            Decimal(1840),
            0,
        )
        assert (total.red_implementation, [node.path for node in overview.children]) == (0, [("IT",)])
        lists = past_lists(connection, OFFICE, NO_FILTER, FIRST)
        assert [(row.key, row.owner, row.amounts.ebitda_estimate) for row in lists.measures().rows] == [
            ("ITX-1", "A. Kaya", Decimal(920)),
            ("ITX-2", "B. Brandt", Decimal(920)),
        ]
        assert lists.finding_counts() == {"ORPHAN_OWNER": 1}
        assert lists.measures("variance").rows == ()


def test_the_newest_version_is_what_the_portfolio_says_today(world: StoreFixture) -> None:
    with read_as(world.engine, OFFICE) as connection:
        for filters in (NO_FILTER, PortfolioFilters(portfolio="IT"), PortfolioFilters(implementation="red")):
            today = Portfolio(connection, OFFICE, filters).overview()
            past = PastPortfolio(connection, OFFICE, filters, LATER).overview()
            for portfolio in (
                Portfolio(connection, OFFICE, filters),
                PastPortfolio(connection, OFFICE, filters, LATER),
            ):
                assert portfolio.total(*SUMS) == today.total
                amounts = portfolio.total("delayed_benefit").amounts
                assert amounts == Amounts(delayed_benefit=today.total.amounts.delayed_benefit)
            assert (past.total, past.children, past.by_stage, past.by_status, past.run_rate_losses) == (
                today.total, today.children, today.by_stage, today.by_status, today.run_rate_losses,
            )  # fmt: skip


def test_who_holds_a_role_in_a_tool_sees_of_a_past_day_what_is_theirs(world: StoreFixture) -> None:
    theirs = replace(OF_IT, grants=(), accounts=frozenset({ToolAccount("jira-main", "b")}), measure_roles=frozenset({Role.OWNER}))  # fmt: skip
    with read_as(world.engine, theirs) as connection:
        past = PastPortfolio(connection, theirs, NO_FILTER, FIRST)
        assert (past.overview().total.measures, past.overview().total.amounts.ebitda_plan) == (1, Decimal(920))
        assert [row.key for row in past_lists(connection, theirs, NO_FILTER, FIRST).measures().rows] == ["ITX-2"]


def test_figures_are_not_known_before_the_verdicts_that_they_rest_on(world: StoreFixture) -> None:
    """The verdict was stored after the refresh had read its clock, and before it read the measure."""
    stored, known_from = LATER + timedelta(days=1, seconds=2), "SELECT max(known_from) FROM figures_version"
    save(world.engine, given(1, 300))
    with world.engine.begin() as transaction:
        transaction.execute(
            text("""INSERT INTO verdict_version (measure_id, known_from, record, facts, verdict, findings,
                                                 measure_state, explanation, effects_digest, mapping_version,
                                                 policy_version)
                    SELECT id, :at, '{}', facts, verdict, findings, '{}', '', '', mapping_version, policy_version
                    FROM measure WHERE id = 'jira-main/1'"""),
            {"at": stored},
        )
    Rollups(world.engine).refresh(BASIS, stored - timedelta(seconds=1))
    assert world.rows(known_from) == [(stored,)]
    save(world.engine, given(1, 200))
    Rollups(world.engine).refresh(replace(BASIS, currency="USD"), stored - timedelta(seconds=1))
    assert world.rows(known_from) == [(stored,)]
    save(world.engine, given(1, 100))
    Rollups(world.engine).refresh(BASIS, stored + timedelta(seconds=1))
    assert world.rows(known_from) == [(stored + timedelta(seconds=1),)]


def test_sums_of_a_past_day_are_added_up_of_groups_and_open_no_version_of_a_measure(world: StoreFixture) -> None:
    sent: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, _context: object, _many: object) -> None:
        sent.append((statement, values))

    with read_as(world.engine, OFFICE) as connection:
        past = PastPortfolio(connection, OFFICE, NO_FILTER, FIRST)
        event.listen(world.engine, "before_cursor_execute", note)
        assert (past.overview().total.measures, past.choices().portfolios) == (2, ("IT",))
        event.remove(world.engine, "before_cursor_execute", note)
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        plans = ["\n".join(row[0] for row in cursor.execute(f"EXPLAIN {asked}", given)) for asked, given in sent]
    assert len(plans) == 3
    assert all("group_version" in plan and "figures_version" not in plan for plan in plans)


def test_a_group_that_is_empty_has_no_sums_from_then_on_and_has_them_again(world: StoreFixture) -> None:
    kept = "SELECT has_left FROM group_version WHERE implementation = 'green' AND portfolio = 'IT' ORDER BY id"
    assert [row.has_left for row in world.rows(kept)][-1]
    save(world.engine, given(1, 400))
    Rollups(world.engine).refresh(BASIS, LATER + timedelta(days=1))
    assert not [row.has_left for row in world.rows(kept)][-1]
    with read_as(world.engine, OFFICE) as connection:
        at = (LATER, LATER + timedelta(days=1))
        found = [PastPortfolio(connection, OFFICE, NO_FILTER, one).overview().total.red_implementation for one in at]
    assert found == [1, 0]


def test_before_the_first_figures_there_are_none(world: StoreFixture) -> None:
    with read_as(world.engine, OFFICE) as connection:
        past = PastPortfolio(connection, OFFICE, NO_FILTER, FIRST - timedelta(seconds=1))
        assert (past.settings(), past.overview().total.measures) == (None, 0)


def test_a_reader_sees_the_past_of_what_they_see_today(world: StoreFixture) -> None:
    save(world.engine, given(1, 400, place=("Operations", None, None, None)))
    Rollups(world.engine).refresh(BASIS, LATER + timedelta(days=1))
    with read_as(world.engine, OF_IT) as connection:
        lists = past_lists(connection, OF_IT, NO_FILTER, FIRST)
        assert [row.key for row in lists.measures().rows] == ["ITX-2"]
        # A group of that day holds what has moved elsewhere since, so that its sum is not for them.
        assert PastPortfolio(connection, OF_IT, NO_FILTER, FIRST).overview().total.measures == 1
        assert connection.execute(text("SELECT count(*) FROM group_version")).scalar_one() == 0
        rows = connection.execute(text("SELECT DISTINCT measure_id FROM figures_version")).all()
        assert [row.measure_id for row in rows] == ["jira-main/2"]


def test_what_changes_nothing_leaves_no_version(world: StoreFixture) -> None:
    before = world.rows("SELECT count(*) FROM figures_version")
    save(world.engine, given(1, 400, implementation="red"))
    with world.engine.begin() as transaction:
        transaction.execute(text("INSERT INTO figures_due (measure_id) VALUES ('jira-main/1'), ('jira-main/2')"))
    Rollups(world.engine).refresh(BASIS, LATER + timedelta(days=1))
    assert world.rows("SELECT count(*) FROM figures_version") == before


def test_what_was_superseded_goes_when_it_is_old_enough_and_no_question_loses_its_answer(world: StoreFixture) -> None:
    with world.engine.begin() as transaction:
        transaction.execute(
            text("""
                INSERT INTO figures_version OVERRIDING SYSTEM VALUE SELECT (v).* FROM (
                    SELECT jsonb_populate_record(old, jsonb_build_object('known_from', CAST(:t AS text),
                        'id', nextval(pg_get_serial_sequence('figures_version', 'id')))) AS v
                    FROM figures_version AS old WHERE measure_id = 'jira-main/1' ORDER BY id LIMIT 1) AS made
            """),
            [{"t": datetime(2020, 1, day, tzinfo=UTC)} for day in (1, 2, 3)],
        )
    statement = text("SELECT gatepost_forget_versions(:before, 1000)")
    with world.engine.begin() as transaction:
        assert transaction.execute(statement, {"before": datetime(2020, 1, 2, 12, tzinfo=UTC)}).scalar() == 1
    kept = world.rows("SELECT min(known_from) AS first FROM figures_version")
    assert kept[0].first == datetime(2020, 1, 2, tzinfo=UTC)
    with pytest.raises(DBAPIError, match="is kept"), world.engine.begin() as transaction:
        transaction.execute(statement, {"before": datetime.now(UTC) - timedelta(days=399)})
