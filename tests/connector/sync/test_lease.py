"""A worker that may not go on: what it has begun it ends, what it has not begun it leaves to the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from connector.errors import PermissionDenied, ToolError
from connector.sync.lease import LeaseState
from connector.sync.outbox_writer import OutboxWriter
from connector.sync.ports import BulkResult, ReadResult, ToolSite, WriteRequest, WriteResult
from connector.sync.reconcile import BatchResult
from connector.sync.stores import OutboxRow
from mapping.reply_comment import ReplyComment
from mapping.work_item import ConnectionName, FieldName, NativeId, StatusCategory, Tool, WorkItem
from mapping.writeback import WriteValue

JIRA = ConnectionName("jira-main")
TOKEN = uuid4()


@dataclass
class Hands:
    """Grips, one for each time that it is asked; the last one stays."""

    grips: list[LeaseState]

    def state(self, token: UUID | None = None) -> LeaseState:
        assert token == TOKEN
        return self.grips.pop(0) if len(self.grips) > 1 else self.grips[0]


@dataclass
class Rows:
    """An outbox that remembers what became of its rows."""

    waiting: list[OutboxRow]
    done_: list[int] = field(default_factory=list)
    back: dict[int, str] = field(default_factory=dict)

    def claim(self, connection: ConnectionName, limit: int) -> tuple[OutboxRow, ...]:
        return tuple(self.waiting[:limit])

    def claim_bulk_key(self, connection: ConnectionName, bulk_key: str, limit: int) -> tuple[OutboxRow, ...]:
        return ()

    def expects_more(self, connection: ConnectionName, bulk_key: str, token: UUID, enough: int) -> bool:
        return False

    def claim_bulk_task(self, connection: ConnectionName, task: str, limit: int) -> tuple[OutboxRow, ...]:
        return ()

    def assign_bulk_task(self, deliveries: Sequence[OutboxRow], task: str, seconds: float) -> None:
        raise AssertionError("nothing was begun")

    def write_singly(self, deliveries: Sequence[OutboxRow], reason: str) -> None:
        raise AssertionError("nothing was begun")

    def done(self, delivery: OutboxRow, written: WriteResult) -> None:
        self.done_.append(delivery.id)

    def postpone(self, deliveries: Sequence[OutboxRow], seconds: float, reason: str, *, count: bool) -> None:
        assert (seconds, count) == (0, False)
        self.back |= {delivery.id: reason for delivery in deliveries}

    def dead_letter(self, delivery: OutboxRow, reason: str) -> None:
        raise AssertionError(reason)

    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        raise AssertionError(reason)

    def pause_reason(self, connection: ConnectionName) -> str | None:
        return None


@dataclass
class Tools:
    """A tool that remembers the calls."""

    calls: list[str] = field(default_factory=list)
    max_requests: int = 2

    def write(
        self, writes: WriteRequest | Sequence[WriteRequest]
    ) -> WriteResult | Mapping[NativeId, WriteResult | ToolError]:
        if isinstance(writes, WriteRequest):
            self.calls.append(f"write {writes.item}")
            return WriteResult.DONE
        self.calls.append("write " + " ".join(write.item for write in writes))
        return {write.item: WriteResult.DONE for write in writes}

    def write_reply_comment(self, item: NativeId, answer: ReplyComment) -> WriteResult:
        self.calls.append(f"answer {item}")
        return WriteResult.DONE

    def supports(self, values: Mapping[FieldName, WriteValue]) -> bool:
        return True

    def start(self, items: Sequence[NativeId], values: Mapping[FieldName, WriteValue]) -> str | None:
        raise AssertionError("a bulk edit was begun")

    def result(self, task: str) -> BulkResult:
        raise AssertionError("a bulk edit was begun")


def _row(number: int, *, answer: bool = False, bulk_key: str | None = None, attempts: int = 1) -> OutboxRow:
    said = ReplyComment("Gatepost answers here.") if answer else None
    return OutboxRow(
        number,
        TOKEN,
        JIRA,
        NativeId(str(number)),
        f"ITX-{number}",
        {FieldName("Gate"): "Blocked"},
        attempts,
        said,
        bulk_key,
    )


def _run(
    rows: Rows, tools: Tools, grips: list[LeaseState], *, batch: bool = False, bulk: bool = False, reader: object = None
) -> BatchResult:
    site = ToolSite(
        JIRA, Tool.JIRA, reader, tools, None,  # type: ignore[arg-type]  # as much as is used here
        batch_writer=tools if batch else None, bulk_editor=tools if bulk else None,  # type: ignore[arg-type]
    )  # fmt: skip
    return OutboxWriter(rows, rows, lambda: 1.0, 100, Hands(grips)).run(site)


@pytest.mark.parametrize(
    ("grip", "ended", "back"),
    [
        pytest.param(
            LeaseState.STOPPING,
            BatchResult.DEFERRED,
            {2: LeaseState.STOPPING.value, 3: LeaseState.STOPPING.value},
            id="asked to stop",
        ),
        pytest.param(
            LeaseState.EXPIRING,
            BatchResult.MORE,
            {2: LeaseState.EXPIRING.value, 3: LeaseState.EXPIRING.value},
            id="its lease nearly over",
        ),
        pytest.param(LeaseState.LOST, BatchResult.DEFERRED, {}, id="cut off: the database is not even asked"),
    ],
)
def test_single_writes_end_between_two_items(grip: LeaseState, ended: BatchResult, back: dict[int, str]) -> None:
    rows, tools = Rows([_row(1), _row(2), _row(3)]), Tools()
    assert _run(rows, tools, [LeaseState.VALID, grip]) is ended
    assert (tools.calls, rows.done_, rows.back) == (["write 1"], [1], back)


def test_batches_end_between_two_calls() -> None:
    rows, tools = Rows([_row(number) for number in range(1, 6)]), Tools()
    assert _run(rows, tools, [LeaseState.VALID, LeaseState.STOPPING], batch=True) is BatchResult.DEFERRED
    assert (tools.calls, rows.done_, sorted(rows.back)) == (["write 1 2"], [1, 2], [3, 4, 5])


def test_rows_that_no_call_takes_together_are_written_in_rounds() -> None:
    """A call may carry five hundred rows; as many one after another would keep everything else waiting."""
    rows, tools = Rows([_row(number, answer=True) for number in range(1, 131)]), Tools(max_requests=500)
    assert _run(rows, tools, [LeaseState.VALID], batch=True) is BatchResult.DONE
    assert (rows.done_, sorted(rows.back)) == ([*range(1, 101)], [*range(101, 131)])


def test_what_is_left_of_a_claim_goes_with_more_when_the_tool_turns_out_to_be_fast() -> None:
    class Growing(Tools):
        def write(
            self, writes: WriteRequest | Sequence[WriteRequest]
        ) -> WriteResult | Mapping[NativeId, WriteResult | ToolError]:
            self.max_requests = 50
            return super().write(writes)

    rows, tools = Rows([_row(number) for number in range(1, 6)]), Growing()
    assert _run(rows, tools, [LeaseState.VALID], batch=True) is BatchResult.MORE
    assert (tools.calls, sorted(rows.back)) == (["write 1 2"], [3, 4, 5])


def test_a_bulk_edit_is_not_begun() -> None:
    rows, tools = Rows([_row(number, bulk_key="same") for number in range(1, 9)]), Tools()
    assert _run(rows, tools, [LeaseState.STOPPING], bulk=True) is BatchResult.DEFERRED
    assert (tools.calls, sorted(rows.back)) == ([], [1, 2, 3, 4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    ("grip", "calls", "done", "back"),
    [
        pytest.param(LeaseState.STOPPING, ["write 1", "answer 1"], [1], [], id="asked to stop: the item is finished"),
        pytest.param(LeaseState.LOST, ["write 1"], [], [], id="cut off: somebody else may be answering"),
        pytest.param(
            LeaseState.EXPIRING, ["write 1"], [], [1], id="its lease nearly over: whoever claims it next answers"
        ),
    ],
)
def test_between_writing_and_answering(grip: LeaseState, calls: list[str], done: list[int], back: list[int]) -> None:
    rows, tools = Rows([_row(1, answer=True)]), Tools()
    _run(rows, tools, [LeaseState.VALID, grip])
    assert (tools.calls, rows.done_, sorted(rows.back)) == (calls, done, back)


@dataclass
class Present:
    """A reader of what the tool holds now; ``None`` when it cannot be asked."""

    gates: Mapping[int, str] | None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def read(self, items: Sequence[NativeId], fields: frozenset[FieldName]) -> ReadResult:
        self.asked.append(tuple(items))
        if self.gates is None:
            raise PermissionDenied("this account may not read")
        return ReadResult({item: _item(item, self.gates[int(item)]) for item in items}, ())


def _item(item: NativeId, gate: str) -> WorkItem:
    return WorkItem(
        tool=Tool.JIRA, connection=JIRA, native_id=item, key=f"ITX-{item}", url="", project="ITX", type="Epic", title="",
        status="Done", status_category=StatusCategory.DONE, fields={FieldName("Gate"): gate},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "gates", "calls", "asked"),
    [
        pytest.param({"attempts": 1}, {1: "Blocked"}, ["write 1"], [], id="a first try asks nothing"),
        pytest.param({"attempts": 2}, {1: "Blocked"}, [], [("1",)], id="it was written before: only recorded"),
        pytest.param({"attempts": 2}, {1: "Open"}, ["write 1"], [("1",)], id="it was not written before"),
        pytest.param(
            {"attempts": 2}, None, ["write 1"], [("1",)], id="the tool does not say: twice is better than never"
        ),
        pytest.param(
            {"attempts": 2, "answer": True},
            {1: "Blocked"},
            ["answer 1"],
            [("1",)],
            id="written, and perhaps not answered",
        ),
    ],
)
def test_what_may_have_been_written_by_a_worker_that_died_is_looked_up_first(
    row: Mapping[str, int], gates: Mapping[int, str] | None, calls: list[str], asked: list[tuple[str, ...]]
) -> None:
    rows, tools, present = Rows([_row(1, **row)]), Tools(), Present(gates)  # type: ignore[arg-type]
    assert _run(rows, tools, [LeaseState.VALID], reader=present) is BatchResult.DONE
    assert (tools.calls, present.asked, rows.done_) == (calls, asked, [1])
