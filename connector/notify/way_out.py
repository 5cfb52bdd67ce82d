"""How messages to people leave the network."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.http.network import Network
from connector.http.proxies import Proxy, parse_proxy


@dataclass(frozen=True, slots=True)
class WayOut:
    """How messages leave: chats as everything else, mail directly or through a proxy of its own."""

    network: Network = field(default_factory=Network)
    mail_proxy: Proxy | None = None

    @classmethod
    def from_settings(cls, network: Network, mail_proxy: str) -> WayOut:
        """Raises ConfigurationError."""
        return cls(network, parse_proxy(mail_proxy, "GATEPOST_MAIL_PROXY"))
