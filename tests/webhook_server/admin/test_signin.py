"""Signing in with a password, staying signed in, and being signed out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, Role, RoleGrant
from connector.store.accounts.first_administrator import add_first_administrator, first_link
from connector.store.accounts.sign_in_throttle import SignInAttempt, SignInThrottle
from tests.webhook_server.visitor import PASSWORD, FormBrowser, WebSite, page_text
from webhook_server.admin.signin import WRONG_CREDENTIALS

ADMIN = RoleGrant(Role.ADMINISTRATOR)


def cookie(visitor: FormBrowser, name: str = "gatepost") -> str:
    found = visitor.client.get_cookie(name)
    return found.value if found else ""


def test_an_empty_installation_says_how_to_make_the_first_administrator(site: WebSite) -> None:
    page = page_text(site.visitor().get("/"))
    assert "Nobody can sign in yet." in page
    assert "gatepost user first-link" in page


def test_the_first_administrator_comes_by_a_link_that_works_once(site: WebSite) -> None:
    services, visitor = site.services, site.visitor()
    link = first_link("", services.vault, system_clock())
    entered = {"name": "Ada", "login": "ada@x.example", "password": PASSWORD, "repeated": PASSWORD}
    assert visitor.get("/first-administrator?key=1.2").status_code == 403
    old = first_link("", services.vault, system_clock() - timedelta(hours=25))
    assert visitor.get(old).status_code == 403
    assert visitor.get(link).status_code == 200
    assert visitor.post(link, entered | {"repeated": "another one 123"}, page=link).status_code == 422
    made = visitor.post(link, entered, page=link)
    assert (made.status_code, made.headers["Location"]) == (303, "/setup")
    assert visitor.get("/setup").status_code == 200
    again = site.visitor().get(link)
    assert (again.status_code, "This link was used already" in page_text(again)) == (410, True)
    with pytest.raises(ConfigurationError, match="used already"):
        add_first_administrator(services.engine, "eve@x.example", "Eve", "hash")
    assert ("ada@x.example", "role.granted") in site.audit()


def test_the_right_password_leads_to_the_page_that_was_wanted(site: WebSite) -> None:
    site.person("ada@x.example", ADMIN)
    visitor = site.visitor()
    asked = visitor.get("/people?q=ada")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/signin?next=/people?q%3Dada")
    answer = visitor.sign_in(" ADA@X.example ".strip(), onward="/people?q=ada")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people?q=ada")
    assert visitor.get("/people").status_code == 200
    assert site.audit()[-1] == ("ada@x.example", "session.started")


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("ada@x.example", "wrong password", id="a wrong password"),
        pytest.param("nobody@x.example", PASSWORD, id="an unknown login"),
        pytest.param("oidc@x.example", PASSWORD, id="somebody without a password"),
        pytest.param("gone@x.example", PASSWORD, id="somebody who is disabled"),
        pytest.param("ada@x.example", "x" * 100_000, id="a password without end"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(site: WebSite, login: str, password: str) -> None:
    site.person("ada@x.example", ADMIN)
    site.person("oidc@x.example", password=None)
    site.services.people.set_active(site.person("gone@x.example"), active=False, by="tests")
    visitor = site.visitor()
    answer = visitor.sign_in(login, password)
    assert (answer.status_code, WRONG_CREDENTIALS in page_text(answer), cookie(visitor)) == (401, True, "")


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"])
def test_signing_in_leads_to_no_other_host(site: WebSite, evil: str) -> None:
    site.person("ada@x.example", ADMIN)
    assert site.visitor().sign_in("ada@x.example", onward=evil).headers["Location"] == "/"


def test_only_the_hash_of_the_cookie_is_stored(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example", ADMIN)
    token = cookie(visitor)
    assert len(token) >= 43, "256 bits"
    with site.services.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM web_session")).all()
    assert bytes(row.hash) == hashlib.sha256(token.encode()).digest()
    assert token not in str(row)


def test_signing_in_again_makes_a_new_session_and_ends_the_one_before(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example", ADMIN)
    before = cookie(visitor)
    answer = visitor.post("/signin", {"login": "ada@x.example", "password": PASSWORD}, page="/account")
    assert answer.status_code == 303
    assert cookie(visitor) != before
    assert site.services.sessions.viewer(before, now=system_clock()) is None
    assert site.services.sessions.viewer(cookie(visitor), now=system_clock()) is not None


def test_signing_out_ends_the_session_on_the_server(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example", ADMIN)
    token = cookie(visitor)
    visitor.post("/signout", page="/account")
    assert cookie(visitor) == ""
    visitor.client.set_cookie("gatepost", token)
    assert visitor.get("/account").status_code == 303


def _age(site: WebSite, column: str, by: timedelta) -> None:
    with site.services.engine.begin() as transaction:
        transaction.execute(text(f"UPDATE web_session SET {column} = {column} - :by"), {"by": by})


def _idle(site: WebSite) -> None:
    _age(site, "seen_at", timedelta(minutes=61))


def _old(site: WebSite) -> None:
    _age(site, "expires_at", timedelta(hours=12))


def _revoked(site: WebSite) -> None:
    site.services.sessions.end(PersonId(1), by="tests")


def _disabled(site: WebSite) -> None:
    site.services.people.set_active(PersonId(1), active=False, by="tests")


@pytest.mark.parametrize("happens", [_idle, _old, _revoked, _disabled])
def test_a_session_ends(site: WebSite, happens: Callable[[WebSite], None]) -> None:
    visitor = site.signed_in("ada@x.example", ADMIN)
    assert visitor.get("/account").status_code == 200
    happens(site)
    assert visitor.get("/account").status_code == 303


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(site: WebSite) -> None:
    site.person("ada@x.example")
    answer = site.visitor().get(
        "/people/grant-preview", HX_Request="true", HX_Current_URL="http://localhost/people/3?a=b"
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/signin?next=/people/3?a%3Db")


def test_guessing_is_slowed_for_the_pair_of_login_and_address(site: WebSite) -> None:
    site.person("ada@x.example", ADMIN)
    guesser = site.visitor()
    for _ in range(SignInThrottle.PER_PAIR):
        assert guesser.sign_in("ADA@x.example", "a wrong password").status_code == 401
    answer = guesser.sign_in("ada@x.example")
    assert answer.status_code == 429, "also the right one"
    assert "Too many attempts. Try again in 15 minutes." in page_text(answer)
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    ada = site.visitor()
    ada.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert ada.sign_in("ada@x.example").status_code == 303, "the real person is not kept out"


def test_a_known_device_is_not_kept_out_by_guesses_from_its_own_address(site: WebSite) -> None:
    ada = site.signed_in("ada@x.example", ADMIN)
    ada.post("/signout", page="/account")
    guesser = site.visitor()
    while guesser.sign_in("ada@x.example", "a wrong password").status_code == 401:
        pass
    assert ada.sign_in("ada@x.example").status_code == 303


def test_a_device_is_known_for_its_own_people_only_and_counts_its_own_guesses(site: WebSite) -> None:
    eve = site.signed_in("eve@x.example")
    site.person("ada@x.example", ADMIN)
    stolen = cookie(eve, "gatepost-device")
    for _ in range(SignInThrottle.PER_PAIR):
        eve.sign_in("ada@x.example", "a wrong password")
    assert eve.sign_in("ada@x.example").status_code == 429, "her cookie says nothing about Ada"
    assert eve.sign_in("eve@x.example").status_code == 303
    forger = site.visitor()
    forger.client.set_cookie("gatepost-device", stolen + "x")
    assert forger.sign_in("ada@x.example").status_code == 429
    for _ in range(SignInThrottle.PER_DEVICE):
        assert eve.sign_in("eve@x.example", "a wrong password").status_code == 401
    assert eve.sign_in("eve@x.example").status_code == 429


NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def tried(site: WebSite, login: str, address: str, *, code: bool = False) -> float | None:
    attempt = SignInAttempt(login, address, code=code)
    return site.services.sign_in_throttle.attempt(attempt, now=NOW)


def test_guessing_is_slowed_per_address_and_per_network_of_ipv6(site: WebSite) -> None:
    for number in range(SignInThrottle.PER_ADDRESS):
        assert tried(site, f"somebody-{number}", f"2001:db8::{number + 1:x}") is None
    assert tried(site, "one-more", "2001:db8::ffff") == SignInThrottle.WINDOW.total_seconds()
    assert tried(site, "one-more", "2001:db8:0:1::1") is None


def test_codes_are_slowed_per_login_from_all_unknown_devices_together(site: WebSite) -> None:
    for number in range(SignInThrottle.CODES_PER_LOGIN):
        assert tried(site, "ada@x.example", f"203.0.113.{number}", code=True) is None
    assert tried(site, "ada@x.example", "203.0.113.250", code=True) == SignInThrottle.WINDOW.total_seconds()
    assert tried(site, "ada@x.example", "203.0.113.251") is None, "her password may still be tried"


def test_a_good_sign_in_forgets_the_wrong_ones_before(site: WebSite) -> None:
    site.person("ada@x.example", ADMIN)
    visitor = site.visitor()
    for _ in range(SignInThrottle.PER_PAIR - 1):
        visitor.sign_in("ada@x.example", "a wrong password")
    assert visitor.sign_in("ada@x.example").status_code == 303
    assert site.visitor().sign_in("ada@x.example", "a wrong password").status_code == 401


@pytest.mark.parametrize(
    ("grants", "leads"),
    [
        ((RoleGrant(Role.ADMINISTRATOR),), "/connections"),
        ((RoleGrant(Role.VIEWER),), "/portfolio"),
        ((RoleGrant(Role.OFFICE),), "/portfolio"),
    ],
)
def test_everybody_begins_on_the_page_of_their_role(site: WebSite, grants: tuple[RoleGrant, ...], leads: str) -> None:
    visitor = site.signed_in("ada@x.example", *grants)
    answer = visitor.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, leads)


def test_somebody_without_a_role_is_told_whom_to_ask(site: WebSite) -> None:
    page = page_text(site.signed_in("ada@x.example").get("/"))
    assert "You have no role yet, so there is nothing to see." in page
    assert "Ask an administrator of Gatepost to give ada@x.example a role" in page


def test_a_page_for_another_role_is_refused_with_who_may(site: WebSite) -> None:
    answer = site.signed_in("eve@x.example", RoleGrant(Role.VIEWER)).get("/people")
    assert answer.status_code == 403
    assert "This page is for the role administrator. Ask an administrator of Gatepost for it." in page_text(answer)
