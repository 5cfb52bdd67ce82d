"""``/setup/connect``: an account of a tool, tried first and saved only when it signs in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connector import jira, servicenow
from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.http.allowed_hosts import AddressForbidden, AddressUnresolved, resolve_target
from connector.http.connection_address import check_connection_address
from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType, default_webhook_auth
from connector.http.transport import Timeout
from connector.jira.tenant import tenant_cloud_id
from connector.people.permissions import Role
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ToolIdentity
from mapping.work_item import ConnectionName, Tool
from webhook_server.admin.mapping_candidate import author_of
from webhook_server.admin.setup_steps import WAYS, render_setup
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_message
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in


def add_connect(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/connect")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    @requires_recent_sign_in
    def connect() -> ResponseReturnValue:
        """Sign in first, and save the connection only when that worked."""
        entered = {name: request.form.get(name, "").strip() for name in ("name", "kind", "url", "user", "expires")}
        try:
            record = _entered_record(services, entered, request.form.get("credential", ""))
            record = _with_access(services, record)
            identity = _identify(services, record)
        except (ToolError, ConfigurationError) as error:
            return render_setup(services, entered=entered, error=page_message(error), open_form=True), 422
        services.connections.save(record, by=author_of(current_viewer()))
        services.connections.update_details(
            record.name, own_account=identity.account, deployment=identity.deployment.value
        )
        flash(f"{record.name} is connected; Gatepost works there as {identity.name}.", "good")
        return redirect(url_for("setup.index"), 303)


def _entered_record(services: Services, entered: dict[str, str], credential: str) -> ConnectionRecord:
    """Raises ConfigurationError with what to enter instead."""
    name, url, user = entered["name"], entered["url"].rstrip("/"), entered["user"]
    way = WAYS.get(entered["kind"])
    if way is None:
        raise ConfigurationError("Choose the tool, and how Gatepost signs in there.")
    check_connection_address(name, url)
    by_operator = _is_given_by_operator(services, url)
    if not by_operator:
        _check_public(services, url)
    if not credential:
        raise ConfigurationError("Enter the token or password of the account that Gatepost works as.")
    if way.has_user and not user:
        what = "client id" if way.auth is Auth.OAUTH else "user; for Jira Cloud it is the e-mail address"
        raise ConfigurationError(f"Enter the account's {what}.")
    known = services.connections.get(name)
    if known is not None and known.tool is not way.tool:
        raise ConfigurationError(f'"{name}" is a {known.tool.value} connection already. Choose another name.')
    try:
        ends = datetime.fromisoformat(entered["expires"]).replace(tzinfo=UTC) if entered["expires"] else None
    except ValueError:
        raise ConfigurationError("Write the day on which the token expires as 2027-03-31.") from None
    return ConnectionRecord(
        ConnectionName(name), way.tool, url, user if way.has_user else "", credential,
        known.webhook_secrets if known else (secrets.token_urlsafe(32),),
        old_secret_until=known.old_secret_until if known else None,
        deployment=way.deployment,
        auth=way.auth,
        expires_at=ends,
        webhook_auth=known.webhook_auth if known else default_webhook_auth(way.tool),
        webhook_registration=known.webhook_registration if known else None,
        made_on_page=not by_operator,
        # The way is an operator's, for this address and no other one.
        network=known.network if known is not None and known.base_url == url else None,
    )  # fmt: skip


def _with_access(services: Services, record: ConnectionRecord) -> ConnectionRecord:
    """With the cloud's own address and the access token, where the way of signing in has them.

    Raises ConfigurationError, ToolError.
    """
    # Not with the module: each web process would load vendors' ways to sign in for a page that is seldom seen.
    from connector.http.oauth import renew_token
    from connector.jira.oauth import Endpoints, service_account_grant

    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    network = services.network.with_connection(record.network)
    if record.tool is Tool.JIRA and record.auth in {Auth.SCOPED, Auth.OAUTH}:
        endpoints = Endpoints.at(services.settings.atlassian_api, services.settings.atlassian_auth)
        cloud = tenant_cloud_id(record.base_url, timeout=timeout, network=network)
        record = replace(record, api_url=f"{endpoints.api.rstrip('/')}/ex/jira/{cloud}")
        grant = service_account_grant(record.username, record.credential, endpoints.token)
    else:
        address = f"{record.base_url}/oauth_token.do"
        grant = OAuthGrant(record.username, record.credential, "", address, OAuthGrantType.CLIENT_CREDENTIALS)
    if record.auth is not Auth.OAUTH:
        return record
    fresh = renew_token(grant, timeout=timeout, clock=system_clock, network=network)
    return replace(record, credential=fresh.access_token, expires_at=fresh.expires_at, oauth=grant)


def _is_given_by_operator(services: Services, url: str) -> bool:
    """Whether a connection that was made on the command line has this address."""
    return any(record.base_url.rstrip("/") == url and not record.made_on_page for record in services.connections.all())


def _check_public(services: Services, url: str) -> None:
    """A page must not find out what is inside our network.  Raises ConfigurationError.

    The transport checks again whenever it connects: a name may lead elsewhere by then.
    """
    try:
        resolve_target(url, services.connection_host_rules)
    except (AddressForbidden, AddressUnresolved) as error:
        raise ConfigurationError(str(error), remedy=error.remedy) from None


def _identify(services: Services, record: ConnectionRecord) -> ToolIdentity:
    """Raises ToolError, ConfigurationError."""
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    build = jira.site if record.tool is Tool.JIRA else servicenow.site
    tool_setup = build(services.tool_access(record), timeout=timeout, clock=system_clock).setup
    if tool_setup is None:
        raise ConfigurationError("Signing in to this tool is not supported.")
    return tool_setup.identify()
