"""Whatever happens to measures, the roll-ups say what the domain's own figures say of the same measures."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event, text

from connector.people.permissions import Role, RoleGrant
from connector.store.database.row_level_access import read_as
from connector.store.reporting import figures_history, rollups
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import PortfolioOverview, PortfolioSums
from connector.store.reporting.rollups import MEASURES, RefreshStatus
from connector.store.reporting.validated_months import ValidatedMonth, validated_by_month
from governance import portfolio
from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear
from governance.effects import ZERO, EffectKind, EffectLine, Version
from governance.left_out import ENDED, LeftOut
from governance.money import Period
from governance.rates import Rate, Rates
from governance.roll_up import AMOUNTS, RollUpSettings
from governance.signature import SignedLine
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reporting.portfolio_data import (
    BASIS,
    OFFICE,
    RATES,
    GivenMeasure,
    line,
    refresh,
    save,
    save_rates,
    unmap,
)

FINE = PortfolioFilters(text="legacy")
"""Fits every measure of these tests, and is answered by the measures themselves instead of their groups."""


def draw_lines(draw: random.Random) -> tuple[EffectLine, ...]:
    """Up to twenty lines of any kind, account and month, in one currency or two."""
    currencies = draw.choice((["EUR"], ["EUR"], ["USD"], ["USD", "EUR"], ["CHF"], ["SEK"]))
    found = {}
    for _ in range(draw.randrange(20)):
        one = line(
            draw.choice(("plan", "forecast", "actual")),
            draw.choice(
                ("benefit", "one_off_benefit", "recurring_cost", "one_off_cost", "capex", "legacy_cost", "tax")
            ),
            f"{draw.choice((2025, 2026, 2027))}-{draw.randint(1, 12):02}",
            f"{draw.randint(1, 500_000)}.{draw.randint(0, 99):02}",
            draw.choice(currencies),
            draw.choice(("ebitda", "ebitda", "ebitda", "cash", "avoidance")),
        )
        found[one.version, one.kind, one.month, one.money.currency, one.account] = one
    return tuple(found.values())


def draw_measure(draw: random.Random, number: int) -> GivenMeasure:
    return GivenMeasure(
        number,
        place=(
            draw.choice(("IT", "Operations", None)),
            draw.choice(("Cloud exit", "Branches", None)),
            draw.choice(("CRM", "Ledger")),
            draw.choice(("Contracts", None)),
        ),
        entity=draw.choice(("Nordbank AG", "Nordbank Suisse SA", None)),
        stage=draw.choice((None, "identified", "decided", "implemented", "closed")),
        sponsor_id=draw.choice(("s", "s", "s", None)),
        off_ramp=draw.choice((None, None, "on_hold", "cancelled", "killed")),
        without_value=draw.random() < 0.2,
        gate=draw.choice(("open", "not_due", "waiting", "blocked", "breach")),
        implementation=draw.choice(("green", "amber", "red", "grey")),
        potential=draw.choice(("green", "amber", "red", "grey")),
        reason=draw.choice((None, "", "delay: later", "price 30 %, volume 70 %: more", "because")),
        lines=draw_lines(draw),
    )


def overview(engine: Engine, filters: PortfolioFilters | None = None) -> PortfolioOverview:
    with read_as(engine, OFFICE) as connection:
        return Portfolio(connection, OFFICE, filters or PortfolioFilters()).overview()


def agree(
    engine: Engine, measures: dict[int, GivenMeasure], rates: tuple[Rate, ...], settings: RollUpSettings = BASIS
) -> None:
    """The sums of the groups, and those over single measures, are those of the domain."""
    entries = [one.entry for one in measures.values()]
    expected = portfolio.figures(entries, settings, Rates(rates))
    live = sum(entry.step not in ENDED for entry in entries)
    for found in (overview(engine), overview(engine, FINE)):
        total = found.total
        assert (total.measures, total.counted) == (live, expected.measures)
        for name in AMOUNTS:
            amount = getattr(total.amounts, name) or ZERO
            assert amount == (getattr(expected.amounts, name) or ZERO), name
        assert (found.run_rate_losses, found.in_year_losses) == (expected.run_rate_losses, expected.in_year_losses)
        assert {
            reason: (sums.measures, sums.amounts.ebitda_plan or ZERO) for reason, sums in found.left_out.items()
        } == {reason: (sums.measures, sums.amounts.ebitda_plan or ZERO) for reason, sums in expected.left_out.items()}
        assert total.counted + sum(sums.measures for sums in found.left_out.values()) == len(entries)
        for parts in (found.children, found.programs):
            assert sum(node.sums.measures for node in parts) == live
            _same("ebitda_plan", [node.sums for node in parts], total)
        _same("cash_estimate", list(found.counted_by_stage.values()), total)
        _same("variance", list(found.by_status.values()), total)


def _same(name: str, parts: list[PortfolioSums], total: PortfolioSums) -> None:
    """Sums along any dimension agree."""
    assert sum((getattr(part.amounts, name) or ZERO for part in parts), ZERO) == (getattr(total.amounts, name) or ZERO)


@pytest.mark.parametrize("seed", range(4))
def test_totals_equal_the_domains_figures_whatever_happens_to_the_measures(store: StoreFixture, seed: int) -> None:
    """Come, change, move, leave, come back; in several currencies, some without a rate."""
    draw = random.Random(seed)  # noqa: S311 - makes cases, guards nothing
    save_rates(store.engine)
    there = {number: draw_measure(draw, number) for number in range(30)}
    save(store.engine, *there.values())
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    agree(store.engine, there, RATES)
    for _ in range(6):
        for number in draw.sample(sorted(there), 5):
            changed = draw_measure(draw, number)
            # Some change in one point only: the place, the light, the money.
            there[number] = draw.choice((
                changed,
                replace(there[number], place=changed.place, left=False),
                replace(there[number], potential=changed.potential, left=False),
                replace(there[number], lines=changed.lines, left=False),
                replace(there[number], off_ramp=changed.off_ramp, left=False),
            ))  # fmt: skip
            save(store.engine, there[number])
        number = draw.choice([number for number, one in there.items() if not one.left])
        there[number] = replace(there[number], left=True)
        unmap(store.engine, number)
        back = draw.choice([number for number, one in there.items() if one.left])
        if draw.random() < 0.5:
            there[back] = replace(there[back], left=False)
            save(store.engine, there[back])
        assert refresh(store.engine).status is RefreshStatus.DONE
        agree(store.engine, there, RATES)
    kept = _sums(store)
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE figures_settings SET digest = ''"))
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    assert kept == _sums(store)


def _sums(store: StoreFixture) -> dict[str, set[tuple[object, ...]]]:
    """Every row of every sum."""
    tables = ("rollup_group", "rollup_month", "rollup_curve", "rollup_validated")
    return {table: set(map(tuple, store.rows(f"SELECT * FROM {table}"))) for table in tables}


def test_a_change_reads_the_series_of_no_other_measure_of_its_group(store: StoreFixture) -> None:
    """A group grows with the portfolio, and a refresh follows every few seconds."""
    lines = (line("plan", "benefit", "2026-03", "1000"),)
    save(store.engine, *(GivenMeasure(number, lines=lines) for number in range(40)))
    refresh(store.engine)
    save(store.engine, GivenMeasure(7, lines=(line("plan", "benefit", "2026-04", "3000"),)))
    with store.engine.begin() as transaction:
        before = transaction.execute(_SERIES_READ).scalar_one()
        ids = list(transaction.execute(text("SELECT id FROM measure WHERE key = 'ITX-7'")).scalars())
        rollups.Rollups(store.engine)._renew(transaction, ids, BASIS, Rates(RATES))
        read = transaction.execute(_SERIES_READ).scalar_one() - before
    assert 0 < read <= 8
    with store.engine.begin() as transaction:
        counted = text("SELECT month, measures, recurring FROM rollup_month ORDER BY month")
        assert [tuple(row) for row in transaction.execute(counted)] == [
            (date(2026, 3, 1), 39, Decimal(39_000)),
            (date(2026, 4, 1), 1, Decimal(3_000)),
        ]


_SERIES_READ = text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_all_tables WHERE relname = 'measure_series'")


def test_a_rate_that_comes_later_makes_every_figure_anew(store: StoreFixture) -> None:
    save_rates(store.engine)
    there = {
        1: GivenMeasure(
            1, lines=(line("plan", "benefit", "2026-03", 1000, "SEK"), line("plan", "benefit", "2026-04", 500))
        )
    }
    save(store.engine, *there.values())
    refresh(store.engine)
    agree(store.engine, there, RATES)
    assert store.rows("SELECT missing_rate, ebitda_plan FROM measure_figures") == [
        ("no rate from SEK to EUR on 1 Mar 2026", None)
    ]
    rates = (*RATES, Rate("SEK", "EUR", date(2026, 1, 1), Decimal("0.087"), "tests"))
    save_rates(store.engine, rates)
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    agree(store.engine, there, rates)
    assert store.rows("SELECT missing_rate, ebitda_plan FROM measure_figures") == [(None, Decimal("587.000"))]
    assert store.rows("SELECT count(*) FROM figures_progress") == [(0,)]


def test_another_fiscal_year_makes_every_figure_anew(store: StoreFixture) -> None:
    there = {
        1: GivenMeasure(1, lines=(line("plan", "benefit", "2026-12", 100), line("plan", "benefit", "2027-01", 900)))
    }
    save(store.engine, *there.values())
    refresh(store.engine)
    agree(store.engine, there, ())
    another = replace(BASIS, year=FiscalYear(Period(2027, 1)))
    assert refresh(store.engine, another).status is RefreshStatus.REBUILT
    agree(store.engine, there, (), another)


def test_an_assessment_that_changes_nothing_makes_no_figure_due(store: StoreFixture) -> None:
    some = GivenMeasure(1, lines=(line("plan", "benefit", "2026-03", 1000),))
    save(store.engine, some)
    refresh(store.engine)
    save(store.engine, some)
    assert store.rows("SELECT count(*) FROM figures_due") == [(0,)]
    save(store.engine, replace(some, gate="blocked"))
    assert store.rows("SELECT measure_id FROM figures_due") == [("jira-main/1",)]


def test_a_measure_whose_item_left_is_a_line_of_its_own_and_of_the_bridge(store: StoreFixture) -> None:
    lines = (line("plan", "benefit", "2026-03", 1000), line("forecast", "benefit", "2026-03", 1000))
    save(store.engine, GivenMeasure(1, findings=("ORPHAN_OWNER",), lines=lines), GivenMeasure(2, lines=lines))
    refresh(store.engine)
    unmap(store.engine, 1)
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        found = overview(store.engine, filters)
        assert (found.total.measures, found.total.amounts.ebitda_plan) == (1, 1000)
        (left,) = found.left_out.items()
        assert (left[0], left[1].measures) == (LeftOut.LEFT, 1)
        assert (left[1].amounts.ebitda_plan, left[1].amounts.committed_run_rate) == (1000, 12_000)
    opened = overview(store.engine, PortfolioFilters(left_out="left"))
    assert (opened.total.measures, opened.total.amounts.ebitda_plan) == (1, 1000), "what left can be opened"
    assert store.rows("SELECT count(*) FROM measure_finding") == [(0,)], "nobody has to act on it"


def test_a_second_refresher_leaves_the_first_alone(store: StoreFixture) -> None:
    with store.engine.begin() as first:
        first.exec_driver_sql("SELECT pg_advisory_xact_lock(4713000008)")
        assert refresh(store.engine).status is RefreshStatus.BUSY


def test_what_a_gate_delays_are_the_months_to_come(store: StoreFixture) -> None:
    lines = tuple(line("plan", "benefit", month, 1000) for month in ("2026-03", "2026-12", "2027-03"))
    forecast = line("forecast", "benefit", "2026-11", 700)
    booked = line("actual", "benefit", "2026-03", 400)
    save(
        store.engine,
        GivenMeasure(1, gate="blocked", lines=lines),
        GivenMeasure(2, gate="breach", lines=(*lines, forecast)),
        GivenMeasure(3, gate="open", lines=lines),
        GivenMeasure(4, gate="blocked", off_ramp="cancelled", lines=lines),
        GivenMeasure(5, gate="waiting", stage="implemented", lines=(*lines, booked)),
    )
    refresh(store.engine)
    total = overview(store.engine).total
    assert (total.held_up, total.amounts.delayed_benefit) == (3, 1700)
    amounts = total.amounts
    assert (amounts.claimed, amounts.validated, amounts.unvalidated) == (400, 0, 400)


def signed(month: str, amount: int, currency: str = "EUR", pl_line: str = "") -> SignedLine:
    value = Decimal(amount)
    return SignedLine(Period.parse(month), EffectKind.BENEFIT, value, value, currency, pl_line)


def test_what_is_signed_by_month_adds_up_to_the_validated_value(store: StoreFixture) -> None:
    save_rates(store.engine)
    booked = (line("plan", "benefit", "2026-03", 900), line("actual", "benefit", "2026-03", 900))
    save(
        store.engine,
        GivenMeasure(1, lines=booked, signed=(signed("2026-03", 500), signed("2026-03", 100, pl_line="it"))),
        GivenMeasure(2, lines=booked, signed=(signed("2026-03", 100, "USD"), signed("2026-04", 7)), owner_id="b"),
        GivenMeasure(3, place=("Operations", None, None, None), lines=booked, signed=(signed("2026-04", 1000),)),
        GivenMeasure(4, lines=booked, signed=(signed("2026-03", 3),), off_ramp="cancelled"),
        GivenMeasure(5, lines=booked, signed=(signed("2026-03", 9, "SEK"),)),
    )
    refresh(store.engine)
    march, april = Period(2026, 3), Period(2026, 4)
    of_it = replace(OFFICE, grants=(RoleGrant(Role.OFFICE, ("IT",)),))
    everything = {march: ValidatedMonth(Decimal(692), 2), april: ValidatedMonth(Decimal(1007), 2)}
    in_it = {march: ValidatedMonth(Decimal(692), 2), april: ValidatedMonth(Decimal(7), 1)}
    for viewer, filters, expected in (
        (OFFICE, PortfolioFilters(), everything),
        (OFFICE, FINE, everything),
        (OFFICE, PortfolioFilters(portfolio="IT"), in_it),
        (of_it, PortfolioFilters(), in_it),
        (of_it, FINE, in_it),
    ):
        with read_as(store.engine, viewer) as connection:
            assert validated_by_month(connection, viewer, filters) == expected
            validated = Portfolio(connection, viewer, filters).overview().total.amounts.validated
        assert sum(one.amount for one in expected.values()) == validated
    save(store.engine, GivenMeasure(1, lines=booked))
    unmap(store.engine, 2)
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        with read_as(store.engine, OFFICE) as connection:
            assert validated_by_month(connection, OFFICE, filters) == {april: ValidatedMonth(Decimal(1000), 1)}


def test_plan_estimate_and_variance_of_a_row_are_of_the_same_measures(store: StoreFixture) -> None:
    plan = line("plan", "benefit", "2026-03", 100)
    late = line("forecast", "benefit", "2026-03", 60)
    save(
        store.engine,
        GivenMeasure(1, lines=(plan,)),
        GivenMeasure(2, reason="price: the supplier is dearer", lines=(plan, late)),
        GivenMeasure(3, stage="identified", lines=(plan, late)),
        GivenMeasure(4, sponsor_id=None, lines=(plan, late)),
    )
    refresh(store.engine)
    found = overview(store.engine)
    amounts = found.total.amounts
    assert (amounts.ebitda_plan, amounts.ebitda_estimate, amounts.variance) == (100, 60, -40)
    assert (amounts.run_rate_plan, amounts.run_rate_estimate) == (1200, 720)
    assert (found.run_rate_losses, found.in_year_losses) == ({LeakReason.PRICE: 480}, {LeakReason.PRICE: 40})
    assert {reason: (sums.measures, sums.amounts.ebitda_plan) for reason, sums in found.left_out.items()} == {
        LeftOut.NO_FORECAST: (1, 100), LeftOut.NOT_COMMITTED: (1, 100), LeftOut.NOT_GOVERNABLE: (1, 100),
    }  # fmt: skip


def test_what_ended_is_in_no_total_and_a_line_of_its_own_with_count_and_sum(store: StoreFixture) -> None:
    def both(amount: int) -> tuple[EffectLine, ...]:
        return line("plan", "benefit", "2026-03", amount), line("forecast", "benefit", "2026-03", amount)

    save(
        store.engine,
        GivenMeasure(1, lines=both(1000)),
        GivenMeasure(2, off_ramp="cancelled", lines=both(5000)),
        GivenMeasure(3, off_ramp="cancelled", lines=both(700)),
        GivenMeasure(4, stage="closed", without_value=True, lines=both(90)),
        GivenMeasure(5, off_ramp="on_hold", lines=both(40)),
    )
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        found = overview(store.engine, filters)
        assert (found.total.measures, found.total.amounts.ebitda_plan) == (2, 1040)
        assert {reason: (sums.measures, sums.amounts.ebitda_plan) for reason, sums in found.left_out.items()} == {
            LeftOut.CANCELLED: (2, 5700), LeftOut.WITHOUT_VALUE: (1, 90),
        }  # fmt: skip
        assert sum(sums.measures for sums in found.by_status.values()) == 2
        with read_as(store.engine, OFFICE) as connection:
            assert [point.ebitda[Version.PLAN] for point in Portfolio(connection, OFFICE, filters).curve()] == [1040]
    for filters in (PortfolioFilters(stage="cancelled"), PortfolioFilters(left_out="cancelled")):
        opened = overview(store.engine, filters).total
        assert (opened.measures, opened.amounts.ebitda_plan) == (2, 5700)
        with read_as(store.engine, OFFICE) as connection:
            curve = Portfolio(connection, OFFICE, filters).curve()
            assert [point.ebitda[Version.PLAN] for point in curve] == [5700], "what is left out can be opened"


def test_what_is_still_paid_for_the_legacy_lowers_the_totals_and_no_run_rate(store: StoreFixture) -> None:
    own = (
        line("plan", "benefit", "2026-03", 1000),
        line("forecast", "benefit", "2026-03", 1000),
        line("actual", "benefit", "2026-03", 1000),
    )
    paid = (line("forecast", "legacy_cost", "2026-06", 300), line("actual", "legacy_cost", "2026-06", 300))
    save(store.engine, GivenMeasure(1, lines=(*own, *paid)))
    refresh(store.engine)
    for filters in (PortfolioFilters(), FINE):
        amounts = overview(store.engine, filters).total.amounts
        assert (amounts.ebitda_estimate, amounts.ebitda_actual, amounts.variance) == (700, 700, -300)
        assert (amounts.in_year_estimate, amounts.run_rate_estimate, amounts.run_rate_loss) == (700, 12_000, 0)


def test_totals_take_the_month_that_the_legal_entity_has_closed(store: StoreFixture) -> None:
    """Its measures alone are due; the close of all together makes every figure anew."""
    months = [f"2026-{number:02}" for number in range(1, 13)]
    lines = (
        *(line(version, "benefit", month, 100) for version in ("plan", "forecast") for month in months),
        *(line("actual", "benefit", month, 50) for month in months[:10]),
    )
    save(
        store.engine,
        GivenMeasure(1, lines=lines),
        GivenMeasure(2, entity="Nordbank Suisse SA", lines=lines),
        GivenMeasure(3, entity=None, lines=lines),
    )
    refresh(store.engine)

    def estimates() -> list[tuple[str, Decimal]]:
        found = store.rows(
            "SELECT closed_month::text AS month, ebitda_estimate FROM measure_figures ORDER BY measure_id"
        )
        return [(row.month[:7], row.ebitda_estimate) for row in found]

    assert estimates() == [("2026-10", Decimal(700))] * 3
    with store.engine.begin() as transaction:
        transaction.execute(_CLOSE, {"entity": "nordbank ag", "month": date(2026, 6, 1)})
    assert (refresh(store.engine).status, estimates()[0]) == (RefreshStatus.DONE, ("2026-06", Decimal(900)))
    assert estimates()[1:] == [("2026-10", Decimal(700))] * 2
    with store.engine.begin() as transaction:
        transaction.execute(_CLOSE, {"entity": "", "month": date(2026, 3, 1)})
    assert refresh(store.engine).status is RefreshStatus.REBUILT
    assert estimates() == [("2026-06", Decimal(900)), ("2026-03", Decimal(1050)), ("2026-03", Decimal(1050))]
    with read_as(store.engine, OFFICE) as connection:
        totals = Portfolio(connection, OFFICE, PortfolioFilters()).overview().total
    assert totals.amounts.ebitda_estimate == Decimal(1950)


_CLOSE = text("""
    WITH prepared AS (
        INSERT INTO month_close_step (kind, legal_entity, month, login, at)
        VALUES ('close prepared', :entity, :month, 'j.weber', now()) RETURNING id
    )
    INSERT INTO month_close_step (kind, legal_entity, month, answers, closed_through, login, at)
    SELECT 'closed', :entity, :month, id, :month, 'm.brandt', now() FROM prepared
