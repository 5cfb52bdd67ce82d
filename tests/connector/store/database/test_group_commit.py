"""One thread commits what several bring, and whoever brings something gets its own result."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, current_thread

import pytest

from connector.store.database.group_commit import GroupCommit
from tests.waiting import LONGEST_WAIT_SECONDS, result_of, wait_until


class Commits:
    """Doubles numbers, and refuses odd ones; the first group waits until it may go on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.threads: set[str] = set()
        self.rests = 0
        self.may_go_on = Event()
        self.together: GroupCommit[int, int] = GroupCommit(self.commit, max_size=4, rest=self.rest)

    def commit(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(items))
        self.threads.add(current_thread().name)
        if len(self.groups) == 1:
            assert self.may_go_on.wait(LONGEST_WAIT_SECONDS)
        if 13 in items:
            raise ArithmeticError("no luck")
        return [ValueError(str(item)) if item % 2 else 2 * item for item in items]

    def rest(self) -> None:
        self.rests += 1
        if self.rests == 1:
            raise OSError("no rest")


def test_what_comes_during_a_commit_is_done_together_by_the_next_ones_in_its_order() -> None:
    commits, results = Commits(), dict[int, int | BaseException]()

    def submit(number: int) -> None:
        commits.together.submit(number, lambda result: results.__setitem__(number, result))

    submit(0)
    wait_until(lambda: len(commits.groups) == 1, "the first commit began")
    for number in range(2, 14, 2):
        submit(number)
    commits.may_go_on.set()
    wait_until(lambda: len(results) == 7, "all are done")
    assert commits.groups == [[0], [2, 4, 6, 8], [10, 12]]
    assert results == {number: 2 * number for number in range(0, 14, 2)}
    assert len(commits.threads) == 1


def test_each_gets_its_own_exception_and_all_of_a_group_that_of_the_commit() -> None:
    commits = Commits()
    commits.may_go_on.set()
    submit = commits.together.submit
    with pytest.raises(ValueError, match="3"):
        result_of(submit, 3)
    with pytest.raises(ArithmeticError, match="no luck"):
        result_of(submit, 13)
    assert result_of(submit, 4) == 8


def test_nobody_loses_a_result_because_another_one_cannot_take_its_own_or_there_is_no_rest() -> None:
    commits = Commits()
    commits.may_go_on.set()

    def refuse(result: int | BaseException) -> None:
        raise OSError("the sender is gone")

    commits.together.submit(2, refuse)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(partial(result_of, commits.together.submit), range(0, 100, 2))) == list(range(0, 200, 4))
    wait_until(lambda: commits.rests > 1, "it comes to rest again after a failure to")
