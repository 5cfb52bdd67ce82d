"""Where digests and alerts may go: the kinds of addresses and the hosts that an administrator allows.

A person names the address, so nothing is allowed that is not on the list, and what is compared is where the message
would really go: of a mail address the server that an address may name beside its domain.
https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import quote

from connector.errors import ConfigurationError
from connector.notify.attached_file import AttachedFile
from connector.notify.way_out import WayOut
from connector.remedy import Remedy

if TYPE_CHECKING:
    from apprise import NotifyBase

SCHEMES = frozenset({"mailto", "mailtos", "slack", "workflows", "json", "jsons"})
"""What is supported at all: mail, Slack, Teams (which takes messages by a workflow), and JSON for one's own bridge."""
FIXED_HOST_SCHEMES = frozenset({"slack"})
"""Goes to one service, whatever the address says; the rest go to the host that the address names."""

FILE_SCHEMES = frozenset({"mailto", "mailtos", "json", "jsons"})
"""Take files as well; a message to any other says where they are."""

_MAIL = re.compile(r"[^@\s/:?#&]{1,64}@([A-Za-z0-9.-]{1,253})")


@dataclass(frozen=True, slots=True)
class AllowedTargets:
    """What the administrator allows."""

    schemes: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    """Hosts, and domains of mail addresses, with ``*`` for any beginning."""
    mail: str = ""
    """The organisation's own mail server, as an address without a recipient; secret."""

    @classmethod
    def from_settings(cls, schemes: str, hosts: str, mail_server: str) -> AllowedTargets:
        """From settings: lists with commas."""
        return cls(frozenset(_listed(schemes)) & SCHEMES, _listed(hosts), mail_server)

    @property
    def allows_any(self) -> bool:
        return bool(self.mail or self.schemes)

    def allows_host(self, host: str) -> bool:
        return any(fnmatchcase(host.lower().rstrip("."), pattern) for pattern in self.hosts)


def full_address(address: str, allowed: AllowedTargets) -> str:
    """The address that a message is sent to: what a person entered, a mail address through the organisation's server.

    Raises ConfigurationError, with the reason, when it may not be sent to.
    """
    address = address.strip()
    mail = _MAIL.fullmatch(address)
    if mail is not None:
        if not allowed.mail:
            raise ConfigurationError(
                "Mail is not set up here.",
                remedy=Remedy("Whoever runs Gatepost sets up the mail server.", "Set GATEPOST_DIGEST_MAIL."),
            )
        if not allowed.allows_host(mail[1]):
            raise ConfigurationError(
                f"Mail to {mail[1]} is not allowed.",
                remedy=Remedy("Whoever runs Gatepost allows the domain.", "Add the domain to GATEPOST_DIGEST_HOSTS."),
            )
        return _via_mail_server(allowed.mail, address)
    scheme = address.partition("://")[0].lower()
    if "://" not in address or scheme not in SCHEMES:
        raise ConfigurationError(
            "This is no mail address and no address of Slack or Teams. Write name@company.example, "
            "slack://token/token/token/#channel or workflows://host/workflow/signature."
        )
    if scheme not in allowed.schemes:
        schemes = ", ".join(sorted(allowed.schemes)) or "none but mail"
        raise ConfigurationError(
            f"Addresses that begin with {scheme}:// are not allowed; allowed are: {schemes}.",
            remedy=Remedy("Whoever runs Gatepost allows the kind.", "Add the kind to GATEPOST_DIGEST_SCHEMES."),
        )
    host = _host(address)
    if scheme not in FIXED_HOST_SCHEMES and not allowed.allows_host(host):
        raise ConfigurationError(
            f"{host or 'The host'} is not on the list.",
            remedy=Remedy("Whoever runs Gatepost adds it to the list.", "Add it to GATEPOST_DIGEST_HOSTS."),
        )
    return address


def takes_files(address: str) -> bool:
    """Whether a message to this address may have files with it."""
    return _MAIL.fullmatch(address.strip()) is not None or address.partition("://")[0].strip().lower() in FILE_SCHEMES


def is_mail(address: str) -> bool:
    return _MAIL.fullmatch(address.strip()) is not None


def masked_address(address: str) -> str:
    """An address without what is secret in it, for people to see."""
    if _MAIL.fullmatch(address.strip()):
        return address.strip()
    masked = _plugin(address).url(privacy=True)  # type: ignore[no-untyped-call]  # the library has no types here
    return str(masked).partition("?")[0]


class Messenger:
    """Sends one message to one address that was checked."""

    def __init__(self, allowed: AllowedTargets, way_out: WayOut | None = None) -> None:
        self._allowed = allowed
        self._way_out = way_out or WayOut()

    def send(self, address: str, title: str, body: str, files: Sequence[AttachedFile] = ()) -> bool:
        """Whether it was accepted.  Raises ConfigurationError when the address may not be sent to (any more)."""
        return _send(full_address(address, self._allowed), title, body, self._way_out, files)


class OperatorMessengers:
    """The messengers of ``GATEPOST_ALERTS``.

    The administrator sets them, as ``GATEPOST_DIGEST_MAIL``: any host may be named, and the kinds are the same.  A
    plain mail address goes through that server.
    """

    def __init__(self, addresses: str, mail_server: str = "", way_out: WayOut | None = None) -> None:
        """``addresses`` are separated by commas; ``mail_server`` is an address without a recipient, or empty."""
        self._way_out = way_out or WayOut()
        self._written = addresses
        self._mail = mail_server

    @property
    def names(self) -> tuple[str, ...]:
        """Every address, masked.  Raises ConfigurationError when one is not valid."""
        return tuple(self._addresses())

    def send(self, name: str, title: str, body: str) -> bool:
        """Whether the messenger of that name accepted it.  Raises ConfigurationError."""
        return _send(self._addresses()[name], title, body, self._way_out)

    def _addresses(self) -> dict[str, str]:
        addresses: dict[str, str] = {}
        for written in _addresses_in(self._written):
            mail = _MAIL.fullmatch(written) is not None
            if mail and not self._mail:
                raise ConfigurationError(
                    f"{written} needs a mail server.", remedy=Remedy(command="Set GATEPOST_DIGEST_MAIL.")
                )
            address = _via_mail_server(self._mail, written) if mail else written
            _plugin(address)
            addresses[masked_address(written)] = address
        return addresses


def _addresses_in(text: str) -> list[str]:
    """Addresses separated by commas; those inside the address of a mail server (``to=a@x,b@x``) belong to it."""
    addresses: list[str] = []
    for part in re.split(r"\s*,\s*(?=[A-Za-z]+://)", text.strip()):
        addresses += [part] if part.lower().startswith("mailto") else part.split(",")
    return [address.strip() for address in addresses if address.strip()]


def _via_mail_server(server: str, recipient: str) -> str:
    return f"{server}{'&' if '?' in server else '?'}to={quote(recipient)}"


def _send(address: str, title: str, body: str, way_out: WayOut, files: Sequence[AttachedFile] = ()) -> bool:
    from connector.notify.plugins import send

    return send(address, title, body, way_out, files)


def _plugin(address: str) -> NotifyBase:
    """Raises ConfigurationError.  Imports the library: a process that sends nothing never does."""
    from connector.notify.plugins import plugin_of

    return plugin_of(address)


def _host(address: str) -> str:
    """Where a message to this address would really go."""
    plugin = _plugin(address)
    return str(getattr(plugin, "smtp_host", None) or plugin.host or "")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())
