"""The webhook endpoints: ``POST /hooks/jira/<connection>`` and ``POST /hooks/servicenow/<connection>``.

A connection's record says which authentication it accepts (:mod:`connector.events.webhook_auth`); a secret in the
address follows the connection's name.

The order matters: check the headers, bound the bytes, verify the bytes, only then parse them, commit, answer.
Jira sends again after 408, 409, 425, 429 and 5xx and drops the event after any other status
(https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554), so 503
means "nothing is stored, send it again", and a body that can never be stored must not answer 5xx.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import structlog
from flask import Blueprint, Response, jsonify, request
from prometheus_client import Counter
from sqlalchemy.exc import DataError, SQLAlchemyError

from connector.bootstrap import Clock, Services, system_clock
from connector.errors import InvalidPayload, WebhookAuthFailed
from connector.http.tool_access import WebhookAuth
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ingest import ingest
from connector.sync.ports import EventParser
from mapping.work_item import Tool
from webhook_server.event_credentials import check_before_body, check_event, credentials_sent
from webhook_server.gateway.request_body import BodyOnDemand
from webhook_server.permission import proves_itself

RETRY_AFTER_SECONDS = 30
BACKLOG_RETRY_AFTER_SECONDS = 120
MAX_DELIVERY_ID_LENGTH = 200

DELIVERY_HEADER = {Tool.JIRA: "X-Atlassian-Webhook-Identifier", Tool.SERVICENOW: "X-Event-Id"}
"""The sender's own id of an event, the same across its retries."""

_log = structlog.get_logger(__name__)


def webhooks(services: Services, clock: Clock = system_clock) -> Blueprint:
    blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
    events = Counter(
        "gatepost_events",
        "Events by webhook endpoint and outcome",
        ["connection", "outcome"],
        registry=services.metrics,
    )

    @blueprint.post("/<tool>/<connection>")
    @blueprint.post("/<tool>/<connection>/<secret>")
    @proves_itself
    def receive(tool: str, connection: str, secret: str = "") -> tuple[Response, int]:
        try:
            record = services.connections.cached(connection)
        except SQLAlchemyError:
            return _retry_later()
        if record is None or record.tool != tool:
            # The sender chose this name, so it must not become a label of a metric.
            events.labels("unknown", "unknown_connection").inc()
            return _refusal(404, f'There is no {tool} connection "{connection}" here.')
        answer, status, outcome = _accept(services, record, services.event_parsers[record.tool], secret, clock())
        events.labels(record.name, outcome).inc()
        return answer, status

    return blueprint


def _accept(
    services: Services, record: ConnectionRecord, parser: EventParser, path_secret: str, now: datetime
) -> tuple[Response, int, str]:
    if request.mimetype != "application/json":
        return *_refusal(415, "An event's Content-Type must be application/json."), "wrong_type"
    sent = credentials_sent(request.environ, path_secret)
    try:
        if isinstance(request.environ["wsgi.input"], BodyOnDemand):
            # Whoever lacks what the headers have to show is refused before the body is waited for.
            _authenticate(services, record, lambda newest: check_before_body(newest, sent, now))
        body = request.get_data(cache=False)
        kind = _authenticate(services, record, lambda newest: check_event(newest, sent, body, now))
        late = services.backlog.age(record.name)
        if late > services.settings.max_backlog_seconds:
            return *_backlog_too_old(record.name, late), "backlog"
        result = ingest(
            body,
            connection=record.name,
            parser=parser,
            inbox=services.inbox,
            delivery_id=_delivery_id(record, kind),
            own_account=record.own_account,
        )
    except WebhookAuthFailed as error:
        _log.warning("event refused", connection=record.name, reason=error.reason)
        return *_refusal(401, str(error)), f"signature_{error.reason}"
    except InvalidPayload as error:
        return *_refusal(error.status, str(error)), "bad_payload"
    except DataError:
        # PostgreSQL will never accept these values: sending the same bytes again would not help.
        _log.warning("event cannot be stored", connection=record.name)
        return *_refusal(400, "The event has a value that cannot be stored."), "invalid_value"
    except SQLAlchemyError as error:
        _log.error("event not stored", connection=record.name, error=type(error).__name__)
        return *_retry_later(), "not_stored"
    return jsonify({"result": result.value}), 202, result.value


def _authenticate(
    services: Services, record: ConnectionRecord, check: Callable[[ConnectionRecord], WebhookAuth]
) -> WebhookAuth:
    """Raises WebhookAuthFailed.  A secret that was rotated a moment ago loses no event."""
    try:
        return check(record)
    except WebhookAuthFailed:
        newer = services.connections.reread(record.name)
        if newer is None or newer == record:
            raise
        return check(newer)


def _delivery_id(record: ConnectionRecord, kind: WebhookAuth) -> str | None:
    given = request.headers.get(DELIVERY_HEADER[record.tool], "")[:MAX_DELIVERY_ID_LENGTH]
    if given or kind is not WebhookAuth.TOKEN:
        return given or None
    # A rule of Jira Automation sends the same bytes each time that it runs: each time is an event of its own.
    return f"automation:{uuid4()}"


def _refusal(status: int, detail: str) -> tuple[Response, int]:
    return jsonify({"error": status, "detail": detail}), status


def _retry_later() -> tuple[Response, int]:
    return _unavailable("The event could not be stored. Send it again.", RETRY_AFTER_SECONDS)


def _backlog_too_old(name: str, seconds: float) -> tuple[Response, int]:
    """More events would only wait longer.  A sweep finds what a sender gives up on."""
    waited = f"The events of {name} have waited for {int(seconds // 60)} minutes"
    return _unavailable(f"{waited}; this one was not stored. Send it again.", BACKLOG_RETRY_AFTER_SECONDS)


def _unavailable(detail: str, seconds: int) -> tuple[Response, int]:
    answer, status = _refusal(503, detail)
    answer.headers["Retry-After"] = str(seconds)
    return answer, status
