"""The demo's past year leaves what its pages are there to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
from tests.databases import Databases


@dataclass(frozen=True)
class PastYear:
    """The world after the year."""

    services: Services
    sandbox: Sandbox
    clock: MovedClock
    told: list[str]

    def rows(self, query: str) -> list[Row[tuple[object, ...]]]:
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
        clock, told = MovedClock(), []
        with bootstrap(settings, application="tests") as services, stand_ins(addresses, clock) as sandbox:
            store_set_up(services, addresses, "a password for the demo")
            play_year(services, sandbox, clock, addresses.gatepost_port, lambda *one: told.append(str(one)))
            yield PastYear(services, sandbox, clock, told)


def test_each_kind_of_end_and_stage_and_finding_is_there(past_year: PastYear) -> None:
    rows = past_year.rows("SELECT key, title, stage, gate, implementation, potential, plan_net, forecast_net, actual_net, findings FROM measure ORDER BY title")
    for r in rows: print(r)
    assert 0
