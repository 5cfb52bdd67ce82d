"""OAuth 2.0 towards the tools: sessions of Authlib on our own transport, and the renewal of tokens."""

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

from connector.errors import AuthenticationFailed, ConfigurationError, InvalidResponse, PermissionDenied, ValuesRejected
from connector.http.json_values import as_text
from connector.http.network import Network
from connector.http.tool_access import OAuthGrant, OAuthGrantType, RenewedToken
from connector.http.transport import Timeout, as_it_is, build_adapter, mount_adapter
from connector.remedy import Place, Remedy


def renew_token(
    grant: OAuthGrant, *, timeout: Timeout, clock: Callable[[], datetime], network: Network | None = None
) -> RenewedToken:
    """A new access token, by the grant's own method.  Raises AuthenticationFailed when it is refused."""
    url = grant.token_url
    session = oauth_session(grant.client_id, grant.client_secret, url, timeout, network=network)
    if grant.kind is OAuthGrantType.CLIENT_CREDENTIALS:
        scope = {"scope": grant.scope} if grant.scope else {}
        return fetch_tokens(lambda: session.fetch_token(url, grant_type=grant.kind.value, **scope), url, clock)
    if grant.kind is OAuthGrantType.JWT_BEARER:
        signed = jwt_assertion(grant, clock())
        return fetch_tokens(lambda: session.fetch_token(url, grant_type=grant.kind.value, assertion=signed), url, clock)
    return fetch_tokens(
        lambda: session.refresh_token(grant.token_url, refresh_token=grant.refresh_token), grant.token_url, clock
    )


ASSERTION_LIFETIME = timedelta(minutes=5)


def jwt_assertion(grant: OAuthGrant, now: datetime) -> str:
    """A JWT for the integration user, signed with our own key (RS256).  Raises ConfigurationError.

    Issuer and audience are the client id: "The value of this field should match the value of the issuer and audience
    claims" (https://docs.servicenow.com, "Create an OAuth JWT API endpoint for external clients").
    """
    claims = {
        "iss": grant.client_id,
        "aud": grant.client_id,
        "sub": grant.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIFETIME).timestamp()),
        "jti": str(uuid4()),
    }
    try:
        key = RSAKey.import_key(grant.private_key)
        return jwt.encode({"alg": "RS256", "kid": grant.key_id}, claims, key, algorithms=["RS256"])
    except (JoseError, ValueError, TypeError) as error:
        raise ConfigurationError("The private key is no RSA key in PEM form without a passphrase.") from error


def oauth_session(
    client_id: str,
    secret: str,
    url: str,
    timeout: Timeout,
    redirect_uri: str | None = None,
    *,
    network: Network | None = None,
) -> Any:
    """Authlib's session on our own transport."""
    host = urlsplit(url).hostname or ""
    adapter = build_adapter(connection=host, base_url=url, timeout=timeout, classify=as_it_is, network=network)
    how = "client_secret_post"
    return mount_adapter(
        OAuth2Session(client_id, secret, redirect_uri=redirect_uri, token_endpoint_auth_method=how), adapter
    )


def fetch_tokens(request: Callable[[], Any], url: str, clock: Callable[[], datetime]) -> RenewedToken:
    try:
        response = request()
    except (AuthlibBaseError, AuthenticationFailed, PermissionDenied, ValuesRejected) as error:
        raise AuthenticationFailed(
            f"{urlsplit(url).hostname} does not renew the access token ({error}).",
            remedy=Remedy("Connect it again on the page Set-up.", "Connect it again: gatepost connect", Place.SET_UP),
        ) from error
    except (ValueError, OverflowError) as error:
        # The client reads the end itself, and takes a number for granted.
        raise InvalidResponse(
            f"The answer of {urlsplit(url).hostname} to a renewal cannot be read.", operation="token"
        ) from error
    lifetime = _lifetime(as_text(response.get("expires_in")))
    return RenewedToken(
        as_text(response.get("access_token")), as_text(response.get("refresh_token")), clock() + lifetime
    )


def _lifetime(seconds: str) -> timedelta:
    """How long a token counts; what is no such number is an hour, so that it is renewed rather too early."""
    try:
        given = float(seconds)
    except ValueError:
        return _USUAL_LIFETIME
    return timedelta(seconds=given) if 0 <= given <= _LONGEST_LIFETIME.total_seconds() else _USUAL_LIFETIME


_USUAL_LIFETIME = timedelta(hours=1)
_LONGEST_LIFETIME = timedelta(days=3650)
