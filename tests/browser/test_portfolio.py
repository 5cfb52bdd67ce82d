"""The office's and the CFO's way: from the first sentence to the lines behind a figure, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Opener
from tests.stories.world import World


@pytest.fixture(autouse=True)
def _figures(gatepost: World) -> None:
    """The worker has added everything up."""
    query = "SELECT (SELECT count(*) FROM figures_due) + (SELECT count(*) = 0 FROM figures_settings)::int AS due"
    gatepost.wait_until(lambda: gatepost.rows(query)[0].due == 0, "the worker has made the figures")


def drawn(page: Page) -> None:
    """The charts are there, and a table shows the same figures."""
    for chart in ("#c-funnel", "#c-bridge-in-year", "#c-bridge-run-rate", "#c-curve"):
        expect(page.locator(f"{chart} .canvas svg path").first).to_be_attached()


def test_the_office_goes_from_the_sentence_to_the_lines(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("office")
    window.go("/portfolio")
    assert "measures" in page.locator(".answer").inner_text()
    drawn(page)
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("portfolio-desk")
    cell = page.locator("#matrix td a").first
    count = cell.locator(".count").inner_text()
    cell.click()
    expect(page.locator(".chips")).to_contain_text("Implementation")
    assert "implementation=" in page.url
    assert "potential=" in page.url
    expect(page.locator("#tree tfoot td").first).to_have_text(count)
    drawn(page)
    page.locator("#tree tfoot a").nth(1).click()
    page.wait_for_url("**/portfolio/measures?**of=ebitda_plan**")
    page.locator("a[href*='version=plan']").first.click()
    page.wait_for_url("**/portfolio/lines?**version=plan**")
    expect(page.locator(".answer")).to_contain_text("The EBITDA effect planned in these lines is")
    assert page.locator("tbody tr").count() > 0
    assert page.locator("tbody th a").first.get_attribute("href")
    window.is_accessible()
    window.screenshot("portfolio-lines")
    page.go_back()
    expect(page.locator(".chips")).to_contain_text("Potential")


def test_the_tree_opens_and_closes_by_keyboard(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("office")
    window.go("/portfolio")
    before = page.locator("#tree tr.place").count()
    opener = page.locator("#tree button.expand").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tree tr.place[data-depth='1']").first).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    assert page.locator("#tree tr.place").count() > before
    page.keyboard.press("Enter")
    expect(page.locator("#tree tr.place[data-depth='1']").first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#tree tr.place[data-depth='1']").first).to_be_visible()


def test_a_chosen_filter_counts_at_once_and_stands_in_the_address(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("viewer")
    window.go("/portfolio")
    page.get_by_text("More filters").click()
    page.get_by_label("Stage", exact=True).select_option("decided")
    page.wait_for_url("**/portfolio?stage=decided")
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("Stage decided")
    page.reload()
    expect(page.get_by_label("Stage", exact=True)).to_have_value("decided")
    page.get_by_role("link", name="Without Stage decided").click()
    page.wait_for_url("**/portfolio")


def test_a_filter_by_gate_brings_its_curve_and_findings_after_the_page(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("office")
    window.go("/portfolio?gate=held_up")
    expect(page.locator("#c-curve .canvas svg path").first).to_be_attached()
    expect(page.locator("#findings h2")).to_have_text("Hidden risks")
    expect(page.locator("#findings")).not_to_contain_text("Searching")
    window.is_accessible()


@pytest.mark.parametrize("path", ["/portfolio", "/portfolio/measures?sort=variance", "/portfolio/lines"])
def test_a_phone_and_the_dark_show_the_same(visit: Opener, path: str) -> None:
    window = visit(PHONE, dark=True)
    window.sign_in("office")
    window.go(path)
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot(f"portfolio-phone-dark-{path.strip('/').replace('/', '-').partition('?')[0]}")


def test_on_paper_the_pictures_and_tables_stay(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("office")
    window.go("/portfolio")
    page.emulate_media(media="print")
    drawn(page)
    assert page.locator(".filters").first.is_hidden()
    window.screenshot("portfolio-print")
