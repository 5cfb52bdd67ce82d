"""Where Gatepost may send to.  A subscriber names the address, so it must not lead into our own network.

https://owasp.org/www-community/attacks/Server_Side_Request_Forgery.  The name is resolved once, every address of it
is checked, and the connection goes to one that was checked: a name that is resolved again may lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias
from urllib.parse import urlsplit

from connector.errors import GatepostError
from connector.remedy import Remedy

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
"""All that is given out as global unicast: https://www.iana.org/assignments/ipv6-address-space/."""
_SPECIAL_IPV4 = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24")))
"""Protocol assignments and 6to4 relays, which Python counts as global."""
_SPECIAL_IPV6 = tuple(map(ipaddress.ip_network, ("2001::/23", "2002::/16", "3fff::/20")))
"""Teredo and other protocol assignments, 6to4, documentation."""


ALLOWED_BY_OPERATOR = "If that is meant, whoever runs Gatepost adds the host to those that may be reached."


class AddressForbidden(GatepostError):
    """The address may not be sent to; the text says why."""


class AddressUnresolved(GatepostError):
    """The name has no address at present."""


@dataclass(frozen=True, slots=True)
class HostRules:
    """What the administrator allows."""

    hosts: tuple[str, ...] = ()
    """Names, with ``*`` for any beginning; empty lets every public host through."""
    private_networks: tuple[str, ...] = ()
    """Names and networks in private ranges that may be sent to."""
    allow_http: bool = False
    private_setting: str = "GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS"
    """Where private networks are allowed, for whoever reads a refusal."""

    @classmethod
    def from_settings(cls, hosts: str, private: str, *, http: bool) -> HostRules:
        """From settings: lists with commas."""
        return cls(listed(hosts), listed(private), http)


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """An address that was checked and is allowed."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""
    ip_address: str
    """The IP address to connect to."""


def resolve(host: str, port: int) -> Sequence[str]:
    """All IP addresses of a name.  Raises AddressUnresolved."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressUnresolved(f"{host} has no address: {error}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def check_address(url: str, rules: HostRules) -> tuple[str, int]:
    """Host and port of an address that may be subscribed, as far as its text shows.  Raises AddressForbidden."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressForbidden(f"{url!r} is not an address. Write it as https://hooks.acme.example/gatepost") from None
    host = (parts.hostname or "").rstrip(".")
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or any(ord(character) < 33 or ord(character) == 127 for character in url)
    ):
        raise AddressForbidden(f"{url!r} is not an address. Write it as https://hooks.acme.example/gatepost")
    if parts.username is not None or parts.password is not None:
        raise AddressForbidden("The address contains a user or password. Receivers check the signature instead.")
    if parts.fragment:
        raise AddressForbidden("The address has a part after #, which is never sent.")
    if parts.scheme == "http" and not rules.allow_http:
        raise AddressForbidden(
            f"{host} would be sent to in the clear.",
            remedy=Remedy("Use https.", "Use https, or set GATEPOST_SUBSCRIPTION_HTTP=true."),
        )
    if rules.hosts and not any(fnmatchcase(host, pattern) for pattern in (*rules.hosts, *rules.private_networks)):
        raise AddressForbidden(
            f"{host} is not on the list of hosts.",
            remedy=Remedy("Whoever runs Gatepost adds it to the list.", "Add it to GATEPOST_SUBSCRIPTION_HOSTS."),
        )
    if _is_ip_address(host):
        _check_ip_address(host, host, rules)
    return host, port or (443 if parts.scheme == "https" else 80)


def resolve_target(url: str, rules: HostRules, resolver: Resolver = resolve) -> ResolvedTarget:
    """The address to connect to.  Raises AddressForbidden, AddressUnresolved."""
    host, port = check_address(url, rules)
    ip_addresses = allowed_addresses(host, port, rules, resolver)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ResolvedTarget(parts.scheme, host, port, path, ip_addresses[0])


def allowed_addresses(host: str, port: int, rules: HostRules, resolver: Resolver = resolve) -> Sequence[str]:
    """The IP addresses of a name, all of which may be connected to.  Raises AddressForbidden, AddressUnresolved.

    One address that is not allowed forbids the name: whoever answers for it may give another one next time.
    """
    found = resolver(host, port)
    for text in found:
        _check_ip_address(host, text, rules)
    if not found:
        raise AddressUnresolved(f"{host} has no address")
    return found


def tunnel_host(host: str, port: int, rules: HostRules, resolver: Resolver = resolve) -> str:
    """What a proxy is told to connect to: the address that was checked.  Raises AddressForbidden, AddressUnresolved.

    A name, which the proxy resolves by itself and perhaps otherwise than we do, only where the administrator has named
    that host; then it need not even have an address here.
    """
    named = is_named(host, rules)
    try:
        address = allowed_addresses(host, port, rules, resolver)[0]
    except AddressUnresolved:
        if named:
            return host
        raise AddressUnresolved(
            f"{host} has no address here, so that where the proxy would lead cannot be checked",
            remedy=Remedy(ALLOWED_BY_OPERATOR, f"If it is meant, add the host to {rules.private_setting}."),
        ) from None
    return host if named else address


def is_named(host: str, rules: HostRules) -> bool:
    """Whether the administrator has named this host, and not only a network."""
    return any(fnmatchcase(host, pattern) for pattern in (*rules.hosts, *rules.private_networks))


def _check_ip_address(host: str, text: str, rules: HostRules) -> None:
    if is_public(text) or _is_allowed(host, text, rules.private_networks):
        return
    what = f"{host} is" if text == host else f"{host} leads to {text}, which is"
    raise AddressForbidden(
        f"{what} no public address.",
        remedy=Remedy(
            ALLOWED_BY_OPERATOR, f"If that is meant, add the host or its network to {rules.private_setting}."
        ),
    )


def is_public(text: str) -> bool:
    """Whether an IP address is global unicast: one that everybody on the internet may mean.

    Addresses that stand for an IPv4 address (mapped, translated or tunnelled) are none: what is behind them is decided
    by a gateway, not by us.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    return address in _GLOBAL_IPV6 and not any(address in network for network in _SPECIAL_IPV6)


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _embedded_ipv4(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for: mapped, translated or tunnelled."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_allowed(host: str, text: str, private: Sequence[str]) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    embedded = _embedded_ipv4(address)
    by_name = any(fnmatchcase(host, entry) for entry in private)
    # A gateway that is allowed leads to what is public or allowed itself, not to everything behind it.
    return by_name or (
        _is_listed(embedded, private)
        or (_is_listed(address, private) and (embedded == address or is_public(str(embedded))))
    )


def _is_listed(address: Address, private: Sequence[str]) -> bool:
    for entry in private:
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def listed(text: str) -> tuple[str, ...]:
    """The parts of a setting that are separated by commas."""
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())
