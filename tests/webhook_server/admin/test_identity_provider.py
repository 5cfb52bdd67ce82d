"""Signing in through an identity provider that runs as a real HTTP server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from connector.people.permissions import Role, RoleGrant
from tests.waiting import LONGEST_CALL_SECONDS
from tests.webhook_server.identity import CLIENT, SECRET, Provider, provider
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text
from tests.webhook_server.visitor import site as open_site
from webhook_server.page_messages import ON_THE_SERVER

OFFICE = RoleGrant(Role.OFFICE, ("IT",))


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as state:
        yield state


@pytest.fixture
def idp(running: Provider) -> Provider:
    """The same server for all, with its tokens straight again."""
    running.alter_claims, running.signing, running.algorithm, running.userinfo = dict, None, "RS256", {}
    running.signed_in_at, running.ignores_prompt = None, False
    running.person("s-1", "ada@x.example", "finance", name="Ada Acker")
    running.requests.clear()
    return running


@pytest.fixture
def house(database: URL, tmp_path: Path, idp: Provider) -> Iterator[WebSite]:
    changes = {"oidc_issuer": idp.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with open_site(database, tmp_path, **changes) as here:
        yield here


def back(visitor: FormBrowser, onward: str = "/account") -> str:
    """To the provider; the address with which it sends the browser back."""
    there = visitor.get(f"/signin/provider?next={onward}")
    assert there.status_code == 303, page_text(there)
    answer = requests.get(there.headers["Location"], allow_redirects=False, timeout=LONGEST_CALL_SECONDS)
    address = urlsplit(answer.headers["Location"])
    return f"{address.path}?{address.query}"


def through(visitor: FormBrowser, onward: str = "/account") -> TestResponse:
    return visitor.get(back(visitor, onward))


def refusal(answer: TestResponse) -> str:
    assert (answer.status_code, "Set-Cookie" in answer.headers and "gatepost=" in str(answer.headers)) == (403, False)
    return page_text(answer)


def test_members_of_a_group_are_let_in_with_its_role(house: WebSite, idp: Provider) -> None:
    house.services.people.add_rule("finance", OFFICE, by="tests")
    visitor = house.visitor()
    answer = through(visitor, "/account?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?a=b")
    assert "office of IT" in page_text(visitor.get("/account"))
    person = house.services.people.find_by_login("ada@x.example")
    assert person is not None
    assert (person.name, person.oidc_issuer, person.oidc_subject) == ("Ada Acker", idp.url, "s-1")
    assert house.audit()[1:] == [
        ("ada@x.example (identity provider)", "person.added"),
        ("ada@x.example (identity provider)", "person.linked"),
        ("ada@x.example (identity provider)", "role.granted"),
        ("ada@x.example (identity provider)", "session.started"),
    ]


def test_who_leaves_a_group_loses_its_role_and_keeps_what_was_given_by_hand(house: WebSite, idp: Provider) -> None:
    house.services.people.add_rule("finance", OFFICE, by="tests")
    through(house.visitor())
    person = house.services.people.find_by_login("ada@x.example")
    assert person is not None
    house.services.people.grant(person.id, RoleGrant(Role.VIEWER), by="tests")
    idp.person("s-1", "ada.new@x.example", "something else")
    through(house.visitor())
    person = house.services.people.get(person.id)
    assert person is not None
    assert [held.grant for held in person.grants] == [RoleGrant(Role.VIEWER)]


def test_who_has_no_role_is_told_so_and_not_made(house: WebSite) -> None:
    assert (
        "ada@x.example has no role in Gatepost. Ask an administrator of Gatepost for one, or for a rule for one of "
        "your groups."
    ) in refusal(through(house.visitor()))
    assert house.services.people.all() == ()


def test_a_verified_address_binds_whom_an_administrator_has_added(house: WebSite, idp: Provider) -> None:
    house.person("Ada@X.example", OFFICE, password=None)
    assert through(house.visitor()).status_code == 303
    person = house.services.people.find_by_login("ada@x.example")
    assert person is not None
    assert person.oidc_subject == "s-1"


def unverified(token: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in token.items() if name != "email_verified"}


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(lambda token: token | {"email_verified": False}, id="false"),
        pytest.param(unverified, id="missing"),
        pytest.param(lambda token: token | {"email_verified": "yes"}, id="not a truth"),
    ],
)
def test_an_address_that_is_not_verified_makes_nobody_somebody_else(
    house: WebSite, idp: Provider, bend: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Neither a person whom an administrator added, nor the administrator, nor the name of one."""
    house.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    idp.person("s-evil", "ada@x.example")
    idp.alter_claims = bend
    assert (
        "The identity provider calls you s-evil (ada@x.example) and does not say that your address is verified, so "
        "nobody is found by it. An administrator of Gatepost can link you."
    ) in refusal(through(house.visitor()))
    assert [person.login for person in house.services.people.all()] == ["ada@x.example"]


