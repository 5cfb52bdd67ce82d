"""The claims of a worker: how long they count, and that a living worker leaves none behind."""

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
from connector.store.queue.leases import LeaseRegistry, release_abandoned
from connector.store.queue.rate_limits import SqlRateLimiter
from connector.store.queue.workers import WorkerPresence, take_back_claims
from connector.sync.lease import LeaseState
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.queue.test_outbox import add_write


@dataclass
class Moment:
    """A database that answers or not, and a clock."""

    now: float = 1_000.0
    fresh: bool = True
    term: int = 1

    def __call__(self) -> float:
        return self.now


def _holds(moment: Moment, *, lease: float = 120, longest_call: float = 35) -> LeaseRegistry:
    return LeaseRegistry(moment, Event(), lease=lease, longest_call=longest_call, monotonic=moment)


@pytest.mark.parametrize(
    ("lease", "longest_call", "passed", "grip"),
    [
        pytest.param(120, 35, 0, LeaseState.VALID, id="a fresh claim"),
        pytest.param(120, 35, 84, LeaseState.VALID, id="a call would just end within the lease"),
        pytest.param(120, 35, 86, LeaseState.EXPIRING, id="a call may end after the lease"),
        pytest.param(20, 35, 9, LeaseState.VALID, id="a lease shorter than a call is used up to its half"),
        pytest.param(20, 35, 11, LeaseState.EXPIRING, id="and no further"),
    ],
)
def test_a_claim_counts_as_long_as_one_more_call_ends_within_its_lease(
    lease: float, longest_call: float, passed: float, grip: LeaseState
) -> None:
    moment = Moment()
    holds = _holds(moment, lease=lease, longest_call=longest_call)
    with holds.claim_scope():
        token = holds.new_token()
        moment.now += passed
        assert holds.state(token) is grip


def test_without_word_from_the_database_nothing_counts() -> None:
    moment = Moment()
    holds = _holds(moment)
    with holds.claim_scope():
        token = holds.new_token()
        moment.fresh = False
        assert (holds.state(token), holds.state()) == (LeaseState.LOST, LeaseState.LOST)
        moment.fresh = True
        assert holds.state(token) is LeaseState.VALID, "the silence was shorter than PostgreSQL's patience"


def test_a_claim_from_before_the_worker_may_have_been_thought_dead_does_not_count() -> None:
    moment = Moment()
    holds = _holds(moment)
    with holds.claim_scope():
        before = holds.new_token()
        moment.term += 1
        assert (holds.state(before), holds.state(holds.new_token()), holds.state()) == (
            LeaseState.LOST,
            LeaseState.VALID,
            LeaseState.VALID,
        )


def test_whoever_is_asked_to_stop_begins_nothing() -> None:
    stop, moment = Event(), Moment()
    holds = LeaseRegistry(moment, stop, lease=120, longest_call=35, monotonic=moment)
    with holds.claim_scope():
        token = holds.new_token()
        stop.set()
        assert (holds.state(token), holds.state()) == (LeaseState.STOPPING, LeaseState.STOPPING)


def test_a_token_counts_in_its_round_only() -> None:
    holds = _holds(Moment())
    with holds.claim_scope():
        token = holds.new_token()
        assert holds.active_tokens() == {token}
    assert (holds.active_tokens(), holds.state(token), holds.state(uuid4())) == (
        frozenset(),
        LeaseState.LOST,
        LeaseState.LOST,
    )
    with pytest.raises(RuntimeError, match="within a round"):
        holds.new_token()


def test_claims_that_no_round_holds_are_released(store: StoreFixture) -> None:
    """The database failed in the middle of one round, while another one goes on."""
    store.receive_event("d1", "1")
    store.receive_event("d2", "2")
    add_write(store, "1")
    holds = _holds(Moment())
    work, outbox = store.work(1), store.outbox(1)
    work._token = outbox._token = holds.new_token
    with suppress(OSError), holds.claim_scope():
        assert work.claim(JIRA, 1) is not None
        assert len(outbox.claim(JIRA, 1)) == 1
        raise OSError("the database is away")
    with holds.claim_scope():
        assert work.claim(JIRA, 1) is not None
        assert release_abandoned(store.engine, holds, worker=1) == 2
        left = store.rows("SELECT native_id FROM dirty_key WHERE claim_token IS NOT NULL")
        assert len(left) == 1, "what is claimed stays"
    assert store.rows("SELECT attempts FROM outbox")[0].attempts == 1, "it may have been written: who claims it asks"
    assert release_abandoned(store.engine, holds, worker=2) == 0, "what belongs to others stays"
    assert release_abandoned(store.engine, holds, worker=1) == 1


def _end_session(store: StoreFixture) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%presence'")
        )


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        Event().wait(0.01)


def test_a_worker_whose_session_was_ended_knows_at_once_and_takes_up_a_new_term(store: StoreFixture) -> None:
    with WorkerPresence(store.engine, conninfo(store.url)) as presence:
        assert (presence.term, presence.may_declare_dead) == (1, True)
        holds = LeaseRegistry(presence, Event(), lease=120, longest_call=35)
        with holds.claim_scope():
            token = holds.new_token()
            _end_session(store)
            _until(lambda: holds.state(token) is LeaseState.LOST)
            _until(lambda: presence.fresh)
            assert presence.term == 2
            assert holds.state(token) is LeaseState.LOST, "others may have taken it over meanwhile"
        assert not presence.may_declare_dead, (
            "the server may have ended everybody's session: the others need a moment as well"
        )


def test_a_lock_that_somebody_tries_is_waited_for(store: StoreFixture) -> None:
    with WorkerPresence(store.engine, conninfo(store.url)) as presence, store.engine.connect() as somebody:
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


def test_who_may_not_declare_others_dead_releases_only_expired_leases(store: StoreFixture) -> None:
    """Nobody holds worker 7's lock."""
    store.receive_event("d1", "1")
    store.receive_event("d2", "2")
    store.work(7).claim(JIRA, 1)
    store.work(7, lease=0).claim(JIRA, 1)
    assert take_back_claims(store.engine, store.waker, worker=1, may_declare_dead=False) == 1
    assert take_back_claims(store.engine, store.waker, worker=1) == 1


def test_a_call_is_not_made_after_the_database_was_silent(store: StoreFixture) -> None:
    """The caller checked its claim before; whoever was silent for seconds may have lost it meanwhile."""
    moments = iter([10.0, 10.1, 10.2, 20.0, 21.0, 50.0])
    limiter = SqlRateLimiter(store.engine, JIRA, monotonic=lambda: next(moments))
    assert limiter.closed_scope("PUT /rest/api/3/issue/1") is None
    with pytest.raises(Unreachable) as caught:
        limiter.closed_scope("PUT /rest/api/3/issue/1")
    assert str(caught.value) == (
        "jira-main is not called: the database took 30 s to say whether it may be. It is tried again."
    )
