"""A WSGI application behind Granian's RSGI interface.

Granian's own WSGI interface takes a thread for each request before its body has arrived, and waits for the body without
a limit: as many slow senders as there are threads stop everything.  Here the event loop reads the body first.
https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import structlog
from werkzeug.exceptions import HTTPException

from connector.runtime.log import cover_secrets
from webhook_server.api.problem import PROBLEM_MEDIA_TYPE, Problem
from webhook_server.gateway.answer_later import AnswerLater, CompleteAnswer
from webhook_server.gateway.completions import Completions
from webhook_server.gateway.environ import announced_length, environ_of
from webhook_server.gateway.request_body import BodyLimits, BodyMemory, BodyOnDemand, HeldBody, SenderGone, read_body
from webhook_server.gateway.rsgi import Headers, HttpProtocol, Scope
from webhook_server.gateway.thread_pools import ThreadPools
from webhook_server.gateway.threads_by_need import ThreadsByNeed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Environ: TypeAlias = "dict[str, Any]"

BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""A body with any other method means nothing, and is not read: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1."""
SEND_SECONDS = 30.0
"""How long one piece of a streamed answer may take to be passed on."""

_log = structlog.get_logger(__name__)


class BodyTurn(Enum):
    """When a request's body is read."""

    FIRST = auto()
    """Before a thread is taken."""
    ON_DEMAND = auto()
    """When the application asks for it, because it will most likely refuse the request without."""
    UNDECIDED = auto()
    """What would decide it is not in memory; asked again in a thread, which may query the database."""


class DecideTurn(Protocol):
    def __call__(self, environ: Environ, *, may_query: bool) -> BodyTurn:
        """When the body of this request is read; ``may_query`` says whether the database may be asked."""


class Gateway:
    """Granian calls :meth:`__rsgi__` for each request, in its event loop."""

    def __init__(self, application: WSGIApplication, decide: DecideTurn, limits: BodyLimits, pools: ThreadPools):
        self._application = application
        self._decide = decide
        self._limits = limits
        self._pools = pools
        self._memory = BodyMemory(limits.memory)
        self._completions: Completions | None = None

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        environ, loop = environ_of(scope), asyncio.get_running_loop()
        pool = self._pools.for_path(scope.path)
        length = announced_length(environ) if scope.method in BODY_METHODS else 0
        held = HeldBody(self._memory)
        try:
            turn = BodyTurn.FIRST if length == 0 else self._decide(environ, may_query=False)
            if turn is BodyTurn.UNDECIDED:
                turn = await loop.run_in_executor(pool, partial(self._decide, environ, may_query=True))
            environ["wsgi.input"] = await self._input(turn, protocol, length, held)
            if length == 0:
                environ.pop("CONTENT_LENGTH", None)
            ready = turn is BodyTurn.FIRST and pool is self._pools.events
            threads = self._pools.ready_events if ready else pool
            await self._in_thread(threads, environ, protocol, loop)
        except HTTPException as refusal:
            _refuse(protocol, environ, refusal)
        except SenderGone:
            # Nobody waits for an answer.
            protocol.response_empty(400, [("connection", "close")])
        finally:
            held.release()

    async def _input(
        self, turn: BodyTurn, protocol: HttpProtocol, length: int | None, held: HeldBody
    ) -> io.BytesIO | BodyOnDemand:
        if length == 0:
            return io.BytesIO()
        if turn is BodyTurn.ON_DEMAND or (length or 0) > self._limits.largest:
            # The application has its own words for a body that is too large.
            return BodyOnDemand(lambda: read_body(protocol, length, self._limits, held), asyncio.get_running_loop())
        return io.BytesIO(await read_body(protocol, length, self._limits, held))

    async def _in_thread(
        self,
        threads: ThreadPoolExecutor | ThreadsByNeed,
        environ: Environ,
        protocol: HttpProtocol,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        completions = self._completions = self._completions or Completions(loop, self._pools.ready_events.help_out)
        answered = completions.expect()

        def answer() -> None:
            with _last_resort(environ, protocol):
                later = self._answer(environ, protocol, loop)
                if later is not None:
                    later.when_complete(send)
                    return
            completions.report(answered)

        def send(complete: CompleteAnswer) -> None:
            with _last_resort(environ, protocol):
                headers = _headers(environ, complete.headers)
                protocol.response_bytes(complete.code, headers, complete.content)
            completions.report(answered)

        threads.submit(answer)
        await answered

    def _answer(self, environ: Environ, protocol: HttpProtocol, loop: asyncio.AbstractEventLoop) -> AnswerLater | None:
        """Runs in a thread.  Returns an answer that another thread will complete."""
        start = _Start()
        body = self._application(environ, start)
        if isinstance(body, AnswerLater):
            return body
        try:
            headers = _headers(environ, start.headers)
            if any(name.lower() == "content-length" for name, _ in headers):
                protocol.response_bytes(start.status, headers, b"".join(body))
            else:
                _stream(protocol, start.status, headers, body, loop)
        finally:
            if close := getattr(body, "close", None):
                close()
        return None


class _Start:
    """WSGI's ``start_response``."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        del exc_info
        self.status, self.headers = int(status.partition(" ")[0]), list(headers)
        return _no_write


@contextmanager
def _last_resort(environ: Environ, protocol: HttpProtocol) -> Iterator[None]:
    """The application has answered whatever it could."""
    try:
        yield
    except Exception:  # noqa: BLE001 - a thread has nobody above it
        _log.exception("request not answered", path=cover_secrets(environ["PATH_INFO"]))
        protocol.response_empty(500, [])


def _headers(environ: Environ, headers: Headers) -> Headers:
    """With the end of the connection after a body that may not have been read."""
    return [*headers, ("connection", "close")] if isinstance(environ["wsgi.input"], BodyOnDemand) else headers


def _no_write(piece: bytes) -> object:
    del piece
    raise NotImplementedError("Flask does not use the write callable, which PEP 3333 has for older frameworks.")


def _stream(
    protocol: HttpProtocol, status: int, headers: Headers, body: Iterable[bytes], loop: asyncio.AbstractEventLoop
) -> None:
    """An answer that is made while it is sent."""
    transport = protocol.response_stream(status, headers)

    async def send(piece: bytes) -> None:
        await transport.send_bytes(piece)

    for piece in body:
        try:
            asyncio.run_coroutine_threadsafe(send(piece), loop).result(SEND_SECONDS)
        except (RuntimeError, TimeoutError) as error:
            _log.info("answer not sent to its end", error=type(error).__name__)
            return


def _refuse(protocol: HttpProtocol, environ: Environ, refusal: HTTPException) -> None:
    """An answer that needs no thread.  The connection ends: what is left of the body is not wanted."""
    kind, body = refusal_body(environ["PATH_INFO"], refusal)
    headers: Headers = [("content-type", kind), ("connection", "close")]
    retry = getattr(refusal, "retry_after", None)
    if retry is not None:
        headers.append(("retry-after", str(retry)))
    _log.warning("request refused", status=refusal.code, remote=environ["REMOTE_ADDR"])
    protocol.response_bytes(refusal.code or 400, headers, body)


def refusal_body(path: str, refusal: HTTPException) -> tuple[str, bytes]:
    """Media type and content of a refusal: for the API the same problem as every other one."""
    said = refusal.description or ""
    if not path.startswith("/api/"):
        return "text/plain; charset=utf-8", said.encode()
    return PROBLEM_MEDIA_TYPE, Problem(refusal.code or 400, f"{refusal.name}.", said).model.model_dump_json().encode()
