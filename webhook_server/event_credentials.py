"""What an event carries to authenticate itself, checked against its connection's record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from connector.events.webhook_auth import EventCredentials, authenticate_before_body, authenticate_event
from connector.http.tool_access import WebhookAuth
from connector.store.connections.connections import ConnectionRecord


class _Accepted(TypedDict):
    accepted: frozenset[WebhookAuth]
    secrets: list[bytes]
    client_secret: bytes | None
    now: datetime


def credentials_sent(environ: Mapping[str, Any], path_secret: str) -> EventCredentials:
    """From the headers in a WSGI environment; read there, because every event is asked twice."""
    scheme, _, bearer = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return EventCredentials(
        timestamp=environ.get("HTTP_X_GATEPOST_TIMESTAMP", "").strip(),
        timestamped_signature=environ.get("HTTP_X_GATEPOST_SIGNATURE", ""),
        signature=environ.get("HTTP_X_HUB_SIGNATURE", ""),
        bearer=bearer.strip() if scheme.lower() == "bearer" else "",
        token=environ.get("HTTP_X_GATEPOST_TOKEN", ""),
        url_secret=path_secret,
    )


def check_before_body(record: ConnectionRecord, sent: EventCredentials, now: datetime) -> WebhookAuth:
    """All of the proof that needs no body.  Raises WebhookAuthFailed."""
    return authenticate_before_body(sent, **_accepted(record, now))


def check_event(record: ConnectionRecord, sent: EventCredentials, body: bytes, now: datetime) -> WebhookAuth:
    """Raises WebhookAuthFailed."""
    return authenticate_event(body, sent, **_accepted(record, now))


def _accepted(record: ConnectionRecord, now: datetime) -> _Accepted:
    return {
        "accepted": record.webhook_auth,
        "secrets": [secret.encode() for secret in record.accepted_secrets(now)],
        "client_secret": record.oauth.client_secret.encode() if record.oauth else None,
        "now": now,
    }
