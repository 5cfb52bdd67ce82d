"""Signatures of events, checked over the raw bytes before anything is parsed."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from connector.errors import SignatureRejected

METHODS = frozenset({"sha256"})
"""Methods that an ``X-Hub-Signature`` header may name.  Atlassian warns that its method may change one day;
https://developer.atlassian.com/cloud/jira/platform/webhooks/"""


def verify_hub_signature(body: bytes, header: str | None, secrets: Sequence[bytes]) -> None:
    """Check ``X-Hub-Signature: <method>=<hex>`` against every accepted secret, in constant time.

    Raises SignatureRejected; its ``reason`` is missing, malformed, method_not_allowed or mismatch.
    """
    if not header:
        raise SignatureRejected("The event is not signed: X-Hub-Signature is missing.", reason="missing")
    method, separator, given = header.strip().partition("=")
    if not separator or not given:
        raise SignatureRejected("X-Hub-Signature must read <method>=<hex>.", reason="malformed")
    if method.lower() not in METHODS:
        raise SignatureRejected(
            f"X-Hub-Signature uses a method that is not accepted; accepted: {', '.join(sorted(METHODS))}.",
            reason="method_not_allowed",
        )
    expected = given.strip().lower().encode("utf-8", "replace")
    matches = False
    for secret in secrets:
        digest = hmac.new(secret, body, method.lower()).hexdigest().encode()
        # No early end: the time taken must not tell which secret was tried last.
        matches |= hmac.compare_digest(digest, expected)
    if not matches:
        raise SignatureRejected(
            "X-Hub-Signature does not match: the sender signs with another secret, or the body was changed.",
            reason="mismatch",
        )


STAMPED_VERSION = "v1"

WINDOW_SECONDS = 300
"""How far an event's own time may be from ours.  Within it an event may be played again, which only makes Gatepost look
once more."""


def verify_stamped_signature(
    body: bytes, stamp: str, header: str, secrets: Sequence[bytes], now: datetime, window: int = WINDOW_SECONDS
) -> None:
    """Check ``X-Gatepost-Signature: v1=<base64>``, an HMAC-SHA256 of ``<timestamp>.<body>``.

    ``stamp`` is ``X-Gatepost-Timestamp`` in Unix seconds.  Raises SignatureRejected; its ``reason`` is missing,
    malformed, method_not_allowed, mismatch or expired.
    """
    if not stamp or not header:
        raise SignatureRejected(
            "The event is not signed: X-Gatepost-Timestamp or X-Gatepost-Signature is missing.", reason="missing"
        )
    version, separator, given = header.strip().partition("=")
    if not separator or not given or not stamp.isascii() or not stamp.isdigit() or len(stamp) > len(str(2**63)):
        raise SignatureRejected(
            "X-Gatepost-Signature must read v1=<base64>, X-Gatepost-Timestamp the seconds since 1970.",
            reason="malformed",
        )
    if version != STAMPED_VERSION:
        raise SignatureRejected(
            f"X-Gatepost-Signature is of a version that is not accepted; accepted: {STAMPED_VERSION}.",
            reason="method_not_allowed",
        )
    matches = False
    for secret in secrets:
        expected = stamped_signature(body, stamp, secret).partition("=")[2]
        # No early end: the time taken must not tell which secret was tried last.
        matches |= hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if not matches:
        raise SignatureRejected(
            "X-Gatepost-Signature does not match: the app's property gatepost.secret holds another secret, or the "
            "body was changed.",
            reason="mismatch",
        )
    # Only a time that is signed says something.
    if abs(now.timestamp() - int(stamp)) > window:
        raise SignatureRejected(
            f"The event was signed more than {window // 60} minutes ago or ahead; are both clocks right?",
            reason="expired",
        )


def stamped_signature(body: bytes, stamp: str, secret: bytes) -> str:
    """The header value for a body and its time, as the app makes it."""
    digest = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).digest()
    return f"{STAMPED_VERSION}={b64encode(digest).decode()}"
