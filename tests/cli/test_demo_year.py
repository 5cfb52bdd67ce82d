"""The demo's past year leaves what its pages are there to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from sqlalchemy import Row, text

from cli.demo import free_addresses, stand_ins, store_set_up
from cli.demo_year import play_year
from cli.moved_clock import MovedClock
from cli.paper_options import EVERYTHING
from connector.bootstrap import MappingCache, Services, bootstrap
from connector.people.permissions import Role, RoleGrant
from connector.people.token_scopes import READING_SCOPES, held_scopes
from connector.settings import Settings
from connector.store.database.json_codec import from_json
from connector.store.measures.measure_lookup import MeasureExplanation
from connector.store.measures.stored_gates import StoredGates
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.steering_rows import SteeringRows
from governance.measure_gates import gates_of
from governance.verdict import Verdict
from sandbox.servers import Sandbox
from sandbox.story import year
from sandbox.story.player import ScenarioPlayer, ShownItem
from tests.connector.gate_answers import check_words, everything_told, told_by
from tests.databases import Databases
from webhook_server.app import create_app


@dataclass(frozen=True)
class PastYear:
    """The world after the year."""

    services: Services
    sandbox: Sandbox
    clock: MovedClock

    def items(self) -> list[ShownItem]:
        player = ScenarioPlayer(self.sandbox.jira.base_url, self.sandbox.servicenow.base_url)
        try:
            return player.items()
        finally:
            player.close()

    def rows(self, query: str) -> list[Row[Any]]:
        with self.services.engine.connect() as connection:
            return list(connection.execute(text(query)))


@pytest.fixture(scope="module")
def past_year(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PastYear]:
    with databases.one() as database:
        addresses = free_addresses(0)
        settings = Settings(
            database_url=database.render_as_string(hide_password=False),
            data=tmp_path_factory.mktemp("year"),
            secret_key=Fernet.generate_key().decode(),
        )
        clock = MovedClock()
        with bootstrap(settings, application="tests") as services, stand_ins(addresses, clock) as sandbox:
            store_set_up(services, addresses, "a password for the demo")
            play_year(services, sandbox, clock, addresses.gatepost_port, lambda *_: None)
            yield PastYear(services, sandbox, clock)


def test_each_stage_and_each_finding_is_there(past_year: PastYear) -> None:
    rows = past_year.rows(
        "SELECT title, stage, gate, measure_state, verdict, findings, actual_net FROM measure ORDER BY title"
    )
    assert {row.stage for row in rows} >= {"identified", "detailed", "decided", "implemented", "closed"}
    codes = {finding["code"] for row in rows for finding in row.findings}
    assert codes >= year.FINDINGS, year.FINDINGS - codes
    assert {row.title for row in rows if row.stage == "closed"} == {year.MAIL, year.VOICE}


def test_each_end_and_each_pause_is_there(past_year: PastYear) -> None:
    shown = {item.fields["Title"]: item.fields for item in past_year.items()}
    stages = {
        title: shown[title]["DoI stage"] for title in (year.MAIL, year.VOICE, year.ROBOTS, year.ARCHIVE, year.NETWORK)
    }
    assert stages == {
        year.MAIL: "Closed",
        year.VOICE: "Closed",
        year.ROBOTS: "On hold (Decided)",
        year.ARCHIVE: "Cancelled (Identified)",
        year.NETWORK: "On hold (Decided)",
    }
    accepted = past_year.rows("SELECT verb FROM command WHERE accepted")
    assert {"confirm", "confirm-lower", "cancel", "hold", "reason"} <= {row.verb for row in accepted}
    assert past_year.rows("SELECT count(*) AS number FROM audit WHERE action = 'measure.kill_switch'")[0].number == 1
    assert past_year.rows("SELECT count(*) AS number FROM audit WHERE action = 'plan.rebaselined'")[0].number == 2


def test_what_happened_is_on_record_on_its_day_and_the_clock_is_the_real_one_again(past_year: PastYear) -> None:
    now = datetime.now(UTC)
    (record,) = past_year.rows("SELECT min(at) AS first, max(at) AS last FROM audit WHERE action = 'stage.granted'")
    assert now - timedelta(days=400) < record.first < now - timedelta(days=330)
    assert record.last <= now
    (days,) = past_year.rows("SELECT count(DISTINCT day) AS number FROM status_day")
    assert days.number >= 10
    (actual,) = past_year.rows("SELECT count(DISTINCT month) AS number FROM effect_line WHERE version = 'actual'")
    assert actual.number >= 4
    assert abs(past_year.clock() - now) < timedelta(seconds=60)
    (default,) = past_year.rows(
        "SELECT column_default AS text FROM information_schema.columns WHERE table_name = 'audit' AND column_name = 'at'"
    )
    assert default.text == "now()"
    assert past_year.services.audit.verify().breaks == ()


def test_nothing_is_lost_on_the_way(past_year: PastYear) -> None:
    assert {row.state for row in past_year.rows("SELECT DISTINCT state FROM inbox")} <= {
        "done",
        "superseded",
        "ignored",
    }
    assert {row.state for row in past_year.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}


def test_every_answer_about_a_gate_is_the_same_at_every_step_of_the_year(past_year: PastYear) -> None:
    """Verdicts of every step, each as event, list, measure, property, check of every gate, command line and text."""
    versions = past_year.rows(
        """SELECT v.measure_id, m.key, v.known_from, v.verdict, v.findings, v.mapping_version, v.policy_version
           FROM verdict_version AS v JOIN measure AS m ON m.id = v.measure_id ORDER BY v.measure_id, v.known_from"""
    )
    active = MappingCache(past_year.services.mappings).active()
    assert active is not None
    policy = active.policies.base
    assert len(versions) > 100
    for row in versions:
        verdict = from_json(Verdict, {**row.verdict, "findings": row.findings})
        told = told_by(gates_of(verdict))
        assert told_by(gates_of(from_json(StoredGates, row.verdict))) == told, "a list reads less of it"
        shown = MeasureExplanation(
            row.measure_id, row.key, None, "", "", verdict, 1, row.policy_version, row.known_from, None, None, None
        )
        for who, said in everything_told(verdict, shown, policy):
            assert said == told, (who, row.key, row.known_from)
        assert told.stage is None or told.stage not in told.may_enter
        check_words(verdict, told, policy)


def test_the_deck_says_the_same_of_gates_after_the_year(past_year: PastYear) -> None:
    verdicts = {
        row.id: from_json(StoredGates, row.verdict) for row in past_year.rows("SELECT id, verdict FROM measure")
    }
    with past_year.services.read_as(EVERYTHING) as connection:
        listed = SteeringRows(connection, EVERYTHING, PortfolioFilters()).due_by(date(2199, 1, 1))
    assert listed
    for row in listed:
        gates = gates_of(verdicts[row.measure.id])
        if row.next_stage and gates.next is not None:
            assert (row.next_stage, row.next_state) == (gates.next.stage, gates.next.state), row.measure.key


def test_list_measure_and_gates_answer_the_same_after_the_year(past_year: PastYear) -> None:
    client = create_app(replace(past_year.services, metrics=CollectorRegistry())).test_client()
    person = past_year.services.people.add("gates@acme.example", "Gates", by="tests", password_hash=None).id
    past_year.services.people.grant(person, RoleGrant(Role.VIEWER), by="tests")
    now = datetime.now(UTC)
    token = past_year.services.tokens.create(
        person,
        "tests",
        READING_SCOPES & held_scopes([Role.VIEWER]),
        expires_at=now + timedelta(days=1),
        by="tests",
        now=now,
    ).token

    def get(path: str) -> Any:
        return client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).get_json()

    measures = get("/measures?limit=200")["items"]
    assert len(measures) > 10
    for measure in measures:
        assert get(f"/measures/{measure['id']}")["measure"]["gates"] == measure["gates"]
        for stage in ("identified", "detailed", "decided", "implemented", "closed"):
            answer = get(f"/gates/{measure['id']}/{stage}?always_200=true")
            assert (answer["open"], answer["gates"]) == (stage in measure["gates"]["may_enter"], measure["gates"])
