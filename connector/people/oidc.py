"""Sign-in through an identity provider: OpenID Connect, authorization code with PKCE.

https://openid.net/specs/openid-connect-core-1_0.html : the ID token is valid when its signature is by one of the
provider's current keys and issuer, audience, expiry and nonce are as expected.  Every call goes out on our own
transport, to the provider's host and to those that its discovery document names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connector.errors import ToolError
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.http.network import Network
from connector.http.transport import (
    LOOPBACK_HOSTS,
    Timeout,
    as_it_is,
    build_adapter,
    build_session,
    mount_adapter,
    response_json,
)
from connector.people.identity import Begun, Client, Identity, SignInRefused
from connector.remedy import Remedy

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key of the provider alone; none that a client's secret could make."""

LEEWAY_SECONDS = 60
DISCOVERY_CACHE_TIME = timedelta(hours=1)
"""How long discovery and keys are cached; an unknown key is fetched at once, see :data:`KEY_REFRESH_INTERVAL`."""
KEY_REFRESH_INTERVAL = timedelta(seconds=30)
"""How often at most the keys are fetched again because a token names an unknown one."""


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorize: str
    token: str
    keys: str
    userinfo: str
    auth_method: str
    """How the client authenticates at the token endpoint."""


class IdentityProvider:
    def __init__(
        self, client: Client, *, timeout: Timeout, clock: Callable[[], datetime], network: Network | None = None
    ) -> None:
        self._network = network
        self._client = client
        self._timeout = timeout
        self._clock = clock
        self._discovery: tuple[datetime, _Endpoints] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def begin(self, *, fresh: bool = False) -> tuple[str, Begun]:
        """The provider's page to go to, and what has to come back from it.  Raises SignInRefused.

        ``fresh`` asks the person to sign in there once more; the answer then has to say when they did.
        """
        random = (secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        begun = Begun(*random, asked_at=self._clock(), fresh=fresh)
        session: Any = self._session(self._endpoints())
        url, _ = session.create_authorization_url(
            self._endpoints().authorize,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
            **({"prompt": "login", "max_age": "0"} if fresh else {}),
        )
        return str(url), begun

    def finish(self, state: Begun, parameters: dict[str, str]) -> Identity:
        """The identity that the provider's answer asserts.  Raises SignInRefused.

        ``parameters`` is the query with which the browser came back.
        """
        if not secrets.compare_digest(parameters.get("state", "").encode(), state.state.encode()):
            raise SignInRefused("This sign-in was started in another window, or too long ago. Start it again.")
        if "iss" in parameters and parameters["iss"] != self._client.issuer:
            raise SignInRefused("The answer comes from another identity provider than the one that is configured.")
        if "error" in parameters:
            reason = parameters.get("error_description") or parameters["error"]
            raise SignInRefused(f"The identity provider did not sign you in: {reason[:300]}")
        if not parameters.get("code"):
            raise SignInRefused("The identity provider sent no code. Start the sign-in again.")
        tokens = self._redeem(parameters["code"], state.verifier)
        claims = self._claims(as_text(tokens.get("id_token")), state.nonce)
        if self._client.groups_claim not in claims or "email" not in claims:
            more = self._userinfo(as_text(tokens.get("access_token")), as_text(claims.get("sub")))
            claims = _merged(claims, more)
        identity = self._identity(claims)
        if state.fresh:
            _check_fresh(identity.authenticated_at, state.asked_at)
        return identity

    def _redeem(self, code: str, verifier: str) -> JsonObject:
        endpoints = self._endpoints()
        session: Any = self._session(endpoints)
        try:
            tokens: JsonObject = session.fetch_token(endpoints.token, code=code, code_verifier=verifier)
        except (AuthlibBaseError, ToolError, ValueError) as error:
            raise SignInRefused(f"The identity provider did not accept the code: {error}") from error
        return tokens

    def _claims(self, token: str, nonce: str) -> JsonObject:
        expected = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._client.issuer},
            aud={"essential": True, "value": self._client.id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims: JsonObject = self._decoded(token).claims
            expected.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"The identity provider's token is not valid: {error}") from error
        if len(as_list(claims.get("aud"))) > 1 and claims.get("azp") != self._client.id:
            raise SignInRefused("The identity provider's token was issued for another program.")
        return claims

    def _decoded(self, token: str) -> jwt.Token:
        """Decoded with the cached keys; with newer ones when the provider has changed them meanwhile."""
        try:
            return jwt.decode(token, self._key_set(DISCOVERY_CACHE_TIME), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if self._keys is not None and self._clock() - self._keys[0] < KEY_REFRESH_INTERVAL:
                raise
            return jwt.decode(token, self._key_set(timedelta(0)), algorithms=list(ALGORITHMS))

    def _userinfo(self, access_token: str, subject: str) -> JsonObject:
        """What the token leaves out; empty when the provider has no such endpoint or answers about another subject."""
        address = self._endpoints().userinfo
        if not address or not access_token:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            claims = as_object(response_json(self._plain(address).get(address, headers=headers), address))
        except ToolError:
            return {}
        return claims if as_text(claims.get("sub")) == subject else {}

    def _identity(self, claims: JsonObject) -> Identity:
        email = as_text(claims.get("email"))
        is_verified = claims.get("email_verified") is True
        subject = as_text(claims.get("sub"))
        return Identity(
            issuer=self._client.issuer,
            subject=subject,
            email=email if is_verified else "",
            unverified_email="" if is_verified else email,
            name=as_text(claims.get("name")) or as_text(claims.get("preferred_username")) or email or subject,
            groups=frozenset(_values(_claim_at(claims, self._client.groups_claim))),
            authenticated_at=_auth_time(claims, self._clock()),
        )

    def _endpoints(self) -> _Endpoints:
        if self._discovery is None or self._clock() - self._discovery[0] > DISCOVERY_CACHE_TIME:
            self._discovery = (self._clock(), self._discovered())
        return self._discovery[1]

    def _discovered(self) -> _Endpoints:
        issuer = self._client.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self._get_json(url)
        if as_text(document.get("issuer")) != issuer:
            raise SignInRefused(
                f'The identity provider calls itself "{as_text(document.get("issuer"))}", and not as it is set here.',
                remedy=Remedy(command="Set GATEPOST_OIDC_ISSUER to exactly that."),
            )
        methods = [as_text(method) for method in as_list(document.get("token_endpoint_auth_methods_supported"))]
        how = "client_secret_post" if methods and "client_secret_basic" not in methods else "client_secret_basic"
        userinfo = as_text(document.get("userinfo_endpoint"))
        return _Endpoints(
            authorize=_checked_url(as_text(document.get("authorization_endpoint"))),
            token=_checked_url(as_text(document.get("token_endpoint"))),
            keys=_checked_url(as_text(document.get("jwks_uri"))),
            userinfo=_checked_url(userinfo) if userinfo else "",
            auth_method=how,
        )

    def _key_set(self, age: timedelta) -> KeySet:
        if self._keys is None or self._clock() - self._keys[0] >= age:
            document: Any = self._get_json(self._endpoints().keys)
            # Keys of unknown kinds serve other clients of the provider.
            known = [key for key in as_list(document.get("keys")) if as_object(key).get("kty") in {"RSA", "EC", "OKP"}]
            try:
                keys: Any = KeySet.import_key_set({"keys": known})  # type: ignore[typeddict-item]
            except (JoseError, ValueError, KeyError) as error:
                raise SignInRefused("The identity provider's keys cannot be read.") from error
            self._keys = (self._clock(), keys)
        return self._keys[1]

    def _get_json(self, url: str) -> JsonObject:
        try:
            return as_object(response_json(self._plain(_checked_url(url)).get(url), url))
        except ToolError as error:
            raise SignInRefused(f"The identity provider does not answer as expected: {error}") from error

    def _session(self, endpoints: _Endpoints) -> Any:
        host = urlsplit(endpoints.token).hostname or ""
        adapter = build_adapter(
            connection=host, base_url=endpoints.token, timeout=self._timeout, classify=as_it_is, clock=self._clock,
            network=self._network,
        )  # fmt: skip
        session = OAuth2Session(
            self._client.id,
            self._client.secret,
            redirect_uri=self._client.redirect_uri,
            scope=self._client.scopes,
            token_endpoint_auth_method=endpoints.auth_method,
            code_challenge_method="S256",
        )
        return mount_adapter(session, adapter)

    def _plain(self, url: str) -> Any:
        host = urlsplit(url).hostname or ""
        return build_session(
            connection=host, base_url=url, timeout=self._timeout, classify=as_it_is, clock=self._clock,
            network=self._network,
        )  # fmt: skip


def _merged(token: JsonObject, more: JsonObject) -> JsonObject:
    """The token's claims, with what it leaves out; verified is said of the address beside it, and of no other one."""
    if "email" not in token:
        token = _without_verified(token)
    elif as_text(token["email"]) != as_text(more.get("email")):
        more = _without_verified(more)
    return {**more, **token}


def _without_verified(claims: JsonObject) -> JsonObject:
    return {name: value for name, value in claims.items() if name != "email_verified"}


def _auth_time(claims: JsonObject, now: datetime) -> datetime | None:
    """When the person signed in at the provider; a time ahead of ours is now, if the clocks can explain it."""
    seconds = claims.get("auth_time")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(at, now) if at - now <= timedelta(seconds=LEEWAY_SECONDS) else None


def _check_fresh(authenticated_at: datetime | None, asked_at: datetime) -> None:
    """Raises SignInRefused unless the person has signed in at the provider since they were asked to."""
    if authenticated_at is None:
        raise SignInRefused(
            "The identity provider does not say when you signed in there (auth_time), so it cannot confirm that it is "
            "you. Ask its administrator to send auth_time."
        )
    if authenticated_at < asked_at - timedelta(seconds=LEEWAY_SECONDS):
        raise SignInRefused("The identity provider did not ask you to sign in again. Start the confirmation again.")


def _checked_url(url: str) -> str:
    """Over TLS, or on this machine.  Raises SignInRefused for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS):
        return url
    raise SignInRefused(f'The identity provider\'s address "{url}" does not use https.')


def _claim_at(claims: JsonObject, name: str) -> Json:
    """A claim by its name, or inside others by a path: ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    value: Json = claims
    for part in name.split("."):
        value = as_object(value).get(part)
    return value


def _values(claim: Json) -> list[str]:
    return [as_text(value) for value in as_list(claim)] if not isinstance(claim, str) else [claim]
