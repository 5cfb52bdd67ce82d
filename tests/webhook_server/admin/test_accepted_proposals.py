"""What a chosen scenario proposes, once accepted, is what happens to the measure; and when it cannot be accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import text

from connector.measures.known_on import KnownOn
from connector.measures.tradeoffs import Asked, NotAsked, tradeoffs
from connector.people.permissions import Role, RoleGrant
from connector.store.reporting.rollups import Rollups
from governance.tradeoffs import Goal
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import Comment, FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import open_store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, record_assessment
from tests.connector.store.reporting.portfolio_data import BASIS, NOW, OFFICE, GivenMeasure, line, refresh, save
from tests.databases import Databases
from tests.mapping.items import BRANDT, item
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.admin.test_measure import enter
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.signed_in_browser import SignedInBrowser

DEFERRED, PAUSED, STOPPED, LOCKED, HELD, GROWN = (f"jira-main/{number}" for number in range(10003, 10009))


def some(number: str, fields: Mapping[str, FieldValue]) -> WorkItem:
    key = f"ITX-{number[-1]}"
    dates: dict[str, FieldValue] = {"Start date": date(2026, 12, 1), "Due date": date(2027, 3, 31)}
    return item({**SHOWN, **dates, **fields}, native_id=NativeId(number), key=key)


@dataclass
class World:
    api: ApiServer
    loaded: LoadedMapping
    sponsor: SignedInBrowser
    owner: SignedInBrowser
    stranger: SignedInBrowser

    def assess(self, measure: str, fields: Mapping[str, FieldValue] | None = None, *comments: Comment) -> None:
        """What the worker does next."""
        found = replace(some(measure.rpartition("/")[2], fields or {}), comments=comments)
        record_assessment(self.api.store, self.loaded, found)

    def choose(self, *choices: tuple[str, str, int]) -> dict[str, int]:
        """Proposals by measure."""
        body = {"name": "Cut", "goal": "budget", "need": "1",
                "choices": [{"measure": one, "lever": lever, "months": months} for one, lever, months in choices]}  # fmt: skip
        made = self.api.post("cfo", "/scenarios", body)
        assert made.status_code == 201, made.text
        chosen = self.api.post("cfo", f"/scenarios/{made.get_json()['summary']['number']}/choose")
        assert chosen.status_code == 200, chosen.text
        return {one["measure"]: one["number"] for one in chosen.get_json()["proposals"]}

    def accept(self, who: SignedInBrowser, proposal: int) -> str:
        """What the page says to it."""
        who.post(f"/tradeoffs/proposals/{proposal}/accept")
        return " ".join(who.text("/work").replace("\xa0", " ").replace("\u202f", " ").split())

    def state(self, measure: str) -> dict[str, Any]:
        (row,) = self.api.store.rows("SELECT measure_state FROM measure WHERE id = :id", id=measure)
        return cast("dict[str, Any]", next(iter(row)))

    def audited(self, measure: str, action: str) -> list[tuple[str, dict[str, Any]]]:
        rows = self.api.store.rows(
            "SELECT actor, detail FROM audit WHERE subject = :id AND action = :action ORDER BY id",
            id=measure,
            action=action,
        )
        return [cast("tuple[str, dict[str, Any]]", tuple(row)) for row in rows]


@pytest.fixture(scope="module")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    loaded = load_mapping(
        MAPPING.replace("    effects:\n", "    effects:\n      timing: {benefit: {over: work, per: total}}\n")
    )
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("m")) as api,
    ):
        api.person("cfo", RoleGrant(Role.OFFICE))
        viewer = RoleGrant(Role.VIEWER)
        here = World(
            api, loaded, enter(api, "Brandt", viewer, account="b"), enter(api, "Kaya", viewer, account="k"),
            enter(api, "Stranger", viewer, account="x"),
        )  # fmt: skip
        for measure in (DEFERRED, STOPPED, LOCKED, HELD, GROWN):
            here.assess(measure)
        here.assess(PAUSED, {"Actual benefit": Decimal(10)})
        refresh(api.services.engine)
        yield here


def test_a_deferral_a_pause_and_a_stop_become_a_hold_a_hold_and_a_cancellation(world: World) -> None:
    proposals = world.choose((DEFERRED, "defer", 2), (PAUSED, "pause", 3), (STOPPED, "stop", 0))
    assert "Proposed by a scenario" not in world.stranger.text("/work")
    for measure, proposal in proposals.items():
        world.stranger.post(f"/tradeoffs/proposals/{proposal}/accept")
        assert world.audited(measure, "proposal.accepted") == []
    # The owner may put a measure on hold, and only the sponsor may cancel it.
    assert "Defer by 2 months" in world.owner.text("/work")
    assert "others decide on this, by their role of the measure" in world.accept(world.owner, proposals[STOPPED])
    for measure, who, login in (
        (DEFERRED, world.owner, "kaya@acme.example"), (PAUSED, world.sponsor, "brandt@acme.example"),
        (STOPPED, world.sponsor, "brandt@acme.example"),
    ):  # fmt: skip
        assert "is given by" in world.accept(who, proposals[measure])
        assert "off_ramp" not in {name for name, value in world.state(measure).items() if value}, "not judged yet"
        world.assess(measure, {"Actual benefit": Decimal(10)} if measure == PAUSED else {})
        ((actor, detail),) = world.audited(measure, "proposal.accepted")
        assert (actor, detail["proposal"]) == (login, proposals[measure])
    off_ramps = {measure: world.state(measure)["off_ramp"] for measure in proposals}
    assert {measure: (one["kind"], one["by"]) for measure, one in off_ramps.items()} == {
        DEFERRED: ("on_hold", "Kaya"), PAUSED: ("on_hold", "Brandt"), STOPPED: ("cancelled", "Brandt"),
    }  # fmt: skip
    assert {measure: one["reason"].partition(", as scenario")[0] for measure, one in off_ramps.items()} == {
        DEFERRED: "defer by 2 months", PAUSED: "pause by 3 months", STOPPED: "stop",
    }  # fmt: skip
    ruled = world.api.store.rows("SELECT measure_id, verb, accepted FROM command ORDER BY measure_id")
    assert [tuple(row) for row in ruled] == [
        (DEFERRED, "hold", True), (PAUSED, "hold", True), (STOPPED, "cancel", True)
    ]  # fmt: skip


def test_a_deferral_of_a_locked_plan_asks_for_a_rebaseline_that_two_others_approve(world: World) -> None:
    with world.api.services.engine.begin() as transaction:
        transaction.execute(
            text("""
                INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines)
                SELECT :id, 1, '2026-02-01', 'decided', '[]',
                       jsonb_agg(jsonb_build_array(kind, to_char(month, 'YYYY-MM'), CAST(amount AS text), currency, account, hard)
                                 ORDER BY kind, month)
                FROM effect_line WHERE measure_id = :id AND version = 'plan'
            """),
            {"id": LOCKED},
        )
    proposals = world.choose((LOCKED, "defer", 2))
    # Its dates are moved in the tool by whoever owns it: Gatepost moves no date by itself.
    said = world.accept(world.owner, proposals[LOCKED])
    assert "ITX-6: put the dates of the plan off by 2 months in the tool first, then accept" in said
    assert world.audited(LOCKED, "proposal.accepted") == []
    later: dict[str, FieldValue] = {"Start date": date(2027, 2, 1), "Due date": date(2027, 5, 31)}
    world.assess(LOCKED, later)
    assert "/rebaseline defer by 2 months, as scenario" in world.accept(world.owner, proposals[LOCKED])
    world.assess(LOCKED, later)
    (ruled,) = world.api.store.rows("SELECT verb, person, accepted FROM command WHERE measure_id = :id", id=LOCKED)
    assert tuple(ruled) == ("rebaseline", "Kaya", True)
    assert [
        row[0] for row in world.api.store.rows("SELECT number FROM plan_version WHERE measure_id = :id", id=LOCKED)
    ] == [1]
    waiting = world.api.get("cfo", f"/measures/{LOCKED}").get_json()["measure"]
    assert "Approve" in world.sponsor.text(f"/measures/{LOCKED}"), "others approve it, each as a person of their own"
    assert waiting["key"] == "ITX-6"


def test_what_changed_meanwhile_is_refused_with_the_reason(world: World) -> None:
    proposals = world.choose((HELD, "stop", 0), (GROWN, "defer", 1))
    world.assess(GROWN, {"Planned cost": Decimal(477)})
    refresh(world.api.services.engine)
    said = world.accept(world.sponsor, proposals[GROWN])
    assert (
        "ITX-8 has changed since it was proposed: now it frees 119.25 EUR and gives up 250.00 EUR. Whoever proposed it may "
        "withdraw it, and choose a scenario with the figures of today." in said
    )
    # The sponsor stopped it meanwhile in the tool: there is nothing left to stop.
    said_there = Comment(
        "1", BRANDT, datetime(2026, 2, 10, 8, 0, tzinfo=UTC), "/cancel replaced by the group's platform"
    )
    world.assess(HELD, {}, said_there)
    said = world.accept(world.sponsor, proposals[HELD])
    assert "ITX-7: this is not possible in its present state: it is cancelled since 10 Feb 2026." in said
    for measure in (HELD, GROWN):
        assert world.audited(measure, "proposal.accepted") == []
        (row,) = world.api.store.rows("SELECT state FROM scenario_proposal WHERE measure_id = :id", id=measure)
        assert row[0] == "open"
    assert world.api.post("cfo", f"/proposals/{proposals[HELD]}/withdraw").status_code == 200


SEEN = text("""
    INSERT INTO effects_version (measure_id, digest, known_from, lines) VALUES (:id, :digest, :at, CAST(:lines AS jsonb))
