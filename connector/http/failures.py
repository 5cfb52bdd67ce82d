"""Why a call did not get through: which of name, connection, proxy and TLS failed, and what to do about it."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from connector.http.proxies import Proxy
from connector.remedy import NOTHING_TO_DO, Remedy

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\s*(.*)")
_CLIENT_ALERTS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "HANDSHAKE_FAILURE")
"""What a server says that does not take our certificate, or misses one."""


class FailedAt(StrEnum):
    """The step on the way to a host that failed; those before it went well."""

    NAME = "name"
    CONNECTION = "connection"
    PROXY = "proxy"
    CERTIFICATE = "certificate"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Failure:
    at: FailedAt
    what: str
    remedy: Remedy = NOTHING_TO_DO

    def __str__(self) -> str:
        """What failed alone, as a sentence."""
        return f"{self.what}."

    @property
    def explained(self) -> str:
        """With what to do, for whoever reads it later and elsewhere."""
        return f"{self} {self.remedy.page}".rstrip()


def failure_of(error: BaseException, host: str, port: int, proxy: Proxy | None) -> Failure:
    """The step that failed, from what the libraries raise."""
    chain = list(_chain(error))
    for one in chain:
        tunnel = _TUNNEL.search(str(one)) if isinstance(one, OSError) else None
        if tunnel is not None and proxy is not None:
            return refused_by_proxy(proxy, host, int(tunnel[1]))
    for one in chain:
        if isinstance(one, ssl.SSLError):
            return tls_failure(one, host, proxy if any(isinstance(other, ProxyError) for other in chain) else None)
    if proxy is not None and any(isinstance(one, ProxyError) for one in chain):
        # urllib3 blames the proxy for what happens after it, too: whoever closes a connection was reached.
        if any(isinstance(one, ConnectionResetError | ConnectionAbortedError | BrokenPipeError) for one in chain):
            closed = (
                f"{host}, or the proxy {proxy.address} on the way to it, closed the connection before it had answered"
            )
            return Failure(FailedAt.ANSWER, closed)
        return Failure(
            FailedAt.PROXY,
            f"the proxy {proxy.address} cannot be reached",
            Remedy("See that it runs and that Gatepost may reach it, or correct its address."),
        )
    return _plain(chain, host, port)


def _plain(chain: list[BaseException], host: str, port: int) -> Failure:
    if any(isinstance(one, NameResolutionError | socket.gaierror) for one in chain):
        return no_address(host)
    if any(isinstance(one, ConnectionRefusedError) for one in chain):
        return refused(host, port)
    if any(isinstance(one, ConnectTimeoutError) for one in chain):
        return too_slow(host, port)
    if any(isinstance(one, ReadTimeoutError) for one in chain):
        return Failure(FailedAt.ANSWER, f"{host} did not answer in time")
    if any(isinstance(one, NewConnectionError) for one in chain):
        return unreachable(host, port)
    return Failure(FailedAt.ANSWER, f"{host} closed the connection before it had answered")


def no_address(host: str) -> Failure:
    remedy = Remedy(
        "Correct the address. Where it is right, whoever runs Gatepost looks at the name server, or names a proxy.",
        "Correct the address, or this machine's name server; where only a proxy knows the name, set GATEPOST_PROXY.",
    )
    return Failure(FailedAt.NAME, f"{host} has no address (DNS)", remedy)


def refused(host: str, port: int) -> Failure:
    remedy = Remedy("See that it runs there, and that address and port are right.")
    return Failure(FailedAt.CONNECTION, f"nothing listens at {host}, port {port}", remedy)


def too_slow(host: str, port: int) -> Failure:
    remedy = Remedy(
        "A firewall may drop the connection: have it opened, or have the company's proxy set for Gatepost.",
        "A firewall may drop the connection: have it opened, or set GATEPOST_PROXY to the company's proxy.",
    )
    return Failure(FailedAt.CONNECTION, f"no connection to {host}, port {port}, came about in time", remedy)


def unreachable(host: str, port: int) -> Failure:
    remedy = Remedy(
        "Whoever runs Gatepost looks at the network of its machine, or sets the company's proxy.",
        "See this machine's network, or set GATEPOST_PROXY to the company's proxy.",
    )
    return Failure(FailedAt.CONNECTION, f"there is no way from here to {host}, port {port}", remedy)


def refused_by_proxy(proxy: Proxy, host: str, status: int) -> Failure:
    if status == 407:
        return Failure(
            FailedAt.PROXY,
            f"the proxy {proxy.address} wants a sign-in (407)",
            Remedy("Give user and password in its address: http://user:password@host:port"),
        )
    if status >= 500:
        return Failure(
            FailedAt.PROXY,
            f"the proxy {proxy.address} cannot reach {host} ({status})",
            Remedy(
                "Correct the address, or ask the proxy's operator. Where the host is inside the company, have it "
                "excepted from the proxy.",
                "Correct the address, or ask the proxy's operator; what is inside belongs into "
                "GATEPOST_PROXY_EXCEPTIONS.",
            ),
        )
    return Failure(
        FailedAt.PROXY,
        f"the proxy {proxy.address} does not let us through to {host} ({status})",
        Remedy(
            f"Have {host} allowed there. Where it is inside the company, have it excepted from the proxy.",
            f"Have {host} allowed there; what is inside belongs into GATEPOST_PROXY_EXCEPTIONS.",
        ),
    )


def tls_failure(error: ssl.SSLError, host: str, proxy: Proxy | None = None) -> Failure:
    """Of the server, or of the proxy when the way to the proxy itself is encrypted."""
    whose = f"the proxy {proxy.address}" if proxy is not None else host
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_verified(error, whose)
    told = f"{error.reason or ''} {error}".upper().replace(" ", "_")
    if any(alert in told for alert in _CLIENT_ALERTS):
        return Failure(
            FailedAt.CERTIFICATE,
            f"{whose} does not accept our client certificate, or misses one (mutual TLS)",
            Remedy(
                command="Give one that it knows: gatepost connection network NAME --client-certificate FILE, or "
                "GATEPOST_CLIENT_CERTIFICATE for all."
            ),
        )
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure(
            FailedAt.ANSWER,
            f"{whose} closed the connection before it had answered",
            Remedy(
                "If it wants a client certificate (mutual TLS), whoever runs Gatepost gives one.",
                "If it wants a client certificate (mutual TLS), give one: gatepost connection network NAME "
                "--client-certificate FILE.",
            ),
        )
    return Failure(
        FailedAt.CERTIFICATE,
        f"{whose} does not speak TLS there ({error.reason or 'unreadable'})",
        Remedy("See that the address and its port are those of https."),
    )


def _not_verified(error: ssl.SSLCertVerificationError, whose: str) -> Failure:
    message = error.verify_message or "not verified"
    if "expired" in message:
        return Failure(
            FailedAt.CERTIFICATE, f"the certificate of {whose} has expired", Remedy("Its operator has to renew it.")
        )
    if "ostname mismatch" in message or "IP address mismatch" in message:
        return Failure(
            FailedAt.CERTIFICATE,
            f"the certificate of {whose} is made out to another name",
            Remedy("Write the address with the name that is in the certificate."),
        )
    return Failure(
        FailedAt.CERTIFICATE,
        f"the certificate of {whose} is not trusted here ({message})",
        Remedy(
            "If the company signs it, whoever runs Gatepost gives the certificate of its authority.",
            "If the company signs it, give its authority: GATEPOST_CA_FILE, or gatepost connection network NAME "
            "--ca-file FILE.",
        ),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from; libraries keep it in various places."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting.append(getattr(one, "original_error", None))
