"""One thread does what only computes; others come when something has to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, current_thread

from tests.waiting import LONGEST_WAIT_SECONDS, wait_until
from webhook_server.gateway.threads_by_need import ThreadsByNeed


def test_one_thread_does_all_that_does_not_wait() -> None:
    threads, done = ThreadsByNeed(ThreadPoolExecutor(4), 4), list[tuple[int, str]]()
    for number in range(100):
        threads.submit(lambda number=number: done.append((number, current_thread().name)))  # type: ignore[misc]
    wait_until(lambda: len(done) == 100, "all are done")
    assert done == [(number, "first") for number in range(100)]


def test_what_waits_keeps_nobody_waiting_and_no_more_help_than_there_may_be() -> None:
    helpers = ThreadPoolExecutor(4)
    threads, may_go_on, waiting, done = ThreadsByNeed(helpers, 2), Event(), list[str](), list[str]()

    def wait() -> None:
        waiting.append(current_thread().name)
        assert may_go_on.wait(LONGEST_WAIT_SECONDS)

    for _ in range(4):
        threads.submit(wait)
    wait_until(lambda: _called(threads, 3, waiting), "the first one and two helpers wait")
    for _ in range(10):
        threads.help_out()
    # The two further threads of the executor are left for others.
    assert helpers.submit(lambda: "free").result(LONGEST_WAIT_SECONDS) == "free"
    assert len(waiting) == 3
    may_go_on.set()
    threads.submit(lambda: done.append("last"))
    wait_until(lambda: len(waiting) == 4 and done == ["last"], "all are done")


def _called(threads: ThreadsByNeed, helped: int, waiting: list[str]) -> bool:
    if len(waiting) < helped:
        threads.help_out()
    return len(waiting) >= helped


def test_there_is_help_again_after_helpers_have_gone() -> None:
    threads, passed = ThreadsByNeed(ThreadPoolExecutor(1), 1), list[str]()
    # Only two threads at once pass it.
    both = Barrier(2, timeout=LONGEST_WAIT_SECONDS)

    def meet() -> None:
        both.wait()
        passed.append(current_thread().name)

    for meetings in range(3):
        threads.submit(meet)
        threads.submit(meet)
        until = 2 * meetings + 2
        wait_until(lambda: _called(threads, until, passed), "both have met")  # noqa: B023 - called at once
