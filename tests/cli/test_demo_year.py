"""The demo's past year leaves what its pages are there to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Row, text

from cli.demo import free_addresses, stand_ins, store_set_up
from cli.demo_year import play_year
from cli.moved_clock import MovedClock
from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from sandbox.servers import Sandbox
from sandbox.story import year
from sandbox.story.player import ScenarioPlayer, ShownItem
from tests.databases import Databases


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
