"""Forward proxies: their addresses as administrators write them, and which hosts are reached without one.

The forms are those of curl and most programs: https://curl.se/docs/manpage.html#NOPROXY.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

import urllib3

from connector.errors import ConfigurationError

DIRECT = "direct"
"""Written instead of a proxy's address: no proxy, whatever other settings say."""
DEFAULT_PORTS = {"http": 3128, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that connects to a host for us (``CONNECT``); TLS is between the host and us."""

    scheme: str
    """``https`` when the way to the proxy itself is encrypted."""
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """For people: without user and password."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """With user and password; secret."""
        sign_in = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        return f"{self.scheme}://{sign_in}{_bracketed(self.host)}:{self.port}"


def parse_proxy(written: str, setting: str) -> Proxy | None:
    """The proxy, or ``None`` for ``direct`` and for nothing.  Raises ConfigurationError, without what is secret."""
    text = written.strip()
    if not text or text.lower() == DIRECT:
        return None
    scheme, separator, rest = text.partition("://")
    scheme, rest = (scheme.lower(), rest) if separator else ("http", text)
    if scheme.startswith("socks"):
        raise ConfigurationError(
            f"{setting} names a SOCKS proxy, which Gatepost does not use. Give the address of an HTTP proxy: "
            "http://proxy.acme.example:3128"
        )
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if scheme not in DEFAULT_PORTS or not host or any(ord(character) < 33 for character in text):
        raise ConfigurationError(
            f"{setting} is not the address of a proxy. Write it as http://proxy.acme.example:3128, or {DIRECT}."
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(scheme, host, port or DEFAULT_PORTS[scheme], user, password)


def proxy_headers(proxy: Proxy) -> dict[str, str]:
    """What a proxy is sent besides the host: user and password, where it wants them."""
    if not proxy.user:
        return {}
    return dict(urllib3.make_headers(proxy_basic_auth=f"{proxy.user}:{proxy.password}"))


def exceptions_of(written: str) -> tuple[str, ...]:
    """The entries of a list with commas or spaces between them."""
    return tuple(entry.lower() for entry in written.replace(",", " ").split())


def is_exempt(host: str, port: int, exceptions: Iterable[str]) -> bool:
    """Whether a host is reached without the proxy.

    An entry is a name and all below it (``acme.example``, ``.acme.example``, ``*.acme.example``), an IP address or a
    network (``10.0.0.0/8``), each also with a port; ``*`` is everything.  What is on this machine never takes a proxy.
    """
    name = host.lower().rstrip(".").strip("[]")
    if is_loopback_host(name):
        return True
    return any(_matches(name, port, entry) for entry in exceptions)


def is_loopback_host(name: str) -> bool:
    """Whether only programs of this machine answer there."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _matches(name: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    pattern, only_port = _split_port(entry)
    if only_port is not None and only_port != port:
        return False
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        pass
    suffix = pattern.removeprefix("*").strip(".")
    return bool(suffix) and (name == suffix or name.endswith(f".{suffix}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        inner, _, rest = entry[1:].partition("]")
        return inner, int(rest[1:]) if rest[1:].isdigit() else None
    head, _, tail = entry.rpartition(":")
    # More than one colon is an IPv6 address without a port.
    return (head, int(tail)) if head and ":" not in head and tail.isdigit() else (entry, None)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
