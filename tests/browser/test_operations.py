"""The operator's way: is everything well, what is parked and why, replayed and gone; and the auditor's search."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import DESK, PHONE, Opener
from tests.stories.world import World

REASON = "400 to PUT /rest/api/3/issue/{}: the option Blocked of the field Gate does not exist"


@pytest.fixture
def dead_letters(gatepost: World) -> list[str]:
    """Three writes of real items, stored as refused by the tool; their keys."""
    rows = gatepost.rows(
        "SELECT connection, native_id, key FROM measure WHERE connection = 'jira-main' ORDER BY id LIMIT 3"
    )
    with gatepost.services.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE state = 'dead_letter'"))
        for row in rows:
            connection.execute(
                text(
                    "INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, settled_at, attempts) "
                    'VALUES (:c, :n, :k, \'{"Gate": "Blocked"}\', \'[{"field": "Gate", "present": "Open", '
                    '"target": "Blocked"}]\', \'dead_letter\', :r, now(), 5)'
                ),
                {"c": row.connection, "n": row.native_id, "k": row.key, "r": REASON.format(row.native_id)},
            )
    return [str(row.key) for row in rows]


def test_the_operator_sees_a_dead_letter_reads_its_cause_and_replays_it(
    visit: Opener, dead_letters: list[str], gatepost: World
) -> None:
    window = visit()
    page = window.sign_in("operator")
    assert page.url.endswith("/operations")
    expect(page.locator(".answer")).to_contain_text("3 dead letters have 1 cause")
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("operations-desk")
    page.get_by_role("link", name=re.compile("^400 to PUT")).click()
    expect(page.locator(".answer")).to_contain_text("3 writes that were refused of jira-main have this cause")
    expect(page.locator(".cause-text")).to_have_text(
        "400 to PUT /rest/api/…/issue/…: the option Blocked of the field Gate does not exist"
    )
    window.is_accessible()
    window.screenshot("operations-cause")
    page.get_by_role("link", name=dead_letters[0], exact=True).click()
    expect(page.locator(".answer")).to_contain_text("tried 5 times")
    expect(page.locator("main")).to_contain_text("shown to those who may see the measure")
    expect(page.locator("main")).not_to_contain_text("Open → Blocked")
    window.is_accessible()
    window.screenshot("operations-item")
    page.get_by_role("link", name="Cause", exact=True).click()
    page.get_by_role("button", name="Replay all…").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Replay 3 writes"))
    expect(dialog).to_contain_text("read from jira-main and reassessed")
    window.screenshot("operations-replay")
    window.is_accessible()
    dialog.get_by_role("button", name="Replay all").click()
    expect(page.locator(".notice")).to_contain_text("3 dead letters are replayed.")
    gatepost.wait_quiet()
    window.go("/operations")
    expect(page.locator("#dead-letters")).to_be_visible()
    expect(page.locator("main")).to_contain_text("No dead letters.")
    (row,) = gatepost.rows(
        "SELECT actor, count(*) AS many FROM audit WHERE action = 'dead_letter.replayed' GROUP BY actor"
    )
    assert row.many == 3
    assert str(row.actor).startswith("ops@")


def test_a_dead_letter_is_dropped_with_a_reason(visit: Opener, dead_letters: list[str], gatepost: World) -> None:
    window = visit()
    page = window.sign_in("administrator")
    window.go("/operations")
    page.get_by_role("link", name=re.compile("^400 to PUT")).click()
    page.get_by_role("link", name=dead_letters[1], exact=True).click()
    expect(page.locator("main")).to_contain_text("Gate: Open → Blocked")
    page.get_by_role("button", name="Drop…").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Drop"))
    dialog.get_by_role("button", name="Drop", exact=True).click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Why").fill("The field is gone on purpose")
    window.screenshot("operations-drop")
    window.is_accessible()
    dialog.get_by_role("button", name="Drop", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("1 dead letter was dropped: The field is gone on purpose")
    window.go("/audit?action=dead_letter.dropped")
    expect(page.locator("tbody")).to_contain_text("The field is gone on purpose")


def test_the_figures_are_refreshed_while_the_page_is_in_use_and_not_otherwise(
    visit: Opener, dead_letters: list[str], gatepost: World
) -> None:
    window = visit()
    page = window.sign_in("operator")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/operations/figures") else None)
    with gatepost.services.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE state = 'dead_letter'"))
    expect(page.locator("#figures")).to_contain_text("No dead letters.")
    expect(page.locator("#freshness")).to_contain_text("As of")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); "
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(500)
    asked.clear()
    page.wait_for_timeout(6_500)
    assert asked == []
    with page.expect_request("**/operations/figures"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(asked) == 1


def test_a_server_that_is_away_is_told_at_the_mark(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("operator")
    page.route("**/operations/figures", lambda route: route.fulfill(status=503, body="away"))
    expect(page.locator("#freshness")).to_contain_text("Gatepost does not answer.")
    expect(page.locator("#toasts .notice")).to_have_count(0)
    page.unroute("**/operations/figures")
    expect(page.locator("#freshness")).to_contain_text("ago")
    window.console_errors.clear()


@pytest.mark.parametrize(("size", "dark", "name"), [(DESK, True, "dark"), (PHONE, False, "phone")])
def test_in_the_dark_and_on_a_phone(
    visit: Opener, dead_letters: list[str], size: dict[str, int], dark: bool, name: str
) -> None:
    window = visit(size, dark=dark)
    page = window.sign_in("administrator")
    for path in ("/operations", "/operations/events", "/operations/writes", "/audit"):
        window.go(path)
        window.is_accessible()
        window.has_no_overflow()
        window.screenshot(f"{path.strip('/').replace('/', '-')}-{name}")
    window.go("/operations")
    page.get_by_role("link", name=re.compile("^400 to PUT")).click()
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot(f"operations-cause-{name}")


def test_the_auditor_searches_and_verifies_the_chain(visit: Opener) -> None:
    window = visit()
    page = window.sign_in("viewer")
    page.get_by_role("link", name="Audit", exact=True).click()
    page.get_by_label("Action", exact=True).select_option("measure.assessed")
    page.wait_for_url("**/audit?*action=measure.assessed*")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("assessed it: gate ")
    page.get_by_role("button", name="Verify the whole chain").click()
    expect(page.locator("#lines")).to_contain_text("Nothing was changed or removed")
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("audit-desk")
