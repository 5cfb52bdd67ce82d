"""Figures of services, recomputed from the ledger's rows and the stated demand; who sees which service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from connector.finance.service_values import StatedValue, ValuesResult, read_values_file, save_values
from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.ledger.entries import LedgerEntries
from connector.store.reconcile.stored_state import SqlStateStore
from connector.store.service_portfolio.definitions import name_hurdle
from connector.store.service_portfolio.figures import ServiceSettings, refresh_services
from connector.store.service_portfolio.kpi_values import SubjectKind, values_of_measure
from connector.store.service_portfolio.objectives import coverage, read_objectives, serving, store_objectives
from connector.store.service_portfolio.offerings import store_offerings
from connector.store.service_portfolio.queries import (
    ServiceFilters,
    ServiceTotals,
    StoredService,
    get_service,
    list_services,
    totals,
)
from connector.sync.offerings import read_offerings
from connector.sync.ports import DemandCount, Offering
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import BillLine
from governance.measure import MeasureId
from governance.money import Money, Period
from governance.outcomes import KeyResult, Objective, progress_by_objective
from governance.rates import Rates
from governance.service import Allocation, ServiceDefinition
from mapping.load import LoadedMapping, load_mapping
from mapping.service_config import OfferingRule
from mapping.services import StatedService
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.queue.test_reassess import RecordingWaker, steps_of
from tests.connector.store.reporting.portfolio_data import OFFICE, RATES, GivenMeasure, line, save, save_rates
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
PLATFORM = ServiceDefinition("platform", "Data platform", "T. Arslan", fixed=("licences",))
DESK = ServiceDefinition(
    "desk", "Service desk", "M. Brandt", "Group IT", "ticket", value_per_unit=Decimal(9),
    allocations=(Allocation("platform", Decimal("0.25")),),
)  # fmt: skip
CARDS = ServiceDefinition("cards", "Cards", unit="card", allocations=(Allocation("platform", kpi="Seats"),))
STATED = (
    StatedService(PLATFORM, ("data platform", "platform"), "IT", "Data"),
    StatedService(DESK, ("desk", "helpdesk", "service desk"), "IT", "Desk"),
    StatedService(CARDS, ("cards",), "Payments"),
)
SETTINGS = ServiceSettings("EUR", 400, (), STATED)


def post(
    store: StoreFixture, service: str, month: str, amount: str, currency: str = "EUR", *, cost_centre: str = "",
    pl_line: str = "",
) -> None:  # fmt: skip
    posting = Posting(
        LedgerVersion.ACTUAL, EffectKind.RECURRING_COST, Period.parse(month), Money(Decimal(amount), currency),
        service=service, cost_centre=cost_centre, pl_line=pl_line,
    )  # fmt: skip
    entry = NewEntry(posting, BillLine(f"bill {month}", service))
    assert LedgerEntries(store.engine, store.waker).post([entry], by="sap", at=NOW).entries


def refresh(store: StoreFixture, settings: ServiceSettings = SETTINGS) -> None:
    while refresh_services(store.engine, settings, NOW) > 0:
        pass


def service(store: StoreFixture, key: str, viewer: Viewer = OFFICE) -> StoredService | None:
    with read_as(store.engine, viewer) as connection:
        return get_service(connection, viewer, key)


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save_rates(opened.engine)
        save(
            opened.engine,
            GivenMeasure(1, lines=(line("plan", "benefit", "2026-12", 700),)),
            GivenMeasure(
                2, place=("Payments", "Cards", None, None), lines=(line("plan", "recurring_cost", "2026-12", 50),)
            ),
            GivenMeasure(3, off_ramp="cancelled", lines=(line("plan", "recurring_cost", "2026-12", 50),)),
        )
        with opened.engine.begin() as transaction:
            transaction.execute(
                text("""UPDATE measure SET facts = facts || '{"services": "Service Desk, unheard of"}'""")
            )
            transaction.execute(
                text("""UPDATE measure SET measure_state = '{"off_ramp": {"kind": "cancelled"}}' WHERE key = 'ITX-3'""")
            )
        refresh(opened)
        for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
            post(opened, "HelpDesk", month, "800", cost_centre="4711")
            post(opened, "platform", month, "400", pl_line="Licences")
        post(opened, "Service desk", "2026-10", "400", cost_centre="4712")
        post(opened, "Data platform", "2026-10", "100", "USD")
        lines = ["service,month,demand", *(f"Helpdesk,2026-{month},100" for month in ("07", "08", "09", "10"))]
        kpis = ["service;kpi;month;value", "cards;Seats;2026-10-01;30", "platform;demand;2026-10;10"]
        for content in (lines, kpis):
            stated = read_values_file("demand.csv", "\n".join(content).encode())
            assert not isinstance(stated, str)
            assert save_values(opened.engine, stated, "demand.csv", "office", NOW).problems == ()
        refresh(opened)
        yield opened


def test_figures_are_those_of_the_ledgers_rows_and_the_stated_demand(store: StoreFixture) -> None:
    dollars = next(
        row[0]
        for row in store.rows(
            "SELECT factor FROM exchange_rate WHERE currency = 'USD' AND kind = 'average' ORDER BY since DESC LIMIT 1"
        )
    )
    platform = Decimal(400) + Decimal(100) * Decimal(str(dollars))
    desk = service(store, "desk")
    assert desk is not None
    assert desk.report is not None
    own = sum(
        Decimal(str(row[0]))
        for row in store.rows(
            "SELECT amount FROM ledger_entry WHERE lower(service) IN ('helpdesk', 'service desk') AND month = '2026-10-01'"
        )
    )
    assert own == 1200
    assert (desk.report.cost, desk.report.demand) == (own + platform / 4, 100)
    assert desk.report.unit_cost == (own + platform / 4) / 100
    assert desk.report.margin == 9 - (own + platform / 4) / 100
    assert [month.cost for month in desk.report.months] == [900, 900, 900, own + platform / 4]


def test_a_shared_cost_counts_once(store: StoreFixture) -> None:
    shared, cards = service(store, "platform"), service(store, "cards")
    assert shared is not None
    assert cards is not None
    assert shared.report is not None
    assert cards.report is not None
    # A quarter goes to the desk by its stated share, the rest to the only service that has seats.
    assert shared.report.cost is None
    with read_as(store.engine, OFFICE) as connection:
        sums = totals(connection, OFFICE, ServiceFilters())
    booked = Decimal(1200) + 400 + Decimal(100) * Decimal("0.9357")
    assert (sums.services, sums.cost) == (3, booked)
    assert cards.report.codes == ("UNIT_COST_UNKNOWN", "DEMAND_UNKNOWN", "HURDLE_UNNAMED")


def test_findings_name_measures_only_to_those_who_see_them(store: StoreFixture) -> None:
    desk = service(store, "desk")
    assert desk is not None
    assert desk.report is not None
    assert desk.report.codes == ("HURDLE_UNNAMED", "COST_SPIKE", "NEGATIVE_UNIT_MARGIN", "CONFLICTING_MEASURES")
    spike, _, conflict = desk.report.findings
    assert spike.departments[0].department == "4712"
    assert conflict.sentence == "2 measures pull the cost of Service desk in opposite directions"
    assert conflict.named.endswith(": ITX-1 700 EUR a year lower, ITX-2 50 EUR a year higher")
    assert conflict.measures == ("jira-main/1", "jira-main/2")


def test_a_rule_that_the_policy_switches_off_reports_nothing(store: StoreFixture) -> None:
    off = ServiceSettings("EUR", 400, ("COST_SPIKE", "HURDLE_UNNAMED"), STATED)
    refresh(store, off)
    desk = service(store, "desk")
    assert desk is not None
    assert desk.report is not None
    assert desk.report.codes == ("NEGATIVE_UNIT_MARGIN", "CONFLICTING_MEASURES")
    refresh(store)


def test_a_service_is_seen_like_its_program(store: StoreFixture) -> None:
    for grant, keys in (
        (RoleGrant(Role.VIEWER, ("IT",)), ["desk", "platform"]),
        (RoleGrant(Role.VIEWER, ("IT", "Desk")), ["desk"]),
        (RoleGrant(Role.VIEWER, ("IT", "Desk", "Project")), []),
        (RoleGrant(Role.VIEWER), ["cards", "desk", "platform"]),
    ):
        viewer = Viewer(PersonId(7), "v", "V", (grant,))
        with read_as(store.engine, viewer) as connection:
            listed = list_services(connection, viewer, ServiceFilters())
            assert [one.definition.key for one in listed] == keys
            assert list_services(connection, viewer, ServiceFilters(), months=False) == [
                replace(one, report=replace(one.report, months=()) if one.report else None) for one in listed
            ]
            # The database holds it as well, whatever a query leaves out.
            assert sorted(connection.execute(text("SELECT key FROM service")).scalars()) == keys
            assert sorted(connection.execute(text("SELECT service FROM service_figures")).scalars()) == keys
            seen = connection.execute(text("SELECT DISTINCT lower(service) FROM ledger_entry")).scalars().all()
            assert ("helpdesk" in seen) == ("desk" in keys)


def test_the_hurdle_that_somebody_names_answers_the_third_question(store: StoreFixture) -> None:
    with store.engine.begin() as transaction:
        assert name_hurdle(transaction, "platform", "The contract runs until 2027", "office", NOW)
        assert not name_hurdle(transaction, "nothing", "?", "office", NOW)
    refresh(store)
    found = service(store, "platform")
    assert found is not None
    assert found.report is not None
    assert (found.report.hurdle, "HURDLE_UNNAMED" in found.report.codes) == ("The contract runs until 2027", False)


def test_a_service_that_leaves_the_mapping_takes_its_names_along(store: StoreFixture) -> None:
    refresh(store, ServiceSettings("EUR", 400, (), STATED[:2]))
    assert service(store, "cards") is None
    assert figures_of_all(store).left == 1
    assert store.rows("SELECT 1 FROM service_name WHERE service = 'cards'") == []
    refresh(store)
    assert service(store, "cards") is not None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("service,month,demand\nnobody,2026-10,1", 'line 2: there is no service "nobody".'),
        ("service,month,demand\ndesk,October,1", 'line 2: "October" is no month; write 2026-10.'),
        ("service,month,demand\ndesk,2026-10,many", 'line 2: "many" is no number.'),
        ("service,month,demand\ndesk,2026-10,-1", "line 2: a demand is not below zero."),
        (
            "service,month,demand\ndesk,2026-10,100\nDesk,2026-10-01,50",
            "line 3: line 2 states another demand of Desk in 2026-10.",
        ),
        (
            "service,month\ndesk,2026-10",
            "The first line has to name the columns service, month and value (or demand); there are service, month.",
        ),
    ],
)
def test_a_file_is_stored_as_a_whole_or_not_at_all(store: StoreFixture, content: str, problem: str) -> None:
    stated = read_values_file("f.csv", f"{content}\ndesk,2026-06,77".encode())
    if isinstance(stated, str):
        assert stated == problem
        return
    problems = save_values(store.engine, stated, "f.csv", "office", NOW).problems
    assert [str(one) for one in problems] == [problem]
    assert store.rows("SELECT 1 FROM kpi_value WHERE value = 77") == []


def test_what_is_stated_again_changes_nothing(store: StoreFixture) -> None:
    stated = read_values_file("f.csv", b"service,kpi,month,value\ndesk,CSAT,2026-09,4.5")
    assert not isinstance(stated, str)
    assert [save_values(store.engine, stated, "f.csv", "office", NOW).changed for _ in range(2)] == [1, 0]


def test_what_serves_no_objective_by_business_unit(store: StoreFixture) -> None:
    save(
        store.engine,
        GivenMeasure(11, unit="Payments", owner="Kaya", lines=(line("actual", "one_off_cost", "2026-03", "100.10"),)),
        GivenMeasure(12, unit="Payments", owner="Lind", lines=(line("actual", "capex", "2026-03", 50, "USD"),)),
        GivenMeasure(13, unit=None, owner="Omar", lines=(line("actual", "one_off_cost", "2025-12", 7),)),
        GivenMeasure(14, unit="Cards", owner="Omar"),
    )
    result = KeyResult("run-cost/month", "Run cost", Decimal(100), Decimal(80), Decimal(90))
    objective = Objective("run-cost", "Cut run cost", ("cut run cost", "run-cost"), key_results=(result,))
    with store.engine.begin() as transaction:
        named = (
            """UPDATE measure SET facts = facts || '{"objective": "Cut run cost"}' WHERE key IN ('ITX-11', 'ITX-14')"""
        )
        transaction.execute(text(named))
        assert store_objectives(transaction, (objective,), "file", "office", NOW) == []
        assert store_objectives(transaction, (objective,), "api OKR", "office", NOW) == ["run-cost"]
    assert save_values(
        store.engine, [StatedValue("1", SubjectKind.KEY_RESULT, "Run-Cost/month", "current", "2026-10", "95")], "api",
        "office", NOW,
    ) == ValuesResult(1)  # fmt: skip
    with read_as(store.engine, OFFICE) as connection:
        (found,) = read_objectives(connection)
        teams, missing = coverage(connection, Period(2026, 1), Period(2026, 12), Rates(RATES), "EUR")
        served = {most: serving(connection, ["run-cost", "nobody's"], most) for most in (1, 5)}
    assert progress_by_objective((found,)) == {"run-cost": Decimal("0.25")}
    assert {most: (one["run-cost"].count, len(one["run-cost"].rows), len(one)) for most, one in served.items()} == {
        1: (2, 1, 1), 5: (2, 2, 1),
    }  # fmt: skip
    assert [row.key for row in served[5]["run-cost"].rows] == ["ITX-11", "ITX-14"]
    payments = next(one for one in teams if one.team == "Payments")
    assert (payments.spend, payments.spend_without) == (Decimal("100.10") + 46, 46)
    assert "Lind" in payments.owners
    assert "Kaya" not in payments.owners
    assert (next(one for one in teams if one.team == "").measures_without, missing) == (1, ())


NAMES = "SELECT kind, name FROM measure_name WHERE measure_id = 'jira-main/21' ORDER BY kind, name"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        pytest.param(
            """facts = facts || '{"services": "Helpdesk; cards", "objective": "Cut run cost"}',
               measure_state = measure_state || '{"waiting_since": {"OPS-1": "2026-10-01T09:00:00+00:00"}}'""",
            [("objective", "cut run cost"), ("service", "cards"), ("service", "helpdesk"), ("ticket", "OPS-1")],
            id="named",
        ),
        pytest.param(
            """facts = facts || '{"services": "cards"}', measure_state = measure_state || '{"waiting_since": {}}'""",
            [("objective", "cut run cost"), ("service", "cards")],
            id="some no more",
        ),
        pytest.param("unmapped_since = now()", [], id="left"),
        pytest.param("unmapped_since = NULL", [("objective", "cut run cost"), ("service", "cards")], id="back"),
    ],
)
def test_the_names_in_a_measures_fields_are_found_by_readers(
    store: StoreFixture, change: str, names: list[tuple[str, str]]
) -> None:
    if store.rows("SELECT 1 FROM measure WHERE key = 'ITX-21'") == []:
        save(store.engine, GivenMeasure(21))
    with store.engine.begin() as transaction:
        transaction.execute(text(f"UPDATE measure SET {change} WHERE key = 'ITX-21'"))
    assert [tuple(row) for row in store.rows(NAMES)] == names


class Reader:
    """Two offerings, one of them with incidents in October."""

    def __init__(self) -> None:
        self.shown: dict[str, str | None] = {}
        """What the column for what is reported holds."""

    def offerings(self, rule: OfferingRule) -> tuple[Offering, ...]:
        gold = Offering("a1", "Gold mail", "K. Owner", hurdle="No licence", findings=self.shown.get("a1", ""))
        return (gold, Offering("b2", "Helpdesk", findings=self.shown.get("b2", "")))

    def demand(self, rule: OfferingRule, first: Period) -> tuple[DemandCount, ...]:
        assert first == Period(2026, 8)
        return (DemandCount("a1", Period(2026, 10), 7),)


def test_a_connections_services_come_with_the_records_that_are_their_demand(store: StoreFixture) -> None:
    loaded = load_mapping(f"{MAPPING}\nservices_from: [{{connection: snow, demand: incident, portfolio: IT}}]\n")
    assert isinstance(loaded, LoadedMapping), loaded
    site: Any = SimpleNamespace(name="snow", offerings=Reader())
    read_offerings(site, loaded.config, partial(store_offerings, store.engine), NOW)
    refresh(store)
    found = service(store, "snow.a1")
    assert found is not None
    assert found.report is not None
    assert (found.definition.owner, found.report.demand, found.report.hurdle) == ("K. Owner", 7, "No licence")
    assert store.rows("SELECT value FROM kpi_value WHERE subject = 'snow.a1' ORDER BY month") == [(0,), (0,), (7,)]
    # Its name is that of a service of the mapping already: the cost stays there.
    assert store.rows("SELECT service FROM service_name WHERE name = 'helpdesk'") == [("desk",)]


def written(store: StoreFixture) -> dict[str, Any]:
    """What waits to be written on the records of services; the tool takes it."""
    rows = store.rows(
        "SELECT native_id, target_values ->> 'u_reported' FROM outbox WHERE connection = 'snow' AND state = 'waiting'"
    )
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE outbox SET state = 'done' WHERE connection = 'snow' AND state = 'waiting'"))
    return {str(item): shown for item, shown in map(tuple, rows)}


def test_what_is_reported_of_a_service_stands_in_the_tools_own_record_of_it(store: StoreFixture) -> None:
    loaded = load_mapping(f"{MAPPING}\nservices_from: [{{connection: snow, demand: incident, findings: u_reported}}]\n")
    assert isinstance(loaded, LoadedMapping), loaded
    with store.engine.begin() as transaction:
        transaction.execute(
            text("""INSERT INTO connection (name, tool, base_url, username, credential)
                    VALUES ('snow', 'servicenow', 'https://snow', 'bot', '')""")
        )
    reader = Reader()
    site: Any = SimpleNamespace(name="snow", offerings=reader)

    def sweep() -> dict[str, Any]:
        read_offerings(site, loaded.config, partial(store_offerings, store.engine), NOW)
        refresh(store)
        return written(store)

    gold, desk = "service_offering:a1", "service_offering:b2"
    first = sweep()
    assert first[gold] == (
        "the unit cost is not known: no cost is booked in Oct 2026 · owner K. Owner · UNIT_COST_UNKNOWN"
    )
    # The record of the tool shows what is reported of the mapping's service of its name: the cost is booked there.
    lines = first[desk].split("\n")
    assert [line.rpartition(" · ")[2] for line in lines] == [
        "COST_SPIKE", "NEGATIVE_UNIT_MARGIN", "CONFLICTING_MEASURES", "HURDLE_UNNAMED",
    ]  # fmt: skip
    assert lines[2] == (
        "2 measures pull the cost of Service desk in opposite directions · owner M. Brandt · CONFLICTING_MEASURES"
    ), "measures are not named where others read"
    reader.shown = {"a1": first[gold], "b2": first[desk].replace("\n", "\r\n")}
    assert sweep() == {}, "what is there already is not written again"
    reader.shown["a1"] = "edited by hand"
    assert sweep() == {gold: first[gold]}
    reader.shown["a1"] = None
    assert sweep() == {gold: first[gold]}, "what is not shown is not known to be there"
    reader.shown = {"a1": None, "b2": None}
    read_offerings(site, loaded.config, partial(store_offerings, store.engine), NOW)
    with steps_of(store, writes="INSERT INTO outbox") as steps:
        assert refresh_services(store.engine, SETTINGS, NOW, RecordingWaker(steps)) > 0
    assert steps == ["writes", "writes", "task of snow"], "whoever stores an assessment wakes the task after its writes"
    assert set(written(store)) == {gold, desk}
    reader.shown = {"a1": first[gold], "b2": first[desk]}
    reader.shown["a1"] = first[gold]
    assert sweep() == {}
    # Something else is reported: written at once, without a sweep.
    post(store, "Gold mail", "2026-10", "70")
    refresh(store)
    assert written(store) == {gold: None}, "all three questions are answered: the field is cleared"
    assert store.rows("SELECT 1 FROM outbox WHERE state = 'superseded' AND connection = 'snow'") == []
    none = load_mapping(f"{MAPPING}\nservices_from: [{{connection: snow, demand: incident}}]\n")
    assert isinstance(none, LoadedMapping)
    read_offerings(site, none.config, partial(store_offerings, store.engine), NOW)
    assert store.rows("SELECT 1 FROM service_record") == [], "where the mapping does not say so, nothing is written"


def figures_of_all(store: StoreFixture) -> ServiceTotals:
    with read_as(store.engine, OFFICE) as connection:
        return totals(connection, OFFICE, ServiceFilters())


def test_measures_that_name_a_service_are_told_what_is_reported_of_it(store: StoreFixture) -> None:
    state = SqlStateStore(store.engine)
    notes = state.service_notes(["helpdesk", "unheard of"])
    assert set(notes) == {"helpdesk"}
    codes = {one.code: one for one in notes["helpdesk"]}
    assert "HURDLE_UNNAMED" in codes
    assert (codes["HURDLE_UNNAMED"].service, codes["HURDLE_UNNAMED"].place) == ("Service desk", ("IT", "Desk"))
    with store.engine.begin() as transaction:
        transaction.execute(text("DELETE FROM dirty_key"))
        transaction.execute(text("INSERT INTO service_due (name) VALUES ('desk')"))
    refresh(store)
    assert store.rows("SELECT native_id FROM dirty_key") == [], "nothing else is reported than before"
    with store.engine.begin() as transaction:
        assert name_hurdle(transaction, "desk", "The contract runs until June", "office", NOW)
    refresh(store)
    assert store.rows("SELECT native_id FROM dirty_key ORDER BY 1") == [("1",), ("2",), ("3",)]
    assert "HURDLE_UNNAMED" not in {one.code for one in state.service_notes(["helpdesk"])["helpdesk"]}


def test_a_kpi_of_a_measure_is_known_by_its_newest_value_and_has_it_assessed_again(store: StoreFixture) -> None:
    with store.engine.begin() as transaction:
        transaction.execute(text("DELETE FROM dirty_key"))
    lines = b"measure,kpi,month,value\nITX-1,Handling time,2026-09,7\nITX-1,handling Time,2026-10,4.5\n"
    stated = read_values_file("kpis.csv", lines)
    assert not isinstance(stated, str)
    assert save_values(store.engine, stated, "kpis.csv", "office", NOW).changed == 2
    measure = MeasureId("jira-main/1")
    newest = SqlStateStore(store.engine).kpi_values([measure, MeasureId("jira-main/2")], Period.of(NOW))
    assert newest == {measure: {"handling time": (Period(2026, 10), Decimal("4.5"))}}
    assert store.rows("SELECT native_id FROM dirty_key") == [("1",)]
    with read_as(store.engine, OFFICE) as connection:
        assert [str(one.month) for one in values_of_measure(connection, measure)] == ["2026-10", "2026-09"]
    elsewhere = Viewer(PersonId(9), "e", "E", (RoleGrant(Role.VIEWER, ("Payments",)),))
    with read_as(store.engine, elsewhere) as connection:
        assert values_of_measure(connection, measure) == ()


def test_a_value_of_a_month_to_come_is_not_what_is_measured_now(store: StoreFixture) -> None:
    """The target was stated for the month in which it is to be reached, and 7 is what was measured."""
    stated = read_values_file("kpis.csv", b"measure,kpi,month,value\nITX-1,Calls,2026-10,7\nITX-1,Calls,2027-06,5\n")
    assert not isinstance(stated, str)
    assert save_values(store.engine, stated, "kpis.csv", "office", NOW).changed == 2
    measure, state = MeasureId("jira-main/1"), SqlStateStore(store.engine)
    assert state.kpi_values([measure], Period.of(NOW))[measure]["calls"] == (Period(2026, 10), Decimal(7))
    assert state.kpi_values([measure], Period(2027, 6))[measure]["calls"] == (Period(2027, 6), Decimal(5))


def test_services_of_a_connection_leave_with_its_rule(store: StoreFixture) -> None:
    save(store.engine, GivenMeasure(30))
    with store.engine.begin() as transaction:
        transaction.execute(
            text("""INSERT INTO service_record (connection, item, service, name, field)
                                    VALUES ('snow', 'service_offering:a1', 'snow.a1', 'Gold mail', 'u_reported')""")
        )
        transaction.execute(
            text("UPDATE measure SET facts = facts || '{\"services\": \"Gold mail\"}' WHERE key = 'ITX-30'")
        )
    refresh(store, replace(SETTINGS, connections=("snow",)))
    with store.engine.begin() as transaction:
        transaction.execute(text("DELETE FROM dirty_key"))
    before = figures_of_all(store)
    refresh(store, replace(SETTINGS, connections=("another",)))
    after = figures_of_all(store)
    # Of the two offerings one has a cost: 70 of October.
    assert (before.services - after.services, before.cost - after.cost) == (2, 70)
    assert (after.left - before.left, after.left_cost - before.left_cost) == (2, 70)
    assert service(store, "snow.a1") is None
    with read_as(store.engine, OFFICE) as connection:
        gone = list_services(connection, OFFICE, ServiceFilters(left=True))
    found = {one.definition.key: (one.source, one.left_at, one.report.cost if one.report else None) for one in gone}
    assert found["snow.a1"] == ("snow", NOW, Decimal(70))
    assert store.rows("SELECT 1 FROM service_record WHERE connection = 'snow'") == [], (
        "nothing is written there any more"
    )
    assert store.rows("SELECT native_id FROM dirty_key") == [("30",)], "what names it is judged again"
    # The rule comes back, and a sweep with it: the service is there as before.
    loaded = load_mapping(f"{MAPPING}\nservices_from: [{{connection: snow, demand: incident}}]\n")
    assert isinstance(loaded, LoadedMapping), loaded
    site: Any = SimpleNamespace(name="snow", offerings=Reader())
    refresh(store, replace(SETTINGS, connections=("snow",)))
    read_offerings(site, loaded.config, partial(store_offerings, store.engine), NOW)
    refresh(store, replace(SETTINGS, connections=("snow",)))
    again = figures_of_all(store)
    assert (again.services, again.cost, again.left_cost) == (before.services, before.cost, before.left_cost)
