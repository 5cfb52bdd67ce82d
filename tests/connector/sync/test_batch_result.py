"""When the task of a connection looks once more: a key that is given back without a result wakes nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from connector.runtime.queue import TaskQueue
from connector.store.database.engine import open_database
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.stored_state import SqlStateStore
from connector.sync.active_mapping import ActiveMapping
from connector.sync.ports import ReadResult, ToolSite
from connector.sync.reconcile import BatchResult, Reconciler
from connector.sync.related_evidence import RelatedEvidenceReader
from connector.sync.stores import Claim, ItemOutcome, StoreResult
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, NativeId, Tool
from tests.conftest import ROOT
from tests.connections import add_jira

JIRA = ConnectionName("jira-main")
GONE, UNCERTAIN, FOREIGN = NativeId("1"), NativeId("2"), NativeId("3")


class Site:
    """Shows none of its items, does not agree with itself about one of them, and has one that concerns no rule."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self._meanwhile = meanwhile

    def read(self, items: Sequence[NativeId], *_more: object, **_named: object) -> ReadResult:
        return ReadResult({}, tuple(set(items) - {UNCERTAIN}), uncertain=tuple({UNCERTAIN} & set(items)))

    def reason_to_ignore(self, item: NativeId, _config: MappingConfig) -> str | None:
        if item != FOREIGN:
            return None
        self._meanwhile()
        return "it concerns no rule"

    def pause_reason(self, _connection: ConnectionName) -> str | None:
        return None

    def pause(self, _connection: ConnectionName, reason: str, _seconds: float | None) -> None:
        raise AssertionError(reason)


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    opened = open_database(database, pool_size=2, application="gatepost tests")
    add_jira(opened)
    yield opened
    opened.dispose()


def mark(engine: Engine, *items: NativeId) -> None:
    with engine.begin() as transaction:
        mark_dirty(transaction, JIRA, dict.fromkeys(items))


@dataclass
class Assessments:
    """Stores nothing, and plans a write for each batch."""

    caller_writes: list[bool] = field(default_factory=list)

    def store(
        self,
        _claim: Claim,
        outcomes: Sequence[ItemOutcome],
        _version: int,
        _now: datetime,
        *,
        read_from: datetime | None = None,
        caller_writes: bool = False,
    ) -> StoreResult:
        self.caller_writes.append(caller_writes)
        return StoreResult(stored=len(outcomes), decisions=0, writes=1, lost=0)


def run(engine: Engine, here: Site, assessments: Assessments | None = None) -> BatchResult:
    loaded = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(loaded, LoadedMapping)
    site = ToolSite(JIRA, Tool.JIRA, here, writer=None, event_parser=None, event_scope=here)  # type: ignore[arg-type]
    state = SqlStateStore(engine)
    reconciler = Reconciler(
        dirty_keys=SqlDirtyKeys(engine, 1, 60),
        state_store=state,
        assessment_store=assessments or SqlAssessmentStore(engine, Waker(TaskQueue().defer)),
        pauses=here,
        related_evidence=RelatedEvidenceReader(lambda _name: site, state),
        clock=lambda: datetime.now(UTC),
        jitter=lambda: 1.0,
        batch_size=3,
    )
    return reconciler.run(site, ActiveMapping(1, loaded.config, Policies(loaded.config)))


def test_a_batch_of_which_all_is_settled_is_the_last_one(engine: Engine) -> None:
    mark(engine, GONE)
    assert run(engine, Site()) is BatchResult.DONE


@pytest.mark.parametrize("other", [UNCERTAIN, FOREIGN])
def test_a_batch_of_which_not_all_is_settled_may_have_another(engine: Engine, other: NativeId) -> None:
    mark(engine, GONE, other)
    assert run(engine, Site()) is BatchResult.MORE


def test_an_item_of_no_rule_that_is_marked_again_meanwhile_is_looked_at_again(engine: Engine) -> None:
    mark(engine, FOREIGN)
    assert run(engine, Site(meanwhile=lambda: mark(engine, FOREIGN))) is BatchResult.MORE
    assert run(engine, Site()) is BatchResult.MORE
    assert run(engine, Site()) is BatchResult.IDLE


def test_the_writes_of_a_small_batch_are_left_to_its_own_task(engine: Engine) -> None:
    mark(engine, GONE)
    assessments = Assessments()
    assert run(engine, Site(), assessments) is BatchResult.WRITES
    assert assessments.caller_writes == [True]


@pytest.mark.parametrize(
    ("marked", "result"),
    [
        # A full batch: the next one would keep its writes waiting.
        ((GONE, NativeId("4"), NativeId("5")), BatchResult.MORE),
        # One key is given back without a result, and the task has to look once more.
        ((GONE, UNCERTAIN), BatchResult.MORE),
        ((GONE, FOREIGN), BatchResult.MORE),
    ],
)
def test_the_writes_of_any_other_batch_have_a_task_of_their_own(
    engine: Engine, marked: tuple[NativeId, ...], result: BatchResult
) -> None:
    mark(engine, *marked)
    assessments = Assessments()
    assert run(engine, Site(), assessments) is result
    assert assessments.caller_writes == [False]
