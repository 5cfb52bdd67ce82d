"""A world per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.stories.world import World, world


@pytest.fixture
def story_world(database: URL, tmp_path: Path) -> Iterator[World]:
    """The story's world, web and worker not started yet."""
    with world(database, tmp_path) as here:
        yield here


@pytest.fixture
def empty_world(database: URL, tmp_path: Path) -> Iterator[World]:
    """A world without items."""
    with world(database, tmp_path, story=False) as here:
        yield here