""")


def test_the_budget_is_what_the_ledger_says_was_approved_with_its_corrections(store: StoreFixture) -> None:
    """150 EUR and 50 USD; the rate of dollars is 0.92, and the benefit of a budget is no spend."""
    save_rates(store.engine)
    lines = (line("plan", "benefit", "2026-03", 500), line("forecast", "benefit", "2026-03", 500))
    save(store.engine, GivenMeasure(1, lines=lines), GivenMeasure(2, lines=lines))
    refresh(store.engine)
    with store.engine.begin() as transaction:
        for values in (
            {"id": 1, "kind": "capex", "amount": 200, "currency": "EUR", "type": "posting"},
            {"id": 2, "kind": "one_off_cost", "amount": 50, "currency": "USD", "type": "posting"},
            {"id": 3, "kind": "benefit", "amount": 900, "currency": "EUR", "type": "posting"},
            {"id": 4, "kind": "capex", "amount": -50, "currency": "EUR", "type": "correction"},
        ):
            transaction.execute(_BUDGET, values)
    assert (refresh(store.engine).measures, overview(store.engine).total.amounts.budget) == (1, Decimal("196.00"))
    assert store.rows("SELECT budget FROM measure_figures ORDER BY measure_id")[1].budget is None


_BUDGET = text("""
    INSERT INTO ledger_entry (id, measure_id, version, kind, month, amount, currency, account, hard, type, corrects, reason,
                              source, entered_at, entered_by)
    VALUES (:id, 'jira-main/1', 'budget', :kind, '2026-03-01', :amount, :currency, 'ebitda', true, :type,
            CASE WHEN :type = 'correction' THEN 1 END, CASE WHEN :type = 'correction' THEN 'cut' ELSE '' END,
            '{"kind": "person", "who": "w"}', now(), 'w')
