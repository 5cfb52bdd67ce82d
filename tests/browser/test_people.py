"""The administrator's way with people and receivers: invited, given a role, seen through their eyes, signed out."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.stories.world import World

SECRET = "a first password of some length"
OWN_SECRET = "seven quiet lanterns at dusk"


def test_somebody_is_invited_given_a_role_and_signed_out_again(visit: Opener, gatepost: World) -> None:
    window = visit()
    page = window.sign_in("administrator")
    page.get_by_role("link", name="People", exact=True).click()
    expect(page.locator(".answer")).to_contain_text(re.compile(r"\d+ of \d+ active people have a role"))
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Login").fill("lind@nordbank.example")
    page.get_by_label("Name", exact=True).fill("Sara Lind")
    page.get_by_label("First password").fill(SECRET)
    window.is_accessible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sara Lind")
    expect(page.locator(".answer")).to_contain_text("Sees nothing yet: give a role or link an account.")

    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_label("Portfolio").fill("IT")
    page.keyboard.press("Tab")
    expect(page.locator("main")).to_contain_text(re.compile(r"sees [1-9]\d* measures"))
    seen = re.search(r"sees (\d+) measures", page.locator("main").inner_text())
    assert seen is not None
    window.screenshot("people-preview")
    page.get_by_role("button", name="Give this role").click()
    expect(page.locator(".answer")).to_contain_text("Viewer of IT.")

    other = visit()
    guest = other.go("/signin")
    guest.get_by_label("Login").fill("lind@nordbank.example")
    guest.get_by_label("Password").fill(SECRET)
    guest.get_by_role("button", name="Sign in", exact=True).click()
    guest.wait_for_url("**/account")
    expect(guest.locator("main")).to_contain_text("Somebody else chose your password and knows it.")
    other.is_accessible()
    other.screenshot("people-first-password")
    guest.get_by_label("Current password").fill(SECRET)
    guest.get_by_label("New password", exact=True).fill(OWN_SECRET)
    guest.get_by_label("New password again").fill(OWN_SECRET)
    guest.get_by_role("button", name="Change the password").click()
    expect(guest.locator("main")).to_contain_text("The password is changed")
    other.go("/portfolio")
    expect(guest.locator(".answer")).to_contain_text(f"{seen[1]} measures")
    expect(guest.get_by_role("link", name="People", exact=True)).to_have_count(0)
    other.go("/people")
    expect(guest.get_by_role("heading", level=1)).to_have_text("This is not open to you")

    page.reload()
    row = page.get_by_role("region", name="Sessions").locator("tbody tr")
    expect(row).to_have_count(1)
    window.is_accessible()
    window.screenshot("people-session")
    row.get_by_role("button", name="End").click()
    expect(page.locator("main")).to_contain_text("Nowhere at the moment.")
    other.go("/portfolio")
    assert "/signin" in guest.url, "the session has ended at once"
    (entry,) = gatepost.rows(
        "SELECT actor FROM audit WHERE action = 'role.granted' AND detail::text LIKE '%viewer of IT%'"
    )
    assert str(entry.actor).startswith("admin@")


def test_a_receiver_is_added_sees_its_secret_once_and_is_removed(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("administrator")
    page.get_by_role("link", name="Subscriptions", exact=True).click()
    expect(page.locator("main")).to_contain_text("No subscriptions yet.")
    window.is_accessible()
    page.get_by_role("link", name="Add the first receiver").click()
    page.get_by_label("Name", exact=True).fill("bridge")
    page.get_by_label("Address").fill("http://192.0.2.1/gatepost")
    page.get_by_role("button", name=re.compile("^Add")).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("bridge")
    window.is_accessible()
    window.screenshot("subscriptions-wrong")
    page.get_by_label("Address").fill("https://8.8.8.8/gatepost")
    page.get_by_role("button", name=re.compile("^Add")).click()
    expect(page.locator("main")).to_contain_text("whsec_")
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("subscriptions-made")
    window.go("/subscriptions/bridge")
    expect(page.locator("main")).not_to_contain_text("whsec_")
    page.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^Remove")).click()
    expect(page.locator("main")).to_contain_text("bridge is removed and receives nothing any more.")
