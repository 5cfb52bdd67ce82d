"""Outbox rows to the tool: one call per item, the result recorded, tried again or parked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from connector.errors import LimitScope, RateLimited
from connector.retry import Park, Pause, Retry, decide
from connector.sync.ports import Delivery, Outbox, Pauses, Site, Written
from connector.sync.reconcile import Round, counts

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deliverer:
    outbox: Outbox
    pauses: Pauses
    jitter: Callable[[], float]
    batch_size: int

    def run(self, site: Site) -> Round:
        """Claim and write one batch."""
        if self.pauses.paused(site.name) is not None:
            return Round.HELD
        batch = self.outbox.claim(site.name, self.batch_size)
        if not batch:
            return Round.IDLE
        for place, delivery in enumerate(batch):
            if not self._write(site, delivery):
                self.outbox.put_off(batch[place + 1 :], 0, "waits for the connection", count=False)
                return Round.HELD
        return Round.MORE if len(batch) == self.batch_size else Round.DONE

    def _write(self, site: Site, delivery: Delivery) -> bool:
        """Write one item; tells whether the next one may be tried now."""
        try:
            written = site.writer.write(delivery.native_id, delivery.values)
            if delivery.answer is not None:
                site.writer.answer(delivery.native_id, delivery.answer)
                written = Written.DONE
        except Exception as error:  # noqa: BLE001 - whatever it is, the row must not be lost and must say why
            return self._failed(delivery, error)
        self.outbox.done(delivery, written)
        _log.info("written", connection=site.name, item=delivery.key, fields=len(delivery.values), result=written.value)
        return True

    def _failed(self, delivery: Delivery, error: Exception) -> bool:
        _log.warning(
            "not written",
            connection=delivery.connection,
            item=delivery.key,
            attempt=delivery.attempts,
            error=type(error).__name__,
            why=str(error),
        )
        match decide(error, delivery.attempts, jitter=self.jitter()):
            case Retry(delay_seconds=seconds):
                return self._wait(delivery, seconds, error)
            case Pause(reason=reason):
                self.pauses.pause(delivery.connection, reason, None)
                self.outbox.put_off([delivery], 0, reason, count=False)
                return False
            case Park(reason=reason):
                self.outbox.park(delivery, reason)
                return True

    def _wait(self, delivery: Delivery, seconds: float, error: Exception) -> bool:
        self.outbox.put_off([delivery], seconds, str(error), count=counts(error))
        if isinstance(error, RateLimited) and error.scope is LimitScope.CONNECTION:
            if error.asked:
                self.pauses.pause(delivery.connection, str(error), seconds)
            return False
        # A server that is down for one item is probably down for the next one as well.
        return isinstance(error, RateLimited)
