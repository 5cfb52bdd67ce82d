"""Outbox rows to the tool: one call per item, the result recorded, tried again or made a dead letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from connector.errors import LimitScope, NotProvisioned, RateLimited, RetryLater, ToolError
from connector.http.retry import PAUSED_RETRY_SECONDS, PauseConnection, Retry, StopRetrying, decide
from connector.sync.lease import UNLEASED, Lease, LeaseState
from connector.sync.ports import BatchWriter, BulkResult, ToolSite, WriteRequest, WriteResult
from connector.sync.reconcile import BatchResult, counts_as_attempt
from connector.sync.stores import Outbox, OutboxRow, Pauses
from connector.sync.write_dedup import already_written
from mapping.marks import is_mark

_log = structlog.get_logger(__name__)


MIN_BULK_ROWS = 5
"""Fewer rows with the same values are written one by one: a bulk edit costs three calls and some seconds."""

MIN_BATCH_ROWS = 3
"""Fewer writes are made one by one: their errors say more."""

MAX_BULK_ROWS = 1_000
BULK_POLL_SECONDS = 1.0
"""How soon the state of a bulk edit is read again, at least."""
MAX_BULK_POLL_SECONDS = 30.0
"""And at most, however long the tool's own progress lets expect."""
BULK_SECONDS_EACH = 0.005
"""After how much time for each row the state of a bulk edit is read first: a thousand are never written at once."""