def test_without_a_verified_address_a_person_is_named_by_issuer_and_subject(house: WebSite, idp: Provider) -> None:
    house.services.people.add_rule("finance", OFFICE, by="tests")
    ada = house.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    idp.person("s evil/1", "ada@x.example", "finance", verified=False, name="Ada Acker")
    visitor = house.visitor()
    assert through(visitor).status_code == 303
    page = page_text(visitor.get("/account"))
    assert f"{idp.url}#s%20evil%2F1" in page
    assert "administrator of everything" not in page
    idp.person("s evil/1", "ada@x.example", "finance", verified=True)
    assert through(house.visitor()).status_code == 303
    assert [person.id for person in house.services.people.all() if person.oidc_subject] != [ada], "the same as before"
    assert len(house.services.people.all()) == 2


def test_what_userinfo_says_of_another_address_verifies_nothing(house: WebSite, idp: Provider) -> None:
    house.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    idp.claims = {"sub": "s-1", "email": "ada@x.example"}
    idp.userinfo = {"sub": "s-1", "email": "eve@x.example", "email_verified": True, "groups": []}
    assert "does not say that your address is verified" in refusal(through(house.visitor()))
    # A token that verifies an address that it does not name says nothing of the one that stands elsewhere.
    idp.claims = {"sub": "s-1", "email_verified": True}
    for said in ({}, {"email_verified": False}):
        idp.userinfo = {"sub": "s-1", "email": "ada@x.example", "groups": [], **said}
        assert "does not say that your address is verified" in refusal(through(house.visitor()))


def test_another_identity_with_the_same_address_is_refused(house: WebSite, idp: Provider) -> None:
    house.person("ada@x.example", OFFICE)
    through(house.visitor())
    idp.person("s-2", "ada@x.example")
    assert "ada@x.example is linked to another identity." in refusal(through(house.visitor()))


def test_a_disabled_person_is_refused(house: WebSite) -> None:
    house.services.people.set_active(house.person("ada@x.example", OFFICE), active=False, by="tests")
    assert "This account is disabled in Gatepost." in refusal(through(house.visitor()))


def changed(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda token: {name: value for name, value in (token | claims).items() if value is not None}


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        pytest.param(changed(nonce="another"), "nonce", id="another nonce"),
        pytest.param(changed(nonce=None), "nonce", id="no nonce"),
        pytest.param(changed(aud="another-client"), "aud", id="another audience"),
        pytest.param(changed(aud=None), "aud", id="no audience"),
        pytest.param(changed(iss="https://evil.example"), "iss", id="another issuer"),
        pytest.param(changed(exp=1_700_000_000), "expired", id="expired"),
        pytest.param(changed(exp=None), "exp", id="no end"),
        pytest.param(changed(sub=None), "sub", id="nobody"),
        pytest.param(changed(exp=float("inf")), "exp", id="an end at infinity"),
        pytest.param(changed(iat=4_000_000_000), "future", id="from the future"),
        pytest.param(changed(nbf=4_000_000_000), "not yet valid", id="valid in the future"),
        pytest.param(changed(aud=[CLIENT, "other"], azp="other"), "another program", id="made for another program"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    house: WebSite, idp: Provider, bend: Callable[[dict[str, Any]], dict[str, Any]], message: str
) -> None:
    house.person("ada@x.example", OFFICE)
    idp.alter_claims = bend
    page = refusal(through(house.visitor()))
    assert "The identity provider's token" in page
    assert message in page


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(RSAKey.generate_key(2048, {"kid": "first"}), "RS256", id="another key under the same name"),
        pytest.param(RSAKey.generate_key(2048, {"kid": "unknown"}), "RS256", id="a key that is not published"),
        pytest.param(OctKey.import_key(SECRET.encode() * 2, {"kid": "first"}), "HS256", id="the client's secret"),
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    house: WebSite, idp: Provider, key: RSAKey | OctKey, algorithm: str
) -> None:
    house.person("ada@x.example", OFFICE)
    idp.signing, idp.algorithm = key, algorithm
    assert "The identity provider's token is not valid" in refusal(through(house.visitor()))


