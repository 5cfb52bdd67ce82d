"""Trade-offs and scenarios over one world: pages and API agree, only what a reader may see, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from governance.effects import EffectKind
from governance.ledger import LedgerVersion, NewEntry, Posting
from governance.ledger_source import BillLine
from governance.money import Money, Period
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.connector.store.reporting.portfolio_data import GivenMeasure, line, refresh, save
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.signed_in_browser import SignedInBrowser

ONE, TWO = "jira-main/10001", "jira-main/10002"
DEAR, IDLE, WAITS, MUST = (f"jira-main/{number}" for number in (21, 22, 23, 24))
PLACE = ("IT", "Cloud exit", "CRM", "Contracts")


@dataclass
class World:
    api: ApiServer
    office: SignedInBrowser
    sponsor: SignedInBrowser


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("m")) as here,
    ):
        save(
            here.services.engine,
            # Nothing is closed after October 2026: November is the first month that changes.
            GivenMeasure(21, PLACE, lines=(
                line("plan", "one_off_cost", "2026-12", 900), line("forecast", "one_off_cost", "2026-12", "900.25"),
                line("forecast", "capex", "2026-11", 100), line("forecast", "benefit", "2026-12", 50),
                line("forecast", "benefit", "2027-01", 50), line("forecast", "benefit", "2027-12", 50),
            )),
            GivenMeasure(22, PLACE, lines=(line("plan", "one_off_cost", "2026-12", 10),
                                           line("forecast", "one_off_cost", "2026-12", 10))),
            GivenMeasure(23, PLACE, lines=(line("forecast", "benefit", "2026-12", 7),)),
            GivenMeasure(24, PLACE, off_ramp="on_hold", lines=(line("forecast", "one_off_cost", "2026-12", 10),)),
        )  # fmt: skip
        with here.services.engine.begin() as transaction:
            state = """{"waiting_since": {"ITX-21": "2026-10-01T09:00:00+00:00"}}"""
            transaction.execute(
                text("UPDATE measure SET measure_state = CAST(:s AS jsonb) WHERE key = 'ITX-23'"), {"s": state}
            )
        refresh(here.services.engine)
        here.person("cfo", RoleGrant(Role.OFFICE))
        office = enter(here, "Office", RoleGrant(Role.OFFICE))
        yield World(here, office, enter(here, "Brandt", RoleGrant(Role.VIEWER), account="b"))


def shown(browser: SignedInBrowser, path: str) -> str:
    return " ".join(browser.text(path).replace("\xa0", " ").replace("\u202f", " ").split())


def test_page_and_api_rank_the_same(world: World) -> None:
    answer = world.api.get("cfo", "/tradeoffs?goal=budget&need=1000.25&months=3").get_json()
    listed = [(one["key"], one["lever"], one["relief"]["amount"], one["given_up"]["amount"])
              for one in answer["candidates"] if one["key"] in {"ITX-21", "ITX-22"}]  # fmt: skip
    assert listed == [
        ("ITX-21", "stop", "1000.25", "-843.25"),
        ("ITX-22", "stop", "10.00", "-10.00"),
        ("ITX-22", "defer", "10.00", "0.00"),
        ("ITX-21", "defer", "1000.25", "57.00"),
    ]
    reasons = {one["key"]: one["reason"] for one in answer["excluded"]}
    assert (reasons["ITX-23"], reasons["ITX-24"]) == ("frees_nothing", "on_hold")
    assert (answer["can_be_met"], answer["proposed"]) == (True, [DEAR])
    cent_more = world.api.get("cfo", "/tradeoffs?goal=budget&need=1010.26&months=3").get_json()
    assert (cent_more["can_be_met"], cent_more["proposed"]) == (False, [DEAR, IDLE])
    page = shown(world.office, "/tradeoffs?goal=budget&need=1000.25&months=3")
    assert "1,000.25 EUR can be freed in FY 2026, and it gives nothing up; the cheapest way is ticked." in page
    assert (
        "FY 2026: one-off 900.25, capex 100.00, recurring −50.00. All months: spend 1,000.25, recurring −150.00" in page
    )
    assert "ITX-24 Retire the legacy CRM it is on hold already" in page
    assert "Trade-offs" in shown(world.office, "/portfolio")


def test_a_wrong_question_is_refused_with_what_is_right(world: World) -> None:
    assert world.api.get("cfo", "/tradeoffs?goal=peace").status_code == 422
    assert world.api.get("cfo", "/tradeoffs?months=25").status_code == 422
    assert world.api.get("cfo", "/tradeoffs?slips=jira-main/9").status_code == 422
    assert "is no amount: write 250000 or 250000.50." in shown(world.office, "/tradeoffs?need=much")
    assert "Put something off by 1 to 24 months." in shown(world.office, "/tradeoffs?months=0")


def real_data(world: World) -> str:
    """Everything that is true of measures, as one text."""
    with world.api.services.engine.connect() as connection:
        return str([
            connection.exec_driver_sql(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} AS t").scalar()
            for name in ("measure", "effect_line", "plan_version", "command", "submitted_command", "ledger_entry",
                         "measure_figures", "measure_series")
        ])  # fmt: skip


def saved(world: World, name: str, *choices: tuple[str, str, int], who: str = "cfo") -> dict[str, Any]:
    body = {"name": name, "goal": "budget", "need": "1000", "people": ["Ada"],
            "choices": [{"measure": one, "lever": lever, "months": months} for one, lever, months in choices]}  # fmt: skip
    answer = world.api.post(who, "/scenarios", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_scenario_is_saved_compared_and_seen_by_those_who_see_its_measures(world: World) -> None:
    before = real_data(world)
    stop = saved(world, "Stop the dear one", (DEAR, "stop", 0))
    sums = stop["summary"]["sums"]
    assert (sums["freed"]["amount"], sums["given_up"]["amount"], sums["is_met"]) == ("1000.25", "-843.25", True)
    assert stop["now"] == sums
    later = saved(world, "Defer both", (DEAR, "defer", 3), (TWO, "defer", 1))
    numbers = [one["summary"]["number"] for one in (stop, later)]
    compared = world.api.get("cfo", f"/scenarios/compare?one={numbers[0]}&other={numbers[1]}").get_json()
    lines = {line["name"]: (line["one"], line["other"], line["difference"]) for line in compared["lines"]}
    assert lines["Budget freed in the year"] == ("1000.25", "1000.25", "0.00")
    page = shown(world.office, f"/tradeoffs/compare?one={numbers[0]}&other={numbers[1]}")
    assert "Stop the dear one beside Defer both" in page
    assert (
        f"Given up over all months {Decimal(lines['Given up over all months'][0]):,.2f} EUR".replace("-", "−") in page
    )
    show = shown(world.office, f"/tradeoffs/scenarios/{numbers[0]}")
    assert "It frees 1,000.25 EUR, and 843.25 EUR more comes over all months: that is enough." in show
    assert "Ada work on it" in show
    assert real_data(world) == before, "a scenario is arithmetic"

    # Of Cloud exit alone: the second one names a measure of Branches.
    world.api.person("vera", RoleGrant(Role.VIEWER, ("IT", "Cloud exit")))
    listed = [one["number"] for one in world.api.get("vera", "/scenarios").get_json()["items"]]
    assert (numbers[0] in listed, numbers[1] in listed) == (True, False)
    assert world.api.get("vera", f"/scenarios/{numbers[1]}").status_code == 404
    assert world.api.get("vera", f"/scenarios/compare?one={numbers[0]}&other={numbers[1]}").status_code == 404
    assert world.api.post("vera", "/scenarios", {"name": "x", "choices": []}).status_code == 403
    vera = enter(world.api, "Viewer", RoleGrant(Role.VIEWER, ("IT", "Cloud exit")))
    assert "Stop the dear one" in shown(vera, "/tradeoffs")
    assert "Defer both" not in shown(vera, "/tradeoffs")
    assert "Save the scenario" not in shown(vera, "/tradeoffs?goal=budget")
    assert vera.get(f"/tradeoffs/scenarios/{numbers[1]}").status_code == 404


def test_what_cannot_be_saved(world: World) -> None:
    for choices, problem in (
        (
            [(DEAR, "pause", 1)],
            "ITX-21 cannot be in the scenario: it has not begun: it can be deferred, and not paused.",
        ),
        ([(MUST, "stop", 0)], "ITX-24 cannot be in the scenario: it is on hold already."),
        ([(DEAR, "defer", 0)], "Put something off by 1 to 24 months."),
        ([(DEAR, "stop", 0), (DEAR, "defer", 1)], "Choose one thing for each measure."),
        ([("jira-main/9", "stop", 0)], "There is no measure jira-main/9 with figures that Cfo may see."),
    ):
        sent = [{"measure": one, "lever": lever, "months": months} for one, lever, months in choices]
        answer = world.api.post("cfo", "/scenarios", {"name": "No", "goal": "budget", "choices": sent})
        assert (answer.status_code, answer.get_json()["title"]) == (422, problem)


def test_a_chosen_scenario_asks_those_who_decide_and_they_accept_or_decline(world: World) -> None:
    made = saved(world, "Cut", (ONE, "defer", 2), (TWO, "stop", 0))
    number = made["summary"]["number"]
    world.api.person("idle", RoleGrant(Role.OWNER))
    assert world.api.post("idle", f"/scenarios/{number}/choose").status_code == 403
    before = real_data(world)
    chosen = world.api.post("cfo", f"/scenarios/{number}/choose")
    assert chosen.status_code == 200, chosen.text
    assert real_data(world) == before, "choosing asks, and decides nothing"
    first, second = sorted(chosen.get_json()["proposals"], key=lambda one: one["measure"])
    assert (first["state"], second["state"]) == ("open", "open")
    assert world.api.post("cfo", f"/scenarios/{number}/choose").status_code == 404, "once"
    again = saved(world, "Cut again", (ONE, "stop", 0))["summary"]["number"]
    refused = world.api.post("cfo", f"/scenarios/{again}/choose")
    assert (refused.status_code, refused.get_json()["title"]) == (
        409, "Of ITX-1 another scenario proposes something already.",
    )  # fmt: skip

    assert "Proposed by a scenario" not in world.office.text("/work"), "the office decides on no measure"
    assert world.api.post("cfo", f"/proposals/{first['number']}/accept").status_code == 403
    work = shown(world.sponsor, "/work")
    assert "Proposed by a scenario 2" in work
    assert f"/hold defer by 2 months, as scenario {number} proposes" in work
    world.sponsor.post(f"/tradeoffs/proposals/{second['number']}/decline", reason=" ")
    assert "Proposed by a scenario 2" in shown(world.sponsor, "/work"), "not without a reason"
    world.sponsor.post(f"/tradeoffs/proposals/{second['number']}/decline", reason="The law asks for it")
    world.sponsor.post(f"/tradeoffs/proposals/{first['number']}/accept")
    world.sponsor.post(f"/tradeoffs/proposals/{first['number']}/accept")
    with world.api.services.engine.connect() as connection:
        given = connection.exec_driver_sql("SELECT measure_id, text FROM submitted_command").all()
    assert [tuple(one) for one in given] == [(ONE, f"/hold defer by 2 months, as scenario {number} proposes")]
    states = {one["measure"]: (one["state"], one["decided_by"], one["reason"])
              for one in world.api.get("cfo", f"/scenarios/{number}").get_json()["proposals"]}  # fmt: skip
    assert states == {
        ONE: ("accepted", "brandt@acme.example", ""), TWO: ("declined", "brandt@acme.example", "The law asks for it"),
    }  # fmt: skip
    assert "Proposed by a scenario" not in world.sponsor.text("/work")
    timeline = shown(world.office, f"/measures/{TWO}")
    assert f"Stop, proposed by scenario {number}: declined: The law asks for it" in timeline
    page = shown(world.office, f"/tradeoffs/scenarios/{number}")
    assert "declined" in page
    assert "The law asks for it" in page


def test_whoever_proposed_takes_it_back_and_a_program_chooses_nothing(world: World) -> None:
    made = saved(world, "Withdrawn", (IDLE, "stop", 0))["summary"]["number"]
    chosen = world.api.post("cfo", f"/scenarios/{made}/choose").get_json()
    proposal = chosen["proposals"][0]["number"]
    world.api.person("second", RoleGrant(Role.OFFICE))
    assert world.api.post("second", f"/proposals/{proposal}/withdraw").status_code == 403
    assert world.api.post("cfo", f"/proposals/{proposal}/withdraw").status_code == 200
    assert world.api.post("cfo", f"/proposals/{proposal}/withdraw").status_code == 404
    listed = world.api.get("cfo", "/proposals?state=withdrawn").get_json()["items"]
    assert [(one["number"], one["key"]) for one in listed] == [(proposal, "ITX-22")]
    asked = world.api.post("settings", f"/scenarios/{made}/choose")
    assert asked.status_code in {403, 404}


def test_track_records_are_shown_with_their_sample(world: World) -> None:
    here = world.api.services
    save(
        here.engine,
        GivenMeasure(31, ("IT", "Kept", "CRM", None), owner="K. Kept", stage="decided", lines=(
            line("plan", "benefit", "2026-10", 100), line("actual", "benefit", "2026-10", 75),
        )),
        GivenMeasure(32, ("IT", "Kept", "CRM", None), owner="K. Kept", stage="decided", off_ramp="cancelled", lines=(
            line("plan", "benefit", "2026-09", 100), line("plan", "benefit", "2026-11", 900),
        )),
        GivenMeasure(33, ("IT", "Kept", "CRM", None), owner="K. Kept", lines=(line("plan", "benefit", "2026-11", 5),)),
    )  # fmt: skip
    posting = Posting(
        LedgerVersion.ACTUAL, EffectKind.ONE_OFF_COST, Period(2026, 10), Money(Decimal(1), "EUR"), "jira-main/31",
        counterparty="Cloud Ltd",
    )  # fmt: skip
    here.ledger.post([NewEntry(posting, BillLine("b", "1"))], by="SAP", at=datetime.now(UTC))
    refresh(here.engine)
    answer = world.api.get("cfo", "/track-record").get_json()
    records = {(one["kind"], one["name"]): (one["promised"]["amount"], one["came"]["amount"], one["factor"], one["sample"],
                                            one["decided"], one["is_enough"]) for one in answer["records"]}  # fmt: skip
    kept = ("200.00", "75.00", "0.3750", 2, 3, False)
    assert (records["owner", "K. Kept"], records["program", "Kept"]) == (kept, kept)
    assert records["supplier", "Cloud Ltd"] == ("100.00", "75.00", "0.7500", 1, 1, False)
    assert (answer["weighted_pipeline"], answer["least_sample"]) == (None, 5)
    page = shown(world.office, "/track-record")
    assert "K. Kept 200.00 75.00 0.38 2 few 3" in page
    assert "Cloud Ltd 100.00 75.00 0.75 1 few 1" in page
    assert "The pipeline is not weighted with it: the policy does not ask for that." in page
    assert world.api.get("cfo", "/portfolio").get_json()["pipeline_by_track_record"] is None
    vera = enter(world.api, "Branches", RoleGrant(Role.VIEWER, ("IT", "Branches")))
    assert "K. Kept" not in shown(vera, "/track-record")
    assert "Cloud Ltd" not in shown(vera, "/track-record")


def test_the_pipeline_is_weighted_where_the_policy_says_so(world: World) -> None:
    here = world.api.services
    policy = "policy:\n  pipeline_track_record: owner\n  track_record_sample: 2\n"
    source = MAPPING.replace("policy:\n", policy, 1) if "\npolicy:\n" in MAPPING else f"{MAPPING}\n{policy}"
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping), loaded
    save(here.engine, GivenMeasure(34, ("IT", "Kept", "CRM", None), owner="K. Kept", stage="detailed", lines=tuple(
        line("plan", kind, f"2027-{month:02}", amount) for month in range(1, 13)
        for kind, amount in (("benefit", 100), ("recurring_cost", 20))
    )))  # fmt: skip
    refresh(here.engine)
    before = Decimal(
        world.api.get("cfo", "/portfolio?program=Kept").get_json()["total"]["amounts"]["pipeline"]["amount"]
    )
    here.mappings.activate(source, str(loaded.version), author="tests", reason="weigh")
    try:
        benefit = world.api.services.engine
        with benefit.connect() as connection:
            inside = connection.exec_driver_sql(
                "SELECT sum(pipeline_benefit) FROM measure_figures WHERE program = 'Kept' AND step <> 'cancelled'"
            ).scalar_one()
        expected = (before - inside * (1 - Decimal("0.375"))).quantize(Decimal("0.01"))
        shown_there = world.api.get("cfo", "/portfolio?program=Kept").get_json()["pipeline_by_track_record"]
        assert Decimal(shown_there["amount"]) == expected
        assert "Pipeline by track record" in shown(world.office, "/portfolio?program=Kept")
        found = world.api.get("cfo", "/track-record").get_json()["weighted_pipeline"]
        assert found["by"] == "owner"
        assert "Weighted by owner" in shown(world.office, "/track-record")
    finally:
        here.mappings.activate(MAPPING, "again", author="tests", reason="back")
