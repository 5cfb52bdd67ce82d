"""Goes the way to a host step by step, to tell which step fails: name, connection, proxy, certificate, answer.

Nothing secret is sent.  A certificate that is not trusted is looked at, so that its issuer can be named; over that
connection nothing is sent at all.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector.http.allowed_hosts import (
    AddressForbidden,
    AddressUnresolved,
    HostRules,
    allowed_addresses,
    resolve,
    tunnel_host,
)
from connector.http.certificates import CertificateSummary, summary_of
from connector.http.failures import (
    FailedAt,
    Failure,
    no_address,
    refused,
    refused_by_proxy,
    tls_failure,
    too_slow,
    unreachable,
)
from connector.http.network import Network
from connector.http.network_adapter import port_of
from connector.http.proxies import Proxy
from connector.http.tunnel import ProxyRefused, open_tunnel
from connector.remedy import NOTHING_TO_DO, Remedy
from governance.time_text import day_text


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way, and how it went."""

    at: FailedAt
    passed: bool
    what: str
    remedy: Remedy = NOTHING_TO_DO


class _Stopped(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def probe(url: str, network: Network, timeout: float, host_rules: HostRules | None = None) -> Iterator[Step]:
    """Each step until one fails; ``timeout`` is in seconds for each.  Raises ConfigurationError of the network."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", port_of(url)
    way = _Way(host, port, network, timeout, host_rules)
    try:
        yield from way.connect(network.proxy_for(host, port))
        if parts.scheme == "https":
            yield way.secure()
        yield way.answer()
    except _Stopped as stopped:
        failure = stopped.failure
        yield Step(failure.at, passed=False, what=failure.what, remedy=failure.remedy)
    finally:
        way.close()


def server_certificate(host: str, port: int, timeout: float, proxy: Proxy | None = None) -> CertificateSummary | None:
    """The certificate that a server shows, trusted or not; ``None`` where none can be read."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE  # to read the certificate; the connection is closed at once
    try:
        target = proxy or Proxy("http", host, port)
        with socket.create_connection((target.host, target.port), timeout) as plain:
            if proxy is not None:
                open_tunnel(plain, host, port, proxy)
            with unverified.wrap_socket(plain, server_hostname=host) as wrapped:
                return summary_of(wrapped.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return None


class _Way:
    def __init__(self, host: str, port: int, network: Network, timeout: float, host_rules: HostRules | None) -> None:
        self._host = host
        self._port = port
        self._network = network
        self._timeout = timeout
        self._rules = host_rules
        self._socket: socket.socket | None = None
        self._tunnel: Proxy | None = None

    def connect(self, proxy: Proxy | None) -> Iterator[Step]:
        if proxy is None:
            yield from self._open(self._host, self._port, self._rules)
            return
        yield from self._open(proxy.host, proxy.port, None, of=f"the proxy {proxy.address}")
        self._tunnel = proxy
        yield self._open_tunnel(proxy)

    def _open(self, host: str, port: int, rules: HostRules | None, of: str = "") -> Iterator[Step]:
        try:
            addresses = allowed_addresses(host, port, rules) if rules is not None else resolve(host, port)
        except AddressUnresolved:
            raise _Stopped(no_address(host)) from None
        except AddressForbidden as error:
            raise _Stopped(Failure(FailedAt.NAME, str(error), error.remedy)) from None
        yield Step(FailedAt.NAME, passed=True, what=f"{of or host} is {', '.join(addresses[:3])}")
        failure = unreachable(host, port)
        for address in addresses:
            try:
                self._socket = socket.create_connection((address, port), self._timeout)
            except ConnectionRefusedError:
                failure = refused(host, port)
            except TimeoutError:
                failure = too_slow(host, port)
            except OSError:
                continue
            else:
                yield Step(FailedAt.CONNECTION, passed=True, what=f"to {address}, port {port}")
                return
        if of:
            failure = Failure(
                FailedAt.PROXY,
                f"{of} cannot be reached: {failure.what}",
                Remedy("Correct its address, or see that it runs."),
            )
        raise _Stopped(failure)

    def _open_tunnel(self, proxy: Proxy) -> Step:
        assert self._socket is not None  # noqa: S101 - opened a moment ago
        try:
            target = tunnel_host(self._host, self._port, self._rules) if self._rules is not None else self._host
            if proxy.scheme == "https":
                self._socket = self._network.ssl_context().wrap_socket(self._socket, server_hostname=proxy.host)
            open_tunnel(self._socket, target, self._port, proxy)
        except (AddressForbidden, AddressUnresolved) as error:
            raise _Stopped(Failure(FailedAt.NAME, str(error), error.remedy)) from None
        except ProxyRefused as error:
            raise _Stopped(refused_by_proxy(proxy, self._host, error.status)) from None
        except ssl.SSLError as error:
            raise _Stopped(tls_failure(error, self._host, proxy)) from None
        except OSError as error:
            what = f"the proxy {proxy.address} did not answer ({type(error).__name__})"
            raise _Stopped(Failure(FailedAt.PROXY, what)) from None
        return Step(FailedAt.PROXY, passed=True, what=f"{proxy.address} lets us through to {self._host}")

    def secure(self) -> Step:
        assert self._socket is not None  # noqa: S101 - opened a moment ago
        try:
            wrapped = self._network.ssl_context().wrap_socket(self._socket, server_hostname=self._host)
        except ssl.SSLError as error:
            raise _Stopped(self._explained(tls_failure(error, self._host))) from None
        except OSError as error:
            what = f"{self._host} ended the connection instead of speaking TLS ({type(error).__name__})"
            remedy = Remedy("See that the address and its port are those of https.")
            raise _Stopped(Failure(FailedAt.CERTIFICATE, what, remedy)) from None
        self._socket = wrapped
        return Step(
            FailedAt.CERTIFICATE, passed=True, what=_shown(summary_of(wrapped.getpeercert(binary_form=True) or b""))
        )

    def _explained(self, failure: Failure) -> Failure:
        """With whose certificate it is: the issuer says whether a proxy of the company looks into the connection."""
        found = server_certificate(self._host, self._port, self._timeout, self._tunnel)
        what = f"{failure.what}: it is {_shown(found)}" if found is not None else failure.what
        return Failure(failure.at, what, failure.remedy)

    def answer(self) -> Step:
        """Whether HTTP is spoken there."""
        assert self._socket is not None  # noqa: S101 - opened a moment ago
        name = f"[{self._host}]" if ":" in self._host else self._host
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(f"HEAD / HTTP/1.1\r\nHost: {name}:{self._port}\r\nConnection: close\r\n\r\n".encode())
            first = self._socket.recv(64)
        except ssl.SSLError as error:
            raise _Stopped(tls_failure(error, self._host)) from None
        except OSError as error:
            first = b""
            if isinstance(error, TimeoutError):
                raise _Stopped(Failure(FailedAt.ANSWER, f"{self._host} did not answer in time")) from None
        status = first.split(b" ")[1:2] if first.startswith(b"HTTP/") else []
        if not status:
            what = f"what is at {self._host}, port {self._port}, does not speak HTTP"
            raise _Stopped(Failure(FailedAt.ANSWER, what, Remedy("See that the address and its port are right.")))
        return Step(FailedAt.ANSWER, passed=True, what=f"HTTP {status[0].decode('ascii', 'replace')}")

    def close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()


def _shown(certificate: CertificateSummary) -> str:
    return f"{certificate.subject}, issued by {certificate.issuer}, until {day_text(certificate.ends)}"
