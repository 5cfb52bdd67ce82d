"""A tool that hangs stops only itself, and a worker that hangs ends."""

from __future__ import annotations

import asyncio
import time
from threading import Event

import pytest

from connector.http.calls_in_flight import CallsInFlight
from connector.runtime.hang_watch import LONGEST_SILENCE, STEP_SHARE, HangWatch
from connector.runtime.queue import _LANES, Lane
from connector.runtime.tool_tasks import ToolTasks

PLACES, CONNECTIONS, HANGING = 4, 40, 20
CALL = 0.02


def times_of_the_answering(hanging: int) -> list[float]:
    """How long each answering connection's task took from its wake-up, with so many others that do not answer."""
    calls, released = CallsInFlight(), Event()
    took: list[float] = []

    async def run() -> None:
        tasks = ToolTasks(PLACES, calls=calls, long_call=0.05, look=0.02)
        places = asyncio.Semaphore(PLACES)

        def hangs() -> None:
            with calls.call():
                released.wait(20)

        def answers() -> None:
            with calls.call():
                time.sleep(CALL)

        async def in_a_place(number: int) -> None:
            began = time.monotonic()
            async with places:
                await tasks.run("reconcile", str(number), hangs if number < hanging else answers)
            if number >= HANGING:
                took.append(time.monotonic() - began)

        # Those that hang are found out in the first round; afterwards they hold no place.
        await asyncio.gather(*(in_a_place(number) for number in range(hanging)))
        for _ in range(5):
            await asyncio.gather(*(in_a_place(number) for number in range(CONNECTIONS)))
        assert tasks.beside == hanging
        released.set()
        await tasks.finish()

    asyncio.run(run())
    return sorted(took)


def test_with_half_of_the_connections_hanging_the_others_are_nearly_as_fast() -> None:
    def p95(times: list[float]) -> float:
        return times[int(len(times) * 0.95)]

    alone, beside = times_of_the_answering(0), times_of_the_answering(HANGING)
    assert len(alone) == len(beside) == 5 * (CONNECTIONS - HANGING)
    assert p95(beside) <= 1.3 * p95(alone)


def test_a_task_that_still_waits_is_not_begun_again_and_its_failure_is_nobody_elses() -> None:
    calls, released, begun = CallsInFlight(), Event(), list[str]()

    def hangs() -> None:
        begun.append("x")
        with calls.call():
            released.wait(20)
        raise RuntimeError("the tool answered nonsense")

    def fails() -> None:
        raise ZeroDivisionError

    async def run() -> None:
        tasks = ToolTasks(1, calls=calls, long_call=0.01, look=0.01)
        await tasks.run("reconcile", "a", hangs)
        await tasks.run("reconcile", "a", hangs)
        assert (begun, tasks.beside) == (["x"], 1)
        released.set()
        await tasks.finish()
        await asyncio.sleep(0)
        assert tasks.beside == 0
        with pytest.raises(ZeroDivisionError):
            await ToolTasks(1).run("reconcile", "b", fails)

    asyncio.run(run())


def test_ticks_alerts_and_recovery_have_places_of_their_own() -> None:
    assert {kind: lane.value for kind, lane in _LANES.items()} == {
        "reconcile": "tools",
        "deliver": "tools",
        "notify": "tools",
        "sweep": "sweeps",
    }
    assert _LANES.get("tick", Lane.HOUSEKEEPING) is Lane.HOUSEKEEPING


def test_a_worker_that_hangs_is_ended() -> None:
    now, ended = [0.0], list[str]()
    watch = HangWatch(end=ended.append, clock=lambda: now[0])
    with watch.step("tick"):
        now[0] = LONGEST_SILENCE
        watch.beat()
        watch.check()
        assert ended == []
        now[0] = LONGEST_SILENCE * STEP_SHARE + 1
        watch.check()
    assert ended == ["no sign of life for 241 seconds", "the tick has not ended for 301 seconds"]
    ended.clear()
    watch.beat()
    watch.check()
    assert ended == []
