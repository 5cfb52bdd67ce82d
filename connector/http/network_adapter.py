"""The adapter of ``requests`` that goes the configured way out and verifies always."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager
from urllib3.util import Retry

from connector.http.allowed_hosts import HostRules
from connector.http.checked_connections import checked_pools
from connector.http.network import Network
from connector.http.proxies import Proxy
from connector.http.socket_options import socket_options


def port_of(url: str) -> int:
    """The port that an address leads to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class NetworkAdapter(HTTPAdapter):
    """Nothing is sent again by itself, and no caller can turn the verification off."""

    def __init__(self, network: Network, *, host_rules: HostRules | None = None) -> None:
        # Before the pools are made, which need them.
        self._network = network
        self._host_rules = host_rules
        super().__init__(max_retries=Retry(0, read=False), pool_connections=2, pool_maxsize=16)

    def init_poolmanager(self, *sizes: object, **options: object) -> None:
        ours = {"socket_options": socket_options(), "ssl_context": self._network.ssl_context()}
        super().init_poolmanager(*sizes, **ours, **options)  # type: ignore[arg-type]
        if self._host_rules is not None:
            self.poolmanager.pool_classes_by_scheme = checked_pools(self._host_rules)

    def proxy_manager_for(self, proxy: str, **options: object) -> ProxyManager:
        """The pools through a proxy, which verify and check as the direct ones do."""
        if proxy in self.proxy_manager:
            return cast("ProxyManager", self.proxy_manager[proxy])
        context = self._network.ssl_context()
        ours = {"socket_options": socket_options(), "ssl_context": context, "proxy_ssl_context": context}
        manager = cast("ProxyManager", super().proxy_manager_for(proxy, **ours, **options))
        if self._host_rules is not None:
            manager.pool_classes_by_scheme = checked_pools(self._host_rules)
        return manager

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Nothing to do: the pools' own context verifies always, whatever a caller asks for."""

    def proxy_of(self, url: str) -> Proxy | None:
        """The proxy on the way to an address.

        Without TLS a proxy would have to be told a name, which it resolves as it likes: not where rules hold.
        """
        parts = urlsplit(url)
        unchecked = parts.scheme == "http" and self._host_rules is not None
        return None if unchecked else self._network.proxy_for(parts.hostname or "", port_of(url))

    def send(  # type: ignore[override]  # what else a caller may ask for is not honoured
        self, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        url = request.url or ""
        proxy = self.proxy_of(url)
        return super().send(
            request,
            stream=bool(options.get("stream")),
            timeout=options.get("timeout"),  # type: ignore[arg-type]
            verify=True,
            cert=None,
            proxies={urlsplit(url).scheme: proxy.url} if proxy is not None else {},
        )


def network_session(network: Network) -> requests.Session:
    """A session for hosts that the administrator has given; it raises what ``requests`` raises."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", NetworkAdapter(network))
    session.mount("http://", NetworkAdapter(network))
    return session
