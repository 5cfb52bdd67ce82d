"""What an event carries to authenticate itself, checked against its connection's record."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from werkzeug.datastructures import Headers

from connector.events.webhook_auth import EventCredentials, authenticate_before_body, authenticate_event
from connector.http.tool_access import WebhookAuth
from connector.store.connections.connections import ConnectionRecord


class _Accepted(TypedDict):
    accepted: frozenset[WebhookAuth]
    secrets: list[bytes]
    client_secret: bytes | None
    now: datetime


def credentials_sent(headers: Headers, path_secret: str) -> EventCredentials:
    scheme, _, bearer = headers.get("Authorization", "").partition(" ")
    return EventCredentials(
        timestamp=headers.get("X-Gatepost-Timestamp", "").strip(),
        timestamped_signature=headers.get("X-Gatepost-Signature", ""),
        signature=headers.get("X-Hub-Signature", ""),
        bearer=bearer.strip() if scheme.lower() == "bearer" else "",
        token=headers.get("X-Gatepost-Token", ""),
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