""")


def test_no_statement_reads_the_ids_of_all_measures_at_once(
    store: StoreFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million measures they would be most of a worker's memory."""
    monkeypatch.setattr(rollups, "CHUNK_SIZE", 4)
    monkeypatch.setattr(figures_history, "PART", 4)
    measures = {number: GivenMeasure(number, lines=(line("plan", "benefit", "2026-11", 9),)) for number in range(1, 14)}
    save_rates(store.engine)
    save(store.engine, *measures.values())
    read: list[int] = []
    event.listen(
        store.engine,
        "after_cursor_execute",
        lambda _connection, cursor, statement, *_: (
            read.append(cursor.rowcount) if "FROM measure" in statement else None
        ),
    )
    assert refresh(store.engine).measures == len(measures)
    assert max(read) <= 4
    agree(store.engine, measures, RATES)
    kept = store.rows("SELECT measure_id FROM figures_version")
    assert sorted(row.measure_id for row in kept) == sorted(f"jira-main/{number}" for number in measures)


def test_the_verdict_of_a_measure_is_unpacked_once_for_its_roll_up(store: StoreFixture) -> None:
    """However many names are read of it: it is long and lies beside the table, and a portfolio has a million."""
    save(store.engine, GivenMeasure(1))
    with store.engine.begin() as transaction:
        transaction.execute(_LENGTHEN)
    with store.engine.begin() as transaction:
        ids = list(transaction.execute(text("SELECT id FROM measure")).scalars())
        before = transaction.execute(_UNPACKED).scalar_one()
        assert len(transaction.execute(MEASURES, {"ids": ids}).all()) == 1
        assert transaction.execute(_UNPACKED).scalar_one() - before == 1


_LENGTHEN = text("""
    UPDATE measure SET verdict = verdict || jsonb_build_object('more', (
        SELECT string_agg(md5(CAST(n AS text)), '') FROM generate_series(1, 1000) AS n))
""")
_UNPACKED = text("""
    SELECT idx_scan FROM pg_stat_xact_all_tables
    WHERE relid = (SELECT reltoastrelid FROM pg_class WHERE oid = CAST('measure' AS regclass))
""")
"""How often this session has read what lies beside the table, as far as nobody has collected it."""
