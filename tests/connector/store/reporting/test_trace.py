"""From a total to its lines and back from a ticket to the money, and the demands that were refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.ledger.entries import LedgerEntries
from connector.store.reporting.refused_demands import refused_demands
from connector.store.reporting.trace import entries_of, trace_down, trace_up
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import FileCell, Worklog
from governance.money import Money, Period
from governance.rates import Rates
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import OFFICE, RATES, GivenMeasure, line, refresh, save, save_rates
from tests.databases import Databases

COMMITTED = ("decided", "implemented", "closed")
ONE = Viewer(PersonId(5), "v", "V", (RoleGrant(Role.VIEWER, ("IT", "Branches")),))


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save_rates(opened.engine)
        save(
            opened.engine,
            GivenMeasure(1, lines=(line("plan", "benefit", "2026-12", 700), line("forecast", "benefit", "2026-12", 1))),
            GivenMeasure(2, ("IT", "Branches", "Tills", None), lines=(
                line("plan", "benefit", "2026-12", "300.25"), line("forecast", "benefit", "2026-12", 1),
            )),
            GivenMeasure(3, stage="detailed", off_ramp="cancelled", lines=(
                line("plan", "one_off_cost", "2026-12", 50), line("plan", "capex", "2026-12", 10, "USD"),
                line("plan", "benefit", "2027-01", 999),
            )),
            GivenMeasure(4, stage="decided", off_ramp="cancelled", lines=(line("plan", "capex", "2026-12", 1_000),)),
            GivenMeasure(5, gate="breach", stage="decided"),
            GivenMeasure(6, stage="detailed"),
        )  # fmt: skip
        posting = Posting(
            LedgerVersion.ACTUAL, EffectKind.ONE_OFF_COST, Period(2026, 10), Money(Decimal(40), "EUR"), "jira-main/2"
        )
        at = datetime(2026, 11, 5, tzinfo=UTC)
        sources = (FileCell("Actuals.xlsx", "D14", "Oct"), Worklog("jira-main", "NET-9", "77"))
        LedgerEntries(opened.engine, opened.waker).post([NewEntry(posting, one) for one in sources], by="sap", at=at)
        with opened.engine.begin() as transaction:
            state = """{"waiting_since": {"INC7": "2026-10-01T09:00:00+00:00"}}"""
            transaction.execute(
                text("UPDATE measure SET measure_state = CAST(:s AS jsonb) WHERE key = 'ITX-1'"), {"s": state}
            )
            refused = """{"off_ramp": {"kind": "cancelled", "reason": "Not worth it", "by": "M. Brandt",
                          "at": "2026-09-01T09:00:00+00:00"}}"""
            transaction.execute(
                text("UPDATE measure SET measure_state = CAST(:s AS jsonb) WHERE key = 'ITX-3'"), {"s": refused}
            )
        refresh(opened.engine)
        yield opened


def test_every_step_down_comes_to_the_step_above(store: StoreFixture) -> None:
    with read_as(store.engine, OFFICE) as connection:
        whole = trace_down(connection, OFFICE, "ebitda_plan", ())
        assert whole is not None
        assert (whole.total, whole.level, whole.is_whole) == (Decimal("1000.25"), "portfolio", True)
        path: tuple[str, ...] = ("IT",)
        programs = trace_down(connection, OFFICE, "ebitda_plan", path)
        assert programs is not None
        amounts = {one.name: one.amount for one in programs.parts}
        assert (amounts["Branches"], programs.is_whole) == (Decimal("300.25"), True)
        measures = trace_down(connection, OFFICE, "ebitda_plan", ("IT", "Branches", "Tills", ""))
        assert measures is not None
        assert [(one.name, one.amount, one.measure) for one in measures.parts] == [
            ("ITX-2", Decimal("300.25"), "jira-main/2")
        ]
        sources = [str(one.source) for one in entries_of(connection, "jira-main/2")]
    assert sources == ["worklog 77 of NET-9 on jira-main", "Actuals.xlsx, Oct!D14"]


def test_a_ticket_leads_to_the_money_that_depends_on_it(store: StoreFixture) -> None:
    with read_as(store.engine, OFFICE) as connection:
        (waiting,) = trace_up(connection, "INC7")
        (booked,) = trace_up(connection, "NET-9")
        (own,) = trace_up(connection, "ITX-1")
        assert trace_up(connection, "INC8") == ()
    assert (waiting.key, waiting.why, waiting.ebitda_plan) == ("ITX-1", "waits for it", 700)
    assert waiting.waiting_since == datetime(2026, 10, 1, 9, tzinfo=UTC)
    assert (booked.key, booked.why, own.why) == ("ITX-2", "money comes from it", "is the measure")


def test_only_what_a_reader_may_see_depends_on_a_ticket(store: StoreFixture) -> None:
    with read_as(store.engine, ONE) as connection:
        assert trace_up(connection, "INC7") == ()
        assert [one.key for one in trace_up(connection, "NET-9")] == ["ITX-2"]
        assert entries_of(connection, "jira-main/1") == ()


def test_refused_demands_as_a_share_of_what_was_answered(store: StoreFixture) -> None:
    with read_as(store.engine, OFFICE) as connection:
        found = refused_demands(connection, COMMITTED, Rates(RATES), "EUR")
    # Refused: ITX-3; decided: 1, 2, 4 (cancelled afterwards) and 5; ITX-6 has no answer yet.
    assert (found.refused, found.approved, found.share, found.reaches_target) == (1, 4, Decimal("0.2"), False)
    (refused,) = found.demands
    assert (refused.key, refused.reason, refused.by) == ("ITX-3", "Not worth it", "M. Brandt")
    assert refused.kept == found.kept == 50 + Decimal(10) * Decimal("0.9357")
    assert [(one.key, one.code) for one in found.against_rules] == [("ITX-5", "GATE_ORDER")]
