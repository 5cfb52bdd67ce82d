"""Keeping the head of the audit outside of the database: each hour, and after a measure was closed.

An anchor is never made over a contradiction: whoever has rewritten the audit would have the forgery confirmed by the
next one.  So before it is signed, the chain has to hold from the last anchor on, and every sink that can be read has to
show the last anchor, with the entry that it names still in its place.  See deploy/adr/0025.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.notify.audit_anchor import PURPOSE, Anchor, AnchorInvalid, AnchorKeys
from connector.notify.audit_sinks import (
    FolderSink,
    KeepingSink,
    ObjectSink,
    Sink,
    SinkUnavailable,
    Written,
    parse_sinks,
)
from connector.store.database.audit_anchors import AnchorProblem, AuditAnchors, AuditHead, SinkState
from connector.store.notifications.event_recorder import record_audit_head, wants_audit_head

INTERVAL = timedelta(hours=1)
RETRY = timedelta(minutes=5)
"""How soon a sink is tried again that did not take its anchor."""
MAX_RACES = 3
"""Attempts to write the next number, which another process may have taken."""

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """The head was not kept; carries why."""

    def __init__(self, problem: AnchorProblem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True, slots=True)
class SubscriptionSink:
    """Subscriptions that ask for the event ``audit.head``."""

    engine: Engine
    now: datetime
    name: str = "subscription"

    def send(self, text: str) -> None:
        with self.engine.begin() as transaction:
            record_audit_head(transaction, text, self.now)


@dataclass(frozen=True, slots=True)
class AnchorOutcome:
    """What became of one sink."""

    sink: str
    anchor: Anchor | None
    """The last one that it has now; ``None`` when there is a problem."""
    problem: AnchorProblem | None = None
    detail: str = ""


@dataclass
class AuditAnchoring:
    """Keeps the head in every sink of the settings."""

    engine: Engine
    keys: AnchorKeys
    sinks: Sequence[Sink]
    anchors: AuditAnchors = field(init=False)

    def __post_init__(self) -> None:
        self.anchors = AuditAnchors(self.engine)

    def run_due(self, now: datetime, closing_stages: Collection[str] = ()) -> tuple[AnchorOutcome, ...]:
        """Keep the head where that is due."""
        states = self.anchors.states()
        sinks = self._all(now)
        if states.keys() == {sink.name for sink in sinks} and not any(
            self._is_due(state, now, closing_stages) for state in states.values()
        ):
            return ()
        return self.run(now)

    def run(self, now: datetime, restart: str = "") -> tuple[AnchorOutcome, ...]:
        """Keep the head in every sink now; ``restart`` says why what is kept there is of another audit."""
        with self.anchors.turn() as mine:
            if not mine:
                return ()
            sinks = self._all(now)
            self.anchors.set_sinks([sink.name for sink in sinks], now)
            head, states = self.anchors.head(), self.anchors.states()
            if not sinks or not head.seq:
                return ()
            since = 0 if restart else min(head.seq, *(states[sink.name].seq for sink in sinks))
            sound = self.anchors.is_sound(since, head)
            return tuple(self._keep(sink, states[sink.name], head, now, restart, sound=sound) for sink in sinks)

    def _all(self, now: datetime) -> Sequence[Sink]:
        with self.engine.begin() as transaction:
            wanted = wants_audit_head(transaction)
        return [*self.sinks, SubscriptionSink(self.engine, now)] if wanted else self.sinks

    def _is_due(self, state: SinkState, now: datetime, closing_stages: Collection[str]) -> bool:
        if state.problem is not None:
            return state.tried_at is None or state.tried_at <= now - RETRY
        # Also when somebody has written down that it was kept at some time to come.
        if state.anchored_at is None or not now - INTERVAL < state.anchored_at <= now:
            return True
        return bool(closing_stages) and self.anchors.has_closed_since(state.seq, closing_stages)

    def _keep(
        self, sink: Sink, state: SinkState, head: AuditHead, now: datetime, restart: str, *, sound: bool
    ) -> AnchorOutcome:
        try:
            if not sound:
                raise _Refused(AnchorProblem.BROKEN)
            if isinstance(sink, FolderSink | ObjectSink):
                anchor = self._keep_once(sink, state, head, now, restart)
            else:
                anchor = Anchor(state.number + 1, head.seq, head.hash, now, restart)
                sink.send(self.keys.sign(anchor))
        except (_Refused, SinkUnavailable) as error:
            refused = error if isinstance(error, _Refused) else _Refused(AnchorProblem.UNAVAILABLE, str(error))
            self.anchors.record_problem(sink.name, refused.problem, refused.detail, now)
            _log.error("audit not anchored", sink=sink.name, problem=refused.problem.value, detail=refused.detail)
            return AnchorOutcome(sink.name, None, refused.problem, refused.detail)
        self.anchors.record(sink.name, anchor, now)
        return AnchorOutcome(sink.name, anchor)

    def _keep_once(self, sink: KeepingSink, state: SinkState, head: AuditHead, now: datetime, restart: str) -> Anchor:
        """Raises _Refused and SinkUnavailable."""
        known = state.number
        for _ in range(MAX_RACES):
            known = last_number(sink, known)
            before = None if restart else self._last(sink, known, state)
            if before is not None and before.seq == head.seq:
                return before
            restarted = known + 1 if restart else before.restarted if before else 0
            anchor = Anchor(known + 1, head.seq, head.hash, now, restart, restarted)
            if sink.write(anchor.number, self.keys.sign(anchor)) is Written.DONE:
                return anchor
            known = anchor.number
        raise _Refused(AnchorProblem.UNAVAILABLE, "another process writes there all the time")

    def _last(self, sink: KeepingSink, number: int, state: SinkState) -> Anchor | None:
        """The last anchor, whose entry still has its place; ``None`` when there is none yet.  Raises _Refused."""
        if number < state.number:
            raise _Refused(AnchorProblem.REMOVED, f"{state.number} were written, the last one there is {number}")
        if number == 0:
            return None
        try:
            anchor = self.keys.read(sink.read(number) or "")
        except AnchorInvalid as error:
            raise _Refused(AnchorProblem.INVALID, f"anchor {number}: {error}") from error
        problem = contradiction(anchor, number, self.anchors.hashes([anchor.seq]))
        if problem is not None:
            raise _Refused(problem, f"anchor {number}, entry {anchor.seq}")
        return anchor


def contradiction(anchor: Anchor, number: int, hashes: Mapping[int, str]) -> AnchorProblem | None:
    """What an anchor that was kept under a number says against the audit; ``hashes`` has the entry, if it is there."""
    found = hashes.get(anchor.seq)
    if anchor.number != number:
        return AnchorProblem.INVALID
    if found is None:
        return AnchorProblem.CUT
    return None if found == anchor.hash else AnchorProblem.REWRITTEN


def last_number(sink: KeepingSink, known: int) -> int:
    """The number of the last anchor in a sink, found in few steps from one that may be there.  Raises SinkUnavailable.

    Anchors are numbered without a gap, so that no list of them is needed.
    """
    if known > 0 and sink.read(known) is None:
        known = 0
    there, step = known, 1
    while sink.read(there + step) is not None:
        there, step = there + step, step * 2
    missing = there + step
    while missing - there > 1:
        middle = (there + missing) // 2
        if sink.read(middle) is None:
            missing = middle
        else:
            there = middle
    return there


def anchoring(services: Services) -> AuditAnchoring:
    """With the sinks and the key of the settings.  Raises ConfigurationError."""
    return AuditAnchoring(
        services.engine,
        AnchorKeys(services.vault.derive_keys(PURPOSE)),
        parse_sinks(services.settings.audit_sink_list, services.network),
    )


def anchor_when_due(services: Services, now: datetime, closing_stages: Collection[str]) -> None:
    """What a worker does each minute."""
    try:
        anchoring(services).run_due(now, closing_stages)
    except ConfigurationError as error:
        _log.error("audit not anchored", why=str(error))
