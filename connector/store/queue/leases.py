"""The claims that a worker has in hand, known in its own process, and the release of those it no longer knows.

A claim in the database names its worker.  When a round ends without giving its claim back (the database failed in the
middle), the worker lives and the claim would wait for its lease; so each tick compares what stands in the database
under this worker's number with what its rounds have in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, local
from typing import Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine, text

from connector.sync.lease import Grip

_log = structlog.get_logger(__name__)


def uptime() -> float:
    """Seconds since some moment, which also pass while the machine sleeps; they never go back."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class Touch(Protocol):
    """Whether the database counts this worker among the living."""

    @property
    def fresh(self) -> bool:
        """It did a moment ago."""

    @property
    def term(self) -> int:
        """Another number after each time that the worker may have been taken for dead."""


@dataclass(frozen=True, slots=True)
class _Taken:
    term: int
    last_call: float
    """The monotonic moment after which no call may begin for this claim."""


class Holds:
    """Implements ``connector.sync.lease.Hold``, and gives out the tokens of claims; used by all threads of a worker."""

    def __init__(
        self,
        touch: Touch,
        stop: Event,
        *,
        lease: float,
        longest_call: float,
        monotonic: Callable[[], float] = uptime,
    ) -> None:
        """``lease`` and ``longest_call`` in seconds: how long a claim lasts, how long one call to a tool may take."""
        self._touch = touch
        self._stop = stop
        # A lease that hardly outlasts a call is used up to its half, or nothing could ever be written under it.
        self._usable = lease - min(longest_call, lease / 2)
        self._monotonic = monotonic
        self._lock = Lock()
        self._open: dict[UUID, _Taken] = {}
        self._round = local()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @contextmanager
    def round(self) -> Iterator[None]:
        """One round of one thread: the claims taken in it are in hand until it ends, however it ends."""
        tokens: list[UUID] = []
        self._round.tokens = tokens
        try:
            yield
        finally:
            self._round.tokens = None
            with self._lock:
                for token in tokens:
                    self._open.pop(token, None)

    def take(self) -> UUID:
        """A token for a claim that is about to be made; its time runs from now."""
        tokens: list[UUID] | None = getattr(self._round, "tokens", None)
        if tokens is None:
            raise RuntimeError("A claim is taken within a round, or nobody would know when it is no longer in hand.")
        token = uuid4()
        tokens.append(token)
        with self._lock:
            self._open[token] = _Taken(self._touch.term, self._monotonic() + self._usable)
        return token

    def grip(self, token: UUID | None = None) -> Grip:
        if not self._touch.fresh:
            return Grip.LOST
        if token is not None:
            with self._lock:
                taken = self._open.get(token)
            if taken is None or taken.term != self._touch.term:
                return Grip.LOST
            if self._monotonic() > taken.last_call:
                return Grip.LATE
        return Grip.STOPPING if self.stopping else Grip.FIRM

    def in_hand(self) -> frozenset[UUID]:
        """The tokens of all rounds that are running."""
        with self._lock:
            return frozenset(self._open)


_MINE = text("""
    SELECT claim_token FROM dirty_key WHERE claimed_by = :me AND claim_token IS NOT NULL
    UNION SELECT claim_token FROM outbox WHERE claimed_by = :me AND claim_token IS NOT NULL
    UNION SELECT claim_token FROM subscription_delivery WHERE claimed_by = :me AND claim_token IS NOT NULL
""")
_DROP_KEYS = text("""
    UPDATE dirty_key SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL,
        claimed_generation = NULL, claimed_inbox_id = NULL
    WHERE claimed_by = :me AND claim_token = ANY(:left)
""")
_DROP_ROWS = text("""
    UPDATE outbox SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claimed_by = :me AND claim_token = ANY(:left)
""")
_DROP_DELIVERIES = text("""
    UPDATE subscription_delivery SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claimed_by = :me AND claim_token = ANY(:left)
""")


def drop_left(engine: Engine, holds: Holds, *, me: int) -> int:
    """Release this worker's claims that no round has in hand any more; returns how many rows that were."""
    with engine.begin() as transaction:
        claimed = set(transaction.execute(_MINE, {"me": me}).scalars())
        # Asked after the database, never before: a token is in hand before its claim can be seen there.
        left = sorted(claimed - holds.in_hand())
        if not left:
            return 0
        asked = {"me": me, "left": left}
        rows = sum(transaction.execute(drop, asked).rowcount for drop in (_DROP_KEYS, _DROP_ROWS, _DROP_DELIVERIES))
    _log.warning("claims let go", worker=me, claims=len(left), rows=rows)
    return rows
