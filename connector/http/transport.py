"""The only HTTP transport: every call to a tool goes through this adapter.

The only place for timeouts, the host allow-list, typed errors, the bound on responses and the log.  The vendor
clients' own retries are off: measured, a POST on a dropped connection was sent 4 times by one and 355 times
by the other.  The adapter raises typed errors itself, so that no client ever sees a 429 and goes to sleep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Protocol, TypeVar, cast
from urllib.parse import urlsplit

import requests
import structlog

from connector.errors import (
    AuthenticationFailed,
    HostNotAllowed,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ToolError,
    Unreachable,
    ValuesRejected,
)
from connector.http.allowed_hosts import AddressForbidden, HostRules
from connector.http.calls_in_flight import CALLS_IN_FLIGHT
from connector.http.circuit_breaker import CircuitBreaker
from connector.http.failures import failure_of
from connector.http.json_values import Json
from connector.http.network import Network
from connector.http.network_adapter import NetworkAdapter, port_of
from connector.http.pacing import Pacing
from connector.http.rate_limits import RateLimiter, Unlimited
from connector.remedy import Place, Remedy

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_RESPONSE_BYTES = 32 * 1024 * 1024
TRIAL_SECONDS = 5.0
"""How long the call waits by which a silent connection is tried."""
LONGEST_RESPONSE = 4.0
"""A whole answer may take as many times the time allowed between two pieces of it."""
LONGEST_WAIT_SECONDS = 24 * 3600.0
"""What an answer may ask us to wait; a longer time is a mistake, and no clock can hold ``1e300`` seconds."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds to connect, and between two pieces of a response."""

    connect: float = 5.0
    read: float = 30.0


@dataclass(frozen=True, slots=True)
class ToolResponse:
    """What a classifier may use."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    operation: str
    retry_after: float | None


class Classifier(Protocol):
    def __call__(self, response: ToolResponse) -> ToolError | None:
        """The error that the tool's own rules see in a response; ``None`` when they see none."""


def as_it_is(response: ToolResponse) -> None:
    """No rules of the tool's own: the status alone classifies the response."""
    del response


TokenRenewal = Callable[[str], "str | None"]
"""From the access token that was refused to the current one."""

MAX_RENEWALS = 2
"""Of one call: the first may find a token that another process stored, the second asks for a new one."""


