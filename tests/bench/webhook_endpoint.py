"""The webhook endpoint: what it costs to accept an event, compared with the same server doing nothing.

*Rate*: a real ``gatepost web``, one with two processes (``GATEPOST_WEB_PROCESSES``), and a Granian with the same settings
that does nothing: once a bare WSGI function, once an empty view of Flask.  Each gets, in turn and in the same run, signed
events over keep-alive connections from another process, as fast as it answers; the median of the rounds counts.  Every
event is on one of thousands of issues, with a sender's id of its own, and is verified, parsed and committed by an embedded
PostgreSQL that flushes to disk.  No worker runs.

*Processor time*: of the web server's processes and of PostgreSQL, by event; in multiples of parsing the same bodies,
their HMAC, and PostgreSQL's time for their share of a group commit.

*Waiting at half of the capacity*: every event has a planned time; its wait counts from then to the response, so that a
stall is charged for every event that had to wait.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import orjson
import requests

from tests.bench.commit import GROUP, commit_seconds
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Basis, Figure
from tests.bench.load import Plan, Result, numbered, send, share
from tests.bench.processor_time import postmaster_of, tree_seconds
from tests.bench.scene import JIRA, scene
from tests.bench.yardsticks import Yardstick, median_seconds
from tests.conftest import ROOT
from tests.stories.world import SECRET, World, free_port
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until

ISSUES = 4_000
WEB, TWO, FLASK, WSGI = "gatepost web", "two processes", "flask", "wsgi"
_COUNTED = re.compile(r'^gatepost_events_total\{.*outcome="accepted"\} ([\d.e+]+)$', re.MULTILINE)


@dataclass
class _Server:
    """One of the servers, and what it did in each round."""

    plan: Plan
    process: int
    rates: list[float] = field(default_factory=list)
    processor_times: list[float] = field(default_factory=list)
    """Seconds by event, PostgreSQL included."""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def load(self, postmaster: int) -> None:
        before = tree_seconds(self.process) + tree_seconds(postmaster)
        result = send(self.plan)
        used = tree_seconds(self.process) + tree_seconds(postmaster) - before
        self.rates.append(result.rate)
        self.processor_times.append(used / result.answered)


def webhook_endpoint(environment: BenchEnvironment) -> list[Figure]:
    scale, log = environment.scale, environment.log
    files = [str(file) for file in environment.bodies]
    with scene(environment, "webhook-endpoint") as here, ExitStack() as running:
        plan = Plan(
            "127.0.0.1", here.world.port, f"/hooks/jira/{JIRA}", SECRET, files, list(numbered(7_000_000, ISSUES)),
            scale.connections, seconds=scale.endpoint_seconds,
        )  # fmt: skip
        servers = {
            name: _Server(replace(plan, port=port), process)
            for name in (WEB, TWO, FLASK, WSGI)
            for port, process in (running.enter_context(_running(here.world, name)),)
        }
        postmaster = postmaster_of(environment.server)
        for server in servers.values():
            send(replace(server.plan, seconds=min(1.0, scale.endpoint_seconds)))
        for turn in range(scale.endpoint_rounds):
            log(f"accept events, round {turn + 1} of {scale.endpoint_rounds}")
            for server in servers.values():
                server.load(postmaster)
        rate = servers[WEB].rate / 2
        log(f"accept {rate:.0f} events a second")
        events = max(1, round(rate * scale.steady_seconds))
        steady = send(replace(servers[WEB].plan, seconds=0, events=events, rate=rate))
        _assert_stored(here.world.rows("SELECT count(*) AS stored FROM inbox")[0].stored, events)
        _assert_counted_together(servers[TWO].plan)
        basis = _basis(environment, postmaster)
    return _figures(servers, steady, basis, f"{environment.bodies_text}, median {steady.bytes / 1000:.1f} kB")


def _figures(servers: Mapping[str, _Server], steady: Result, basis: Basis, bodies: str) -> list[Figure]:
    accepted, used = servers[WEB].rate, statistics.median(servers[WEB].processor_times)
    p50, p99 = (share(steady.waits, part) * 1000 for part in (0.5, 0.99))
    half = "response to an event at half of that"
    return [
        Figure(f"accept an event: verified and committed ({bodies})", accepted, "/s", by=Yardstick.GROUP_COMMIT),
        Figure("accept an event: processor time, PostgreSQL's included", used * 1e6, "µs", "≤ 5", basis),
        Figure("the same server with an empty view of Flask", servers[FLASK].rate, "/s"),
        Figure("the same server with an empty WSGI answer", servers[WSGI].rate, "/s"),
        Figure("ratio: accept an event ÷ an empty view of Flask", accepted / servers[FLASK].rate, "×", "≥ 0.35"),
        Figure("ratio: accept an event ÷ an empty WSGI answer", accepted / servers[WSGI].rate, "×"),
        Figure("ratio: accepted by two web processes ÷ by one", servers[TWO].rate / accepted, "×"),
        Figure(f"{half}, p50", p50, "ms", by=Yardstick.COMMIT),
        Figure(f"{half}, p99", p99, "ms", by=Yardstick.COMMIT),
        Figure("ratio: p99 ÷ p50 at half of capacity", p99 / p50, "×", "≤ 10"),
    ]


def _basis(environment: BenchEnvironment, postmaster: int) -> Basis:
    """Processor time of the least that has to be done for an event, in seconds."""
    bodies, calls = [file.read_bytes() for file in environment.bodies], environment.scale.yardstick_calls
    database = environment.database()
    commit_seconds(database, GROUP, 1)
    before = tree_seconds(postmaster)
    commit_seconds(database, GROUP, 2 * calls)
    committed = (tree_seconds(postmaster) - before) / (2 * calls * GROUP)
    parsed = median_seconds(lambda: [orjson.loads(body) for body in bodies], 2)
    signed = median_seconds(lambda: [hmac.digest(b"secret", body, hashlib.sha256) for body in bodies], 2)
    return Basis("parse + HMAC + share of a group commit", (parsed + signed) / len(bodies) + committed)


def _assert_stored(stored: object, least: int) -> None:
    """An endpoint that answered 202 and stored nothing would be fast."""
    if not isinstance(stored, int) or stored < least:
        raise RuntimeError(f"{stored} events are stored, at least {least} were accepted.")


def _assert_counted_together(plan: Plan) -> None:
    """Whichever of the processes is asked for ``/metrics``, it answers for both of them."""
    before, events = {_count(plan) for _ in range(8)}, 20
    send(replace(plan, seconds=0, events=events, connections=8))
    after = {_count(plan) for _ in range(8)}
    if len(before) != 1 or after != {before.pop() + events}:
        raise RuntimeError(f"The web processes do not count together: {sorted(after)} after {events} events more.")


def _count(plan: Plan) -> float:
    # A connection of its own for each, so that either process may answer.
    shown = requests.get(f"http://{plan.host}:{plan.port}/metrics", timeout=30, headers={"Connection": "close"}).text
    return sum(float(value) for value in _COUNTED.findall(shown))


@contextmanager
def _running(world: World, name: str) -> Iterator[tuple[int, int]]:
    """One of the servers on a port of its own; yields the port and the process."""
    port = free_port()
    settings = world.environment | {"GATEPOST_PORT": str(port)}
    words = ["cli", "web"] if name in {WEB, TWO} else ["tests.bench.baseline_server", name]
    if name == TWO:
        settings["GATEPOST_WEB_PROCESSES"] = "2"
    with (world.logs / f"{name.replace(' ', '-')}.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=settings, cwd=ROOT, stdout=output, stderr=output
        )  # fmt: skip
    try:
        wait_until(lambda: _is_open(port), f"{name} listens", alive=process, evidence=world.ends_of_logs)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