def test_a_key_that_the_provider_has_changed_is_fetched_anew(house: WebSite, idp: Provider) -> None:
    house.person("ada@x.example", OFFICE)
    old = idp.key
    try:
        idp.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
        assert through(house.visitor()).status_code == 303
    finally:
        idp.key = old


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda query: query.replace("state=", "state=x"), "started in another window", id="another state"),
        pytest.param(lambda query: query.partition("&state")[0], "started in another window", id="no state"),
        pytest.param(lambda query: query.replace("code=", "code=x"), "did not accept the code", id="another code"),
        pytest.param(lambda query: query + "&iss=https://evil.example", "another identity provider", id="mixed up"),
        pytest.param(
            lambda query: query.replace("code=", "error=access_denied&error_description=Not+you&c="),
            "did not sign you in: Not you", id="refused over there",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_was_not_asked_for_is_refused(
    house: WebSite, change: Callable[[str], str], message: str
) -> None:
    house.person("ada@x.example", OFFICE)
    visitor = house.visitor()
    assert message in refusal(visitor.get(change(back(visitor))))


def test_an_answer_is_good_once_and_in_the_browser_that_asked(house: WebSite) -> None:
    house.person("ada@x.example", OFFICE)
    visitor = house.visitor()
    answer = back(visitor)
    elsewhere = house.visitor().get(answer)
    assert (elsewhere.status_code, "started in another window" in page_text(elsewhere)) == (400, True)
    assert visitor.get(answer).status_code == 303
    assert visitor.get(answer).status_code == 400


def test_what_the_token_leaves_out_is_asked_for(house: WebSite, idp: Provider) -> None:
    house.services.people.add_rule("finance", OFFICE, by="tests")
    idp.claims = {"sub": "s-1"}
    idp.userinfo = {
        "sub": "s-1",
        "email": "ada@x.example",
        "email_verified": True,
        "name": "Ada",
        "groups": ["finance"],
    }
    assert through(house.visitor()).status_code == 303
    idp.userinfo = {"sub": "s-9", "email": "boss@x.example", "groups": ["finance"]}
    idp.claims = {"sub": "s-7"}
    assert "The identity provider calls you s-7 and does not say" in refusal(through(house.visitor()))


# --- to confirm that it is you ----------------------------------------------------------------------------------


def waiting_form(house: WebSite, visitor: FormBrowser) -> str:
    """A form of an administrator of the provider that waits for a confirmation; the way to the provider."""
    asked = visitor.post("/people/new", {"login": "bob@x.example", "name": "Bob Berg"}, page="/people/new")
    assert (asked.status_code, "Password" in page_text(asked)) == (401, False), "they have none"
    found = re.search(r'href="(/signin/provider/confirm[^"]*)"', asked.text)
    assert found is not None
    return unescape(found[1])


def answered(visitor: FormBrowser, way: str) -> TestResponse:
    there = visitor.get(way).headers["Location"]
    answer = requests.get(there, allow_redirects=False, timeout=LONGEST_CALL_SECONDS)
    address = urlsplit(answer.headers["Location"])
    return visitor.get(f"{address.path}?{address.query}")


@pytest.fixture
def administrator(house: WebSite, idp: Provider) -> FormBrowser:
    """Signed in through the provider, which does not say when she signed in there."""
    house.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR), password=None)
    visitor = house.visitor()
    assert through(visitor).status_code == 303
    return visitor


