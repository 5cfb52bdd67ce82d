"""Ways in: passwords, OAuth grants, API keys, the restriction of basic authentication; and limits of how often."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.servicenow.credentials import JWT_GRANT
from tests.sandbox.servicenow.instance import ROBOT, RunningInstance
from tests.waiting import LONGEST_CALL_SECONDS

CLIENT = {"client_id": "gatepost", "client_secret": "its-secret"}


@pytest.fixture
def oauth(instance: RunningInstance) -> RunningInstance:
    instance.state.oauth_clients["gatepost"] = ("its-secret", ROBOT[0])
    return instance


def ask(instance: RunningInstance, form: Mapping[str, str]) -> requests.Response:
    return requests.post(f"{instance.state.base_url}/oauth_token.do", data=dict(form), timeout=LONGEST_CALL_SECONDS)


def bearer(instance: RunningInstance, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return instance.call("GET", "/table/task", auth=None, headers=headers).status_code


def test_client_credentials_give_an_opaque_token_that_ends(oauth: RunningInstance) -> None:
    token = ask(oauth, CLIENT | {"grant_type": "client_credentials"}).json()
    assert {name: token[name] for name in ("scope", "token_type", "expires_in")} == {
        "scope": "useraccount", "token_type": "Bearer", "expires_in": 1799,
    }  # fmt: skip
    assert (bearer(oauth, token["access_token"]), "refresh_token" in token, "." in token["access_token"]) == (
        200,
        False,
        False,
    )
    oauth.clock.advance(minutes=30)
    assert bearer(oauth, token["access_token"]) == 401


def test_a_password_gives_a_token_that_can_be_refreshed_and_revoked(oauth: RunningInstance) -> None:
    form = CLIENT | {"grant_type": "password", "username": ROBOT[0], "password": ROBOT[1]}
    token = ask(oauth, form).json()
    oauth.clock.advance(hours=1)
    again = ask(oauth, CLIENT | {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}).json()
    assert (bearer(oauth, token["access_token"]), bearer(oauth, again["access_token"])) == (401, 200)
    requests.get(
        f"{oauth.state.base_url}/oauth_revoke_token.do",
        params={"token": again["access_token"]},
        timeout=LONGEST_CALL_SECONDS,
    )
    assert bearer(oauth, again["access_token"]) == 401
    oauth.state.keys.passwords_off = True
    assert ask(oauth, form).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, 401, "access_denied"),
        (CLIENT | {"grant_type": "client_credentials", "client_secret": "x"}, 401, "access_denied"),
        (CLIENT | {"grant_type": "password", "username": ROBOT[0], "password": "x"}, 401, "access_denied"),
        (CLIENT | {"grant_type": "refresh_token", "refresh_token": "x"}, 401, "invalid_grant"),
        (CLIENT | {"grant_type": "magic"}, 400, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_refuses(oauth: RunningInstance, form: dict[str, str], status: int, error: str) -> None:
    answer = ask(oauth, form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "error_description"}


def test_the_token_endpoint_reads_forms_only(oauth: RunningInstance) -> None:
    url = f"{oauth.state.base_url}/oauth_token.do"
    answer = requests.post(url, json=CLIENT | {"grant_type": "client_credentials"}, timeout=LONGEST_CALL_SECONDS)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("title", "claims", "other_key", "passes"),
    [
        ("a good assertion", {}, False, True),
        ("another audience", {"aud": "somebody else"}, False, False),
        ("one that has ended", {"exp": 0}, False, False),
        ("one without an end", {"exp": None}, False, False),
        ("one without a user", {"sub": ""}, False, False),
        ("another key", {}, True, False),
    ],
)
def test_a_signed_assertion(
    oauth: RunningInstance, title: str, claims: dict[str, object], other_key: bool, passes: bool
) -> None:
    key, other = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
    oauth.state.keys.trust("gatepost", key.as_pem(private=False).decode())
    ends = int(oauth.clock.now.timestamp()) + 300
    body = {"iss": "gatepost", "aud": "gatepost", "sub": ROBOT[0], "exp": ends} | claims
    given = {name: value for name, value in body.items() if value is not None}
    assertion = jwt.encode({"alg": "RS256"}, given, other if other_key else key)
    answer = ask(oauth, CLIENT | {"grant_type": JWT_GRANT, "assertion": assertion})
    assert (answer.status_code == 200) is passes, title
    if passes:
        assert bearer(oauth, answer.json()["access_token"]) == 200


def test_an_api_key_is_a_user(instance: RunningInstance) -> None:
    instance.state.keys.api_keys["now_123"] = ROBOT[0]
    for key, status in (("now_123", 200), ("now_124", 401)):
        answer = instance.call("GET", "/table/task", auth=None, headers={"x-sn-apikey": key})
        assert answer.status_code == status


def test_basic_authentication_can_be_limited_to_some_users(instance: RunningInstance) -> None:
    instance.state.keys.restrict_basic = True
    assert instance.call("GET", "/table/task").status_code == 401
    instance.state.add_user("machine", "Machine", "m", web_service_access_only="true")
    instance.state.add_user("kept", "Kept", "k", roles=("snc_basic_auth_api_access",))
    assert [
        instance.call("GET", "/table/task", auth=auth).status_code for auth in (("machine", "m"), ("kept", "k"))
    ] == [200, 200]


def limit(instance: RunningInstance, count: int, **columns: str) -> str:
    values = {"name": "r", "request_limit_per_hour": str(count), "rest_api": "Table API"} | columns
    return instance.state.store("sys_rate_limit_rules", values, "system")["sys_id"]


def test_a_rate_limit_is_reported_and_ends_with_the_hour(instance: RunningInstance) -> None:
    rule = limit(instance, 2)
    for _ in range(2):
        headers = instance.call("GET", "/table/task").headers
    reset = int(instance.clock.now.timestamp()) + 3600
    token = {name: value for name, value in headers.items() if name.startswith("X-RateLimit")}
    assert token == {"X-RateLimit-Limit": "2", "X-RateLimit-Reset": str(reset), "X-RateLimit-Rule": rule}
    assert "Retry-After" not in headers
    instance.clock.advance(minutes=10)
    answer = instance.call("GET", "/table/task")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3000")
    assert answer.json()["error"] == {
        "message": "Rate limit exceeded", "detail": "Rate limit of 2 requests per hour for Table API exceeded",
    }  # fmt: skip
    assert instance.call("GET", "/stats/task", count="true").status_code == 200, "another API"
    instance.clock.advance(minutes=50)
    assert instance.call("GET", "/table/task").status_code == 200


def test_the_users_own_rule_comes_before_the_roles_and_the_lowest_of_those_counts(instance: RunningInstance) -> None:
    state = instance.state
    state.grant(ROBOT[0], "itil")
    limit(instance, 50)
    limit(instance, 30, role=state.add_role("itil"))
    limit(instance, 20, role=state.add_role("itil"))
    assert instance.call("GET", "/table/task").headers["X-RateLimit-Limit"] == "20"
    user = state.find_user(ROBOT[0])
    assert user is not None
    limit(instance, 99, user=user["sys_id"])
    assert instance.call("GET", "/table/task").headers["X-RateLimit-Limit"] == "99"


def test_semaphores_answer_without_any_header(instance: RunningInstance) -> None:
    fault = {"status": 429, "method": "GET", "path": "/api/now/table", "times": 1}
    requests.post(f"{instance.state.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)
    answer = instance.call("GET", "/table/task")
    assert answer.status_code == 429
    assert not [name for name in answer.headers if name.startswith("X-RateLimit") or name == "Retry-After"]
