"""An instance of ServiceNow, as good as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.servicenow.instance import Instance, start


@pytest.fixture
def instance() -> Iterator[Instance]:
    here = start()
    yield here
    here.running.stop()
