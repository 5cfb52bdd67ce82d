"""Pages and API of services, outcomes and traces over one world: the same figures, and only what a reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from connector.people.permissions import Role, RoleGrant
from connector.store.service_portfolio.figures import ServiceSettings, refresh_services
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import BillLine
from governance.money import Money, Period
from governance.service import ServiceDefinition
from mapping.load import LoadedMapping, load_mapping
from mapping.services import StatedService
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server

LAST = Period.of(datetime.now(UTC).date()).plus(-1)
DESK = ServiceDefinition("desk", "Service desk", "M. Brandt", "Group IT", "ticket", value_per_unit=Decimal(9))
SETTINGS = ServiceSettings("EUR", 400, (), (StatedService(DESK, ("desk", "helpdesk"), "IT", "Desk"),))


def refresh(here: ApiServer) -> None:
    while refresh_services(here.services.engine, SETTINGS, datetime.now(UTC)) > 0:
        pass


@pytest.fixture(scope="module")
def api(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("m")) as here,
    ):
        refresh(here)
        posting = Posting(
            LedgerVersion.ACTUAL, EffectKind.RECURRING_COST, LAST, Money(Decimal("1000.50"), "EUR"), service="Helpdesk"
        )
        here.services.ledger.post([NewEntry(posting, BillLine("b", "1"))], by="SAP", at=datetime.now(UTC))
        refresh(here)
        yield here


def test_demand_and_hurdle_are_stated_on_the_page_and_answer_the_three_questions(api: ApiServer) -> None:
    office = enter(api, "Office", RoleGrant(Role.OFFICE))
    shown = office.text("/services/desk")
    assert "the demand is not known: no demand is stated for" in shown
    assert all(code in shown for code in ("UNIT_COST_UNKNOWN", "DEMAND_UNKNOWN", "HURDLE_UNNAMED"))
    wrong = (BytesIO(b"service,month,demand\nnobody,2026-01,1"), "d.csv")
    assert office.post("/services/values", file=wrong).status_code == 422
    right = (BytesIO(f"service,month,demand\ndesk,{LAST},100".encode()), "d.csv")
    assert office.post("/services/values", file=right).status_code == 303
    assert office.post("/services/desk/hurdle", hurdle="No licences").status_code == 303
    refresh(api)
    shown = office.text("/services/desk").replace("\xa0", " ").replace("\u202f", " ")
    assert "10.01 EUR" in shown or "10.00 EUR" in shown
    assert "No licences" in shown
    assert "NEGATIVE_UNIT_MARGIN" in shown
    listed = office.text("/services?sort=cost&code=NEGATIVE_UNIT_MARGIN").replace("\xa0", " ").replace("\u202f", " ")
    assert "1 service costs 1,000.50 EUR a month" in listed


def test_a_reader_of_another_part_sees_no_service(api: ApiServer) -> None:
    vera = enter(api, "Vera", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    assert "No service is here." in vera.text("/services")
    assert vera.get("/services/desk").status_code == 404
    assert vera.post("/services/desk/hurdle", hurdle="mine").status_code == 403


def test_objectives_come_from_a_file_and_traces_are_shown(api: ApiServer) -> None:
    other = enter(api, "Second", RoleGrant(Role.OFFICE))
    content = b"objective,name,owner,key_result,start,target,current\nrun-cost,Cut run cost,M. Brandt,month,100,80,95\n"
    assert other.post("/outcomes/objectives", file=(BytesIO(content), "o.csv")).status_code == 303
    shown = other.text("/outcomes")
    assert "Cut run cost" in shown
    assert "95.00 of 80.00 (from 100.00), 25" in shown.replace("  ", " ")
    assert other.post("/outcomes/objectives", file=(BytesIO(b"name\nx"), "o.csv")).status_code == 422
    assert "ITX-1" in other.text("/trace/ticket?key=ITX-1")
    assert other.get("/trace").status_code == 200
    assert "answered requests" in other.text("/trace/refused") or "No request" in other.text("/trace/refused")
