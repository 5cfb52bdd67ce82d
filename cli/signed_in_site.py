"""A connection's site, signed in as its own account or, for one command, as another."""

from __future__ import annotations

from pathlib import Path

from cli.secret_input import CREDENTIAL, read_secret
from connector.bootstrap import Services, Sites, system_clock
from connector.sync.ports import ToolSite
from mapping.work_item import ConnectionName


def signed_in_site(services: Services, name: str, user: str, credential_file: Path | None) -> ToolSite:
    """``user`` signs in for this command only: the account of everyday work is not an administrator."""
    sites = Sites(services, system_clock)
    if not user:
        return sites.get(ConnectionName(name))
    secret = read_secret(credential_file, CREDENTIAL, prompt=f"Password or token of {user}") or ""
    return sites.with_credentials(ConnectionName(name), user, secret)
