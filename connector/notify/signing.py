"""Signatures of outgoing events, and the secrets behind them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from standardwebhooks import Webhook

OLD_SECRET_VALID_FOR = timedelta(days=1)
"""After a rotation every event is signed with the former secret as well, for this long."""

SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """``whsec_…``"""
    return f"whsec_{base64.b64encode(random_bytes(SECRET_BYTES)).decode()}"


def secrets_in_use(secrets: Sequence[str], rotated_at: datetime | None, now: datetime) -> tuple[str, ...]:
    """The newest first; the previous secret as long as both are valid."""
    both = rotated_at is not None and now < rotated_at + OLD_SECRET_VALID_FOR
    return tuple(secrets[: 2 if both else 1])


def signature_headers(message: UUID, body: str, secrets: Sequence[str], now: datetime) -> Mapping[str, str]:
    """The three headers of the specification; one signature for each secret."""
    identity = f"msg_{message.hex}"
    signatures = " ".join(Webhook(secret).sign(identity, now, body) for secret in secrets)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures,
    }
