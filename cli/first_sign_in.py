"""Signing in once before a connection is saved: a wrong token or address leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace

from connector import jira, servicenow
from connector.bootstrap import Services, system_clock
from connector.errors import AuthenticationFailed, ConfigurationError, ToolError
from connector.http.tool_access import Auth
from connector.http.transport import Timeout
from connector.remedy import NOTHING_TO_DO, Remedy
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ToolIdentity
from mapping.work_item import Tool


def sign_in_first(services: Services, record: ConnectionRecord) -> tuple[ConnectionRecord, ToolIdentity]:
    """The record, with its access token where it signs in by OAuth, and whom the tool takes it for.

    Raises ConfigurationError, and ToolError which says that nothing was saved.
    """
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    build = jira.site if record.tool is Tool.JIRA else servicenow.site
    try:
        if record.auth is Auth.OAUTH and not record.credential:
            record = _with_token(services, record, timeout)
        setup = build(services.tool_access(record), timeout=timeout, clock=system_clock).setup
        if setup is None:
            raise ConfigurationError(f"{record.name}: signing in to this tool is not supported.")
        identity = setup.identify()
    except ToolError as error:
        error.args = (f"{str(error).rstrip('.')}. Nothing was saved.",)
        # Nothing is there yet that could be renewed.
        told = NOTHING_TO_DO if isinstance(error, AuthenticationFailed) else error.remedy
        error.remedy = told.then(Remedy("Correct it, and run this again."))
        raise
    return replace(record, own_account=identity.account, deployment=identity.deployment), identity


def _with_token(services: Services, record: ConnectionRecord, timeout: Timeout) -> ConnectionRecord:
    # Here, because the library of OAuth serves only connections that sign in by it.
    from connector.http.oauth import renew_token

    if record.oauth is None:
        return record
    network = services.network.with_connection(record.network)
    fresh = renew_token(record.oauth, timeout=timeout, clock=system_clock, network=network)
    grant = replace(record.oauth, refresh_token=fresh.refresh_token or record.oauth.refresh_token)
    return replace(record, credential=fresh.access_token, expires_at=fresh.expires_at, oauth=grant)
