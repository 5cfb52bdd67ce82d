"""The load: signed events over kept connections, from a process of its own.

Run as ``python -m tests.bench.load`` with a :class:`Plan` as JSON on its input; answers with a :class:`Result`.
Every body is made and signed before the clock starts, so that sending costs next to nothing: what two cores can do is
wanted by the server.  It imports nothing of Gatepost.

*Closed loop* (no rate): every connection sends its next event as soon as the last one is answered.
*Open loop* (a rate): every event has its moment, and its time counts from that moment, also when no connection is free
then; a server that stalls is charged for everybody who had to wait, as its senders would be.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.waiting import LONGEST_WAIT_SECONDS

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: events on ``items`` in turn, made from the bodies in ``files``."""

    host: str
    port: int
    path: str
    secret: str
    files: list[str]
    items: list[str]
    connections: int = 32
    seconds: float = 0
    """How long a closed loop goes on; 0 when ``events`` says how many."""
    events: int = 0
    rate: float = 0
    """Events per second of an open loop; 0 for a closed one."""


@dataclass(slots=True)
class Result:
    started: float = 0
    """Wall clock in seconds since 1970."""
    seconds: float = 0
    statuses: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    """Seconds from the planned moment (closed loop: from sending) to the answer, in no order."""
    moments: list[tuple[str, float]] = field(default_factory=list)
    """Item and planned moment of every event of an open loop."""
    bytes: float = 0
    """Median length of a body."""

    @property
    def answered(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answered / self.seconds


def send(plan: Plan) -> Result:
    """Send from another process.  Raises RuntimeError when an event was answered by anything but 202."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(plan)).encode(), capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The load ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    told = json.loads(done.stdout)
    result = Result(**told | {"moments": [(str(item), float(at)) for item, at in told["moments"]]})
    if set(result.statuses) != {"202"}:
        raise RuntimeError(f"Events were answered by {result.statuses}; only 202 counts. Is the door shut or too full?")
    return result


class Requests:
    """Ready-made requests in turn; only the sender's id of the event is put in on the way."""

    def __init__(self, plan: Plan) -> None:
        templates = [json.loads(Path(file).read_bytes()) for file in plan.files]
        head = (
            f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n"
            "Content-Type: application/json; charset=UTF-8\r\nUser-Agent: Atlassian HttpClient unknown\r\n"
        )
        self._items = plan.items
        self._ready: list[tuple[bytes, bytes]] = []
        self._run, self._next = uuid4().hex[:12], 0
        sizes = []
        for place, item in enumerate(plan.items):
            template = templates[place % len(templates)]
            issue = template["issue"]
            issue["id"], issue["key"] = item, f"ITX-{item}"
            body = json.dumps(template).encode()
            sizes.append(len(body))
            signature = hmac.new(plan.secret.encode(), body, hashlib.sha256).hexdigest()
            before = f"{head}X-Hub-Signature: sha256={signature}\r\nContent-Length: {len(body)}\r\n"
            self._ready.append((f"{before}X-Atlassian-Webhook-Identifier: ".encode(), b"\r\n\r\n" + body))
        self.bytes = float(sorted(sizes)[len(sizes) // 2])

    def take(self) -> tuple[str, bytes]:
        """The next item and its request."""
        number, self._next = self._next, self._next + 1
        place = number % len(self._ready)
        before, after = self._ready[place]
        return self._items[place], before + f"{self._run}-{number}".encode() + after


class Client(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._buffer = b""
        self._heard: Callable[[int], None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes, heard: Callable[[int], None]) -> None:
        assert self._transport is not None
        self._heard = heard
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer = body[length:]
        heard, self._heard = self._heard, None
        if heard is not None:
            heard(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._heard is not None:
            self._lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Load:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests = Requests(plan)
        self._statuses: Counter[str] = Counter()
        self._result = Result(bytes=self._requests.bytes)
        self._idle: deque[Client] = deque()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._broken = 0
        self._heard_of = 0
        self._all_heard = asyncio.Event()
        self._ended = asyncio.Event()

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()
        for _ in range(self._plan.connections):
            _, client = await loop.create_connection(lambda: Client(self._lose), self._plan.host, self._plan.port)
            self._idle.append(client)
        clients = list(self._idle)
        # Garbage collection would stop the clock for everybody now and then, and there is nothing to collect.
        gc.collect()
        gc.disable()
        self._result.started = time.time()
        begun = time.perf_counter()
        await (self._open() if self._plan.rate else self._closed())
        self._result.seconds = time.perf_counter() - begun
        for client in clients:
            client.close()
        self._result.statuses = dict(self._statuses) | ({"no answer": self._broken} if self._broken else {})
        return self._result

    def _lose(self) -> None:
        """A connection was closed under a request: the load is no good any more, and ends."""
        self._broken += 1
        self._all_heard.set()
        self._ended.set()

    async def _closed(self) -> None:
        end = time.perf_counter() + self._plan.seconds if self._plan.seconds else float("inf")
        left = self._plan.events or sys.maxsize
        running = len(self._idle)
        ended = self._ended

        def again(client: Client) -> None:
            nonlocal left, running
            if left <= 0 or time.perf_counter() >= end:
                running -= 1
                if not running:
                    ended.set()
                return
            left -= 1
            sent = time.perf_counter()

            def heard(status: int) -> None:
                self._note(status, sent)
                again(client)

            client.ask(self._requests.take()[1], heard)

        for client in list(self._idle):
            again(client)
        await ended.wait()

    async def _open(self) -> None:
        plan, loop = self._plan, asyncio.get_running_loop()
        wall, begun = time.time(), loop.time()
        clock = time.perf_counter()
        for number in range(plan.events):
            planned = number / plan.rate
            await asyncio.sleep(max(0.0, begun + planned - loop.time()))
            item, request = self._requests.take()
            self._result.moments.append((item, wall + planned))
            self._waiting.append((request, clock + planned))
            self._pump()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_heard.wait(), LONGEST_WAIT_SECONDS)
        self._broken = plan.events - self._heard_of

    def _pump(self) -> None:
        while self._waiting and self._idle:
            client, (request, planned) = self._idle.popleft(), self._waiting.popleft()
            client.ask(request, self._heard(client, planned))

    def _heard(self, client: Client, planned: float) -> Callable[[int], None]:
        def heard(status: int) -> None:
            self._note(status, planned)
            self._idle.append(client)
            self._pump()

        return heard

    def _note(self, status: int, since: float) -> None:
        self._statuses[str(status)] += 1
        self._heard_of += 1
        if self._heard_of == self._plan.events:
            self._all_heard.set()
        self._result.waits.append(time.perf_counter() - since)


def share(waits: list[float], part: float) -> float:
    """The value that a part of all stay below: ``share(waits, 0.95)`` is p95."""
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def numbered(first: int, count: int) -> Iterator[str]:
    """Ids of issues that nothing else in the bench uses."""
    return (str(number) for number in range(first, first + count))


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.buffer.read()))
    result = asyncio.run(Load(plan).run())
    sys.stdout.write(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
