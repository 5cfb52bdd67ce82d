"""The webhook endpoint: what it costs to accept an event, compared with the same server doing nothing.

*Rate*: a real ``gatepost web`` and a Granian with the same settings whose one Flask route reads the body and answers
202.  Each gets, in turn and in the same run, signed events over keep-alive connections from another process, as fast as it
answers; the median of the rounds counts.  Every event is on one of thousands of issues, with a sender's id of its own,
and is verified, parsed and committed by an embedded PostgreSQL that flushes to disk.  No worker runs.

*Waiting at 200 events/s*: every event has a planned time; its wait counts from then to the response, so that a stall
is charged for every event that had to wait.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure
from tests.bench.load import Plan, numbered, send, share
from tests.bench.scene import JIRA, scene
from tests.conftest import ROOT
from tests.stories.world import SECRET, World, free_port
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until

ISSUES = 4_000


def webhook_endpoint(environment: BenchEnvironment) -> list[Figure]:
    scale = environment.scale
    with scene(environment, "webhook-endpoint") as here, _baseline_server(here.world) as baseline_port:
        here.world.start("web")
        here.world.wait_ready()
        files = [str(file) for file in environment.bodies]
        plan = Plan(
            "127.0.0.1", here.world.port, f"/hooks/jira/{JIRA}", SECRET, files, list(numbered(7_000_000, ISSUES)),
            scale.connections, seconds=scale.endpoint_seconds,
        )  # fmt: skip
        baseline = replace(plan, port=baseline_port)
        for load in (plan, baseline):
            send(replace(load, seconds=min(1.0, scale.endpoint_seconds)))
        rates: dict[int, list[float]] = {plan.port: [], baseline.port: []}
        for turn in range(scale.endpoint_rounds):
            environment.log(f"accept events, round {turn + 1} of {scale.endpoint_rounds}")
            for load in (plan, baseline):
                result = send(load)
                rates[load.port].append(result.rate)
        environment.log(f"accept {scale.steady_rate:.0f} events a second")
        events = round(scale.steady_rate * scale.steady_seconds)
        steady = send(replace(plan, seconds=0, events=events, rate=scale.steady_rate))
        _assert_stored(here.world.rows("SELECT count(*) AS stored FROM inbox")[0].stored, events)
    accepted, nothing = (statistics.median(rates[load.port]) for load in (plan, baseline))
    bodies = f"{environment.bodies_text}, median {steady.bytes / 1000:.1f} kB"
    return [
        Figure(f"accept an event: verified and committed ({bodies})", accepted, "/s"),
        Figure("the same server answering 202 to nothing", nothing, "/s"),
        Figure("accept an event ÷ the same server answering 202 to nothing", accepted / nothing, "×", "≥ 0.6"),
        Figure(f"response to an event at {scale.steady_rate:.0f} events/s, p50", share(steady.waits, 0.5) * 1000, "ms"),
        Figure(
            f"response to an event at {scale.steady_rate:.0f} events/s, p99",
            share(steady.waits, 0.99) * 1000,
            "ms",
            "≤ 50",
        ),
    ]


def _assert_stored(stored: object, least: int) -> None:
    """An endpoint that answered 202 and stored nothing would be fast."""
    if not isinstance(stored, int) or stored < least:
        raise RuntimeError(f"{stored} events are stored, at least {least} were accepted.")


@contextmanager
def _baseline_server(world: World) -> Iterator[int]:
    """A server that only answers 202; yields its port."""
    port = free_port()
    settings = world.environment | {"GATEPOST_PORT": str(port)}
    with (world.logs / "nothing.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.baseline_server"], env=settings, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: _is_open(port), "the baseline server listens", alive=process)
        yield port
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
