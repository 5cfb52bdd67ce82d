"""The story's world, with items assessed and everything quiet, before a fault strikes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.stories.world import World, world


@pytest.fixture
def calm(database: URL, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as here:
        here.start("web")
        here.start("worker")
        here.player.wait_assessed(lambda _done, _total: None)
        here.wait_quiet()
        yield here
