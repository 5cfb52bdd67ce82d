"""``/connections``: the tools and how they are, live checks, and the secret of the events."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.http.tool_access import DoorKind
from connector.people.permissions import Role
from connector.runtime.doctor import connection_checks, own_checks
from connector.store.connections.connection_status import standings
from connector.store.connections.connections import ConnectionRecord, registration, stored_registration
from connector.store.connections.provisioned_objects import Provisioned
from connector.store.queue.rate_limits import SqlLimiter
from connector.sync.setup import Check, Health
from mapping.live_check import listed
from webhook_server.admin.connection_messages import Advice, advice, headline
from webhook_server.admin.mapping_candidate import who
from webhook_server.auth import current_viewer, needs

RUNNING = (Role.ADMINISTRATOR, Role.OPERATOR)
LOOKING = (*RUNNING, Role.OFFICE)


def connections(services: Services) -> Blueprint:
    blueprint = Blueprint("connections", __name__, url_prefix="/connections")
    _add_pages(blueprint, services)
    _add_actions(blueprint, services)
    return blueprint


def _add_pages(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("")
    @needs(*LOOKING)
    def index() -> str:
        now, there = system_clock(), standings(services.engine)
        told = [(one, there[one.name], _advice(services, one)) for one in services.connections.all()]
        return render_template(
            "connections/index.html",
            told=told,
            answer=headline([(one.name, found) for one, _, found in told]),
            own=list(own_checks(services)),
            now=now,
            may_change=current_viewer().is_any({Role.ADMINISTRATOR}),
        )

    @blueprint.get("/<name>")
    @needs(*LOOKING)
    def show(name: str) -> str:
        return _detail(services, name)

    @blueprint.post("/<name>/check")
    @needs(*RUNNING)
    def check(name: str) -> ResponseReturnValue:
        """The doctor's checks: line by line as each one is done, or a whole page where no script asks."""
        record = _record(services, name)
        if request.headers.get("Accept") != "text/vnd.gatepost.lines":
            return _detail(services, name, tuple(_checked(services, record)))

        def lines() -> Iterator[str]:
            for one in _checked(services, record):
                yield render_template("connections/_check.html", check=one).replace("\n", " ").strip() + "\n"

        answer = Response(stream_with_context(lines()), mimetype="text/vnd.gatepost.lines")
        answer.headers["X-Accel-Buffering"] = "no"
        return answer


def _checked(services: Services, record: ConnectionRecord) -> Iterator[Check]:
    """The checks; what breaks one of them off is told as the last of them."""
    try:
        yield from connection_checks(services, record)
    except (ToolError, ConfigurationError) as error:
        yield Check("broken off", Health.BAD, str(error), "Mend this first, and check again.")


def _detail(
    services: Services, name: str, checks: tuple[Check, ...] | None = None, fresh: str = "", told: str = ""
) -> str:
    record = _record(services, name)
    config = services.active_config()
    rules = [rule for rule in config.measures if rule.connection == name] if config else []
    webhook = registration(record)
    viewer = current_viewer()
    return render_template(
        "connections/show.html",
        record=record,
        standing=standings(services.engine)[record.name],
        advice=_advice(services, record),
        limits=SqlLimiter(services.engine, record.name).all(),
        rules=rules,
        projects=sorted({one for rule in rules for one in (*listed(rule.match.project), *listed(rule.match.table))}),
        webhook=webhook,
        address=_address(services, record),
        checks=checks,
        fresh=fresh,
        told=told,
        renewed_by_us=_ours(record),
        may_run=viewer.is_any(RUNNING),
        may_change=viewer.is_any({Role.ADMINISTRATOR}),
    )


def _add_actions(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post("/<name>/rotate")
    @needs(Role.ADMINISTRATOR)
    def rotate(name: str) -> ResponseReturnValue:
        """A new secret.  Where Gatepost made the webhook itself nobody ever sees it; else it is shown this once."""
        record, secret = _record(services, name), secrets.token_urlsafe(32)
        services.connections.rotate_secret(name, secret)
        log = Provisioned(services.engine, record.name, who(current_viewer()))
        log.note("connection.secret_rotated", f"The secret of the events of {name} was changed.")
        if not _ours(record):
            return _detail(services, name, fresh=secret)
        try:
            _register_anew(services, record, secret)
        except (ToolError, ConfigurationError) as error:
            told = f"{name} could not be told of it: {error} The one before is still accepted; try again."
            return _detail(services, name, told=told), 502
        flash(f"{name} signs its events with a new secret now. The one before is accepted until the next one.", "good")
        return redirect(url_for("connections.show", name=name), 303)

    @blueprint.post("/<name>/resume")
    @needs(*RUNNING)
    def resume(name: str) -> ResponseReturnValue:
        if services.connections.resume(_record(services, name).name, by=who(current_viewer())):
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
    standing = standings(services.engine)[record.name]
    paused = services.connections.paused(record.name)
    return advice(record, standing, paused, system_clock(), governed=_is_governed(services, record))


def _is_governed(services: Services, record: ConnectionRecord) -> bool:
    config = services.active_config()
    return config is not None and any(rule.connection == record.name for rule in config.measures)


def _ours(record: ConnectionRecord) -> bool:
    """Whether Gatepost can change the secret at the tool by itself."""
    webhook = registration(record)
    return webhook is not None and bool(webhook.id) and webhook.kind in {DoorKind.SIGNATURE, DoorKind.PATH}


def _register_anew(services: Services, record: ConnectionRecord, secret: str) -> None:
    """Raises ToolError."""
    webhook, setup = registration(record), Sites(services, system_clock).get(record.name).setup
    if webhook is None or setup is None:
        return
    base = webhook.url.partition("/hooks/")[0]
    plain = f"{base}/hooks/{record.tool.value}/{record.name}"
    url = f"{plain}/{secret}" if webhook.kind is DoorKind.PATH else plain
    if webhook.kind is DoorKind.PATH:
        # The address is the secret: the one that is there would stay beside the new one.
        setup.unregister(webhook)
    made = setup.register(url, secret, webhook.kind, [])
    services.connections.note(record.name, webhook=stored_registration(made))


def _address(services: Services, record: ConnectionRecord) -> str:
    """Where events go; a secret in it is not shown."""
    webhook = registration(record)
    base = webhook.url.partition("/hooks/")[0] if webhook else services.settings.address
    hidden = "/•••" if DoorKind.PATH in record.doors and (webhook is None or webhook.kind is DoorKind.PATH) else ""
    return f"{base}/hooks/{record.tool.value}/{record.name}{hidden}"
