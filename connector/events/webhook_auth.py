"""How an event proves where it comes from.  A connection names the kinds that it accepts; nothing else counts.

From strong to weak: a signature over time and body; a signature over the body; a token signed with the app's secret;
a shared token in a header; a secret in the address.  The last two say who sends and nothing of the body, which is why
Gatepost believes no body: an event only says which item to look at.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.errors import SignatureRejected
from connector.events.signatures import verify_hub_signature, verify_stamped_signature
from connector.http.tool_access import DoorKind

LEEWAY_SECONDS = 120
"""How far the sender's clock may be off."""

SHORTEST_SECRET = 24
"""Characters of a secret that alone proves a sender."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What an event brought along; empty where it brought nothing."""

    stamp: str = ""
    stamped: str = ""
    signature: str = ""
    bearer: str = ""
    token: str = ""
    path: str = ""

    def offered(self) -> tuple[DoorKind, ...]:
        """The kinds of proof that came, strongest first."""
        pairs = (
            (DoorKind.STAMPED, self.stamped),
            (DoorKind.SIGNATURE, self.signature),
            (DoorKind.JWT, self.bearer),
            (DoorKind.TOKEN, self.token),
            (DoorKind.PATH, self.path),
        )
        return tuple(kind for kind, value in pairs if value)


def prove(
    body: bytes,
    proofs: Proofs,
    *,
    doors: frozenset[DoorKind],
    secrets: Sequence[bytes],
    client_secret: bytes | None,
    now: datetime,
) -> DoorKind:
    """The kind by which the event is proved.

    Raises SignatureRejected; its ``reason`` is missing, malformed, method_not_allowed, mismatch, expired or door_shut.
    """
    offered = proofs.offered()
    kind = next((kind for kind in offered if kind in doors), None)
    if kind is None:
        if offered:
            told = " and ".join(kind.value for kind in offered)
            raise SignatureRejected(
                f"This connection accepts no {told}; it accepts: {', '.join(sorted(doors))}.", reason="door_shut"
            )
        if doors == {DoorKind.SIGNATURE}:
            verify_hub_signature(body, None, secrets)
        raise SignatureRejected(
            f"The event brings no proof; this connection accepts: {', '.join(sorted(doors))}.", reason="missing"
        )
    match kind:
        case DoorKind.STAMPED:
            verify_stamped_signature(body, proofs.stamp, proofs.stamped, secrets, now)
        case DoorKind.SIGNATURE:
            verify_hub_signature(body, proofs.signature, secrets)
        case DoorKind.JWT:
            _verify_jwt(proofs.bearer, client_secret, now)
        case DoorKind.TOKEN:
            _verify_shared(proofs.token, secrets, "X-Gatepost-Token")
        case DoorKind.PATH:
            _verify_shared(proofs.path, secrets, "The secret in the address")
    return kind


def _verify_jwt(token: str, client_secret: bytes | None, now: datetime) -> None:
    """A bearer token made with the OAuth app's client secret.

    The vendor documents the signature and not the claims; an end that is told is kept.
    https://developer.atlassian.com/cloud/jira/platform/webhooks/
    """
    # Here, because the library of signed tokens serves only connections whose events bring one.
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    if not client_secret:
        raise SignatureRejected("This connection has no OAuth app whose secret could be checked.", reason="mismatch")
    try:
        claims = jwt.decode(token, OctKey.import_key(client_secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError) as error:
        raise SignatureRejected("The bearer token is not signed with the app's secret.", reason="mismatch") from error
    ends = claims.get("exp")
    if isinstance(ends, int | float) and ends + LEEWAY_SECONDS < now.timestamp():
        raise SignatureRejected("The bearer token has ended; are both clocks right?", reason="expired")


def _verify_shared(given: str, secrets: Sequence[bytes], what: str) -> None:
    matches = False
    for secret in secrets:
        # A short secret would be guessed; and no early end: the time taken must not tell which one was tried last.
        matches |= hmac.compare_digest(secret, given.encode("utf-8", "replace")) and len(secret) >= SHORTEST_SECRET
    if not matches:
        raise SignatureRejected(f"{what} is not the one of this connection.", reason="mismatch")
