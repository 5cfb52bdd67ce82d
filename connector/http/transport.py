"""The one HTTP seam: every call to a tool leaves through this adapter.

One place for timeouts, the host allow-list, typed errors, the bound on answers and the log.  The vendor
clients' own retries are off: measured, a POST on a dropped connection was sent 4 times by one and 355 times
by the other.  The adapter raises typed errors itself, so that no client ever sees a 429 and goes to sleep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar, cast
from urllib.parse import urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connector.errors import (
    AuthenticationFailed,
    BadAnswer,
    HostNotAllowed,
    NotFound,
    PermissionDenied,
    RateLimited,
    Refused,
    ToolError,
    Unreachable,
)
from connector.http.json_values import Json
from connector.http.rate_limits import Limiter, Unlimited
from connector.http.socket_options import socket_options

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LARGEST_ANSWER = 32 * 1024 * 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds to connect, and between two pieces of an answer."""

    connect: float = 5.0
    read: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a classifier may look at."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    operation: str
    retry_after: float | None


class Classifier(Protocol):
    def __call__(self, answer: Answer) -> ToolError | None:
        """The tool's own reading of an answer; ``None`` when it is a good one or nothing special."""


def as_it_is(answer: Answer) -> None:
    """Nothing special: the status alone tells what an answer is."""
    del answer


Renewal = Callable[[str], "str | None"]
"""From the access token that was refused to the one that counts now."""


