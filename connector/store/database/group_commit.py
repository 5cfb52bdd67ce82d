"""What several threads want done at the same time, done once for all of them.

A commit costs the same for one event as for thirty: a round trip for each statement and one flush to disk.  So one
thread does them all: it takes along whatever has come while the commit before was under way.  What comes alone waits
for nobody.  Whoever brings something need not wait for it either: a thread that sleeps until its commit is done has to
be woken for the answer, and thirty of them would take the interpreter's lock from one another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

import structlog

T = TypeVar("T")
R = TypeVar("R")

_log = structlog.get_logger(__name__)


class GroupCommit(Generic[T, R]):
    """``commit`` gets up to ``max_size`` items and returns a result or an exception for each, in the same order.

    ``rest`` is called when nothing waits any more; both run in one thread of its own.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        max_size: int,
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._commit = commit
        self._rest = rest
        self._max_size = max_size
        self._lock = Lock()
        self._at_work = False
        self._waiting: deque[tuple[T, Callable[[R | BaseException], None]]] = deque()
        self._thread = ThreadPoolExecutor(1, "group-commit")

    def submit(self, item: T, then: Callable[[R | BaseException], None]) -> None:
        """Have the item done, and ``then`` called by the thread that commits.

        It gets the result, the exception that ``commit`` returned for this item, or what ``commit`` raised.  It has to
        be short: the next commit waits for it.
        """
        with self._lock:
            self._waiting.append((item, then))
            wake, self._at_work = not self._at_work, True
        if wake:
            self._thread.submit(self._work)

    def _work(self) -> None:
        while True:
            while batch := self._take():
                self._do(batch)
            try:
                self._rest()
            except Exception:  # noqa: BLE001 - what comes next must be done all the same
                _log.exception("group commit did not come to rest")
            with self._lock:
                self._at_work = bool(self._waiting)
                if not self._at_work:
                    return

    def _take(self) -> list[tuple[T, Callable[[R | BaseException], None]]]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_size))]

    def _do(self, batch: Sequence[tuple[T, Callable[[R | BaseException], None]]]) -> None:
        try:
            results: Sequence[R | BaseException] = self._commit([item for item, _ in batch])
        except BaseException as error:  # noqa: BLE001 - each gets it for itself
            results = [error] * len(batch)
        for (_, then), result in zip(batch, results, strict=True):
            try:
                then(result)
            except Exception:  # noqa: BLE001 - whoever cannot take its result must not cost the others theirs
                _log.exception("result of a group commit not taken")
