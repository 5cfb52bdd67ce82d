"""OAuth 2.0 towards the tools: sessions of Authlib on our own transport, and tokens that are renewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from connector.errors import AuthenticationFailed, ConfigurationError, PermissionDenied, Refused
from connector.http.json_values import text
from connector.http.tool_access import GrantKind, OAuthGrant, Renewed
from connector.http.transport import Timeout, as_it_is, build_adapter, seal


def renew(grant: OAuthGrant, *, timeout: Timeout, clock: Callable[[], datetime]) -> Renewed:
    """A new access token, by the way that the grant names.  Raises AuthenticationFailed when it is no longer given."""
    url = grant.token_url
    session = oauth_session(grant.client_id, grant.client_secret, url, timeout)
    if grant.kind is GrantKind.CLIENT_CREDENTIALS:
        return tokens(lambda: session.fetch_token(url, grant_type=grant.kind.value), url, clock)
    if grant.kind is GrantKind.JWT_BEARER:
        signed = assertion(grant, clock())
        return tokens(lambda: session.fetch_token(url, grant_type=grant.kind.value, assertion=signed), url, clock)
    return tokens(
        lambda: session.refresh_token(grant.token_url, refresh_token=grant.refresh_token), grant.token_url, clock
    )


ASSERTION_LIVES = timedelta(minutes=5)


def assertion(grant: OAuthGrant, now: datetime) -> str:
    """A JWT that speaks for the integration user, signed with our own key (RS256).  Raises ConfigurationError.

    Issuer and audience are the client id: "The value of this field should match the value of the issuer and audience
    claims" (https://docs.servicenow.com, "Create an OAuth JWT API endpoint for external clients").
    """
    claims = {
        "iss": grant.client_id,
        "aud": grant.client_id,
        "sub": grant.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIVES).timestamp()),
        "jti": str(uuid4()),
    }
    try:
        key = RSAKey.import_key(grant.private_key)
        return jwt.encode({"alg": "RS256", "kid": grant.key_id}, claims, key, algorithms=["RS256"])
    except (JoseError, ValueError, TypeError) as error:
        raise ConfigurationError("The private key is no RSA key in PEM form without a passphrase.") from error


def oauth_session(client_id: str, secret: str, url: str, timeout: Timeout, redirect_uri: str | None = None) -> Any:
    """Authlib's session on our own transport."""
    adapter = build_adapter(connection=urlsplit(url).hostname or "", base_url=url, timeout=timeout, classify=as_it_is)
    how = "client_secret_post"
    return seal(OAuth2Session(client_id, secret, redirect_uri=redirect_uri, token_endpoint_auth_method=how), adapter)


def tokens(ask: Callable[[], Any], url: str, clock: Callable[[], datetime]) -> Renewed:
    try:
        answer = ask()
    except (AuthlibBaseError, AuthenticationFailed, PermissionDenied, Refused) as error:
        raise AuthenticationFailed(
            f"{urlsplit(url).hostname} does not renew the access ({error}). Connect it again: gatepost connect"
        ) from error
    lives = timedelta(seconds=float(text(answer.get("expires_in")) or 3600))
    return Renewed(text(answer.get("access_token")), text(answer.get("refresh_token")), clock() + lives)
