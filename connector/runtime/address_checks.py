"""Whether passwords and cookies of people travel over TLS, from the settings alone; for ``doctor`` and the start."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog

from connector.remedy import Remedy
from connector.settings import RequireSecondFactor, Settings
from connector.sync.setup import ConnectionCheck, Health

SUBJECT = "public address"

_log = structlog.get_logger(__name__)


def address_checks(settings: Settings) -> Iterator[ConnectionCheck]:
    """Cookies are marked *Secure*, and browsers told to use TLS alone, only under a public address with https."""
    host = urlsplit(settings.address).hostname or ""
    if settings.over_tls:
        yield ConnectionCheck(SUBJECT, Health.GOOD, f"{settings.address}: cookies are sent over TLS only")
        if not settings.trusted_proxies:
            yield ConnectionCheck(
                "trusted proxies",
                Health.WARNING,
                "none, though TLS ends in front of Gatepost: everybody's wrong passwords count for the proxy's address",
                Remedy(command="Set GATEPOST_TRUSTED_PROXIES to the number of proxies that add to X-Forwarded-For."),
            )
        return
    remedy = Remedy(
        "Whoever runs Gatepost puts TLS in front of it, and sets its public address with https.",
        "Put TLS in front of Gatepost, and set GATEPOST_PUBLIC_URL to the address with https.",
    )
    if settings.public_url and not is_loopback(host):
        message = f"{settings.address} is not https: passwords and cookies of people can be read on the network"
        yield ConnectionCheck(SUBJECT, Health.BAD, message, remedy)
    elif not is_loopback(settings.host):
        where = "no public address is set" if not settings.public_url else f"{settings.address} is this machine"
        message = f"{where}, and Gatepost listens on {settings.host} without TLS: cookies are not marked Secure"
        yield ConnectionCheck(SUBJECT, Health.BAD if not settings.public_url else Health.WARNING, message, remedy)
    else:
        yield ConnectionCheck(SUBJECT, Health.GOOD, f"{settings.address}: this machine alone")


def sign_in_checks(settings: Settings) -> Iterator[ConnectionCheck]:
    """Whether a password alone makes somebody an administrator."""
    required = settings.require_second_factor
    if required is not RequireSecondFactor.NOBODY:
        yield ConnectionCheck("second factor", Health.GOOD, f"{required.value} need one to sign in by password")
        return
    yield ConnectionCheck(
        "second factor",
        Health.WARNING,
        "nobody needs one: whoever learns an administrator's password is administrator",
        Remedy(command="Set GATEPOST_REQUIRE_SECOND_FACTOR=administrators"),
    )


def report_address(settings: Settings) -> None:
    """The same when the web server starts: what does not hold is in the log."""
    for check in address_checks(settings):
        if check.health is not Health.GOOD:
            write = _log.error if check.health is Health.BAD else _log.warning
            write("address not safe", what=check.subject, why=check.message, hint=check.remedy.at_terminal)


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach it."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
