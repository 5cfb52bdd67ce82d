"""``/connections``: the connected tools and their state, live checks, and the secret of the events."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.http.tool_access import WebhookAuth
from connector.people.permissions import Role
from connector.remedy import Remedy
from connector.runtime.doctor import connection_checks, installation_checks
from connector.store.connections.connection_status import connection_statuses
from connector.store.connections.connections import (
    OLD_WEBHOOK_SECRET_VALID_FOR,
    ConnectionRecord,
    registration_of,
    registration_values,
)
from connector.store.queue.rate_limits import SqlRateLimiter
from connector.sync.setup import ConnectionCheck, Health
from mapping.live_check import selected_names
from webhook_server.admin.connection_messages import Advice, advice_for
from webhook_server.admin.mapping_candidate import author_of
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.operations import connections_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in

OPERATORS = (Role.ADMINISTRATOR, Role.OPERATOR)
READERS = (*OPERATORS, Role.OFFICE)


def connections(services: Services) -> Blueprint:
    blueprint = Blueprint("connections", __name__, url_prefix="/connections")
    _add_pages(blueprint, services)
    _add_actions(blueprint, services)
    return blueprint


def _add_pages(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def index() -> str:
        statuses = connection_statuses(services.engine)
        rows = [(record, statuses[record.name], _advice(services, record)) for record in services.connections.all()]
        return render_template(
            "connections/index.html",
            connections=rows,
            summary=connections_line([(record.name, advice) for record, _, advice in rows]),
            installation_checks=list(installation_checks(services)),
            may_change=current_viewer().holds_everywhere({Role.ADMINISTRATOR}),
        )

    @blueprint.get("/<name>")
    @requires_role(*READERS, reach=Reach.NOTHING)
    def show(name: str) -> str:
        return _render_connection(services, name)

    @blueprint.post("/<name>/check")
    @requires_role(*OPERATORS, reach=Reach.ORGANISATION)
    def check(name: str) -> ResponseReturnValue:
        """The doctor's checks: line by line as each one is done, or a whole page where no script asks."""
        record = _record(services, name)
        if request.headers.get("Accept") != "text/vnd.gatepost.stream":
            return _render_connection(services, name, tuple(_run_checks(services, record)))

        def lines() -> Iterator[str]:
            for result in _run_checks(services, record):
                yield render_template("connections/_check.html", check=result).replace("\n", " ").strip() + "\n"

        answer = Response(stream_with_context(lines()), mimetype="text/vnd.gatepost.stream")
        answer.headers["X-Accel-Buffering"] = "no"
        return answer


def _run_checks(services: Services, record: ConnectionRecord) -> Iterator[ConnectionCheck]:
    """The checks; an error that interrupts them is reported as the last one."""
    try:
        yield from connection_checks(services, record)
    except (ToolError, ConfigurationError) as error:
        again = Remedy("Correct this first, and check again.")
        yield ConnectionCheck("interrupted", Health.BAD, str(error), error.remedy.then(again))


def _render_connection(
    services: Services,
    name: str,
    checks: tuple[ConnectionCheck, ...] | None = None,
    new_secret: str = "",
    error: str = "",
) -> str:
    record, now = _record(services, name), system_clock()
    config = services.active_config()
    rules = [rule for rule in config.measures if rule.connection == name] if config else []
    webhook = registration_of(record)
    viewer = current_viewer()
    return render_template(
        "connections/show.html",
        record=record,
        status=connection_statuses(services.engine)[record.name],
        advice=_advice(services, record),
        limits=SqlRateLimiter(services.engine, record.name).closed_scopes(),
        rules=rules,
        projects=sorted(
            {
                source
                for rule in rules
                for source in (*selected_names(rule.match.project), *selected_names(rule.match.table))
            }
        ),
        webhook=webhook,
        address=_address(services, record),
        checks=checks,
        new_secret=new_secret,
        error=error,
        accepted_secrets=len(record.accepted_secrets(now)),
        old_secret_until=record.old_secret_until if record.old_secret_until and record.old_secret_until > now else None,
        old_secret_days=OLD_WEBHOOK_SECRET_VALID_FOR.days,
        renewed_by_us=_renews_secret_itself(record),
        may_run=viewer.holds_everywhere(OPERATORS),
        may_change=viewer.holds_everywhere({Role.ADMINISTRATOR}),
    )


