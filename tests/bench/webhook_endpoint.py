"""The door: what it takes to accept an event, held against the same server doing nothing.

*Rate*: a real ``gatepost web`` and a Granian with the same settings whose one Flask route reads the body and answers
202.  Each gets, in turn and in the same run, signed events over kept connections from another process, as fast as it
answers; the median of the rounds counts.  Every event is on one of thousands of issues, with a sender's id of its own,
and is verified, parsed and committed by an embedded PostgreSQL that flushes to disk.  No worker runs.

*Waiting at 200 events/s*: every event has its moment; its time runs from that moment to the answer, so that a stall is
charged to everybody who would have waited.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.bench.environment import Ground
from tests.bench.figure import Figure
from tests.bench.load import Plan, numbered, send, share
from tests.bench.scene import JIRA, scene
from tests.conftest import ROOT
from tests.stories.world import SECRET, World, free_port
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until

ISSUES = 4_000


def door(ground: Ground) -> list[Figure]:
    scale = ground.scale
    with scene(ground, "door") as here, _nothing(here.world) as empty:
        here.world.start("web")
        here.world.wait_ready()
        files = [str(file) for file in ground.bodies]
        plan = Plan(
            "127.0.0.1", here.world.port, f"/hooks/jira/{JIRA}", SECRET, files, list(numbered(7_000_000, ISSUES)),
            scale.connections, seconds=scale.door_seconds,
        )  # fmt: skip
        other = replace(plan, port=empty)
        for warm in (plan, other):
            send(replace(warm, seconds=min(1.0, scale.door_seconds)))
        rates: dict[int, list[float]] = {plan.port: [], other.port: []}
        for turn in range(scale.door_rounds):
            ground.say(f"accept events, round {turn + 1} of {scale.door_rounds}")
            for one in (plan, other):
                result = send(one)
                rates[one.port].append(result.rate)
        ground.say(f"accept {scale.steady_rate:.0f} events a second")
        events = round(scale.steady_rate * scale.steady_seconds)
        steady = send(replace(plan, seconds=0, events=events, rate=scale.steady_rate))
        _all_stored(here.world.rows("SELECT count(*) AS kept FROM inbox")[0].kept, events)
    accepted, nothing = (statistics.median(rates[one.port]) for one in (plan, other))
    what = f"{ground.told_bodies}, median {steady.bytes / 1000:.1f} kB"
    return [
        Figure(f"accept an event: verified and committed ({what})", accepted, "/s"),
        Figure("the same server answering 202 to nothing", nothing, "/s"),
        Figure("accept an event ÷ the same server answering 202 to nothing", accepted / nothing, "×", "≥ 0.6"),
        Figure(f"answer to an event at {scale.steady_rate:.0f} events/s, p50", share(steady.waits, 0.5) * 1000, "ms"),
        Figure(
            f"answer to an event at {scale.steady_rate:.0f} events/s, p99",
            share(steady.waits, 0.99) * 1000,
            "ms",
            "≤ 50",
        ),
    ]


def _all_stored(kept: object, least: int) -> None:
    """A door that answered 202 and stored nothing would be fast."""
    if not isinstance(kept, int) or kept < least:
        raise RuntimeError(f"{kept} events are stored, at least {least} were accepted.")


@contextmanager
def _nothing(world: World) -> Iterator[int]:
    """The server that does nothing; its port."""
    port = free_port()
    settings = world.environment | {"GATEPOST_PORT": str(port)}
    with (world.logs / "nothing.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.baseline_server"], env=settings, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: _is_open(port), "the server that does nothing listens", alive=process)
        yield port
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
