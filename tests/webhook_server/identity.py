"""A small OpenID provider: a real HTTP server with discovery, authorization, token, keys and userinfo.

It holds the client to the rules (secret, PKCE, redirect address, one use of a code), and its tokens can be bent.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.wrappers import Response as BaseResponse

from sandbox.serving import Server

CLIENT, SECRET = "gatepost", "the client's own secret"


@dataclass
class Provider:
    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """What the token says of whoever signs in."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    alter_claims: Callable[[dict[str, Any]], Mapping[str, Any]] = dict
    """Changes the token before it is signed."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    signing: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    signed_in_at: int | None = None
    """When the person signed in here, which the token then says (``auth_time``); ``prompt=login`` asks them anew."""
    ignores_prompt: bool = False
    """Whether a session here is enough for it, whatever is asked."""

    def person(self, subject: str, email: str, *groups: str, verified: bool = True, name: str = "") -> None:
        self.claims = {
            "sub": subject,
            "email": email,
            "email_verified": verified,
            "name": name or email,
            "groups": list(groups),
        }

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        if self.signed_in_at is not None:
            claims["auth_time"] = self.signed_in_at
        key = self.signing or self.key
        header = {"alg": self.algorithm, "kid": key.kid or "first"}
        return jwt.encode(header, dict(self.alter_claims(claims)), key, algorithms=[self.algorithm])


@contextmanager
def provider() -> Iterator[Provider]:
    state = Provider()
    server = Server(_app(state), "127.0.0.1", 0).start()
    state.url = server.url
    try:
        yield state
    finally:
        server.stop()


def _app(state: Provider) -> Flask:
    app = Flask("identity")

    @app.before_request
    def note() -> None:
        state.requests.append(request.path)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        names["userinfo_endpoint"] = "userinfo"
        return jsonify({"issuer": state.url} | {name: f"{state.url}/{path}" for name, path in names.items()})

    @app.get("/authorize")
    def authorize() -> BaseResponse:
        asked = request.args
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if asked.get("prompt") == "login" and asked.get("max_age") == "0" and not state.ignores_prompt:
            state.signed_in_at = int(time.time())
        code = secrets.token_urlsafe(16)
        state.codes[code] = {name: asked[name] for name in ("nonce", "code_challenge", "redirect_uri")}
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    @app.post("/token")
    def token() -> tuple[Response, int]:
        kept = state.codes.pop(request.form["code"], None)
        given = request.authorization
        verifier = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        good = given is not None and (given.username, given.password) == (CLIENT, SECRET)
        if not good or kept is None or kept["code_challenge"] != challenge:
            return jsonify({"error": "invalid_grant"}), 400
        if kept["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify({"error": "invalid_grant", "error_description": "another address"}), 400
        answer = {
            "access_token": "at",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": state.token(kept["nonce"]),
        }
        return jsonify(answer), 200

    @app.get("/keys")
    def keys() -> Response:
        return jsonify({"keys": [state.key.as_dict(private=False), {"kty": "unheard-of", "kid": "new"}]})

    @app.get("/userinfo")
    def userinfo() -> Response:
        assert request.headers["Authorization"] == "Bearer at"
        return jsonify(state.userinfo)

    return app
