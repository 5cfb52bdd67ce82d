"""The doors: ``POST /hooks/jira/<connection>`` and ``POST /hooks/servicenow/<connection>``.

Which proof a connection accepts is said by its record (:mod:`connector.events.webhook_auth`); a secret in the address
stands after the connection's name.

The order is the point: bound the bytes, verify the bytes, only then parse them, commit, answer.
Jira sends again after 408, 409, 425, 429 and 5xx and drops the event after any other status
(https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554), so 503
means "nothing is stored, come again", and a body that can never be stored must not answer 5xx.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import structlog
from flask import Blueprint, Response, jsonify, request
from prometheus_client import Counter
from sqlalchemy.exc import DataError, SQLAlchemyError

from connector.bootstrap import Clock, Services, system_clock
from connector.errors import BadPayload, SignatureRejected
from connector.events.webhook_auth import Proofs, prove
from connector.http.tool_access import DoorKind
from connector.store.connections.connections import ConnectionRecord
from connector.sync.ingest import ingest
from connector.sync.ports import Door
from mapping.work_item import Tool

RETRY_AFTER_SECONDS = 30
LATE_RETRY_AFTER_SECONDS = 120
LONGEST_DELIVERY_ID = 200

DELIVERY_HEADER = {Tool.JIRA: "X-Atlassian-Webhook-Identifier", Tool.SERVICENOW: "X-Event-Id"}
"""The sender's own id of an event, the same across its retries."""

_log = structlog.get_logger(__name__)


def hooks(services: Services, clock: Clock = system_clock) -> Blueprint:
    blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
    events = Counter(
        "gatepost_events", "Events by door and outcome", ["connection", "outcome"], registry=services.metrics
    )

    @blueprint.post("/<tool>/<connection>")
    @blueprint.post("/<tool>/<connection>/<secret>")
    def ring(tool: str, connection: str, secret: str = "") -> tuple[Response, int]:
        try:
            record = services.connections.cached(connection)
        except SQLAlchemyError:
            return _come_again()
        if record is None or record.tool != tool:
            # The name is the sender's, not ours: it is no label of a metric.
            events.labels("unknown", "unknown_connection").inc()
            return _refusal(404, f'There is no {tool} connection "{connection}" here.')
        answer, status, outcome = _take(services, record, services.doors[record.tool], secret, clock())
        events.labels(record.name, outcome).inc()
        return answer, status

    return blueprint


def _take(
    services: Services, record: ConnectionRecord, door: Door, path: str, now: datetime
) -> tuple[Response, int, str]:
    if request.mimetype != "application/json":
        return *_refusal(415, "An event's Content-Type must be application/json."), "wrong_type"
    body = request.get_data(cache=False)
    try:
        kind = _prove(services, record, body, _proofs(path), now)
        late = services.backlog.age(record.name)
        if late > services.settings.backlog_seconds:
            return *_too_late(record.name, late), "backlog"
        result = ingest(
            body,
            connection=record.name,
            door=door,
            inbox=services.inbox,
            delivery_id=_delivery_id(record, kind),
            own_account=record.own_account,
        )
    except SignatureRejected as error:
        _log.warning("event refused", connection=record.name, reason=error.reason)
        return *_refusal(401, str(error)), f"signature_{error.reason}"
    except BadPayload as error:
        return *_refusal(error.status, str(error)), "bad_payload"
    except DataError:
        # PostgreSQL will never take these values: another delivery of the same bytes would not help.
        _log.warning("event cannot be stored", connection=record.name)
        return *_refusal(400, "The event has a value that cannot be stored."), "unstorable"
    except SQLAlchemyError as error:
        _log.error("event not committed", connection=record.name, error=type(error).__name__)
        return *_come_again(), "not_committed"
    return jsonify({"result": result.value}), 202, result.value


def _prove(services: Services, record: ConnectionRecord, body: bytes, proofs: Proofs, now: datetime) -> DoorKind:
    """Raises SignatureRejected.  A secret that was rotated a moment ago loses no event."""
    try:
        return _checked(record, body, proofs, now)
    except SignatureRejected:
        newer = services.connections.doubted(record.name)
        if newer is None or newer == record:
            raise
        return _checked(newer, body, proofs, now)


def _checked(record: ConnectionRecord, body: bytes, proofs: Proofs, now: datetime) -> DoorKind:
    return prove(
        body,
        proofs,
        doors=record.doors,
        secrets=[secret.encode() for secret in record.webhook_secrets],
        client_secret=record.oauth.client_secret.encode() if record.oauth else None,
        now=now,
    )


def _proofs(path: str) -> Proofs:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return Proofs(
        stamp=request.headers.get("X-Gatepost-Timestamp", "").strip(),
        stamped=request.headers.get("X-Gatepost-Signature", ""),
        signature=request.headers.get("X-Hub-Signature", ""),
        bearer=bearer.strip() if scheme.lower() == "bearer" else "",
        token=request.headers.get("X-Gatepost-Token", ""),
        path=path,
    )


def _delivery_id(record: ConnectionRecord, kind: DoorKind) -> str | None:
    told = request.headers.get(DELIVERY_HEADER[record.tool], "")[:LONGEST_DELIVERY_ID]
    if told or kind is not DoorKind.TOKEN:
        return told or None
    # A rule of Jira Automation sends the same bytes each time that it runs: each time is an event of its own.
    return f"automation:{uuid4()}"


def _refusal(status: int, detail: str) -> tuple[Response, int]:
    return jsonify({"error": status, "detail": detail}), status


def _come_again() -> tuple[Response, int]:
    return _later("The event could not be stored; nothing of it is kept. Send it again.", RETRY_AFTER_SECONDS)


def _too_late(name: str, seconds: float) -> tuple[Response, int]:
    """More would only wait longer.  What a sender gives up on, the sweep finds."""
    waited = f"The events of {name} have waited for {int(seconds // 60)} minutes to be worked on"
    return _later(f"{waited}; nothing of this one is kept. Send it again.", LATE_RETRY_AFTER_SECONDS)


def _later(detail: str, seconds: int) -> tuple[Response, int]:
    answer, status = _refusal(503, detail)
    answer.headers["Retry-After"] = str(seconds)
    return answer, status
