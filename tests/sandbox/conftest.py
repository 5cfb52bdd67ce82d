"""An instance of ServiceNow, as good as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.servicenow.instance import RunningInstance, start


@pytest.fixture
def instance() -> Iterator[RunningInstance]:
    here = start()
    yield here
    here.running.stop()
