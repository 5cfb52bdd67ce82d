"""The load: signed events over keep-alive connections, from a separate process.

Run as ``python -m tests.bench.load`` with a :class:`Plan` as JSON on its input; answers with a :class:`Result`.
Every body is made and signed before the clock starts, so that sending costs almost nothing and the server gets the
cores.  It imports nothing of Gatepost.

*Closed loop* (no rate): every connection sends its next event as soon as the last one has a response.
*Open loop* (a rate): every event has a planned time, and its wait counts from then, also when no connection is free;
a server that stalls is charged for every event that had to wait.
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
    """How long a closed loop runs; 0 when ``events`` says how many."""
    events: int = 0
    rate: float = 0
    """Events per second of an open loop; 0 for a closed one."""
    longest_wait: float = LONGEST_WAIT_SECONDS
    """Seconds after the last planned event in which all have to be answered."""


@dataclass(slots=True)
class Result:
    started: float = 0
    """Wall clock in seconds since 1970."""
    seconds: float = 0
    statuses: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    """Seconds from the planned time (closed loop: from sending) to the response, unordered."""
    moments: list[tuple[str, float]] = field(default_factory=list)
    """Item and planned time of every event of an open loop."""
    bytes: float = 0
    """Median length of a body."""

    @property
    def answered(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Responses per second."""
        return self.answered / self.seconds


def send(plan: Plan) -> Result:
    """Send from another process.  Raises RuntimeError when an event got another status than 202."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(plan)).encode(), capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if process.returncode:
        raise RuntimeError(f"The load ended with {process.returncode}: {process.stderr.decode()[-2000:]}")
    data = json.loads(process.stdout)
    result = Result(**data | {"moments": [(str(item), float(at)) for item, at in data["moments"]]})
    if set(result.statuses) != {"202"}:
        raise RuntimeError(
            f"Events were answered by {result.statuses}; only 202 counts. Is the webhook endpoint down or overloaded?"
        )
    return result


class Requests:
    """Prepared requests in turn; only the sender's event id is added when sending."""

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
        for index, item in enumerate(plan.items):
            template = templates[index % len(templates)]
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
        index = number % len(self._ready)
        before, after = self._ready[index]
        return self._items[index], before + f"{self._run}-{number}".encode() + after


class Client(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._buffer = b""
        self._on_response: Callable[[int], None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes, on_response: Callable[[int], None]) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            # Closed by the server while it was idle: nobody would answer, and nobody would say so.
            self._on_lost()
            return
        self._on_response = on_response
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer = body[length:]
        on_response, self._on_response = self._on_response, None
        if on_response is not None:
            on_response(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._on_response is not None:
            self._on_lost()

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
        self._responses = 0
        self._all_answered = asyncio.Event()
        self._ended = asyncio.Event()

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()
        for _ in range(self._plan.connections):
            _, client = await loop.create_connection(lambda: Client(self._lose), self._plan.host, self._plan.port)
            self._idle.append(client)
        clients = list(self._idle)
        # Garbage collection would cause pauses, and there is nothing to collect.
        gc.collect()
        gc.disable()
        self._result.started = time.time()
        started = time.perf_counter()
        await (self._open() if self._plan.rate else self._closed())
        self._result.seconds = time.perf_counter() - started
        for client in clients:
            client.close()
        self._result.statuses = dict(self._statuses) | ({"no answer": self._broken} if self._broken else {})
        return self._result

    def _lose(self) -> None:
        """A connection was closed during a request: the load is invalid, and ends."""
        self._broken += 1
        self._all_answered.set()
        self._ended.set()

    async def _closed(self) -> None:
        end = time.perf_counter() + self._plan.seconds if self._plan.seconds else float("inf")
        left = self._plan.events or sys.maxsize
        running = len(self._idle)
        ended = self._ended

        def send_next(client: Client) -> None:
            nonlocal left, running
            if left <= 0 or time.perf_counter() >= end:
                running -= 1
                if not running:
                    ended.set()
                return
            left -= 1
            sent = time.perf_counter()

            def on_response(status: int) -> None:
                self._note(status, sent)
                send_next(client)

            client.send(self._requests.take()[1], on_response)

        for client in list(self._idle):
            send_next(client)
        try:
            await asyncio.wait_for(ended.wait(), self._plan.seconds + self._plan.longest_wait)
        except TimeoutError:
            self._broken += running

    async def _open(self) -> None:
        plan, loop = self._plan, asyncio.get_running_loop()
        wall, started = time.time(), loop.time()
        clock = time.perf_counter()
        for number in range(plan.events):
            planned = number / plan.rate
            await asyncio.sleep(max(0.0, started + planned - loop.time()))
            item, request = self._requests.take()
            self._result.moments.append((item, wall + planned))
            self._waiting.append((request, clock + planned))
            self._pump()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_answered.wait(), plan.longest_wait)
        self._broken = plan.events - self._responses

    def _pump(self) -> None:
        while self._waiting and self._idle:
            client, (request, planned) = self._idle.popleft(), self._waiting.popleft()
            client.send(request, self._response_handler(client, planned))

    def _response_handler(self, client: Client, planned: float) -> Callable[[int], None]:
        def on_response(status: int) -> None:
            self._note(status, planned)
            self._idle.append(client)
            self._pump()

        return on_response

    def _note(self, status: int, since: float) -> None:
        self._statuses[str(status)] += 1
        self._responses += 1
        if self._responses == self._plan.events:
            self._all_answered.set()
        self._result.waits.append(time.perf_counter() - since)


def share(waits: list[float], part: float) -> float:
    """The value below which a share of all stays: ``share(waits, 0.95)`` is p95."""
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def numbered(first: int, count: int) -> Iterator[str]:
    """Ids of issues that no other line uses."""
    return (str(number) for number in range(first, first + count))


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.buffer.read()))
    result = asyncio.run(Load(plan).run())
    sys.stdout.write(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
