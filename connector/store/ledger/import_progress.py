"""How far an import on a page has come, so that the page can show it whichever process does the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

EVERY_SECONDS = 0.3
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    step: str
    """Reading, Comparing or Posting."""
    done: int
    total: int


class ProgressWriter:
    """What an import reports to; it writes a few times a second, each time by itself."""

    def __init__(self, engine: Engine, job: str, login: str, clock: Callable[[], datetime]) -> None:
        self._engine, self._job, self._login, self._clock = engine, job, login, clock
        self._step, self._written_at = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step == self._step and now - self._written_at < EVERY_SECONDS:
            return
        self._step, self._written_at = step, now
        at = self._clock()
        asked = {"job": self._job, "login": self._login, "step": step, "done": done, "total": total, "at": at}
        with self._engine.begin() as transaction:
            transaction.execute(_FORGET, {"before": at - KEPT})
            transaction.execute(_WRITE, asked)


def read_progress(connection: Connection, job: str, login: str) -> ImportProgress | None:
    """Of the own import only; ``None`` before it has begun."""
    row = connection.execute(_READ, {"job": job, "login": login}).first()
    return ImportProgress(row.step, row.done, row.total) if row is not None else None


_FORGET = text("DELETE FROM money_progress WHERE at < :before")
_WRITE = text("""
    INSERT INTO money_progress (job, login, step, done, total, at) VALUES (:job, :login, :step, :done, :total, :at)
    ON CONFLICT (job) DO UPDATE SET step = excluded.step, done = excluded.done, total = excluded.total, at = excluded.at
    WHERE money_progress.login = excluded.login
""")
_READ = text("SELECT step, done, total FROM money_progress WHERE job = :job AND login = :login")
