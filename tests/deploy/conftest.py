from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.engine import URL
from werkzeug.routing import Map

from connector.bootstrap import bootstrap
from connector.settings import Settings
from webhook_server.app import create_app


@pytest.fixture
def routes(database: URL, tmp_path: Path) -> Iterator[Map]:
    """Every address that the web server answers."""
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=tmp_path,
        secret_key=Fernet.generate_key().decode(),
    )
    with bootstrap(settings, application="tests") as services:
        yield create_app(services).url_map
