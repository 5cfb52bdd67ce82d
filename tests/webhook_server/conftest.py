"""A server on a fresh database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.webhook_server.visitor import WebSite
from tests.webhook_server.visitor import site as open_site


@pytest.fixture
def site(database: URL, tmp_path: Path) -> Iterator[WebSite]:
    with open_site(database, tmp_path) as here:
        yield here


@pytest.fixture
def tls_site(database: URL, tmp_path: Path) -> Iterator[WebSite]:
    """As people reach it through TLS."""
    with open_site(database, tmp_path, public_url="https://gatepost.acme.example") as here:
        yield here
