"""The names and addresses that a connection may have."""

from __future__ import annotations

from urllib.parse import urlsplit

from connector.errors import ConfigurationError
from connector.http.transport import LOOPBACK_HOSTS
from connector.remedy import Remedy


def check_connection_address(name: str, url: str) -> None:
    """Raises ConfigurationError with what to write instead."""
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or len(name) > 60:
        raise ConfigurationError(f'A connection is named with letters, digits, "-" and "_"; {name!r} is not.')
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ConfigurationError(f"{url!r} is not an address. Write it as https://acme.atlassian.net")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ConfigurationError(
            f"{url} would send the credentials in the clear. Use https; http is for a sandbox on this machine only."
        )
    if parts.username or parts.password:
        raise ConfigurationError(
            "The address contains a user or password.",
            remedy=Remedy("Give them in their own fields.", "Give them with --user and at the prompt."),
        )
