"""Outbox rows to the tool: one call per item, the result recorded, tried again or parked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from connector.errors import LimitScope, RateLimited, RetryLater, ToolError
from connector.http.retry import Park, Pause, Retry, decide
from connector.sync.lease import UNBOUND, Grip, Hold
from connector.sync.ports import Batch, BulkResult, Site, Wish, Written
from connector.sync.reconcile import Round, counts
from connector.sync.stores import Delivery, Outbox, Pauses
from connector.sync.write_dedup import already_there

_log = structlog.get_logger(__name__)


BULK_LEAST = 5
"""Fewer rows that are alike are written one by one: a bulk edit costs three calls and some seconds."""

BATCH_LEAST = 3
"""Fewer writes go one by one: their errors say more."""

BULK_MOST = 1_000
BULK_SECONDS = 1.0
"""How soon a bulk edit is looked at again."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    outbox: Outbox
    pauses: Pauses
    jitter: Callable[[], float]
    batch_size: int
    hold: Hold = UNBOUND

    def run(self, site: Site) -> Round:
        """Claim and write one batch."""
        if self.pauses.paused(site.name) is not None:
            return Round.HELD
        batch = self.outbox.claim(site.name, self.batch_size)
        if not batch:
            return Round.IDLE
        there = already_there(site, batch)
        for delivery in (one for one in batch if one.id in there and one.answer is None):
            self._settle(site, delivery, Written.NOTHING_TO_DO)
        # An answer is looked for before it is written, so such a row goes singly.
        answers = [one for one in batch if one.id in there and one.answer is not None]
        rest: Sequence[Delivery] = [one for one in batch if one.id not in there]
        gathered = self._gathered(rest) if site.bulk is not None else frozenset()
        rest = [one for one in rest if one.id not in gathered]
        single = [*answers, *(self._in_bulk(site, rest) if site.bulk is not None else rest)]
        if site.batch is not None:
            left = self._in_batches(site, site.batch, single)
            if isinstance(left, Round):
                return left
            single = list(left)
        for place, delivery in enumerate(single):
            grip = self.hold.grip(delivery.token)
            if grip is not Grip.FIRM:
                return self._let_go(single[place:], grip)
            if not self._write(site, delivery, there=delivery.id in there):
                self.outbox.put_off(single[place + 1 :], 0, "waits for the connection", count=False)
                return Round.HELD
        if gathered:
            # Whoever stores the next ones wakes the next round.
            return Round.HELD
        return Round.MORE if len(batch) == self.batch_size else Round.DONE

    def _gathered(self, batch: Sequence[Delivery]) -> frozenset[int]:
        """Rows that are alike and wait for more of them: a bulk edit costs the same for a thousand as for five."""
        alike: dict[str, list[Delivery]] = {}
        for one in batch:
            if one.alike is not None and one.bulk_task is None:
                alike.setdefault(one.alike, []).append(one)
        found: list[Delivery] = []
        for key, group in alike.items():
            if BULK_LEAST <= len(group) < BULK_MOST and self.outbox.gathering(group[0].connection, key, group[0].token):
                found += group
        if found:
            self.outbox.put_off(found, 0, "more of the same may come", count=False)
        return frozenset(one.id for one in found)

    def _let_go(self, rest: Sequence[Delivery], grip: Grip) -> Round:
        """Give back what was not begun, so that whoever may write goes on at once."""
        _log.info("writes put back", connection=rest[0].connection, items=len(rest), why=grip.value)
        if grip is Grip.LOST:
            # They may be in other hands already; what is still in ours is let go by the next tick.
            return Round.HELD
        self.outbox.put_off(rest, 0, grip.value, count=False)
        return Round.MORE if grip is Grip.LATE else Round.HELD

    def _in_batches(self, site: Site, tool: Batch, wanted: Sequence[Delivery]) -> Sequence[Delivery] | Round:
        """Write what is fields alone many at a time; returns what goes singly, or how the round ends now."""
        plain: list[Delivery] = []
        single: list[Delivery] = []
        for one in wanted:
            (plain if one.answer is None and tool.takes(one.values) else single).append(one)
        if len(plain) < BATCH_LEAST:
            return wanted
        for start in range(0, len(plain), tool.most):
            group = plain[start : start + tool.most]
            grip = self.hold.grip(group[0].token)
            if grip is not Grip.FIRM:
                return self._let_go([*plain[start:], *single], grip)
            try:
                results = tool.write([_wish(one) for one in group])
            except ToolError as error:
                # The call as a whole failed: each row fails with it, and the rest waits.
                rest = [*plain[start + tool.most :], *single]
                if self._at_a_wall([*group, *rest], error):
                    return Round.HELD
                going = [self._failed(one, error) for one in group]
                self.outbox.put_off(rest, 0, "waits for the connection", count=False)
                return () if all(going) and not rest else Round.HELD
            for one in group:
                self._settle(site, one, results[one.native_id])
        return single

    def _settle(self, site: Site, delivery: Delivery, result: Written | ToolError) -> None:
        if isinstance(result, ToolError):
            self._failed(delivery, result)
            return
        self.outbox.done(delivery, result)
        _log.info("written", connection=site.name, item=delivery.key, fields=len(delivery.values), result=result.value)

    def _in_bulk(self, site: Site, batch: Sequence[Delivery]) -> Sequence[Delivery]:
        """Look after bulk edits and begin new ones; what is left has to be written one by one."""
        tasks: dict[str, list[Delivery]] = {}
        alike: dict[str, list[Delivery]] = {}
        single: list[Delivery] = []
        for delivery in batch:
            if delivery.bulk_task is not None:
                tasks.setdefault(delivery.bulk_task, []).append(delivery)
            elif delivery.alike is not None:
                alike.setdefault(delivery.alike, []).append(delivery)
            else:
                single.append(delivery)
        for task, group in tasks.items():
            # One question tells of all of them.
            more = self.outbox.claim_task(site.name, task, BULK_MOST - len(group))
            self._look_after(site, task, [*group, *more])
        for key, group in alike.items():
            # Without a firm grip nothing is begun; the loop over the single ones puts them back.
            firm = self.hold.grip(group[0].token) is Grip.FIRM
            if len(group) < BULK_LEAST or not firm or not self._begin(site, key, group):
                single += group
        return sorted(single, key=lambda delivery: delivery.id)

    def _begin(self, site: Site, key: str, group: list[Delivery]) -> bool:
        """Start a bulk edit with every row that is alike; whether the rows were taken care of."""
        more = list(self.outbox.claim_alike(site.name, key, BULK_MOST - len(group)))
        whole = [*group, *more]
        try:
            task = site.bulk.start([one.native_id for one in whole], group[0].values) if site.bulk else None
        except RetryLater as error:
            # It may have begun all the same; the same values a second time do no harm.
            self.outbox.put_off(whole, max(error.retry_after or 0.0, BULK_SECONDS), str(error), count=False)
            return True
        except ToolError as error:
            if self._at_a_wall(whole, error):
                return True
            _log.info("no bulk edit", connection=site.name, items=len(whole), why=str(error))
            task = None
        if task is None:
            self.outbox.singly(more, "written one by one")
            return False
        self.outbox.into_bulk(whole, task, BULK_SECONDS)
        _log.info("bulk edit begun", connection=site.name, items=len(whole), task=task)
        return True

    def _look_after(self, site: Site, task: str, group: Sequence[Delivery]) -> None:
        try:
            result = site.bulk.result(task) if site.bulk else BulkResult(running=False)
        except RetryLater as error:
            self.outbox.put_off(group, max(error.retry_after or 0.0, BULK_SECONDS), str(error), count=False)
            return
        except ToolError as error:
            if not self._at_a_wall(group, error):
                self.outbox.singly(group, f"the bulk edit cannot be looked at: {error}")
            return
        if result.running:
            self.outbox.into_bulk(group, task, BULK_SECONDS)
            return
        left = []
        for delivery in group:
            if delivery.native_id in result.written:
                self.outbox.done(delivery, Written.DONE)
            else:
                left.append(delivery)
        # Alone, the tool says what is wrong with an item; in bulk it often does not.
        self.outbox.singly(left, "not taken by the bulk edit")
        _log.info("bulk edit ended", connection=site.name, task=task, written=len(group) - len(left), left=len(left))

    def _write(self, site: Site, delivery: Delivery, *, there: bool) -> bool:
        """Write one item; tells whether the next one may be tried now."""
        try:
            written = Written.NOTHING_TO_DO if there else site.writer.write(_wish(delivery))
            if delivery.answer is not None:
                grip = self.hold.grip(delivery.token)
                if grip in {Grip.LATE, Grip.LOST}:
                    # The values are written; the answer is left to whoever claims the row next.
                    self._let_go([delivery], grip)
                    return True
                site.writer.answer(delivery.native_id, delivery.answer)
                written = Written.DONE if written is Written.NOTHING_TO_DO else written
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

    def _at_a_wall(self, group: Sequence[Delivery], error: ToolError) -> bool:
        """What is no row's own fault pauses the connection; the rows wait as they are, bulk edits too."""
        wall = decide(error, 1, jitter=1.0)
        if not isinstance(wall, Pause):
            return False
        self.pauses.pause(group[0].connection, wall.reason, None)
        self.outbox.put_off(group, 0, wall.reason, count=False)
        return True

    def _wait(self, delivery: Delivery, seconds: float, error: Exception) -> bool:
        self.outbox.put_off([delivery], seconds, str(error), count=counts(error))
        if isinstance(error, RateLimited) and error.scope is LimitScope.CONNECTION:
            if error.asked:
                self.pauses.pause(delivery.connection, str(error), seconds)
            return False
        # A server that is down for one item is probably down for the next one as well.
        return isinstance(error, RateLimited)


def _wish(delivery: Delivery) -> Wish:
    return Wish(delivery.native_id, delivery.values, delivery.version)