@dataclass(frozen=True, slots=True)
class OutboxWriter:
    outbox: Outbox
    pauses: Pauses
    jitter: Callable[[], float]
    batch_size: int
    lease: Lease = UNLEASED

    def run(self, site: ToolSite) -> BatchResult:
        """Claim and write one batch."""
        if self.pauses.pause_reason(site.name) is not None:
            return BatchResult.DEFERRED
        most = self.batch_size if site.batch_writer is None else max(self.batch_size, site.batch_writer.max_requests)
        batch = self.outbox.claim(site.name, most)
        if not batch:
            return BatchResult.IDLE
        already_there = already_written(site, batch)
        for row in (row for row in batch if row.id in already_there and row.reply_comment is None):
            self._settle(site, row, WriteResult.NOTHING_TO_DO)
        # The present reply comment is read before it is written, so such a row is written singly.
        with_comment = [row for row in batch if row.id in already_there and row.reply_comment is not None]
        rest: Sequence[OutboxRow] = [row for row in batch if row.id not in already_there]
        held = self._expecting_more(rest, _most_together(site))
        rest = [row for row in rest if row.id not in held]
        single = [*with_comment, *(self._write_in_bulk(site, rest) if site.bulk_editor is not None else rest)]
        if site.batch_writer is not None:
            left = self._write_in_batches(site, site.batch_writer, single)
            if isinstance(left, BatchResult):
                return left
            single = list(left)
        ended = self._write_singly(site, single, already_there)
        if ended is not None:
            return ended
        if held:
            # Storing the next ones starts the next batch.
            return BatchResult.DEFERRED
        return BatchResult.MORE if len(batch) == most else BatchResult.DONE

    def _write_singly(
        self, site: ToolSite, rows: Sequence[OutboxRow], already_there: frozenset[int]
    ) -> BatchResult | None:
        """Write rows one after another; returns how the batch ends when it ends before the last of them."""
        # One call may carry more rows than a round should write one after another.
        if later := rows[self.batch_size :]:
            self.outbox.postpone(later, 0, "waits for its turn", count=False)
        now = rows[: self.batch_size]
        for index, row in enumerate(now):
            lease_state = self.lease.state(row.token)
            if lease_state is not LeaseState.VALID:
                return self._release(now[index:], lease_state)
            if not self._write(site, row, already_there=row.id in already_there):
                self.outbox.postpone(now[index + 1 :], 0, "waits for the connection", count=False)
                return BatchResult.DEFERRED
        return None

    def _expecting_more(self, batch: Sequence[OutboxRow], most: int) -> frozenset[int]:
        """Rows of the same values that wait for more of them: a call costs the same for as many as it can carry."""
        by_bulk_key: dict[str, list[OutboxRow]] = {}
        for row in batch:
            if row.bulk_key is not None and row.bulk_task is None:
                by_bulk_key.setdefault(row.bulk_key, []).append(row)
        found: list[OutboxRow] = []
        for key, group in by_bulk_key.items():
            if MIN_BULK_ROWS <= len(group) < most and self.outbox.expects_more(
                group[0].connection, key, group[0].token, most
            ):
                found += group
        if found:
            self.outbox.postpone(found, 0, "more of the same may come", count=False)
        return frozenset(row.id for row in found)

    def _release(self, rest: Sequence[OutboxRow], lease_state: LeaseState) -> BatchResult:
        """Release what was not begun, so that another worker can go on at once."""
        _log.info("writes released", connection=rest[0].connection, items=len(rest), why=lease_state.value)
        if lease_state is LeaseState.LOST:
            # Another worker may have them already; the next tick releases what is still ours.
            return BatchResult.DEFERRED
        self.outbox.postpone(rest, 0, lease_state.value, count=False)
        return BatchResult.MORE if lease_state is LeaseState.EXPIRING else BatchResult.DEFERRED

    def _write_in_batches(
        self, site: ToolSite, tool: BatchWriter, rows: Sequence[OutboxRow]
    ) -> Sequence[OutboxRow] | BatchResult:
        """Write rows of fields alone many at a time; returns the rows to write singly, or how the batch ends now."""
        plain: list[OutboxRow] = []
        single: list[OutboxRow] = []
        for row in rows:
            (plain if row.reply_comment is None and tool.supports(row.values) else single).append(row)
        if len(plain) < MIN_BATCH_ROWS:
            return rows
        while plain:
            size = tool.max_requests
            group, plain = plain[:size], plain[size:]
            lease_state = self.lease.state(group[0].token)
            if lease_state is not LeaseState.VALID:
                return self._release([*group, *plain, *single], lease_state)
            try:
                results = tool.write([_write_request(row) for row in group])
            except ToolError as error:
                # The call as a whole failed: each row fails with it, and the rest waits.
                rest = [*plain, *single]
                if self._pause_connection([*group, *rest], error):
                    return BatchResult.DEFERRED
                going = [self._failed(row, error) for row in group]
                self.outbox.postpone(rest, 0, "waits for the connection", count=False)
                return () if all(going) and not rest else BatchResult.DEFERRED
            for row in group:
                self._settle(site, row, results[row.native_id])
            if plain and tool.max_requests > size:
                # The tool has turned out to be fast: the next call carries more than what is left of this claim.
                self.outbox.postpone([*plain, *single], 0, "goes with more of them", count=False)
                return BatchResult.MORE
        return single

    def _settle(self, site: ToolSite, row: OutboxRow, result: WriteResult | ToolError) -> None:
        if isinstance(result, ToolError):
            self._failed(row, result)
            return
        self.outbox.done(row, result)
        _log.info("item written", connection=site.name, item=row.key, fields=len(row.values), result=result.value)

    def _write_in_bulk(self, site: ToolSite, batch: Sequence[OutboxRow]) -> Sequence[OutboxRow]:
        """Look after bulk edits and begin new ones; what is left has to be written one by one."""
        tasks: dict[str, list[OutboxRow]] = {}
        by_bulk_key: dict[str, list[OutboxRow]] = {}
        single: list[OutboxRow] = []
        for row in batch:
            if row.bulk_task is not None:
                tasks.setdefault(row.bulk_task, []).append(row)
            elif row.bulk_key is not None:
                by_bulk_key.setdefault(row.bulk_key, []).append(row)
            else:
                single.append(row)
        for task, group in tasks.items():
            # One question tells of all of them.
            more = self.outbox.claim_bulk_task(site.name, task, MAX_BULK_ROWS - len(group))
            self._poll_bulk_task(site, task, [*group, *more])
        for key, group in by_bulk_key.items():
            # Without a firm grip nothing is begun; the loop over the single ones puts them back.
            firm = self.lease.state(group[0].token) is LeaseState.VALID
            if len(group) < MIN_BULK_ROWS or not firm or not self._begin(site, key, group):
                single += group
        return sorted(single, key=lambda row: row.id)

    def _begin(self, site: ToolSite, key: str, group: list[OutboxRow]) -> bool:
        """Start a bulk edit with every row of the same values; returns whether the rows were dealt with."""
        more = list(self.outbox.claim_bulk_key(site.name, key, MAX_BULK_ROWS - len(group)))
        rows = [*group, *more]
        try:
            task = (
                site.bulk_editor.start([row.native_id for row in rows], group[0].values) if site.bulk_editor else None
            )
        except RetryLater as error:
            # It may have begun all the same; the same values a second time do no harm.
            self.outbox.postpone(rows, max(error.retry_after or 0.0, BULK_POLL_SECONDS), str(error), count=False)
            return True
        except ToolError as error:
            if self._pause_connection(rows, error):
                return True
            _log.info("bulk edit refused", connection=site.name, items=len(rows), why=str(error))
            task = None
        if task is None:
            self.outbox.write_singly(more, "written one by one")
            return False
        self.outbox.assign_bulk_task(rows, task, _poll_wait(BULK_SECONDS_EACH * len(rows)))
        _log.info("bulk edit started", connection=site.name, items=len(rows), task=task)
        return True

    def _poll_bulk_task(self, site: ToolSite, task: str, group: Sequence[OutboxRow]) -> None:
        try:
            result = site.bulk_editor.result(task) if site.bulk_editor else BulkResult(running=False)
        except RetryLater as error:
            self.outbox.postpone(group, max(error.retry_after or 0.0, BULK_POLL_SECONDS), str(error), count=False)
            return
        except ToolError as error:
            if not self._pause_connection(group, error):
                self.outbox.write_singly(group, f"the state of the bulk edit cannot be read: {error}")
            return
        if result.running:
            self.outbox.assign_bulk_task(group, task, _poll_wait(result.seconds_left))
            return
        left = []
        for row in group:
            if row.native_id in result.written:
                self.outbox.done(row, WriteResult.DONE)
            else:
                left.append(row)
        # Alone, the tool says what is wrong with an item; in bulk it often does not.
        self.outbox.write_singly(left, "not taken by the bulk edit")
        _log.info("bulk edit finished", connection=site.name, task=task, written=len(group) - len(left), left=len(left))

    def _write(self, site: ToolSite, row: OutboxRow, *, already_there: bool) -> bool:
        """Write one item; returns whether the next one may be tried now."""
        try:
            written, waits = self._write_values(site, row, already_there=already_there)
            if row.reply_comment is not None:
                lease_state = self.lease.state(row.token)
                if lease_state in {LeaseState.EXPIRING, LeaseState.LOST}:
                    # The values are written; the reply comment is left to whoever claims the row next.
                    self._release([row], lease_state)
                    return True
                site.writer.write_reply_comment(row.native_id, row.reply_comment)
                written = WriteResult.DONE if written is WriteResult.NOTHING_TO_DO else written
            if waits is not None:
                raise waits
        except Exception as error:  # noqa: BLE001 - whatever it is, the row must not be lost and must say why
            return self._failed(row, error)
        self.outbox.done(row, written)
        _log.info("item written", connection=site.name, item=row.key, fields=len(row.values), result=written.value)
        return True

    def _write_values(
        self, site: ToolSite, row: OutboxRow, *, already_there: bool
    ) -> tuple[WriteResult, NotProvisioned | None]:
        """The values; what waits for a field does not keep the comment from people."""
        if already_there:
            return WriteResult.NOTHING_TO_DO, None
        try:
            return site.writer.write(_write_request(row)), None
        except NotProvisioned as waits:
            marks = {name: value for name, value in row.values.items() if is_mark(name)}
            if marks and not waits.rest_written:
                # A move back, a hold and a blocker need none of the fields.
                site.writer.write(WriteRequest(row.native_id, marks, row.version))
            return WriteResult.NOTHING_TO_DO, waits

    def _failed(self, row: OutboxRow, error: Exception) -> bool:
        _log.warning(
            "not written",
            connection=row.connection,
            item=row.key,
            attempt=row.attempts,
            error=type(error).__name__,
            why=str(error),
        )
        match decide(error, row.attempts, jitter=self.jitter()):
            case Retry(delay_seconds=seconds):
                return self._postpone(row, seconds, error)
            case PauseConnection(reason=reason):
                self.pauses.pause(row.connection, reason, None)
                self.outbox.postpone([row], PAUSED_RETRY_SECONDS, reason, count=False)
                return False
            case StopRetrying(reason=reason):
                self.outbox.dead_letter(row, reason)
                return True

    def _pause_connection(self, group: Sequence[OutboxRow], error: ToolError) -> bool:
        """An error that no row causes pauses the connection; the rows wait as they are, bulk edits too."""
        decision = decide(error, 1, jitter=1.0)
        if not isinstance(decision, PauseConnection):
            return False
        self.pauses.pause(group[0].connection, decision.reason, None)
        self.outbox.postpone(group, PAUSED_RETRY_SECONDS, decision.reason, count=False)
        return True

    def _postpone(self, row: OutboxRow, seconds: float, error: Exception) -> bool:
        self.outbox.postpone([row], seconds, str(error), count=counts_as_attempt(error))
        if isinstance(error, RateLimited) and error.scope is LimitScope.CONNECTION:
            if error.from_tool:
                self.pauses.pause(row.connection, str(error), seconds)
            return False
        # A server that is down for one item is probably down for the next one as well.
        return isinstance(error, RateLimited | NotProvisioned)


def _most_together(site: ToolSite) -> int:
    """Rows with the same values that one call can carry; one where the tool takes each by itself."""
    if site.bulk_editor is not None:
        return MAX_BULK_ROWS
    return 1 if site.batch_writer is None else site.batch_writer.max_requests


def _poll_wait(seconds_left: float | None) -> float:
    """Seconds until a bulk edit is asked about: when it should be done, as far as that can be told."""
    return min(MAX_BULK_POLL_SECONDS, max(BULK_POLL_SECONDS, seconds_left or 0.0))


def _write_request(row: OutboxRow) -> WriteRequest:
    return WriteRequest(row.native_id, row.values, row.version)
