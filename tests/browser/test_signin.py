"""Signing in, the frame of the pages, and the pages for people, in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESK, PHONE, Opener

EVERYBODY = ("administrator", "owner", "sponsor", "controller", "office", "viewer", "operator")


@pytest.mark.parametrize("role", EVERYBODY)
def test_everybody_signs_in_and_finds_their_way(visit: Opener, role: str) -> None:
    window = visit()
    page = window.sign_in(role)
    assert page.locator("h1").count() == 1
    assert page.get_by_role("navigation", name="Pages").is_visible()
    window.screenshot(f"first-page-{role}")
    window.is_accessible()
    window.has_no_overflow()


def test_a_wrong_password_is_told_and_the_login_stays(visit: Opener) -> None:
    window = visit()
    page = window.go("/signin")
    page.get_by_label("Login").fill("nobody@nordbank.example")
    page.get_by_label("Password").fill("a wrong password")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "Login or password is wrong."
    assert page.get_by_label("Login").input_value() == "nobody@nordbank.example"
    window.is_accessible()
    window.screenshot("signin-wrong")


def test_signing_out_closes_the_pages(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("viewer")
    page.get_by_role("banner").locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin")
    window.go("/account")
    assert "/signin" in page.url


def test_the_keyboard_alone_reaches_content_and_menu(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("administrator")
    window.go("/people")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (DESK, True), (PHONE, False)])
@pytest.mark.parametrize("path", ["/people", "/people/3", "/people/new", "/people/rules", "/account", "/nothing"])
def test_the_pages_for_people_fit_and_can_be_read_by_everybody(
    visit: Opener, path: str, size: dict[str, int], dark: bool
) -> None:
    window = visit(size, dark=dark)
    window.sign_in("administrator")
    window.go(path)
    window.has_no_overflow()
    window.is_accessible()
    window.screenshot(f"people{path.replace('/', '-')}-{size['width']}{'-dark' if dark else ''}")


def test_a_grant_shows_what_it_would_show_while_it_is_written(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("administrator")
    window.go("/people/2")
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_label("Portfolio").fill("HR")
    page.keyboard.press("Tab")
    page.get_by_text("sees 0 measures").wait_for()
    page.get_by_label("Portfolio").fill("IT")
    page.keyboard.press("Tab")
    page.get_by_text("sees 32 measures").wait_for()


def test_a_step_that_takes_away_says_what_before_it_asks(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("administrator")
    window.go("/people/3")
    page.get_by_role("button", name="Disable…").click()
    dialog = page.get_by_role("dialog")
    assert "cannot sign in. The audit keeps what they have done" in dialog.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    window.screenshot("dialog")
    window.is_accessible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_the_colours_change_without_a_script_in_the_page(visit: Opener) -> None:
    window = visit()
    page = window.go("/signin")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Colours: auto").click()
    page.get_by_role("button", name="Colours: light").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(ground) != light


def test_on_paper_the_frame_is_left_out(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("administrator")
    window.go("/people")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert page.get_by_text(f"{window.url}/people").is_visible()
    assert page.pdf(format="A4")[:4] == b"%PDF"