def test_a_form_waits_for_a_new_sign_in_at_the_provider(
    house: WebSite, idp: Provider, administrator: FormBrowser
) -> None:
    idp.signed_in_at = int(time.time()) - 3600
    onward = answered(administrator, waiting_form(house, administrator)).headers["Location"]
    page = administrator.get(onward)
    assert "Your organisation has confirmed it. Nothing has been changed yet" in page_text(page)
    assert house.services.people.find_by_login("bob@x.example") is None
    token = parse_qs(urlsplit(onward).query)["form"][0]
    assert administrator.post("/people/new", {"pending_form": token}, page=onward).status_code == 303
    assert house.services.people.find_by_login("bob@x.example") is not None


@pytest.mark.parametrize("seconds", [3600, None, 61 - 7200], ids=["a session of an hour", "silent", "from the future"])
def test_a_session_at_the_provider_is_not_enough(
    house: WebSite, idp: Provider, administrator: FormBrowser, seconds: int | None
) -> None:
    idp.ignores_prompt = True
    idp.signed_in_at = None if seconds is None else int(time.time()) - seconds
    answer = answered(administrator, waiting_form(house, administrator))
    wanted = "did not ask you to sign in again." if seconds == 3600 else "does not say when you signed in there"
    assert (answer.status_code, wanted in page_text(answer)) == (403, True)
    waiting_form(house, administrator)


def test_somebody_else_at_the_provider_confirms_nothing(
    house: WebSite, idp: Provider, administrator: FormBrowser
) -> None:
    way = waiting_form(house, administrator)
    idp.person("s-2", "eve@x.example", "finance")
    answer = answered(administrator, way)
    assert (answer.status_code, "Somebody else signed in at the identity provider." in page_text(answer)) == (403, True)
    waiting_form(house, administrator)


def test_a_sign_in_that_the_provider_says_to_be_new_needs_no_other(house: WebSite, idp: Provider) -> None:
    house.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR), password=None)
    idp.signed_in_at = int(time.time()) - 60
    visitor = house.visitor()
    through(visitor)
    form = {"login": "bob@x.example", "name": "Bob Berg"}
    assert visitor.post("/people/new", form, page="/people/new").status_code == 303


def test_the_redirect_is_asked_with_proof_and_without_secret(house: WebSite, idp: Provider) -> None:
    asked = parse_qs(urlsplit(house.visitor().get("/signin/provider").headers["Location"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8600/signin/returned"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 43
    assert len(asked["nonce"][0]) >= 43
    assert not {"client_secret", "code_verifier"} & set(asked)


def test_a_provider_that_calls_itself_otherwise_is_not_used(database: URL, tmp_path: Path, idp: Provider) -> None:
    changes = {"oidc_issuer": idp.url + "/", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with open_site(database, tmp_path, **changes) as here:
        answer = here.visitor().get("/signin/provider")
    assert answer.status_code == 503
    assert f'calls itself "{idp.url}", and not as it is set here. {ON_THE_SERVER}' in page_text(answer)


@pytest.mark.parametrize("issuer", ["http://idp.example", "http://127.0.0.1:9"])
def test_a_provider_that_cannot_be_trusted_or_reached_is_told(database: URL, tmp_path: Path, issuer: str) -> None:
    changes = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "connect_timeout": 1}
    with open_site(database, tmp_path, **changes) as here:
        answer = here.visitor().get("/signin/provider")
    assert answer.status_code == 503
    assert "The identity provider" in page_text(answer)


def test_without_a_provider_there_is_no_such_door(site: WebSite) -> None:
    site.person("ada@x.example")
    assert "identity" not in page_text(site.visitor().get("/signin"))
    assert site.visitor().get("/signin/provider").status_code == 404
