"""What the machine itself can do, measured in the same run before and after each line: what a bar is a multiple of.

Those of one core count its processor time, so that other load on the machine does not lengthen them; a commit counts the
time that passes.  Both commits run the webhook endpoint's own statement, through ``pgbench`` where it is installed beside the
server (it is with the embedded one), else through psycopg.  The answers of a server that does nothing are measured in
the line of the webhook endpoint, in turn with it.
"""

from __future__ import annotations

import hashlib
import hmac
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson
from sqlalchemy.engine import URL

from tests.bench.commit import GROUP, commit_seconds
from tests.bench.large_issue import large_issue

ROUNDS = 7


class Yardstick(StrEnum):
    """What is measured; the value is how the table names it."""

    LOOP = "loop"
    PARSE = "parse"
    HMAC = "HMAC"
    COMMIT = "commit"
    GROUP_COMMIT = "row of a group commit"


MEANING: Mapping[Yardstick, str] = {
    Yardstick.LOOP: "a plain Python loop, 8,000 steps with calls and dictionaries (processor time)",
    Yardstick.PARSE: "orjson on the 20 kB issue (processor time)",
    Yardstick.HMAC: "HMAC-SHA256 of the same 20 kB (processor time)",
    Yardstick.COMMIT: "one event stored by one commit on disk",
    Yardstick.GROUP_COMMIT: f"an event's share of one commit of {GROUP}",
}
Readings = Mapping[Yardstick, float]
"""Seconds of each that was measured."""


@dataclass(frozen=True, slots=True)
class YardsticksRead:
    """The readings before and after one line; a bar is compared with their mean."""

    before: Readings
    after: Readings

    def seconds(self, yardstick: Yardstick) -> float:
        return (self.before[yardstick] + self.after[yardstick]) / 2

    @property
    def drift(self) -> float:
        """How much the loop differed between the two, as a ratio of 1 or more: far from 1, the line says little."""
        first, last = self.before[Yardstick.LOOP], self.after[Yardstick.LOOP]
        return max(first, last) / min(first, last)


def read_yardsticks(server: URL | None, calls: int = 50) -> Readings:
    """All of them; the commits only with a database that has the newest schema."""
    issue = large_issue()
    readings = {
        Yardstick.LOOP: median_seconds(_loop, max(1, calls // 25)),
        Yardstick.PARSE: median_seconds(lambda: orjson.loads(issue), calls),
        Yardstick.HMAC: median_seconds(lambda: hmac.digest(b"secret", issue, hashlib.sha256), calls),
    }
    if server is not None:
        readings[Yardstick.COMMIT] = commit_seconds(server, 1, calls)
        readings[Yardstick.GROUP_COMMIT] = commit_seconds(server, GROUP, calls) / GROUP
    return readings


def _loop() -> int:
    """About a millisecond on a machine of 2025."""
    found: dict[int, int] = {}
    for number in range(8_000):
        key = number * 7 % 1_009
        found[key] = found.get(key, 0) + len((number, key))
    return sum(found.values())


def median_seconds(work: Callable[[], object], calls: int) -> float:
    """Median seconds of this thread's processor time for one call, over some rounds of ``calls``."""
    times = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(calls):
            work()
        times.append((time.thread_time() - started) / calls)
    return statistics.median(times)
