"""Where a digest may go: the kinds of addresses and the hosts that an administrator has put on a list; and alerts.

A person names the address, so nothing is allowed that is not on the list, and what is compared is where the message
would really go: of a mail address the server that an address may name beside its domain.
https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import quote

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from apprise import NotifyBase

SCHEMES = frozenset({"mailto", "mailtos", "slack", "workflows", "json", "jsons"})
"""What is supported at all: mail, Slack, Teams (which takes messages by a workflow), and JSON for one's own bridge."""
OWN_HOST = frozenset({"slack"})
"""Goes to one service, whatever the address says; the rest go to the host that the address names."""

_MAIL = re.compile(r"[^@\s/:?#&]{1,64}@([A-Za-z0-9.-]{1,253})")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the administrator allows."""

    schemes: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    """Hosts, and domains of mail addresses, with ``*`` for any beginning."""
    mail: str = ""
    """The organisation's own mail server, as an address without a recipient; secret."""

    @classmethod
    def of(cls, schemes: str, hosts: str, mail_server: str) -> Allowed:
        """From the lists as they are written, their parts apart by commas."""
        return cls(frozenset(_listed(schemes)) & SCHEMES, _listed(hosts), mail_server)

    @property
    def anything(self) -> bool:
        return bool(self.mail or self.schemes)

    def has(self, host: str) -> bool:
        return any(fnmatchcase(host.lower().rstrip("."), pattern) for pattern in self.hosts)


def full_address(written: str, allowed: Allowed) -> str:
    """The address that a message is sent to: what a person wrote, a mail address by way of the organisation's server.

    Raises ConfigurationError, in words, when it may not be sent to.
    """
    written = written.strip()
    mail = _MAIL.fullmatch(written)
    if mail is not None:
        if not allowed.mail:
            raise ConfigurationError("Mail is not set up here. An administrator sets GATEPOST_DIGEST_MAIL.")
        if not allowed.has(mail[1]):
            raise ConfigurationError(
                f"Mail to {mail[1]} is not allowed. An administrator adds the domain to GATEPOST_DIGEST_HOSTS."
            )
        return _by_way_of(allowed.mail, written)
    scheme = written.partition("://")[0].lower()
    if "://" not in written or scheme not in SCHEMES:
        raise ConfigurationError(
            "This is no mail address and no address of Slack or Teams. Write name@company.example, "
            "slack://token/token/token/#channel or workflows://host/workflow/signature."
        )
    if scheme not in allowed.schemes:
        there = ", ".join(sorted(allowed.schemes)) or "none but mail"
        raise ConfigurationError(
            f"Addresses that begin with {scheme}:// are not allowed; allowed are: {there}. "
            "An administrator adds the kind to GATEPOST_DIGEST_SCHEMES."
        )
    host = _host(written)
    if scheme not in OWN_HOST and not allowed.has(host):
        raise ConfigurationError(
            f"{host or 'The host'} is not on the list. An administrator adds it to GATEPOST_DIGEST_HOSTS."
        )
    return written


def masked(written: str) -> str:
    """An address as it may be shown: without what is secret in it."""
    if _MAIL.fullmatch(written.strip()):
        return written.strip()
    shown = _plugin(written).url(privacy=True)  # type: ignore[no-untyped-call]  # the library does not say
    return str(shown).partition("?")[0]


class Messenger:
    """Sends one message to one address that was looked at."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed

    def send(self, written: str, title: str, body: str) -> bool:
        """Whether it was taken.  Raises ConfigurationError when the address may not be sent to (any more)."""
        return _sent(full_address(written, self._allowed), title, body)


class Operators:
    """The messengers of ``GATEPOST_ALERTS``.

    They are the administrator's own word, as ``GATEPOST_DIGEST_MAIL`` is: any host may be named, and the kinds are the
    same.  A plain mail address goes by way of that server.
    """

    def __init__(self, addresses: str, mail_server: str = "") -> None:
        """``addresses`` are apart by commas; ``mail_server`` is an address without a recipient, or empty."""
        self._written = addresses
        self._mail = mail_server

    @property
    def names(self) -> tuple[str, ...]:
        """Every address as it may be shown.  Raises ConfigurationError when one is none."""
        return tuple(self._addresses())

    def send(self, name: str, title: str, body: str) -> bool:
        """Whether it was taken by the messenger of that name.  Raises ConfigurationError."""
        return _sent(self._addresses()[name], title, body)

    def _addresses(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for written in _addresses_in(self._written):
            mail = _MAIL.fullmatch(written) is not None
            if mail and not self._mail:
                raise ConfigurationError(f"{written} needs a mail server: set GATEPOST_DIGEST_MAIL.")
            address = _by_way_of(self._mail, written) if mail else written
            _plugin(address)
            found[masked(written)] = address
        return found


def _addresses_in(text: str) -> list[str]:
    """Addresses apart by commas; those inside the address of a mail server (``to=a@x,b@x``) belong to it."""
    found: list[str] = []
    for part in re.split(r"\s*,\s*(?=[A-Za-z]+://)", text.strip()):
        found += [part] if part.lower().startswith("mailto") else part.split(",")
    return [one.strip() for one in found if one.strip()]


def _by_way_of(server: str, recipient: str) -> str:
    return f"{server}{'&' if '?' in server else '?'}to={quote(recipient)}"


def _sent(address: str, title: str, body: str) -> bool:
    from connector.notify.plugins import send

    return send(address, title, body)


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
