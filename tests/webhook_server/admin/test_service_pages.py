"""Pages and API of services, outcomes and traces over one world: the same figures, and only what a reader may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from sqlalchemy import text

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
    api.person("reader", RoleGrant(Role.OFFICE))
    answer = api.get("reader", "/services/desk").get_json()
    assert (answer["unit_cost"]["amount"], answer["demand"], answer["hurdle"], answer["blockers"]) == (
        "10.00", "100", "No licences", [],
    )  # fmt: skip
    assert (answer["margin"]["amount"], answer["trend"], answer["stranded"]) == ("-1.00", None, None)
    listed = office.text("/services?sort=cost&code=NEGATIVE_UNIT_MARGIN").replace("\xa0", " ").replace("\u202f", " ")
    assert "1 service costs 1,000.50 EUR a month" in listed
    assert ("Service desk" in office.text("/services?person=brandt")) is True
    assert "No service matches." in office.text("/services?person=nobody")


def test_trend_saving_and_stranded_cost_are_the_same_on_page_and_api(api: ApiServer) -> None:
    """Demand fell by a fifth and the cost by a tenth: a ticket costs more, and a part of the fixed cost is stranded."""
    name = "lines"
    definition = ServiceDefinition(name, "Card lines", unit="card", fixed=("licences",), hurdle="none")
    settings = replace(SETTINGS, services=(*SETTINGS.services, StatedService(definition, (name,), "IT", "Desk")))
    postings = [
        NewEntry(
            Posting(
                LedgerVersion.ACTUAL, EffectKind.RECURRING_COST, LAST.plus(-back), Money(Decimal(amount), "EUR"), service=name,
                pl_line=part,
            ),
            BillLine(f"lines {back}", part),
        )
        for back in range(4)
        for part, amount in (("Licences", 600), ("Transactions", 400 if back else 300))
    ]  # fmt: skip
    now = datetime.now(UTC)
    while refresh_services(api.services.engine, settings, now) > 0:
        pass
    api.services.ledger.post(postings, by="SAP", at=now)
    content = "service,month,demand\n" + "".join(
        f"{name},{LAST.plus(-back)},{100 if back else 80}\n" for back in range(4)
    )
    fourth = enter(api, "Fourth", RoleGrant(Role.OFFICE))
    assert fourth.post("/services/values", file=(BytesIO(content.encode()), "d.csv")).status_code == 303
    while refresh_services(api.services.engine, settings, now) > 0:
        pass
    answer = api.get("reader", f"/services/{name}").get_json()
    assert (answer["cost"]["amount"], answer["unit_cost"]["amount"], answer["trend"]) == ("900.00", "11.25", "0.1250")
    assert (answer["fixed_per_unit"]["amount"], answer["variable_per_unit"]["amount"]) == ("7.50", "3.75")
    assert (answer["stranded"]["amount"], answer["saving"]["amount"]) == ("120.00", "100.00")
    shown = fourth.text(f"/services/{name}").replace("\xa0", " ").replace("\u202f", " ")
    for said in ("120.00 EUR", "12.5%", answer["trend_sentence"]):
        assert said in shown, said
    refresh(api)


def test_a_reader_of_another_part_sees_no_service(api: ApiServer) -> None:
    vera = enter(api, "Vera", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    assert "No service is here." in vera.text("/services")
    assert vera.get("/services/desk").status_code == 404
    assert vera.post("/services/desk/hurdle", hurdle="mine").status_code == 403


def test_objectives_come_from_a_file_and_traces_are_shown(api: ApiServer) -> None:
    other = enter(api, "Second", RoleGrant(Role.OFFICE))
    content = b"objective,name,owner,key_result,start,target,current\nrun-cost,Cut run cost,M. Brandt,month,100,80,95\n"
    assert other.post("/outcomes/objectives", file=(BytesIO(content), "o.csv")).status_code == 303
    with api.services.engine.begin() as transaction:
        transaction.execute(
            text("INSERT INTO measure_name (kind, name, measure_id) VALUES ('objective', 'cut run kost', :id)"),
            {"id": "jira-main/10001"},
        )
    shown = other.text("/outcomes")
    assert "Cut run cost" in shown
    assert "cut run kost 1" in shown
    assert "These measures count as serving no objective" in shown
    assert "Cut run cost" in other.text("/outcomes?person=m.+br")
    assert "Nobody of this name owns an objective." in other.text("/outcomes?person=Novak")
    assert "95.00 of 80.00 (from 100.00), 25" in shown.replace("  ", " ")
    assert other.post("/outcomes/objectives", file=(BytesIO(b"name\nx"), "o.csv")).status_code == 422
    assert "ITX-1" in other.text("/trace/ticket?key=ITX-1")
    assert other.get("/trace").status_code == 200
    assert "answered requests" in other.text("/trace/refused") or "No request" in other.text("/trace/refused")


def test_where_value_waits_and_hours_of_teams_are_shown_alike_on_page_api_and_csv(api: ApiServer) -> None:
    amount = {"amount": "1234.50", "currency": "EUR"}
    since = "2026-10-01T09:00:00+00:00"
    places = [("gate", "Decided", False), ("team", "Network", True)]
    waits = [{"kind": k, "place": p, "since": since, "queued": q, "ticket": "INC7" if q else ""} for k, p, q in places]
    verdict = {"value_waits": {"a_day": {"money": amount, "own": amount}, "waits": waits}}
    kpis = [{"name": "Handling time", "target": "5", "better": "lower", "unit": "min", "gates": ["closed"],
             "value": "6.5", "month": "2026-10", "problem": ""}]  # fmt: skip
    sql = """UPDATE measure SET verdict = verdict || CAST(:v AS jsonb), verdict_digest = 'w',
                                facts = facts || CAST(:f AS jsonb) WHERE key = 'ITX-1'"""
    with api.services.engine.begin() as transaction:
        transaction.execute(text(sql), {"v": json.dumps(verdict), "f": json.dumps({"kpis": kpis})})
    third = enter(api, "Third", RoleGrant(Role.OFFICE))
    shown = third.text("/waiting").replace("\xa0", " ").replace("\u202f", " ")
    assert "1,237.24 EUR of benefit wait each day, of 2 measures." in shown
    assert "Network takes INC7 of ITX-1 up next" in shown
    written = third.text("/waiting/places.csv?kind=team")
    assert "team,Network,1234.50,1234.50,EUR,1," in written
    assert written.startswith("\ufeffkind,place,"), "a spreadsheet has to read names as they are"
    assert "Nothing waits here." in third.text("/waiting?kind=vendor")
    assert "Handling time" in third.text("/measures/jira-main/10001")
    content = f"team,month,planned,logged\nNetwork,{LAST},160,200\n".encode()
    assert third.post("/waiting/capacity", file=(BytesIO(content), "h.csv")).status_code == 303
    assert third.post("/waiting/capacity", file=(BytesIO(b"team,month,planned\n,x,1"), "h.csv")).status_code == 422
    assert "125" in third.text("/waiting/capacity")
    vera = enter(api, "Wera", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    hers = vera.text("/waiting").replace("\xa0", " ").replace("\u202f", " ")
    assert "2.74 EUR of benefit wait each day, of 1 measure." in hers, "of her own part"
    assert "Network" not in hers
    assert vera.post("/waiting/capacity", file=(BytesIO(content), "h.csv")).status_code == 403