class ToolAdapter(HTTPAdapter):
    """A transport that is bounded, typed and silent about secrets."""

    def __init__(
        self,
        *,
        connection: str,
        allowed_hosts: frozenset[str],
        timeout: Timeout,
        classify: Classifier,
        clock: Callable[[], datetime],
        limiter: Limiter,
        renew: Renewal | None = None,
    ) -> None:
        super().__init__(max_retries=Retry(0, read=False), pool_connections=2, pool_maxsize=16)
        self._connection = connection
        self._allowed_hosts = allowed_hosts
        self._timeout = timeout
        self._classify = classify
        self._clock = clock
        self._limiter = limiter
        self._renew = renew
        self._token: str | None = None
        self.clock_skew: timedelta | None = None
        """How far the tool's clock was ahead of ours when it answered last (``Date`` has whole seconds)."""

    def init_poolmanager(self, *sizes: object, **options: object) -> None:
        super().init_poolmanager(*sizes, socket_options=socket_options(), **options)  # type: ignore[arg-type]

    def send(  # type: ignore[override]  # requests' own signature is wider than what is honoured here
        self, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        """Send once.  Raises a ToolError for anything but a good answer.

        An access token that is refused before its told end is renewed and the call sent again: what was answered
        with 401 was not carried out, whatever its method.
        """
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        try:
            return self._once(request, options)
        except AuthenticationFailed:
            scheme, _, refused = str(request.headers.get("Authorization", "")).partition(" ")
            fresh = self._renew(refused) if self._renew is not None and scheme == "Bearer" else None
            if fresh is None or fresh == refused:
                raise
        self._token = fresh
        request.headers["Authorization"] = f"Bearer {fresh}"
        return self._once(request, options)

    def _once(self, request: requests.PreparedRequest, options: Mapping[str, object]) -> requests.Response:
        parts = urlsplit(request.url or "")
        operation = f"{request.method} {parts.path}"
        host = parts.hostname or ""
        if host not in self._allowed_hosts:
            raise HostNotAllowed(
                f"{self._connection}: {host} is not the host of this connection; nothing was sent.", operation=operation
            )
        parked = self._limiter.parked(operation)
        if parked is not None:
            raise RateLimited(
                f"{self._connection} is not called: {parked.reason}",
                operation=operation,
                retry_after=parked.seconds,
                scope=parked.scope,
                asked=False,
            )
        started = time.monotonic()
        try:
            response = super().send(
                request,
                stream=True,
                timeout=(self._timeout.connect, self._timeout.read),
                verify=options.get("verify", True),  # type: ignore[arg-type]
                cert=options.get("cert"),  # type: ignore[arg-type]
                proxies=options.get("proxies"),  # type: ignore[arg-type]
            )
            body = _read(response, operation)
        except requests.RequestException as error:
            self._note(operation, type(error).__name__, started)
            raise Unreachable(
                f"{self._connection} does not answer ({type(error).__name__}) on {operation}.", operation=operation
            ) from error
        self._note(operation, response.status_code, started)
        self._compare_clocks(response)
        failure = self._failure(response, body, operation)
        if isinstance(failure, RateLimited):
            self._limiter.park(failure)
        if failure is not None:
            raise failure
        return response

    def _compare_clocks(self, response: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:
            return
        self.clock_skew = theirs - self._clock() if theirs.tzinfo else None

    def _failure(self, response: requests.Response, body: bytes, operation: str) -> ToolError | None:
        answer = Answer(
            status=response.status_code,
            headers=response.headers,
            content_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            body=body,
            operation=operation,
            retry_after=retry_after(response.headers.get("Retry-After"), self._clock()),
        )
        special = self._classify(answer)
        return special if special is not None else by_status(answer, self._connection)

    def _note(self, operation: str, status: int | str, started: float) -> None:
        milliseconds = round((time.monotonic() - started) * 1000)
        _log.debug("call", connection=self._connection, operation=operation, status=status, ms=milliseconds)


def build_session(
    *,
    connection: str,
    base_url: str,
    timeout: Timeout,
    classify: Classifier,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    limiter: Limiter | None = None,
) -> requests.Session:
    """A session that reaches the host of ``base_url`` only."""
    adapter = build_adapter(
        connection=connection, base_url=base_url, timeout=timeout, classify=classify, clock=clock, limiter=limiter
    )
    return seal(requests.Session(), adapter)


def build_adapter(
    *,
    connection: str,
    base_url: str,
    timeout: Timeout,
    classify: Classifier,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    limiter: Limiter | None = None,
    renew: Renewal | None = None,
) -> ToolAdapter:
    """A transport that reaches the host of ``base_url`` only."""
    return ToolAdapter(
        connection=connection,
        allowed_hosts=frozenset({urlsplit(base_url).hostname or ""}),
        timeout=timeout,
        classify=classify,
        clock=clock,
        limiter=limiter or Unlimited(),
        renew=renew,
    )


Sealed = TypeVar("Sealed", bound=requests.Session)


def seal(session: Sealed, adapter: ToolAdapter) -> Sealed:
    """Make a session, also one that a vendor's client has built for itself, send through the adapter and only so."""
    # Neither .netrc nor proxy variables decide where credentials go.
    session.trust_env = False
    # A redirect is an answer that we did not ask for: a dead session, or another host.
    session.max_redirects = 0
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def json_of(response: requests.Response, operation: str) -> Json:
    """An answer's JSON.  Raises BadAnswer for a page, or for JSON that is cut off."""
    try:
        return cast("Json", response.json())
    except ValueError:
        raise BadAnswer(f"The answer to {operation} is cut off or not JSON.", operation=operation) from None


def by_status(answer: Answer, connection: str, detail: str = "") -> ToolError | None:
    """The error of a status that means the same for every tool; ``None`` for a good one."""
    status, operation = answer.status, answer.operation
    told = f": {detail}" if detail else "."
    if 200 <= status < 300:
        return None
    if status == 401:
        return AuthenticationFailed(
            f"{connection} does not accept the credentials (401){told} Renew them with: gatepost connection add",
            operation=operation,
            status=status,
        )
    if status == 403:
        return PermissionDenied(f"{connection} does not allow {operation}{told}", operation=operation, status=status)
    if status == 404:
        return NotFound(f"{connection} does not show this ({operation}){told}", operation=operation, status=status)
    if status >= 500:
        return Unreachable(
            f"{connection} answered {status} on {operation}{told}",
            operation=operation,
            status=status,
            retry_after=answer.retry_after,
        )
    if 300 <= status < 400:
        return BadAnswer(
            f"{connection} redirects {operation} elsewhere ({status}); is its address right?",
            operation=operation,
            status=status,
        )
    return Refused(f"{connection} refused {operation} ({status}){told}", operation=operation, status=status)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date; ``None`` when the header is missing or unreadable."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _read(response: requests.Response, operation: str) -> bytes:
    """The whole answer, bounded; requests finds it in its own place afterwards."""
    pieces, size = [], 0
    for piece in response.iter_content(64 * 1024):
        size += len(piece)
        if size > LARGEST_ANSWER:
            response.close()
            raise BadAnswer(f"The answer to {operation} is larger than {LARGEST_ANSWER:,} bytes.", operation=operation)
        pieces.append(piece)
    body = b"".join(pieces)
    response._content = body  # noqa: SLF001 - requests has no public way to give a streamed answer its body back
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return body