class ToolAdapter(NetworkAdapter):
    """A transport that is bounded, typed and silent about secrets."""

    def __init__(
        self,
        *,
        connection: str,
        allowed_hosts: frozenset[str],
        timeout: Timeout,
        classify: Classifier,
        clock: Callable[[], datetime],
        limiter: RateLimiter,
        renew: TokenRenewal | None = None,
        host_rules: HostRules | None = None,
        network: Network | None = None,
    ) -> None:
        super().__init__(network or Network(), host_rules=host_rules)
        self._connection = connection
        self._allowed_hosts = allowed_hosts
        self._timeout = timeout
        self._classify = classify
        self._clock = clock
        self._limiter = limiter
        self._pacing = Pacing()
        self._renew = renew
        self._token: str | None = None
        self._breaker = CircuitBreaker()
        self.clock_skew: timedelta | None = None
        """How far the tool's clock was ahead of ours when it answered last (``Date`` has whole seconds)."""

    def send(  # type: ignore[override]  # requests' own signature is wider than what is honoured here
        self, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        """Send once.  Raises a ToolError for anything but success.

        An access token that is refused before its stated expiry is renewed and the call sent again: what was answered
        with 401 was not carried out, whatever its method.  The current token may be one that another process stored
        and that ended as well, so a second refusal asks once more.
        """
        del options
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        for _ in range(MAX_RENEWALS):
            try:
                return self._send_once(request)
            except AuthenticationFailed:
                scheme, _, refused = str(request.headers.get("Authorization", "")).partition(" ")
                fresh = self._renew(refused) if self._renew is not None and scheme == "Bearer" else None
                if fresh is None or fresh == refused:
                    raise
            self._token = fresh
            request.headers["Authorization"] = f"Bearer {fresh}"
        return self._send_once(request)

    def _send_once(self, request: requests.PreparedRequest) -> requests.Response:
        parts = urlsplit(request.url or "")
        operation = f"{request.method} {parts.path}"
        host = parts.hostname or ""
        if host not in self._allowed_hosts:
            raise HostNotAllowed(
                f"{self._connection}: {host} is not the host of this connection; nothing was sent.", operation=operation
            )
        closed = self._limiter.closed_scope(operation)
        if closed is not None:
            raise RateLimited(
                f"{self._connection} is not called: {closed.reason}",
                operation=operation,
                retry_after=closed.seconds,
                scope=closed.scope,
                from_tool=False,
            )
        self._refuse_while_silent(operation)
        started = time.monotonic()
        read_timeout = min(self._timeout.read, TRIAL_SECONDS) if self._breaker.on_trial else self._timeout.read
        try:
            response, body = self._exchange(request, operation, read_timeout)
        except AddressForbidden as error:
            self._log_call(operation, type(error).__name__, started)
            self._breaker.answered()
            raise HostNotAllowed(f"{error} Nothing was sent.", operation=operation, remedy=error.remedy) from None
        except requests.RequestException as error:
            self._log_call(operation, type(error).__name__, started)
            raise self._unanswered(error, request, operation) from error
        self._breaker.answered()
        self._log_call(operation, response.status_code, started)
        self._compare_clocks(response)
        failure = self._failure(response, body, operation)
        if isinstance(failure, RateLimited):
            self._limiter.close(failure)
        elif (pause := self._pacing.after(response.headers, self._clock())) is not None:
            self._limiter.slow_down(pause)
        if failure is not None:
            raise failure
        return response

    def _exchange(
        self, request: requests.PreparedRequest, operation: str, read_timeout: float
    ) -> tuple[requests.Response, bytes]:
        with CALLS_IN_FLIGHT.call():
            response = super().send(request, stream=True, timeout=(self._timeout.connect, read_timeout))
            return response, _read(response, operation, time.monotonic() + LONGEST_RESPONSE * read_timeout)

    def _refuse_while_silent(self, operation: str) -> None:
        """Raises Unreachable while the tool is not called because it did not answer."""
        seconds = self._breaker.closed_for()
        if seconds is not None:
            refused = Unreachable(
                f"{self._connection} has not answered several calls in a row; it is tried again in "
                f"{round(seconds)} seconds.",
                operation=operation,
                retry_after=seconds,
            )
            refused.silent = True
            raise refused

    def _unanswered(
        self, error: requests.RequestException, request: requests.PreparedRequest, operation: str
    ) -> Unreachable:
        address = request.url or ""
        why = failure_of(error, urlsplit(address).hostname or "", port_of(address), self.proxy_of(address))
        failure = Unreachable(
            f"{self._connection} does not answer on {operation}: {why}", operation=operation, remedy=why.remedy
        )
        failure.silent = isinstance(error, requests.Timeout)
        pause = self._breaker.silent() if failure.silent else None
        if not failure.silent:
            # Refused or broken off at once: nobody waits for that, and a trial has had its answer.
            self._breaker.answered()
        if pause is not None:
            _log.warning("connection silent", connection=self._connection, not_called_for_seconds=round(pause))
        return failure

    def _compare_clocks(self, response: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:
            return
        self.clock_skew = theirs - self._clock() if theirs.tzinfo else None

    def _failure(self, response: requests.Response, body: bytes, operation: str) -> ToolError | None:
        tool_response = ToolResponse(
            status=response.status_code,
            headers=response.headers,
            content_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            body=body,
            operation=operation,
            retry_after=parse_retry_after(response.headers.get("Retry-After"), self._clock()),
        )
        special = self._classify(tool_response)
        return special if special is not None else error_for_status(tool_response, self._connection)

    def _log_call(self, operation: str, status: int | str, started: float) -> None:
        milliseconds = round((time.monotonic() - started) * 1000)
        _log.debug("call", connection=self._connection, operation=operation, status=status, ms=milliseconds)


def build_session(
    *,
    connection: str,
    base_url: str,
    timeout: Timeout,
    classify: Classifier,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    limiter: RateLimiter | None = None,
    network: Network | None = None,
) -> requests.Session:
    """A session that reaches the host of ``base_url`` only."""
    adapter = build_adapter(
        connection=connection, base_url=base_url, timeout=timeout, classify=classify, clock=clock, limiter=limiter,
        network=network,
    )  # fmt: skip
    return mount_adapter(requests.Session(), adapter)


def build_adapter(
    *,
    connection: str,
    base_url: str,
    timeout: Timeout,
    classify: Classifier,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    limiter: RateLimiter | None = None,
    renew: TokenRenewal | None = None,
    host_rules: HostRules | None = None,
    network: Network | None = None,
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
        host_rules=host_rules,
        network=network,
    )


SessionT = TypeVar("SessionT", bound=requests.Session)


def mount_adapter(session: SessionT, adapter: ToolAdapter) -> SessionT:
    """Make a session, also one that a vendor's client has built for itself, send through the adapter only."""
    # Neither .netrc nor variables that we have not read decide where credentials go.
    session.trust_env = False
    # A redirect is an unexpected response: a dead session, or another host.
    session.max_redirects = 0
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def response_json(response: requests.Response, operation: str) -> Json:
    """The JSON of a response.  Raises InvalidResponse for a page, or for JSON that is cut off."""
    try:
        return cast("Json", response.json())
    except ValueError:
        raise InvalidResponse(f"The answer to {operation} is cut off or not JSON.", operation=operation) from None


def error_for_status(response: ToolResponse, connection: str, detail: str = "") -> ToolError | None:
    """The error of a status that means the same for every tool; ``None`` for a good one."""
    status, operation = response.status, response.operation
    suffix = f": {detail}" if detail else "."
    if 200 <= status < 300:
        return None
    if status == 401:
        return AuthenticationFailed(
            f"{connection} does not accept the credentials (401){suffix}",
            operation=operation,
            status=status,
            remedy=Remedy(
                "Renew them at the tool, and enter them on the page Set-up.",
                "Renew them with: gatepost connection add",
                Place.SET_UP,
            ),
        )
    if status == 403:
        return PermissionDenied(f"{connection} does not allow {operation}{suffix}", operation=operation, status=status)
    if status == 404:
        return NotFound(f"{connection} does not show this ({operation}){suffix}", operation=operation, status=status)
    if status >= 500:
        return Unreachable(
            f"{connection} answered {status} on {operation}{suffix}",
            operation=operation,
            status=status,
            retry_after=response.retry_after,
        )
    if 300 <= status < 400:
        return InvalidResponse(
            f"{connection} redirects {operation} elsewhere ({status}); is its address right?",
            operation=operation,
            status=status,
        )
    return ValuesRejected(f"{connection} refused {operation} ({status}){suffix}", operation=operation, status=status)


def parse_retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date; ``None`` when the header is missing or unreadable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        pass
    else:
        return min(max(0.0, seconds), LONGEST_WAIT_SECONDS) if isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_WAIT_SECONDS)


def _read(response: requests.Response, operation: str, ends: float) -> bytes:
    """The whole response, bounded in size and time; requests finds it in its own attribute afterwards."""
    pieces, size = [], 0
    for piece in response.iter_content(64 * 1024):
        size += len(piece)
        if time.monotonic() > ends:
            response.close()
            raise requests.ReadTimeout(f"The answer to {operation} came too slowly.")
        if size > MAX_RESPONSE_BYTES:
            response.close()
            raise InvalidResponse(
                f"The answer to {operation} is larger than {MAX_RESPONSE_BYTES:,} bytes.", operation=operation
            )
        pieces.append(piece)
    body = b"".join(pieces)
    response._content = body  # noqa: SLF001 - requests has no public way to give a streamed response its body back
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return body
