"""How an event is authenticated.  A connection names the kinds that it accepts; nothing else counts.

From strong to weak: a signature over time and body; a signature over the body; a token signed with the app's secret;
a shared token in a header; a secret in the address.  The last two authenticate the sender and not the body, which is
why Gatepost trusts no body: an event only names the item to read.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.errors import WebhookAuthFailed
from connector.events.signatures import (
    check_timestamped_form,
    parse_hub_signature,
    verify_hub_signature,
    verify_timestamped_signature,
)
from connector.http.tool_access import WebhookAuth

LEEWAY_SECONDS = 120
"""How far the sender's clock may be off."""

LATEST_TIME = 253_402_300_800
"""The year 10000, in seconds since 1970: what lies behind it is no end."""

SHORTEST_SECRET = 24
"""Characters of a secret that alone authenticates a sender."""


@dataclass(frozen=True, slots=True)
class EventCredentials:
    """What an event carried to authenticate itself; empty where it carried nothing."""

    timestamp: str = ""
    timestamped_signature: str = ""
    signature: str = ""
    bearer: str = ""
    token: str = ""
    url_secret: str = ""

    def presented_kinds(self) -> tuple[WebhookAuth, ...]:
        """The kinds of authentication that the event carried, strongest first."""
        pairs = (
            (WebhookAuth.TIMESTAMPED, self.timestamped_signature),
            (WebhookAuth.SIGNATURE, self.signature),
            (WebhookAuth.JWT, self.bearer),
            (WebhookAuth.TOKEN, self.token),
            (WebhookAuth.URL_SECRET, self.url_secret),
        )
        return tuple(kind for kind, value in pairs if value)


def authenticate_event(
    body: bytes,
    credentials: EventCredentials,
    *,
    accepted: frozenset[WebhookAuth],
    secrets: Sequence[bytes],
    client_secret: bytes | None,
    now: datetime,
) -> WebhookAuth:
    """The kind by which the event is authenticated.

    Raises WebhookAuthFailed; its ``reason`` is missing, malformed, method_not_allowed, mismatch, no_expiry, expired,
    not_yet_valid or auth_not_allowed.
    """
    kind = authenticate_before_body(
        credentials, accepted=accepted, secrets=secrets, client_secret=client_secret, now=now
    )
    if kind is WebhookAuth.TIMESTAMPED:
        verify_timestamped_signature(body, credentials.timestamp, credentials.timestamped_signature, secrets, now)
    elif kind is WebhookAuth.SIGNATURE:
        verify_hub_signature(body, credentials.signature, secrets)
    return kind


def authenticate_before_body(
    credentials: EventCredentials,
    *,
    accepted: frozenset[WebhookAuth],
    secrets: Sequence[bytes],
    client_secret: bytes | None,
    now: datetime,
) -> WebhookAuth:
    """The kind that counts for the event, and all of its proof that needs no body.

    Tokens and secrets are verified here; of a signature only what no body could make good: its form and its time.
    Raises WebhookAuthFailed, so that a body which cannot count is not waited for.
    """
    presented = credentials.presented_kinds()
    kind = next((kind for kind in presented if kind in accepted), None)
    if kind is None:
        raise _nothing_accepted(presented, accepted)
    match kind:
        case WebhookAuth.TIMESTAMPED:
            check_timestamped_form(credentials.timestamp, credentials.timestamped_signature, now)
        case WebhookAuth.SIGNATURE:
            parse_hub_signature(credentials.signature)
        case WebhookAuth.JWT:
            _verify_jwt(credentials.bearer, client_secret, now)
        case WebhookAuth.TOKEN:
            _verify_shared_secret(credentials.token, secrets, "X-Gatepost-Token")
        case WebhookAuth.URL_SECRET:
            _verify_shared_secret(credentials.url_secret, secrets, "The secret in the address")
    return kind


def _nothing_accepted(presented: Sequence[WebhookAuth], accepted: frozenset[WebhookAuth]) -> WebhookAuthFailed:
    if presented:
        kinds = " and ".join(kind.value for kind in presented)
        return WebhookAuthFailed(
            f"This connection does not accept {kinds} authentication; it accepts: {', '.join(sorted(accepted))}.",
            reason="auth_not_allowed",
        )
    if accepted == {WebhookAuth.SIGNATURE}:
        return WebhookAuthFailed("The event is not signed: X-Hub-Signature is missing.", reason="missing")
    return WebhookAuthFailed(
        f"The event carries no authentication; this connection accepts: {', '.join(sorted(accepted))}.",
        reason="missing",
    )


def _verify_jwt(token: str, client_secret: bytes | None, now: datetime) -> None:
    """A bearer token made with the OAuth app's client secret.

    The vendor documents the signature and not the claims.  A token without an expiry would count for ever once it is
    known, so that it is refused: https://www.rfc-editor.org/rfc/rfc8725.
    https://developer.atlassian.com/cloud/jira/platform/webhooks/
    """
    # Imported here: only connections whose events carry a signed token need this library.
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    if not client_secret:
        raise WebhookAuthFailed("This connection has no OAuth app whose secret could be checked.", reason="mismatch")
    try:
        claims = jwt.decode(token, OctKey.import_key(client_secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError) as error:
        raise WebhookAuthFailed("The bearer token is not signed with the app's secret.", reason="mismatch") from error
    _check_validity(claims, now.timestamp())


def _check_validity(claims: Mapping[str, object], now: float) -> None:
    """The token's times, in seconds since 1970: https://www.rfc-editor.org/rfc/rfc7519#section-4.1."""
    expires, starts = claims.get("exp"), [claims[name] for name in ("nbf", "iat") if name in claims]
    if expires is None:
        raise WebhookAuthFailed("The bearer token has no expiry (exp), and would count for ever.", reason="no_expiry")
    if not all(map(_is_time, (expires, *starts))):
        raise WebhookAuthFailed("The bearer token's exp, nbf or iat is not a time.", reason="malformed")
    if float(str(expires)) + LEEWAY_SECONDS < now:
        raise WebhookAuthFailed("The bearer token has expired; are both clocks right?", reason="expired")
    if any(float(str(start)) - LEEWAY_SECONDS > now for start in starts):
        raise WebhookAuthFailed("The bearer token is not valid yet; are both clocks right?", reason="not_yet_valid")


def _is_time(value: object) -> bool:
    # An end at infinity (1e999 in JSON) is none; an integer may be too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LATEST_TIME


def _verify_shared_secret(received: str, secrets: Sequence[bytes], what: str) -> None:
    matches = False
    for secret in secrets:
        # A short secret would be guessed; no early return: the duration must not reveal which one was compared last.
        matches |= hmac.compare_digest(secret, received.encode("utf-8", "replace")) and len(secret) >= SHORTEST_SECRET
    if not matches:
        raise WebhookAuthFailed(f"{what} is not the one of this connection.", reason="mismatch")
