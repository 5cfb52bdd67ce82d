"""Signatures of events, checked over the raw bytes before anything is parsed."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from connector.errors import WebhookAuthFailed

METHODS = frozenset({"sha256"})
"""Methods that an ``X-Hub-Signature`` header may name.  Atlassian warns that its method may change one day;
https://developer.atlassian.com/cloud/jira/platform/webhooks/"""


def verify_hub_signature(body: bytes, header: str | None, secrets: Sequence[bytes]) -> None:
    """Check ``X-Hub-Signature: <method>=<hex>`` against every accepted secret, in constant time.

    Raises WebhookAuthFailed; its ``reason`` is missing, malformed, method_not_allowed or mismatch.
    """
    method, received = parse_hub_signature(header)
    expected = received.encode("utf-8", "replace")
    matches = False
    for secret in secrets:
        digest = hmac.new(secret, body, method).hexdigest().encode()
        # No early return: the duration must not reveal which secret was compared last.
        matches |= hmac.compare_digest(digest, expected)
    if not matches:
        raise WebhookAuthFailed(
            "X-Hub-Signature does not match: the sender signs with another secret, or the body was changed.",
            reason="mismatch",
        )


def parse_hub_signature(header: str | None) -> tuple[str, str]:
    """Method and digest of ``X-Hub-Signature``; raises WebhookAuthFailed for what no body could match."""
    if not header:
        raise WebhookAuthFailed("The event is not signed: X-Hub-Signature is missing.", reason="missing")
    method, separator, received = header.strip().partition("=")
    if not separator or not received:
        raise WebhookAuthFailed("X-Hub-Signature must read <method>=<hex>.", reason="malformed")
    if method.lower() not in METHODS:
        raise WebhookAuthFailed(
            f"X-Hub-Signature uses a method that is not accepted; accepted: {', '.join(sorted(METHODS))}.",
            reason="method_not_allowed",
        )
    return method.lower(), received.strip().lower()


TIMESTAMPED_VERSION = "v1"

WINDOW_SECONDS = 300
"""How far an event's own time may be from ours.  Within it an event may be replayed, which only makes Gatepost read the
item once more."""


def verify_timestamped_signature(
    body: bytes, timestamp: str, header: str, secrets: Sequence[bytes], now: datetime, window: int = WINDOW_SECONDS
) -> None:
    """Check ``X-Gatepost-Signature: v1=<base64>``, an HMAC-SHA256 of ``<timestamp>.<body>``.

    ``timestamp`` is ``X-Gatepost-Timestamp`` in Unix seconds.  Raises WebhookAuthFailed; its ``reason`` is missing,
    malformed, method_not_allowed, mismatch or expired.
    """
    received = check_timestamped_form(timestamp, header, now, window)
    matches = False
    for secret in secrets:
        expected = timestamped_signature(body, timestamp, secret).partition("=")[2]
        # No early return: the duration must not reveal which secret was compared last.
        matches |= hmac.compare_digest(expected.encode(), received.encode("utf-8", "replace"))
    if not matches:
        raise WebhookAuthFailed(
            "X-Gatepost-Signature does not match: the sender of the app (u_gatepost_sender) has another secret, or the "
            "body was changed.",
            reason="mismatch",
        )


def check_timestamped_form(timestamp: str, header: str, now: datetime, window: int = WINDOW_SECONDS) -> str:
    """The signature, as far as it shows without the body; raises WebhookAuthFailed for what no body could match.

    The time is not proven yet, but one that is too far from ours is refused in any case.
    """
    if not timestamp or not header:
        raise WebhookAuthFailed(
            "The event is not signed: X-Gatepost-Timestamp or X-Gatepost-Signature is missing.", reason="missing"
        )
    version, separator, received = header.strip().partition("=")
    if (
        not separator
        or not received
        or not timestamp.isascii()
        or not timestamp.isdigit()
        or len(timestamp) > len(str(2**63))
    ):
        raise WebhookAuthFailed(
            "X-Gatepost-Signature must read v1=<base64>, X-Gatepost-Timestamp the seconds since 1970.",
            reason="malformed",
        )
    if version != TIMESTAMPED_VERSION:
        raise WebhookAuthFailed(
            f"X-Gatepost-Signature is of a version that is not accepted; accepted: {TIMESTAMPED_VERSION}.",
            reason="method_not_allowed",
        )
    if abs(now.timestamp() - int(timestamp)) > window:
        raise WebhookAuthFailed(
            f"The event was signed more than {window // 60} minutes ago or ahead; are both clocks right?",
            reason="expired",
        )
    return received


def timestamped_signature(body: bytes, timestamp: str, secret: bytes) -> str:
    """The header value for a body and its time, as the app computes it."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).digest()
    return f"{TIMESTAMPED_VERSION}={b64encode(digest).decode()}"
