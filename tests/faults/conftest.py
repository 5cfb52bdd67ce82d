"""The story's world, with items assessed and everything quiet, before a fault strikes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from sandbox.jira.model import Deployment
from tests.stories.world import World, world


@pytest.fixture(params=list(Deployment))
def calm(request: pytest.FixtureRequest, database: URL, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path, deployment=request.param) as here:
        here.start("web")
        here.start("worker")
        here.player.wait_assessed(lambda _done, _total: None)
        here.wait_quiet()
        yield here
