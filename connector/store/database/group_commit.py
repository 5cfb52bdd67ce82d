"""What several threads want done at the same time, done once for all of them.

A commit costs the same for one event as for thirty: a round trip for each statement and one flush to disk.  So one
thread at a time leads: it takes along whatever the others have brought while the one before it was at work, and then
hands the lead to the first that has come meanwhile.  A thread that comes alone waits for nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Ticket(Generic[T, R]):
    """One thread's item, and its result; ``turn`` is locked until it is done, or has to lead."""

    __slots__ = ("done", "item", "result", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.result: R | BaseException | None = None
        self.done = False
        self.turn = Lock()
        self.turn.acquire()


class GroupCommit(Generic[T, R]):
    """``commit`` gets up to ``max_size`` items and returns a result or an exception for each, in the same order."""

    def __init__(self, commit: Callable[[Sequence[T]], Sequence[R | Exception]], *, max_size: int) -> None:
        self._commit = commit
        self._max_size = max_size
        self._lock = Lock()
        self._led = False
        self._waiting: deque[_Ticket[T, R]] = deque()

    def __call__(self, item: T) -> R:
        """Raises what ``commit`` raised, or the exception that it returned for this item."""
        ticket: _Ticket[T, R] = _Ticket(item)
        with self._lock:
            self._waiting.append(ticket)
            first, self._led = not self._led, True
        if not first:
            ticket.turn.acquire()
        if not ticket.done:
            self._lead()
        if isinstance(ticket.result, BaseException):
            raise ticket.result
        return ticket.result  # type: ignore[return-value]  # done: there is a result

    def _lead(self) -> None:
        """Do what waits; whoever leads stands first in it."""
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_size))]
        try:
            results: Sequence[R | BaseException] = self._commit([ticket.item for ticket in batch])
        except BaseException as error:  # noqa: BLE001 - each thread raises it for itself
            results = [error] * len(batch)
        for ticket, result in zip(batch, results, strict=True):
            ticket.result, ticket.done = result, True
        # The next one begins before the answers of this one are given.
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
        if following is not None:
            following.turn.release()
        for ticket in batch[1:]:
            ticket.turn.release()