def _add_actions(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/<name>/rotate")
    @requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)
    @requires_recent_sign_in
    def rotate(name: str) -> ResponseReturnValue:
        """A new secret.  Where Gatepost registered the webhook itself, nobody sees it; else it is shown once."""
        record, secret = _record(services, name), secrets.token_urlsafe(32)
        until = services.connections.rotate_secret(name, secret, by=author_of(current_viewer()))
        if not _renews_secret_itself(record):
            return _render_connection(services, name, new_secret=secret)
        try:
            _register_again(services, record, secret)
        except (ToolError, ConfigurationError) as error:
            message = (
                f"The new secret could not be set in {name}: {page_text(error)} The previous one is still accepted; "
                "try again."
            )
            return _render_connection(services, name, error=message), 502
        flash(
            f"{name} now signs its events with a new secret."
            + (f" The previous one is accepted until {formats().moment(until)}." if until else ""),
            "good",
        )
        return redirect(url_for("connections.show", name=name), 303)

    @blueprint.post("/<name>/resume")
    @requires_role(*OPERATORS, reach=Reach.ORGANISATION)
    def resume(name: str) -> ResponseReturnValue:
        if services.connections.resume(_record(services, name).name, by=author_of(current_viewer())):
            flash(f"{name} is in use again.", "good")
        else:
            flash(f"{name} was not paused.", "info")
        return redirect(url_for("connections.show", name=name), 303)


def _record(services: Services, name: str) -> ConnectionRecord:
    record = services.connections.get(name)
    if record is None:
        raise NotFound(f'There is no connection "{name}".')
    return record


def _advice(services: Services, record: ConnectionRecord) -> tuple[Advice, ...]:
    status = connection_statuses(services.engine)[record.name]
    paused = services.connections.pause_reason(record.name)
    return advice_for(record, status, paused, formats(), governed=_is_governed(services, record))


def _is_governed(services: Services, record: ConnectionRecord) -> bool:
    config = services.active_config()
    return config is not None and any(rule.connection == record.name for rule in config.measures)


def _renews_secret_itself(record: ConnectionRecord) -> bool:
    """Whether Gatepost can change the secret at the tool by itself."""
    webhook = registration_of(record)
    return webhook is not None and bool(webhook.id) and webhook.auth in {WebhookAuth.SIGNATURE, WebhookAuth.URL_SECRET}


def _register_again(services: Services, record: ConnectionRecord, secret: str) -> None:
    """Raises ToolError."""
    webhook, setup = registration_of(record), Sites(services, system_clock).get(record.name).setup
    if webhook is None or setup is None:
        return
    base = webhook.url.partition("/hooks/")[0]
    plain = f"{base}/hooks/{record.tool.value}/{record.name}"
    url = f"{plain}/{secret}" if webhook.auth is WebhookAuth.URL_SECRET else plain
    if webhook.auth is WebhookAuth.URL_SECRET:
        # The address contains the secret: the present webhook would stay beside the new one.
        setup.unregister(webhook)
    registered = setup.register(url, secret, webhook.auth, [webhook.query] if webhook.query else [])
    services.connections.update_details(record.name, webhook_registration=registration_values(registered))


def _address(services: Services, record: ConnectionRecord) -> str:
    """Where events go; a secret in it is not shown."""
    webhook = registration_of(record)
    base = webhook.url.partition("/hooks/")[0] if webhook else services.settings.address
    hidden = (
        "/•••"
        if WebhookAuth.URL_SECRET in record.webhook_auth and (webhook is None or webhook.auth is WebhookAuth.URL_SECRET)
        else ""
    )
    return f"{base}/hooks/{record.tool.value}/{record.name}{hidden}"
