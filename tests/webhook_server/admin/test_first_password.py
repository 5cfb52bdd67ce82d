"""A password that an administrator chose opens nothing but its own change."""

from __future__ import annotations

import pytest

from connector.people.permissions import Role, RoleGrant
from tests.connector.store.conftest import store
from tests.connector.store.reconcile.test_assessment_store import loaded
from tests.webhook_server.visitor import PASSWORD, FormBrowser, WebSite, page_text

__all__ = ["loaded", "store"]

OWN = "seven quiet lanterns at dusk"
CHANGE = {"current": PASSWORD, "new": OWN, "repeated": OWN}


@pytest.fixture
def bob(site: WebSite) -> FormBrowser:
    """Added by an administrator, and signed in with the password that she chose."""
    admin = site.signed_in("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    form = {"login": "bob@x.example", "name": "Bob Berg", "password": PASSWORD}
    assert admin.post("/people/new", form, page="/people/new").status_code == 303
    person = site.services.people.find_by_login("bob@x.example")
    assert person is not None
    site.services.people.grant(person.id, RoleGrant(Role.OFFICE), by="tests")
    browser = site.visitor()
    assert browser.sign_in("bob@x.example").status_code == 303
    return browser


@pytest.mark.parametrize("path", ["/portfolio", "/work", "/account/second-factor", "/people"])
def test_every_page_leads_to_the_change(bob: FormBrowser, path: str) -> None:
    answer = bob.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    shown = page_text(bob.get("/account"))
    assert "Somebody else chose your password and knows it. Change it below to go on." in shown
    assert ("Change the password" in shown, "Create a token" in shown, "Second factor" in shown) == (True, False, False)


def test_the_api_knows_nobody_by_such_a_session(bob: FormBrowser) -> None:
    assert bob.get("/api/v1/me").status_code == 401


def test_no_token_and_no_second_factor_can_be_made_with_it(bob: FormBrowser) -> None:
    form = {"name": "mine", "scope": "read", "days": 7}
    for path in ("/account/tokens", "/account/second-factor/begin"):
        answer = bob.post(path, form, page="/account")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account"), path


def test_the_same_password_is_no_change(bob: FormBrowser) -> None:
    answer = bob.post("/account/password", CHANGE | {"new": PASSWORD, "repeated": PASSWORD}, page="/account")
    assert answer.status_code == 422
    assert "This is your current password: choose another one." in page_text(answer)


def test_after_the_change_everything_is_open(site: WebSite, bob: FormBrowser) -> None:
    assert bob.post("/account/password", CHANGE, page="/account").status_code == 303
    assert bob.get("/portfolio").status_code == 200
    person = site.services.people.find_by_login("bob@x.example")
    assert person is not None
    site.services.people.set_password(person.id, "a hash", by="ada@x.example", is_first=True)
    assert bob.get("/portfolio").headers["Location"] == "/account", "the next one that somebody else sets as well"
