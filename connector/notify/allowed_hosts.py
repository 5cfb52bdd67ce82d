"""Where Gatepost may send to.  A subscriber names the address, so it must not lead into our own network.

https://owasp.org/www-community/attacks/Server_Side_Request_Forgery.  The name is resolved once, every address of it
is judged, and the connection goes to one that was judged: a name that is resolved again may lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(Exception):
    """The address may not be sent to; the text says why and what to do."""


class Unresolved(Exception):
    """The name has no address at present."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the administrator allows."""

    hosts: tuple[str, ...] = ()
    """Names, with ``*`` for any beginning; empty lets every public host through."""
    private: tuple[str, ...] = ()
    """Names and networks in private ranges that may be sent to."""
    http: bool = False

    @classmethod
    def of(cls, hosts: str, private: str, *, http: bool) -> Rules:
        """From settings: lists with commas."""
        return cls(_listed(hosts), _listed(private), http)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was looked at and found good."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""
    address: str
    """The IP address to connect to."""


def resolve(host: str, port: int) -> Sequence[str]:
    """All IP addresses of a name.  Raises Unresolved."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"{host} has no address: {error}") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def check(url: str, rules: Rules) -> tuple[str, int]:
    """Host and port of an address that may be subscribed, as far as its text tells.  Raises Forbidden."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden(f"{url!r} is not an address. Write it as https://hooks.acme.example/gatepost") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or not host or any(ord(one) < 33 or ord(one) == 127 for one in url):
        raise Forbidden(f"{url!r} is not an address. Write it as https://hooks.acme.example/gatepost")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("The address holds a user or password. Receivers check the signature instead.")
    if parts.fragment:
        raise Forbidden("The address has a part after #, which is never sent.")
    if parts.scheme == "http" and not rules.http:
        raise Forbidden(f"{host} would be sent to in the clear. Use https, or set GATEPOST_SUBSCRIPTION_HTTP=true.")
    if rules.hosts and not any(fnmatchcase(host, pattern) for pattern in (*rules.hosts, *rules.private)):
        raise Forbidden(f"{host} is not on the list of hosts. Add it to GATEPOST_SUBSCRIPTION_HOSTS.")
    return host, port or (443 if parts.scheme == "https" else 80)


def aim(url: str, rules: Rules, resolver: Resolver = resolve) -> Target:
    """The one address to connect to.  Raises Forbidden, Unresolved."""
    host, port = check(url, rules)
    found = resolver(host, port)
    for text in found:
        if not is_public(text) and not _is_allowed(host, text, rules.private):
            raise Forbidden(
                f"{host} leads to {text}, which is no public address. If that is meant, add the host or its network "
                "to GATEPOST_SUBSCRIPTION_PRIVATE."
            )
    if not found:
        raise Unresolved(f"{host} has no address")
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, found[0])


def is_public(text: str) -> bool:
    """Whether everybody on the internet can be meant by an IP address."""
    try:
        address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for: mapped, translated or tunnelled."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_allowed(host: str, text: str, private: Sequence[str]) -> bool:
    address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    for one in private:
        try:
            if address in ipaddress.ip_network(one, strict=False):
                return True
        except ValueError:
            if fnmatchcase(host, one):
                return True
    return False


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())
