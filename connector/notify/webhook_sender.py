"""One POST to one receiver: to the address that was checked, in bounded time, with no redirect followed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import urllib3
from urllib3.exceptions import HTTPError

from connector.http.allowed_hosts import (
    AddressForbidden,
    HostRules,
    Resolver,
    check_address,
    is_named,
    resolve,
)
from connector.http.checked_connections import checked_pools
from connector.http.failures import FailedAt, failure_of
from connector.http.network import Network
from connector.http.proxies import Proxy, proxy_headers
from connector.http.transport import parse_retry_after
from connector.notify.retry_schedule import DeliveryFailure
from connector.remedy import Remedy

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
        network: Network | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._network = network or Network()
        self._context = context or self._network.ssl_context()
        self._pools = checked_pools(rules, resolver)

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Accepted | NotAccepted:
        """Send once.  Never raises for what a receiver or the network does."""
        try:
            host, port = check_address(url, self._rules)
            proxy = self._proxy(url, host, port)
            with self._manager(proxy) as manager:
                response = manager.urlopen(
                    "POST",
                    url,
                    body=body.encode(),
                    headers=self.headers(headers),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                text = response.read(MAX_RESPONSE_BYTES).decode("utf-8", "replace")
                response.close()
        except AddressForbidden as error:
            return _without_response(DeliveryFailure(error.explained, forbidden=True))
        except (HTTPError, OSError, ValueError) as error:
            failure = failure_of(error, host, port, proxy)
            # Only what broke off after the connection stood may have been received.
            return _without_response(DeliveryFailure(failure.explained, reached=failure.at is FailedAt.ANSWER))
        return self._classify(host, response.status, dict(response.headers), text)

    def headers(self, signed: Mapping[str, str]) -> dict[str, str]:
        """All headers that are sent, but for the host's name."""
        own = {"Content-Type": "application/json", "User-Agent": f"Gatepost/{version('gatepost')}"}
        return own | dict(signed)

    def _classify(self, host: str, status: int, headers: Mapping[str, str], text: str) -> Accepted | NotAccepted:
        if 200 <= status < 300:
            return Accepted(status, headers, text)
        lowered = {name.lower(): value for name, value in headers.items()}
        reason = f"{host} answered {status}"
        if 300 <= status < 400:
            reason += f" (to {lowered.get('location', 'nowhere')}); redirects are not followed: subscribe that address"
        wait = parse_retry_after(lowered.get("retry-after"), self._clock())
        return NotAccepted(DeliveryFailure(reason, status, wait), headers, text)

    def _proxy(self, url: str, host: str, port: int) -> Proxy | None:
        """Raises AddressForbidden for what a proxy would lead to without a check."""
        proxy = self._network.proxy_for(host, port)
        if proxy is not None and url.lower().startswith("http:") and not is_named(host, self._rules):
            raise AddressForbidden(
                f"Without TLS the proxy alone decides where {host} leads.",
                remedy=Remedy("Use https.", f"Use https, or add the host to {self._rules.private_setting}."),
            )
        return proxy

    def _manager(self, proxy: Proxy | None) -> urllib3.PoolManager:
        """Connections go to an address that was checked; the certificate has to be the name's."""
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        if proxy is None:
            manager = urllib3.PoolManager(timeout=timeout, maxsize=1, ssl_context=self._context)
        else:
            manager = urllib3.ProxyManager(
                proxy.address,
                proxy_headers=proxy_headers(proxy),
                proxy_ssl_context=self._context,
                timeout=timeout,
                maxsize=1,
                ssl_context=self._context,
            )
        manager.pool_classes_by_scheme = self._pools
        return manager


def _without_response(failure: DeliveryFailure) -> NotAccepted:
    return NotAccepted(failure, {}, "")
