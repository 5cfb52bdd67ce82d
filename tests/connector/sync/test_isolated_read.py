"""One bad item or table never stops another: a batch that fails is taken apart until what is bad is alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from connector.errors import AuthenticationFailed, NotFound, RateLimited, ToolError, Unreachable, ValuesRejected
from connector.servicenow.event_scope import ServiceNowEventScope
from connector.sync.isolated_read import MAX_READS, read_apart
from connector.sync.ports import ReadResult
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, NativeId
from tests.conftest import ROOT

ITEMS = [NativeId(str(number)) for number in range(100)]


def reader(bad: Callable[[NativeId], ToolError | None]) -> tuple[Callable[[Sequence[NativeId]], ReadResult], list[int]]:
    sizes: list[int] = []

    def read(items: Sequence[NativeId]) -> ReadResult:
        sizes.append(len(items))
        for item in items:
            if (error := bad(item)) is not None:
                raise error
        return ReadResult({}, tuple(items))

    return read, sizes


@pytest.mark.parametrize(
    "error",
    [ValuesRejected("refused"), NotFound("gone"), Unreachable("broke", status=500)],
    ids=lambda e: type(e).__name__,
)
def test_the_bad_item_is_alone_after_a_few_reads(error: ToolError) -> None:
    read, sizes = reader(lambda item: error if item == "37" else None)
    apart = read_apart(read, ITEMS)
    assert apart.failed == {NativeId("37"): error}
    assert sorted(apart.read.absent) == sorted(set(ITEMS) - {"37"})
    assert len(sizes) <= 16


def test_a_table_that_cannot_be_read_is_taken_apart_from_the_others_at_once() -> None:
    items = [NativeId(f"{table}:{number}") for number in range(3) for table in ("pm_project", "u_secret")]
    read, sizes = reader(lambda item: ValuesRejected("no such table") if item.startswith("u_secret") else None)
    apart = read_apart(read, items)
    assert sorted(apart.failed) == ["u_secret:0", "u_secret:1", "u_secret:2"]
    assert sorted(apart.read.absent) == ["pm_project:0", "pm_project:1", "pm_project:2"]
    assert sizes[:3] == [6, 3, 3]


def test_what_cannot_be_taken_apart_within_bounds_is_read_again_later() -> None:
    read, sizes = reader(lambda item: ValuesRejected("refused"))
    apart = read_apart(read, ITEMS)
    assert len(sizes) == MAX_READS
    assert set(apart.failed) == set(ITEMS)
    assert {type(error).__name__ for error in apart.failed.values()} <= {"ValuesRejected", "RetryLater"}


@pytest.mark.parametrize(
    "error",
    [RateLimited("later"), AuthenticationFailed("no"), Unreachable("no answer")],
    ids=lambda e: type(e).__name__,
)
def test_what_is_no_items_fault_is_raised(error: ToolError) -> None:
    read, sizes = reader(lambda item: error)
    with pytest.raises(type(error)):
        read_apart(read, ITEMS)
    assert sizes == [100]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("pm_project:1", None),
        ("pm_project_task:1", None),
        ("incident:1", None),
        ("cmdb_ci_service:1", None),
        ("sys_user:1", "no rule names the table sys_user, and no evidence rests on it"),
        ("u_anything:1", "no rule names the table u_anything, and no evidence rests on it"),
    ],
)
def test_events_of_tables_that_no_rule_names_are_ignored(item: str, reason: str | None) -> None:
    loaded = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(loaded, LoadedMapping)
    scope = ServiceNowEventScope(ConnectionName("servicenow-main"))
    assert scope.reason_to_ignore(NativeId(item), loaded.config) == reason
