"""Sign-in through an identity provider: OpenID Connect, authorization code with PKCE.

https://openid.net/specs/openid-connect-core-1_0.html : the ID token is good when its signature is one of the
provider's present keys and issuer, audience, end and nonce are what was asked for.  Every call goes out on our own
transport, to the provider's host and to those that its discovery document names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connector.errors import ToolError
from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.http.transport import LOOPBACK, Timeout, as_it_is, build_adapter, build_session, json_of, seal
from connector.people.identity import Begun, Client, Identity, SignInRefused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key of the provider alone; none that a client's secret could make."""

LEEWAY_SECONDS = 60
REMEMBERED = timedelta(hours=1)
"""How long discovery and keys are kept; an unknown key is asked for at once, see :data:`ANEW`."""
ANEW = timedelta(seconds=30)
"""How often at most the keys are fetched anew because a token names another one."""


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorize: str
    token: str
    keys: str
    userinfo: str
    how: str
    """How the client proves itself at the token endpoint."""


class Provider:
    def __init__(self, client: Client, *, timeout: Timeout, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._timeout = timeout
        self._clock = clock
        self._found: tuple[datetime, _Endpoints] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def begin(self) -> tuple[str, Begun]:
        """The provider's page to go to, and what has to come back from it.  Raises SignInRefused."""
        begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        session: Any = self._session(self._endpoints())
        url, _ = session.create_authorization_url(
            self._endpoints().authorize,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
        return str(url), begun

    def finish(self, begun: Begun, answer: dict[str, str]) -> Identity:
        """Whom the provider's answer vouches for.  Raises SignInRefused.

        ``answer`` is the query with which the browser came back.
        """
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SignInRefused("This sign-in was begun in another window, or too long ago. Begin it again.")
        if "iss" in answer and answer["iss"] != self._client.issuer:
            raise SignInRefused("The answer comes from another identity provider than the one that was asked.")
        if "error" in answer:
            told = answer.get("error_description") or answer["error"]
            raise SignInRefused(f"The identity provider did not sign you in: {told[:300]}")
        if not answer.get("code"):
            raise SignInRefused("The identity provider sent no code. Begin the sign-in again.")
        tokens = self._redeem(answer["code"], begun.verifier)
        claims = self._claims(text(tokens.get("id_token")), begun.nonce)
        if self._client.groups_claim not in claims or "email" not in claims:
            claims = {**self._userinfo(text(tokens.get("access_token")), text(claims.get("sub"))), **claims}
        return self._identity(claims)

    def _redeem(self, code: str, verifier: str) -> JsonObject:
        endpoints = self._endpoints()
        session: Any = self._session(endpoints)
        try:
            found: JsonObject = session.fetch_token(endpoints.token, code=code, code_verifier=verifier)
        except (AuthlibBaseError, ToolError, ValueError) as error:
            raise SignInRefused(f"The identity provider did not take the code: {error}") from error
        return found

    def _claims(self, token: str, nonce: str) -> JsonObject:
        wanted = jwt.JWTClaimsRegistry(
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
            wanted.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"The identity provider's token is not good: {error}") from error
        if len(items(claims.get("aud"))) > 1 and claims.get("azp") != self._client.id:
            raise SignInRefused("The identity provider's token was made for another program.")
        return claims

    def _decoded(self, token: str) -> jwt.Token:
        """With the keys that are known; with newer ones when the provider has changed them meanwhile."""
        try:
            return jwt.decode(token, self._key_set(REMEMBERED), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if self._keys is not None and self._clock() - self._keys[0] < ANEW:
                raise
            return jwt.decode(token, self._key_set(timedelta(0)), algorithms=list(ALGORITHMS))

    def _userinfo(self, access_token: str, subject: str) -> JsonObject:
        """What the token leaves out; nothing when the provider has no such endpoint or it speaks of another."""
        address = self._endpoints().userinfo
        if not address or not access_token:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            found = obj(json_of(self._plain(address).get(address, headers=headers), address))
        except ToolError:
            return {}
        return found if text(found.get("sub")) == subject else {}

    def _identity(self, claims: JsonObject) -> Identity:
        email = text(claims.get("email"))
        login = email or text(claims.get("preferred_username")) or text(claims.get("sub"))
        return Identity(
            issuer=self._client.issuer,
            subject=text(claims.get("sub")),
            login=login,
            email_verified=bool(email) and claims.get("email_verified") is True,
            name=text(claims.get("name")) or login,
            groups=frozenset(_values(_at(claims, self._client.groups_claim))),
        )

    def _endpoints(self) -> _Endpoints:
        if self._found is None or self._clock() - self._found[0] > REMEMBERED:
            self._found = (self._clock(), self._discovered())
        return self._found[1]

    def _discovered(self) -> _Endpoints:
        issuer = self._client.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._asked(url)
        if text(found.get("issuer")) != issuer:
            raise SignInRefused(
                f'The identity provider calls itself "{text(found.get("issuer"))}": '
                "set GATEPOST_OIDC_ISSUER to exactly that."
            )
        methods = [text(one) for one in items(found.get("token_endpoint_auth_methods_supported"))]
        how = "client_secret_post" if methods and "client_secret_basic" not in methods else "client_secret_basic"
        userinfo = text(found.get("userinfo_endpoint"))
        return _Endpoints(
            authorize=_safe(text(found.get("authorization_endpoint"))),
            token=_safe(text(found.get("token_endpoint"))),
            keys=_safe(text(found.get("jwks_uri"))),
            userinfo=_safe(userinfo) if userinfo else "",
            how=how,
        )

    def _key_set(self, age: timedelta) -> KeySet:
        if self._keys is None or self._clock() - self._keys[0] >= age:
            found: Any = self._asked(self._endpoints().keys)
            # Keys of kinds that we do not know are the provider's for others.
            known = [one for one in items(found.get("keys")) if obj(one).get("kty") in {"RSA", "EC", "OKP"}]
            try:
                made: Any = KeySet.import_key_set({"keys": known})  # type: ignore[typeddict-item]
            except (JoseError, ValueError, KeyError) as error:
                raise SignInRefused("The identity provider's keys cannot be read.") from error
            self._keys = (self._clock(), made)
        return self._keys[1]

    def _asked(self, url: str) -> JsonObject:
        try:
            return obj(json_of(self._plain(_safe(url)).get(url), url))
        except ToolError as error:
            raise SignInRefused(f"The identity provider does not answer as it should: {error}") from error

    def _session(self, endpoints: _Endpoints) -> Any:
        host = urlsplit(endpoints.token).hostname or ""
        adapter = build_adapter(
            connection=host, base_url=endpoints.token, timeout=self._timeout, classify=as_it_is, clock=self._clock
        )
        session = OAuth2Session(
            self._client.id,
            self._client.secret,
            redirect_uri=self._client.redirect_uri,
            scope=self._client.scopes,
            token_endpoint_auth_method=endpoints.how,
            code_challenge_method="S256",
        )
        return seal(session, adapter)

    def _plain(self, url: str) -> Any:
        host = urlsplit(url).hostname or ""
        return build_session(connection=host, base_url=url, timeout=self._timeout, classify=as_it_is, clock=self._clock)


def _safe(url: str) -> str:
    """Over TLS, or on this machine.  Raises SignInRefused for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise SignInRefused(f'The identity provider\'s address "{url}" is not one over https.')


def _at(claims: JsonObject, name: str) -> Json:
    """A claim by its name, or inside others by a path: ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    found: Json = claims
    for part in name.split("."):
        found = obj(found).get(part)
    return found


def _values(claim: Json) -> list[str]:
    return [text(one) for one in items(claim)] if not isinstance(claim, str) else [claim]
