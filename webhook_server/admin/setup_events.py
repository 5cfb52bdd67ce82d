"""``/setup/events/<connection>``: have a tool send its events, without a command line."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, PermissionDenied, ToolError
from connector.http.tool_access import Auth, Deployment, WebhookAuth
from connector.people.permissions import Role
from connector.runtime.event_registration import event_address, register_events, strongest_webhook_auth
from connector.store.connections.connections import ConnectionRecord
from mapping.work_item import ConnectionName, Tool
from webhook_server.admin.mapping_candidate import author_of
from webhook_server.admin.setup_steps import render_setup
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_text
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in


@dataclass(frozen=True, slots=True)
class MadeByHand:
    """What an administrator of the tool enters there; the secret is shown only now."""

    connection: str
    tool: Tool
    address: str
    secret: str
    query: str = ""
    events: tuple[str, ...] = ()


def add_events(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/events/<name>")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    @requires_recent_sign_in
    def events(name: str) -> ResponseReturnValue:
        """Register the webhook at Jira; or show what has to be entered at the tool."""
        record = services.connections.get(name)
        if record is None:
            raise NotFound(f'There is no connection "{name}".')
        public_url = request.form.get("public_url", "").strip() or services.settings.address
        try:
            made = _register(services, record, public_url, by_hand="by_hand" in request.form)
        except (ToolError, ConfigurationError) as error:
            return render_setup(services, events_error=f"{name}: {page_text(error)}", address=public_url), 422
        if made is not None:
            return render_setup(services, made=made, address=public_url)
        flash(f"{name} sends its events to {public_url} from now on. The first change there shows it.", "good")
        return redirect(url_for("setup.index"), 303)


def _register(services: Services, record: ConnectionRecord, public_url: str, *, by_hand: bool) -> MadeByHand | None:
    """What is left to do by hand; ``None`` when the tool has been told.  Raises ToolError, ConfigurationError."""
    address, secret = event_address(public_url, record), record.webhook_secrets[0]
    if record.tool is Tool.SERVICENOW:
        return MadeByHand(record.name, record.tool, address, secret)
    site = Sites(services, system_clock).get(ConnectionName(record.name))
    if site.setup is None:
        raise ConfigurationError("It cannot be asked to send events.")
    kind = strongest_webhook_auth(record, site.setup.identify())
    by_hand = by_hand or (record.auth is Auth.SCOPED and kind is WebhookAuth.SIGNATURE)
    author = author_of(current_viewer())
    try:
        made = register_events(services, site, public_url, kind, by_hand=by_hand, by=author)
    except PermissionDenied:
        # Only administrators of a Jira register webhooks; without that right one of them makes it by hand.
        made = register_events(services, site, public_url, WebhookAuth.SIGNATURE, by_hand=True, by=author)
    if not made.is_by_hand:
        return None
    # Not with the module: it brings the client of Jira, which a web process does without.
    from connector.jira.webhooks import DATACENTER_EVENTS, EVENTS

    events = DATACENTER_EVENTS if record.deployment is Deployment.DATACENTER else EVENTS
    return MadeByHand(record.name, record.tool, address, secret, made.query, tuple(events))
