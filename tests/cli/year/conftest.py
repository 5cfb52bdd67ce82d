"""One past year of the demo for all tests of this folder: to play it takes a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from cli.demo import free_addresses, stand_ins, store_set_up
from cli.demo_people import link_people
from cli.demo_year import play_year
from cli.moved_clock import MovedClock
from connector.bootstrap import bootstrap
from connector.settings import Settings
from tests.cli.year.world import PASSWORD, PastYear
from tests.databases import Databases


@pytest.fixture(scope="package")
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
            store_set_up(services, addresses, PASSWORD)
            play_year(services, sandbox, clock, addresses.gatepost_port, lambda *_: None)
            link_people(services)
            yield PastYear(services, sandbox, clock)
