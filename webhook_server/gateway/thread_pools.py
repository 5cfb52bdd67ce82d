"""Threads by purpose, so that one kind of request never waits for another kind's slow answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from webhook_server.gateway.threads_by_need import ThreadsByNeed

HEALTH_THREADS = 2
"""One may wait for the database that another one reports on."""


@dataclass(frozen=True, slots=True)
class ThreadPools:
    events: ThreadPoolExecutor
    """Webhook endpoints, where one may have to wait."""
    ready_events: ThreadsByNeed
    """Webhook endpoints whose sender and body are known; threads of ``events`` help."""
    pages: ThreadPoolExecutor
    """Pages and API."""
    health: ThreadPoolExecutor
    """Readiness and metrics, which ask the database."""
    alive: ThreadPoolExecutor
    """Liveness, which asks nothing: a database that hangs must not restart the process."""

    @classmethod
    def of_size(cls, threads: int) -> Self:
        """``threads`` for pages, and twice as many for events, which are many when they have to wait."""
        events = ThreadPoolExecutor(2 * threads, "events")
        return cls(
            events,
            ThreadsByNeed(events, 2 * threads),
            ThreadPoolExecutor(threads, "pages"),
            ThreadPoolExecutor(HEALTH_THREADS, "health"),
            ThreadPoolExecutor(1, "alive"),
        )

    def for_path(self, path: str) -> ThreadPoolExecutor:
        if path.startswith("/hooks/"):
            return self.events
        if path == "/health/live":
            return self.alive
        return self.health if path.startswith("/health/") or path == "/metrics" else self.pages
