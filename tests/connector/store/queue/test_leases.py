"""What a worker has in hand: how long it counts, and that nothing stays behind in the hands of the living."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

import pytest
from sqlalchemy import text

from connector.errors import Unreachable
from connector.store.database.postgres import conninfo
from connector.store.queue.leases import Holds, drop_left
from connector.store.queue.rate_limits import SqlLimiter
from connector.store.queue.workers import Presence, recover
from connector.sync.lease import Grip
from tests.connector.store.conftest import JIRA, Store
from tests.connector.store.queue.test_outbox import wish


@dataclass
class Moment:
    """A database that answers or not, and a clock."""

    now: float = 1_000.0
    fresh: bool = True
    term: int = 1

    def __call__(self) -> float:
        return self.now


def _holds(moment: Moment, *, lease: float = 120, longest_call: float = 35) -> Holds:
    return Holds(moment, Event(), lease=lease, longest_call=longest_call, monotonic=moment)


@pytest.mark.parametrize(
    ("lease", "longest_call", "passed", "grip"),
    [
        pytest.param(120, 35, 0, Grip.FIRM, id="a fresh claim"),
        pytest.param(120, 35, 84, Grip.FIRM, id="a call would just end within the lease"),
        pytest.param(120, 35, 86, Grip.LATE, id="a call may end after the lease"),
        pytest.param(20, 35, 9, Grip.FIRM, id="a lease shorter than a call is used up to its half"),
        pytest.param(20, 35, 11, Grip.LATE, id="and no further"),
    ],
)
def test_a_claim_counts_as_long_as_one_more_call_ends_within_its_lease(
    lease: float, longest_call: float, passed: float, grip: Grip
) -> None:
    moment = Moment()
    holds = _holds(moment, lease=lease, longest_call=longest_call)
    with holds.round():
        token = holds.take()
        moment.now += passed
        assert holds.grip(token) is grip


def test_without_word_from_the_database_nothing_counts() -> None:
    moment = Moment()
    holds = _holds(moment)
    with holds.round():
        token = holds.take()
        moment.fresh = False
        assert (holds.grip(token), holds.grip()) == (Grip.LOST, Grip.LOST)
        moment.fresh = True
        assert holds.grip(token) is Grip.FIRM, "the silence was shorter than PostgreSQL's patience"


def test_a_claim_from_before_the_worker_may_have_been_thought_dead_does_not_count() -> None:
    moment = Moment()
    holds = _holds(moment)
    with holds.round():
        before = holds.take()
        moment.term += 1
        assert (holds.grip(before), holds.grip(holds.take()), holds.grip()) == (Grip.LOST, Grip.FIRM, Grip.FIRM)


def test_whoever_is_asked_to_stop_begins_nothing() -> None:
    stop, moment = Event(), Moment()
    holds = Holds(moment, stop, lease=120, longest_call=35, monotonic=moment)
    with holds.round():
        token = holds.take()
        stop.set()
        assert (holds.grip(token), holds.grip()) == (Grip.STOPPING, Grip.STOPPING)


def test_a_token_counts_in_its_round_only() -> None:
    holds = _holds(Moment())
    with holds.round():
        token = holds.take()
        assert holds.in_hand() == {token}
    assert (holds.in_hand(), holds.grip(token), holds.grip(uuid4())) == (frozenset(), Grip.LOST, Grip.LOST)
    with pytest.raises(RuntimeError, match="within a round"):
        holds.take()


def test_claims_that_no_round_has_in_hand_are_let_go(store: Store) -> None:
    """The database failed in the middle of one round, while another one goes on."""
    store.ring("d1", "1")
    store.ring("d2", "2")
    wish(store, "1")
    holds = _holds(Moment())
    work, outbox = store.work(1), store.outbox(1)
    work._token = outbox._token = holds.take
    with suppress(OSError), holds.round():
        assert work.claim(JIRA, 1) is not None
        assert len(outbox.claim(JIRA, 1)) == 1
        raise OSError("the database is away")
    with holds.round():
        assert work.claim(JIRA, 1) is not None
        assert drop_left(store.engine, holds, me=1) == 2
        left = store.rows("SELECT native_id FROM dirty_key WHERE claim_token IS NOT NULL")
        assert len(left) == 1, "what is in hand stays"
    assert store.rows("SELECT attempts FROM outbox")[0].attempts == 1, "it may have been written: who claims it asks"
    assert drop_left(store.engine, holds, me=2) == 0, "what belongs to others stays"
    assert drop_left(store.engine, holds, me=1) == 1


def _end_session(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%presence'")
        )


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        Event().wait(0.01)


def test_a_worker_whose_session_was_ended_knows_at_once_and_takes_up_a_new_term(store: Store) -> None:
    with Presence(store.engine, conninfo(store.url)) as presence:
        assert (presence.term, presence.judges) == (1, True)
        holds = Holds(presence, Event(), lease=120, longest_call=35)
        with holds.round():
            token = holds.take()
            _end_session(store)
            _until(lambda: holds.grip(token) is Grip.LOST)
            _until(lambda: presence.fresh)
            assert presence.term == 2
            assert holds.grip(token) is Grip.LOST, "others may have taken it over meanwhile"
        assert not presence.judges, "the server may have ended everybody's session: the others need a moment as well"


def test_a_lock_that_somebody_tries_is_waited_for(store: Store) -> None:
    with Presence(store.engine, conninfo(store.url)) as presence, store.engine.connect() as somebody:
        _end_session(store)
        while somebody.execute(
            text("SELECT NOT pg_try_advisory_lock(471302, :worker)"), {"worker": presence.worker}
        ).scalar():
            somebody.rollback()
        Event().wait(1.5)
        assert not presence.fresh
        somebody.execute(text("SELECT pg_advisory_unlock(471302, :worker)"), {"worker": presence.worker})
        _until(lambda: presence.fresh)
        assert presence.term == 2


def test_who_may_not_judge_takes_back_only_what_ran_out(store: Store) -> None:
    """Nobody holds worker 7's lock."""
    store.ring("d1", "1")
    store.ring("d2", "2")
    store.work(7).claim(JIRA, 1)
    store.work(7, lease=0).claim(JIRA, 1)
    assert recover(store.engine, store.waker, me=1, judges=False) == 1
    assert recover(store.engine, store.waker, me=1) == 1


def test_a_call_is_not_made_after_the_database_was_silent(store: Store) -> None:
    """The caller looked at its claim before; whoever was silent for seconds may have lost it meanwhile."""
    moments = iter([10.0, 10.1, 10.2, 20.0, 21.0, 50.0])
    limiter = SqlLimiter(store.engine, JIRA, monotonic=lambda: next(moments))
    assert limiter.parked("PUT /rest/api/3/issue/1") is None
    with pytest.raises(Unreachable) as caught:
        limiter.parked("PUT /rest/api/3/issue/1")
    assert str(caught.value) == (
        "jira-main is not called: the database took 30 s to say whether it may be. It is tried again."
    )
