"""How long a worker's threads compute in turn."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from cli import worker
from connector.runtime.switch_interval import SWITCH_SECONDS


@pytest.fixture
def _kept() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_kept")
def test_a_worker_lets_its_threads_take_short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDatabaseError(Exception):
        """The worker has come as far as its database."""

    def refuse(*_: object, **__: object) -> None:
        raise NoDatabaseError

    monkeypatch.setattr(worker, "bootstrap", refuse)
    # These hold for the whole process as well, which here is that of the tests.
    monkeypatch.setattr("connector.runtime.memory.keep_one_heap", lambda: None)
    monkeypatch.setattr("connector.runtime.log.configure", lambda _settings: None)
    with pytest.raises(NoDatabaseError):
        worker.worker()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
