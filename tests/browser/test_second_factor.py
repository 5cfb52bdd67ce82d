"""The pages that ask who is there: the code, its enrolment, and the question before access changes."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import text

from connector.bootstrap import system_clock
from connector.people.passwords import hash_password
from connector.people.permissions import Role, RoleGrant
from tests.browser.conftest import DESK, PHONE, BrowserWindow, Opener
from tests.stories.world import World

PASSWORD = "a long and winding password"
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


def enter(window: BrowserWindow, login: str) -> None:
    window.go("/signin?next=/account")
    window.page.get_by_label("Login").fill(login)
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("button", name="Sign in", exact=True).click()
    window.page.wait_for_load_state()


def new_administrator(gatepost: World, login: str) -> str:
    people = gatepost.services.people
    person = people.add(login, "Paula Frey", by="tests", password_hash=hash_password(PASSWORD, login=login))
    people.grant(person.id, RoleGrant(Role.ADMINISTRATOR), by="tests")
    return login


def is_fit(window: BrowserWindow, name: str, size: dict[str, int]) -> None:
    window.has_no_overflow()
    window.is_accessible()
    window.screenshot(f"second-factor-{name}-{size['width']}")


@SIZES
def test_a_second_factor_is_enrolled_and_asked_for(gatepost: World, visit: Opener, size: dict[str, int]) -> None:
    login = new_administrator(gatepost, f"frey-{size['width']}@nordbank.example")
    window = visit(size)
    enter(window, login)
    window.page.get_by_role("link", name="Set up a second factor").click()
    is_fit(window, "none", size)
    window.page.get_by_role("button", name="Set up").click()
    secret = window.page.locator("#secret").inner_text().replace(" ", "")
    is_fit(window, "enrol", size)
    window.page.get_by_label("Code").fill(pyotp.TOTP(secret).at(system_clock()))
    window.page.get_by_role("button", name="Confirm").click()
    code = window.page.locator("#recovery-codes").inner_text().split()[0]
    is_fit(window, "codes", size)
    window.go("/account/second-factor")
    is_fit(window, "enrolled", size)

    other = visit(size)
    enter(other, login)
    is_fit(other, "asked", size)
    other.page.get_by_label("Code").fill(code)
    other.page.get_by_role("button", name="Sign in").click()
    other.page.wait_for_url("**/account")


@SIZES
def test_a_step_that_changes_access_asks_and_goes_on(gatepost: World, visit: Opener, size: dict[str, int]) -> None:
    login = new_administrator(gatepost, f"lenz-{size['width']}@nordbank.example")
    window = visit(size)
    enter(window, login)
    window.go("/people/new")
    with gatepost.services.engine.begin() as transaction:
        old = "UPDATE web_session SET authenticated_at = NULL FROM person p WHERE p.id = person_id AND p.login = :login"
        transaction.execute(text(old), {"login": login})
    added = f"ruth-{size['width']}@nordbank.example"
    window.page.get_by_label("Login").fill(added)
    window.page.get_by_label("Name").fill("Ruth Adler")
    window.page.get_by_label("First password").fill(PASSWORD)
    window.page.get_by_role("button", name="Add").click()
    window.page.get_by_role("heading", name="Confirm that it is you").wait_for()
    is_fit(window, "question", size)
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("button", name="Confirm and go on").click()
    window.page.get_by_text("Ruth Adler is added.").wait_for()
    assert gatepost.services.people.find_by_login(added) is not None
