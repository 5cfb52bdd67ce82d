"""The claims that a worker holds, known in its own process, and the release of those it no longer knows.

A claim in the database names its worker.  When a round ends without giving its claim back (the database failed in the
middle), the worker lives and the claim would wait for its lease; so each tick compares the claims in the database
under this worker's number with the claims of its running rounds.
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

from connector.sync.lease import LeaseState

_log = structlog.get_logger(__name__)


def uptime() -> float:
    """Seconds since some moment, which also pass while the machine sleeps; they never go back."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class LivenessCheck(Protocol):
    """Whether the database counts this worker among the living."""

    @property
    def fresh(self) -> bool:
        """It did a moment ago."""

    @property
    def term(self) -> int:
        """Another number after each time that the worker may have been taken for dead."""


@dataclass(frozen=True, slots=True)
class _Lease:
    term: int
    last_call_at: float
    """The monotonic moment after which no call may begin for this claim."""


class LeaseRegistry:
    """Implements ``connector.sync.lease.Lease`` and makes the tokens of claims; used by all threads of a worker."""

    def __init__(
        self,
        liveness: LivenessCheck,
        stop: Event,
        *,
        lease: float,
        longest_call: float,
        monotonic: Callable[[], float] = uptime,
    ) -> None:
        """``lease`` and ``longest_call`` in seconds: how long a claim lasts, how long one call to a tool may take."""
        self._touch = liveness
        self._stop = stop
        # A lease that hardly outlasts a call is used up to its half, or nothing could ever be written under it.
        self._usable = lease - min(longest_call, lease / 2)
        self._monotonic = monotonic
        self._lock = Lock()
        self._open: dict[UUID, _Lease] = {}
        self._round = local()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @contextmanager
    def claim_scope(self) -> Iterator[None]:
        """One round of one thread: the claims made in it are held until it ends, however it ends."""
        tokens: list[UUID] = []
        self._round.tokens = tokens
        try:
            yield
        finally:
            self._round.tokens = None
            with self._lock:
                for token in tokens:
                    self._open.pop(token, None)

    def new_token(self) -> UUID:
        """A token for a claim that is about to be made; its time runs from now."""
        tokens: list[UUID] | None = getattr(self._round, "tokens", None)
        if tokens is None:
            raise RuntimeError("A claim is made within a round, or nobody would know when it is no longer held.")
        token = uuid4()
        tokens.append(token)
        with self._lock:
            self._open[token] = _Lease(self._touch.term, self._monotonic() + self._usable)
        return token

    def state(self, token: UUID | None = None) -> LeaseState:
        if not self._touch.fresh:
            return LeaseState.LOST
        if token is not None:
            with self._lock:
                taken = self._open.get(token)
            if taken is None or taken.term != self._touch.term:
                return LeaseState.LOST
            if self._monotonic() > taken.last_call_at:
                return LeaseState.EXPIRING
        return LeaseState.STOPPING if self.stopping else LeaseState.VALID

    def active_tokens(self) -> frozenset[UUID]:
        """The tokens of all rounds that are running."""
        with self._lock:
            return frozenset(self._open)


_OWN_TOKENS = text("""
    SELECT claim_token FROM dirty_key WHERE claimed_by = :me AND claim_token IS NOT NULL
    UNION SELECT claim_token FROM outbox WHERE claimed_by = :me AND claim_token IS NOT NULL
    UNION SELECT claim_token FROM subscription_delivery WHERE claimed_by = :me AND claim_token IS NOT NULL
""")
# By item, as whoever stores an event about several of them locks their keys.
_RELEASE_KEYS = text("""
    WITH mine AS (SELECT connection, native_id FROM dirty_key WHERE claimed_by = :me AND claim_token = ANY(:left)
                  ORDER BY connection, native_id FOR UPDATE)
    UPDATE dirty_key AS d SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL,
        claimed_generation = NULL, claimed_inbox_id = NULL
    FROM mine AS m WHERE d.connection = m.connection AND d.native_id = m.native_id
""")
_RELEASE_WRITES = text("""
    UPDATE outbox SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claimed_by = :me AND claim_token = ANY(:left)
""")
_RELEASE_DELIVERIES = text("""
    UPDATE subscription_delivery SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claimed_by = :me AND claim_token = ANY(:left)
""")


def release_abandoned(engine: Engine, leases: LeaseRegistry, *, worker: int) -> int:
    """Release this worker's claims that no round holds any more; returns how many rows that were."""
    with engine.begin() as transaction:
        claimed = set(transaction.execute(_OWN_TOKENS, {"me": worker}).scalars())
        # Read after the database, never before: a token is registered before its claim can be seen there.
        left = sorted(claimed - leases.active_tokens())
        if not left:
            return 0
        asked = {"me": worker, "left": left}
        rows = sum(
            transaction.execute(drop, asked).rowcount for drop in (_RELEASE_KEYS, _RELEASE_WRITES, _RELEASE_DELIVERIES)
        )
    _log.warning("leases released", worker=worker, claims=len(left), rows=rows)
    return rows
