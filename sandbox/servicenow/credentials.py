"""What proves who is calling: passwords, OAuth clients and their tokens, signed assertions, API keys.

Access tokens are opaque and end by the instance's clock.
https://www.servicenow.com/docs, "OAuth inbound", "REST API key", "Basic authentication restriction"
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACCESS_LIFETIME = timedelta(seconds=1_800)
REFRESH_LIFETIME = timedelta(days=100)


class OAuthError(Exception):
    """A refusal of the token endpoint."""

    def __init__(self, error: str, description: str = "", status: int = 401) -> None:
        super().__init__(error)
        self.error = error
        self.description = description or error
        self.status = status


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """The public key that a client signs its assertions with."""

    public_key: str
    audience: str


TokenResponse = dict[str, object]


class Credentials:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.passwords: dict[str, str] = {}
        self.clients: dict[str, tuple[str, str]] = {}
        """Client id to its secret and the user that it acts as; no user, no client_credentials."""
        self.trusted: dict[str, TrustedKey] = {}
        """By client id."""
        self.api_keys: dict[str, str] = {}
        """API key to its user."""
        self.certificates: dict[str, str] = {}
        """Common name of a client certificate to its user (certificate-based authentication)."""
        self.restrict_basic = False
        """Basic authentication is for web service users and holders of its role only."""
        self.passwords_off = False
        """The grant by password is disabled (``glide.oauth.inbound.ropc.grant_type.disabled``)."""
        self._access: dict[str, tuple[str, datetime]] = {}
        self._refresh: dict[str, tuple[str, str, datetime]] = {}

    def trust(self, client: str, public_key: str, audience: str = "") -> None:
        """Let a client sign assertions; ``audience`` is the client's own id by default."""
        self.trusted[client] = TrustedKey(public_key, audience or client)

    def bearer(self, token: str) -> str:
        """The user of a valid access token, or None."""
        user, ends = self._access.get(token, ("", self._clock()))
        return user if ends > self._clock() else ""

    def end_tokens(self) -> None:
        """Every access token ends now."""
        self._access.clear()

    def revoke(self, token: str) -> bool:
        return any([self._access.pop(token, None) is not None, self._refresh.pop(token, None) is not None])

    def grant(self, form: Mapping[str, str]) -> TokenResponse:
        """A new access token.  Raises OAuthRefused."""
        client, kind = form.get("client_id", ""), form.get("grant_type", "")
        secret, user = self.clients.get(client, ("", ""))
        if not secret or not secrets.compare_digest(form.get("client_secret", ""), secret):
            raise OAuthError("access_denied")
        if kind == "client_credentials":
            if not user:
                raise OAuthError("unauthorized_client", "No OAuth application user is set for this client")
            return self._token_response(client, user, refreshable=False)
        if kind == "password":
            return self._token_response(client, self._by_password(form), refreshable=True)
        if kind == "refresh_token":
            return self._token_response(
                client, self._by_refresh(client, form.get("refresh_token", "")), refreshable=False
            )
        if kind == JWT_GRANT:
            return self._token_response(
                client, self._by_assertion(client, form.get("assertion", "")), refreshable=False
            )
        raise OAuthError("unsupported_grant_type", f"The grant type {kind!r} is not supported", 400)

    def _token_response(self, client: str, user: str, *, refreshable: bool) -> TokenResponse:
        now, token = self._clock(), secrets.token_urlsafe(48)
        self._access[token] = (user, now + ACCESS_LIFETIME)
        response: TokenResponse = {
            "access_token": token,
            "scope": "useraccount",
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()) - 1,
        }
        if refreshable:
            again = secrets.token_urlsafe(48)
            self._refresh[again] = (client, user, now + REFRESH_LIFETIME)
            response["refresh_token"] = again
        return response

    def _by_password(self, form: Mapping[str, str]) -> str:
        user = form.get("username", "")
        if self.passwords_off:
            raise OAuthError("unsupported_grant_type", "The resource owner password grant is disabled", 400)
        if not user or self.passwords.get(user) != form.get("password"):
            raise OAuthError("access_denied")
        return user

    def _by_refresh(self, client: str, token: str) -> str:
        owner, user, ends = self._refresh.get(token, ("", "", self._clock()))
        if owner != client or ends <= self._clock():
            raise OAuthError("invalid_grant", "The refresh token is not valid", 401)
        return user

    def _by_assertion(self, client: str, assertion: str) -> str:
        trusted = self.trusted.get(client)
        if trusted is None:
            raise OAuthError("invalid_request", "No key is registered for this client", 401)
        try:
            token = jwt.decode(assertion, RSAKey.import_key(trusted.public_key), algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            raise OAuthError("invalid_grant", "The signature of the assertion is not valid") from error
        claims = token.claims
        audiences = claims.get("aud", [])
        if trusted.audience not in ([audiences] if isinstance(audiences, str) else audiences):
            raise OAuthError("invalid_grant", "The audience of the assertion is another one")
        ends = claims.get("exp")
        if not isinstance(ends, int | float) or ends <= self._clock().timestamp():
            raise OAuthError("invalid_grant", "The assertion has expired, or does not say when it does")
        user = str(claims.get("sub", ""))
        if not user:
            raise OAuthError("invalid_grant", "The assertion names no user")
        return user
