"""One POST to one receiver: to the address that was judged, in bounded time, with no redirect followed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from connector.http.transport import retry_after
from connector.notify.allowed_hosts import Forbidden, Resolver, Rules, Target, Unresolved, aim, resolve
from connector.notify.retry_schedule import Failure

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
LARGEST_ANSWER = 2_000
"""Bytes of an answer that are read and shown; what a receiver says beyond it is of no interest."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver answered with 2xx."""

    status: int
    headers: Mapping[str, str]
    answer: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    failure: Failure
    headers: Mapping[str, str]
    answer: str


class Sender:
    """Sends the bytes it is given; what they say and who signed them is not its business."""

    def __init__(
        self,
        rules: Rules,
        clock: Callable[[], datetime],
        *,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._resolver = resolver
        self._context = context or _trusting()

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Taken | NotTaken:
        """Send once.  Never raises for what a receiver or the network does."""
        try:
            target = aim(url, self._rules, self._resolver)
        except Forbidden as error:
            return _not_taken(Failure(str(error), forbidden=True))
        except Unresolved as error:
            return _not_taken(Failure(str(error), reached=False))
        sent = self.headers(headers) | {"Host": _host(target)}
        try:
            with self._pool(target) as pool:
                answer = pool.urlopen(
                    "POST", target.path, body.encode(), sent, retries=False, redirect=False, preload_content=False
                )
                told = answer.read(LARGEST_ANSWER).decode("utf-8", "replace")
                answer.close()
        except (ConnectTimeoutError, NewConnectionError, NameResolutionError) as error:
            return _not_taken(Failure(f"{target.host} cannot be reached ({type(error).__name__})", reached=False))
        except SSLError:
            told = f"{target.host} could not be spoken to over TLS: its certificate does not hold"
            return _not_taken(Failure(told, reached=False))
        except (HTTPError, OSError, ValueError) as error:
            return _not_taken(Failure(f"{target.host} did not answer ({_named(error)})"))
        return self._judge(target, answer.status, dict(answer.headers), told)

    def headers(self, signed: Mapping[str, str]) -> dict[str, str]:
        """All headers that are sent, but for the host's name."""
        own = {"Content-Type": "application/json", "User-Agent": f"Gatepost/{version('gatepost')}"}
        return own | dict(signed)

    def _judge(self, target: Target, status: int, headers: Mapping[str, str], told: str) -> Taken | NotTaken:
        if 200 <= status < 300:
            return Taken(status, headers, told)
        lowered = {name.lower(): value for name, value in headers.items()}
        reason = f"{target.host} answered {status}"
        if 300 <= status < 400:
            reason += f" (to {lowered.get('location', 'nowhere')}); redirects are not followed: subscribe that address"
        wait = retry_after(lowered.get("retry-after"), self._clock())
        return NotTaken(Failure(reason, status, wait), headers, told)

    def _pool(self, target: Target) -> urllib3.HTTPConnectionPool:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        if target.scheme == "http":
            return urllib3.HTTPConnectionPool(target.address, target.port, timeout=timeout, maxsize=1)
        # The connection goes to the address, the certificate has to be the name's.
        return urllib3.HTTPSConnectionPool(
            target.address,
            target.port,
            timeout=timeout,
            maxsize=1,
            ssl_context=self._context,
            server_hostname=target.host,
            assert_hostname=target.host,
        )


def _trusting() -> ssl.SSLContext:
    """The machine's own authorities, and those that every Python client here trusts."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _host(target: Target) -> str:
    usual = {"https": 443, "http": 80}[target.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == usual else f"{name}:{target.port}"


def _named(error: BaseException) -> str:
    inner = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], BaseException) else error
    return type(inner).__name__


def _not_taken(failure: Failure) -> NotTaken:
    return NotTaken(failure, {}, "")
