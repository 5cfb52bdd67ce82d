"""Access tokens: requested by each grant, and renewed when one is refused before its stated expiry."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from connector.errors import AuthenticationFailed, ConfigurationError, InvalidResponse
from connector.http.oauth import jwt_assertion, renew_token
from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType, ToolAccess
from connector.http.transport import Timeout
from connector.servicenow import site
from mapping.work_item import ConnectionName, Tool

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BASE = "https://acme.service-now.com"
TOKEN_URL = f"{BASE}/oauth_token.do"


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def grant(pem: str) -> OAuthGrant:
    return OAuthGrant("client", "secret", "", TOKEN_URL, OAuthGrantType.JWT_BEARER, pem, "key-1", "gatepost")


@responses.activate
def test_a_jwt_bearer_is_signed_with_our_own_key_for_the_integration_user(pem: str) -> None:
    responses.post(TOKEN_URL, json={"access_token": "fresh", "expires_in": 1799, "token_type": "Bearer"})
    renewed = renew_token(grant(pem), timeout=Timeout(), clock=lambda: NOW)
    assert renewed.access_token == "fresh"
    assert (renewed.expires_at - NOW).total_seconds() == 1799
    sent = parse_qs(str(responses.calls[0].request.body))
    assert sent["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    signed = jwt.decode(sent["assertion"][0], RSAKey.import_key(pem), algorithms=["RS256"])
    assert signed.header["kid"] == "key-1"
    claims = {name: signed.claims[name] for name in ("iss", "aud", "sub")}
    assert claims == {"iss": "client", "aud": "client", "sub": "gatepost"}
    assert signed.claims["exp"] - signed.claims["iat"] == 300


@pytest.mark.parametrize("told", ["NaN", "Infinity", "1e999", '"soon"'])
@responses.activate
def test_an_end_that_is_no_number_is_an_answer_that_cannot_be_read(pem: str, told: str) -> None:
    body = f'{{"access_token": "fresh", "expires_in": {told}, "token_type": "Bearer"}}'
    responses.post(TOKEN_URL, body=body, content_type="application/json")
    with pytest.raises(InvalidResponse, match=r"The answer of acme\.service-now\.com to a renewal cannot be read"):
        renew_token(grant(pem), timeout=Timeout(), clock=lambda: NOW)


@pytest.mark.parametrize("told", ["null", "-1", "1e18"])
@responses.activate
def test_an_end_that_cannot_be_is_an_hour(pem: str, told: str) -> None:
    body = f'{{"access_token": "fresh", "expires_in": {told}, "token_type": "Bearer"}}'
    responses.post(TOKEN_URL, body=body, content_type="application/json")
    renewed = renew_token(grant(pem), timeout=Timeout(), clock=lambda: NOW)
    assert (renewed.expires_at - NOW).total_seconds() == 3600


def test_an_invalid_key_is_reported_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="The private key is no RSA key in PEM form without a passphrase"):
        jwt_assertion(grant("no key"), NOW)


def access(credential: str = "old") -> ToolAccess:
    return ToolAccess(ConnectionName("servicenow-main"), Tool.SERVICENOW, BASE, "gatepost", credential, auth=Auth.OAUTH)


@responses.activate
def test_a_token_that_is_refused_before_its_expiry_is_renewed_once_and_the_write_sent_again() -> None:
    path = f"{BASE}/api/now/table/pm_project/{'a' * 32}"
    for token, status in (("old", 401), ("new", 204)):
        responses.delete(
            path, status=status, match=[responses.matchers.header_matcher({"Authorization": f"Bearer {token}"})]
        )
    refused_tokens: list[str] = []

    def fresh(refused: str) -> str:
        refused_tokens.append(refused)
        return "new"

    tool_site = site(access(), timeout=Timeout(), clock=lambda: NOW, renew=fresh)
    client = tool_site.reader._client  # type: ignore[attr-defined]
    client.delete("pm_project", "a" * 32)
    client.delete("pm_project", "a" * 32)
    assert refused_tokens == ["old"]
    assert [call.response.status_code for call in responses.calls] == [401, 204, 204]  # type: ignore[union-attr]


@responses.activate
def test_a_token_that_another_process_stored_and_that_has_ended_too_is_renewed() -> None:
    path = f"{BASE}/api/now/table/pm_project/{'a' * 32}"
    for token, status in (("old", 401), ("stored meanwhile", 401), ("new", 204)):
        responses.delete(
            path, status=status, match=[responses.matchers.header_matcher({"Authorization": f"Bearer {token}"})]
        )
    current = {"old": "stored meanwhile", "stored meanwhile": "new"}
    tool_site = site(access(), timeout=Timeout(), clock=lambda: NOW, renew=current.__getitem__)
    tool_site.reader._client.delete("pm_project", "a" * 32)  # type: ignore[attr-defined]
    assert [call.response.status_code for call in responses.calls] == [401, 401, 204]  # type: ignore[union-attr]


@responses.activate
def test_tokens_that_are_refused_one_after_another_end_in_an_authentication_failure() -> None:
    path = f"{BASE}/api/now/table/pm_project/{'a' * 32}"
    responses.delete(path, status=401)
    tool_site = site(access(), timeout=Timeout(), clock=lambda: NOW, renew=lambda refused: f"{refused}, renewed")
    with pytest.raises(AuthenticationFailed):
        tool_site.reader._client.delete("pm_project", "a" * 32)  # type: ignore[attr-defined]
    assert len(responses.calls) == 3


@responses.activate
def test_a_renewed_token_that_is_refused_too_is_an_authentication_failure() -> None:
    path = f"{BASE}/api/now/table/pm_project/{'a' * 32}"
    responses.delete(path, status=401)
    tool_site = site(access(), timeout=Timeout(), clock=lambda: NOW, renew=lambda refused: "new")
    with pytest.raises(AuthenticationFailed):
        tool_site.reader._client.delete("pm_project", "a" * 32)  # type: ignore[attr-defined]
    assert len(responses.calls) == 2


@responses.activate
def test_an_api_key_is_sent_in_its_own_header_and_nothing_else_is() -> None:
    responses.delete(f"{BASE}/api/now/table/pm_project/{'a' * 32}", status=204)
    keyed = ToolAccess(
        ConnectionName("servicenow-main"), Tool.SERVICENOW, BASE, "gatepost", "the-key", auth=Auth.APIKEY
    )
    site(keyed, timeout=Timeout(), clock=lambda: NOW).reader._client.delete("pm_project", "a" * 32)  # type: ignore[attr-defined]
    headers = responses.calls[0].request.headers
    assert headers["x-sn-apikey"] == "the-key"
    assert "Authorization" not in headers