""")
KNOWN = text("""
    INSERT INTO verdict_version (measure_id, known_from, record, facts, verdict, findings, measure_state, explanation,
                                 effects_digest, mapping_version, policy_version)
    SELECT :id, :at, '{}', '{"sponsor": {"name": "M. Brandt"}}', '{}', '[]', CAST(:state AS jsonb), '', :digest,
           (SELECT max(number) FROM mapping_version), 'p'
""")


def known(world: World, number: int, amount: int, at: datetime, state: str = "{}") -> None:
    """What was known of a measure from a moment on: one-off cost of December 2026."""
    lines = [{"version": "forecast", "kind": "one_off_cost", "month": "2026-12-01", "amount": str(amount),
              "currency": "EUR", "account": "ebitda", "hard": True, "pl_line": ""}]  # fmt: skip
    given = GivenMeasure(number, lines=(line("forecast", "one_off_cost", "2026-12", amount),))
    save(world.api.services.engine, given)
    named = {"id": given.id, "digest": f"{number}-{amount}", "at": at}
    with world.api.services.engine.begin() as transaction:
        transaction.execute(SEEN, {**named, "lines": json.dumps(lines)})
        transaction.execute(KNOWN, {**named, "state": state})
    Rollups(world.api.services.engine).refresh(BASIS, at)


def test_a_scenario_of_a_past_day_rests_on_what_was_known_then_and_is_never_chosen(world: World) -> None:
    first, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    waits = '{"waiting_since": {"ITX-51": "2026-10-01T09:00:00+00:00"}}'
    known(world, 51, 100, first)
    known(world, 52, 7, first, waits)
    known(world, 51, 900, later)
    known(world, 53, 5, later)
    services, then = world.api.services, KnownOn(first + timedelta(seconds=30), "then")
    asked = Asked(Goal.BUDGET, Decimal(1), on=then)
    ranked = {(one.key, one.lever.value): one.relief for one in tradeoffs(services, OFFICE, asked).ranking.candidates}
    assert (ranked["ITX-51", "stop"], ranked["ITX-52", "stop"], ("ITX-53", "stop") in ranked) == (100, 7, False)
    present = {
        (one.key, one.lever.value): one.relief
        for one in tradeoffs(services, OFFICE, Asked(Goal.BUDGET)).ranking.candidates
    }
    assert (present["ITX-51", "stop"], present["ITX-53", "stop"]) == (900, 5)
    stop = next(one for one in tradeoffs(services, OFFICE, asked).ranking.candidates if one.key == "ITX-51")
    assert [each.key for each in stop.knock_on] in ([], ["ITX-52"])
    assert stop.agreements
    with pytest.raises(NotAsked, match=r"^No figures were known on 21 Nov 2026 08:00 UTC: ask for a later day\.$"):
        tradeoffs(services, OFFICE, Asked(on=KnownOn(NOW - timedelta(hours=1), "2026-11-21T08:00Z")))

    before = everything(world)
    body = {"name": "As it was", "goal": "budget", "need": "1", "on": then.at.isoformat(),
            "choices": [{"measure": "jira-main/51", "lever": "stop"}]}  # fmt: skip
    made = world.api.post("cfo", "/scenarios", body)
    assert made.status_code == 201, made.text
    shown = made.get_json()
    assert datetime.fromisoformat(shown["summary"]["known_at"]) == then.at
    assert (shown["summary"]["sums"]["freed"]["amount"], shown["now"]["freed"]["amount"]) == ("100.00", "900.00")
    refused = world.api.post("cfo", f"/scenarios/{shown['summary']['number']}/choose")
    assert (refused.status_code, refused.get_json()["title"]) == (
        409, "The scenario is of 21 Nov 2026: save it anew with the figures of today to choose it.",
    )  # fmt: skip
    assert everything(world) == before, "a scenario is arithmetic"
    page = world.sponsor.text(f"/tradeoffs/scenarios/{shown['summary']['number']}")
    assert "with what was known on" in page
    wrong = world.api.get("cfo", "/tradeoffs?on=yesterday")
    assert (wrong.status_code, "is not a day" in wrong.get_json()["title"]) == (422, True)
    ranked_there = world.api.get("cfo", f"/tradeoffs?goal=budget&need=1&on={then.at:%Y-%m-%dT%H:%M:%SZ}").get_json()
    assert {one["key"] for one in ranked_there["candidates"]} >= {"ITX-51", "ITX-52"}


def everything(world: World) -> str:
    """All that is true of measures."""
    tables = (
        "measure",
        "effect_line",
        "plan_version",
        "command",
        "submitted_command",
        "measure_figures",
        "measure_series",
    )
    with world.api.services.engine.connect() as connection:
        return str([
            connection.exec_driver_sql(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} AS t").scalar()
            for name in tables
        ])  # fmt: skip
