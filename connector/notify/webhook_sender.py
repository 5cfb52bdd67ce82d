"""One POST to one receiver: to the address that was checked, in bounded time, with no redirect followed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from connector.http.allowed_hosts import (
    AddressForbidden,
    AddressUnresolved,
    HostRules,
    ResolvedTarget,
    Resolver,
    resolve,
    resolve_target,
)
from connector.http.transport import parse_retry_after
from connector.notify.retry_schedule import DeliveryFailure

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
MAX_RESPONSE_BYTES = 2_000
"""Bytes of a response that are read and shown; the rest is ignored."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver answered with 2xx."""

    status: int
    headers: Mapping[str, str]
    response_body: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    failure: DeliveryFailure
    headers: Mapping[str, str]
    response_body: str


class WebhookSender:
    """Sends the bytes it is given; their content and signature are the caller's concern."""

    def __init__(
        self,
        rules: HostRules,
        clock: Callable[[], datetime],
        *,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._resolver = resolver
        self._context = context or _ssl_context()

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Accepted | NotAccepted:
        """Send once.  Never raises for what a receiver or the network does."""
        try:
            target = resolve_target(url, self._rules, self._resolver)
        except AddressForbidden as error:
            return _without_response(DeliveryFailure(str(error), forbidden=True))
        except AddressUnresolved as error:
            return _without_response(DeliveryFailure(str(error), reached=False))
        sent = self.headers(headers) | {"Host": _host(target)}
        try:
            with self._pool(target) as pool:
                response = pool.urlopen(
                    "POST", target.path, body.encode(), sent, retries=False, redirect=False, preload_content=False
                )
                text = response.read(MAX_RESPONSE_BYTES).decode("utf-8", "replace")
                response.close()
        except (ConnectTimeoutError, NewConnectionError, NameResolutionError) as error:
            return _without_response(
                DeliveryFailure(f"{target.host} cannot be reached ({type(error).__name__})", reached=False)
            )
        except SSLError:
            reason = f"{target.host} cannot be reached over TLS: its certificate is not valid"
            return _without_response(DeliveryFailure(reason, reached=False))
        except (HTTPError, OSError, ValueError) as error:
            return _without_response(DeliveryFailure(f"{target.host} did not answer ({_error_name(error)})"))
        return self._classify(target, response.status, dict(response.headers), text)

    def headers(self, signed: Mapping[str, str]) -> dict[str, str]:
        """All headers that are sent, but for the host's name."""
        own = {"Content-Type": "application/json", "User-Agent": f"Gatepost/{version('gatepost')}"}
        return own | dict(signed)

    def _classify(
        self, target: ResolvedTarget, status: int, headers: Mapping[str, str], text: str
    ) -> Accepted | NotAccepted:
        if 200 <= status < 300:
            return Accepted(status, headers, text)
        lowered = {name.lower(): value for name, value in headers.items()}
        reason = f"{target.host} answered {status}"
        if 300 <= status < 400:
            reason += f" (to {lowered.get('location', 'nowhere')}); redirects are not followed: subscribe that address"
        wait = parse_retry_after(lowered.get("retry-after"), self._clock())
        return NotAccepted(DeliveryFailure(reason, status, wait), headers, text)

    def _pool(self, target: ResolvedTarget) -> urllib3.HTTPConnectionPool:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        if target.scheme == "http":
            return urllib3.HTTPConnectionPool(target.ip_address, target.port, timeout=timeout, maxsize=1)
        # The connection goes to the address, the certificate has to be the name's.
        return urllib3.HTTPSConnectionPool(
            target.ip_address,
            target.port,
            timeout=timeout,
            maxsize=1,
            ssl_context=self._context,
            server_hostname=target.host,
            assert_hostname=target.host,
        )


def _ssl_context() -> ssl.SSLContext:
    """The machine's own authorities, and those that every Python client here trusts."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _host(target: ResolvedTarget) -> str:
    usual = {"https": 443, "http": 80}[target.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == usual else f"{name}:{target.port}"


def _error_name(error: BaseException) -> str:
    inner = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], BaseException) else error
    return type(inner).__name__


def _without_response(failure: DeliveryFailure) -> NotAccepted:
    return NotAccepted(failure, {}, "")
