"""Connections that go to an address which was checked a moment ago, and to no other.

A name that is checked first and resolved again for the connection may lead elsewhere by then: whoever answers for the
name decides (DNS rebinding).  So the name is resolved once for each connection, every address is checked, and the
socket goes to one of them; TLS still proves the name.  Through a proxy the same holds: it is told the address that was
checked, and a name only when the administrator has named that host.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from connector.http.allowed_hosts import (
    AddressUnresolved,
    HostRules,
    Resolver,
    allowed_addresses,
    resolve,
    tunnel_host,
)

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object


class _Checked(_Connection):
    """Replaces urllib3's own resolving and connecting; the rest of a connection stays as it is."""

    rules: ClassVar[HostRules]
    resolver: ClassVar[Resolver]

    def _new_conn(self) -> socket.socket:
        """Raises AddressForbidden before anything is sent."""
        if self.proxy is not None:
            # The proxy is the administrator's own; what it connects to is checked in ``_tunnel``.
            return super()._new_conn()
        port = self.port or self.default_port
        try:
            addresses = allowed_addresses(self.host, port, self.rules, type(self).resolver)
        except AddressUnresolved as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from None
        *others, last = addresses
        for address in others:
            with suppress(TimeoutError, OSError):
                return self._connect(address, port)
        try:
            return self._connect(last, port)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out.") from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error

    def _tunnel(self) -> None:
        """Ask the proxy for the address that was checked; TLS and the request keep to the name.

        Raises AddressForbidden before the proxy is asked.
        """
        name, port = self._tunnel_host or "", self._tunnel_port or 443
        try:
            target = tunnel_host(name, port, self.rules, type(self).resolver)
        except AddressUnresolved as error:
            raise NameResolutionError(name, self, socket.gaierror(str(error))) from None
        self._tunnel_host = target
        if "Host" in self._tunnel_headers:
            self._tunnel_headers["Host"] = f"[{target}]:{port}" if ":" in target else f"{target}:{port}"
        try:
            super()._tunnel()  # type: ignore[misc]  # of the standard library's class, whose stubs leave it out
        finally:
            self._tunnel_host = name

    def _connect(self, address: str, port: int) -> socket.socket:
        return create_connection(
            (address, port), self.timeout, source_address=self.source_address, socket_options=self.socket_options
        )


def checked_pools(rules: HostRules, resolver: Resolver = resolve) -> dict[str, type]:
    """urllib3's pools by scheme, whose connections keep to the rules."""
    shared = {"rules": rules, "resolver": staticmethod(resolver)}
    plain = type("CheckedConnection", (_Checked, HTTPConnection), shared)
    secure = type("CheckedTlsConnection", (_Checked, HTTPSConnection), shared)
    return {
        "http": type("CheckedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("CheckedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
