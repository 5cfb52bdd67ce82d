"""Signatures of events, checked over the raw bytes before anything is parsed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

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


def hub_signature(body: bytes, secret: bytes) -> str:
    """The header value for a body, as a sender makes it."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
