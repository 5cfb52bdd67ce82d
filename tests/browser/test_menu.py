"""The menu of the pages on a phone: it scrolls in its own line, shows where one is, and that there is more."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, Opener

ENTRY = """() => {
    const line = document.querySelector(".main-nav"), here = line.querySelector("[aria-current=page]");
    const { left, right } = here.getBoundingClientRect();
    return { text: here.textContent, isWhole: left >= 0 && right <= line.clientWidth, page: scrollY };
}"""
PAGE = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.mark.parametrize(
    ("role", "path", "label"),
    [
        ("administrator", "/portfolio", "Portfolio"),
        ("administrator", "/operations", "Operations"),
        ("administrator", "/audit", "Audit"),
        ("viewer", "/calendar", "Calendar"),
    ],
)
def test_the_menu_shows_the_page_that_one_is_on(visit: Opener, role: str, path: str, label: str) -> None:
    window = visit(PHONE)
    page = window.sign_in(role)
    window.go(path)
    width, shown = page.evaluate(PAGE)
    assert width <= shown, "the page does not scroll to the side"
    assert page.evaluate(ENTRY) == {"text": label, "isWhole": True, "page": 0}
    window.screenshot(f"menu-{role}-{label.lower()}-phone")


def test_every_page_of_the_menu_can_be_reached_without_scripts(visit: Opener) -> None:
    window = visit(PHONE, scripts=False)
    page = window.sign_in("administrator")
    page.locator(".main-nav a").last.click()
    assert page.locator(".main-nav a").last.get_attribute("aria-current") == "page"
    width, shown = page.evaluate(PAGE)
    assert width <= shown
