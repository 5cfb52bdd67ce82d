"""Delivery of events to their receivers, in order, with the vendor's retry rules."""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import requests

RETRIED_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which Jira delivers again; any other 4xx loses the event.
https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554"""


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    url: str
    event: str
    status: int
    attempts: int


def hub_signature(secret: str, body: bytes) -> str:
    """The value of ``X-Hub-Signature``."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


class EventSender:
    """One background thread; an event that is refused for good is logged and dropped, as by the real sender."""

    def __init__(
        self,
        *,
        retry_delays: Sequence[float] = (0.2, 0.5, 1.0, 2.0, 4.0),
        timeout: float = 20.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._delays = tuple(retry_delays)
        self._timeout = timeout
        self._sleep = sleep
        self._queue: queue.Queue[OutgoingEvent | None] = queue.Queue()
        self._closed = False
        self._session = requests.Session()
        self._session.trust_env = False
        self.log: list[DeliveryResult] = []
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def extend_retries(self) -> None:
        """Try five times a second for ten minutes, for a receiver that is still being started."""
        self._delays = (0.2,) * 3000

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        self._queue.put(OutgoingEvent(url, body, dict(headers)))

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until every event sent so far is delivered or given up."""
        deadline = time.monotonic() + timeout
        while self._queue.unfinished_tasks:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def close(self) -> None:
        """Stop; undelivered events are given up."""
        self._closed = True
        self._queue.put(None)
        self._thread.join(5)
        self._session.close()

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            status, attempts = self._deliver(event)
            self.log.append(DeliveryResult(event.url, event.headers.get("X-Sandbox-Event", ""), status, attempts))
            self._queue.task_done()
        self._queue.task_done()

    def _deliver(self, event: OutgoingEvent) -> tuple[int, int]:
        status = 0
        for attempt in range(len(self._delays) + 1):
            headers = dict(event.headers) | ({"X-Atlassian-Webhook-Retry": str(attempt)} if attempt else {})
            status = self._post(event, headers)
            if not (status == 0 or status in RETRIED_STATUSES or status >= 500):
                return status, attempt + 1
            if self._closed:
                return status, attempt + 1
            if attempt < len(self._delays):
                self._sleep(self._delays[attempt])
        return status, len(self._delays) + 1

    def _post(self, event: OutgoingEvent, headers: Mapping[str, str]) -> int:
        try:
            return self._session.post(event.url, data=event.body, headers=headers, timeout=self._timeout).status_code
        except requests.RequestException:
            return 0
