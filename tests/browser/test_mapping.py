"""An administrator's way in a real browser: an error seen at its line, corrected, previewed, activated, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import URL

from connector.people.passwords import hash_password
from connector.people.permissions import Role, RoleGrant
from sandbox.serving import Server
from tests.stories.simulation import Simulation, simulation
from webhook_server.app import create_app

LOGIN, PASSWORD = "brandt@nordbank.example", "a long and winding password"


@dataclass
class Desk:
    scene: Simulation
    url: str
    page: Page
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def accessible(self) -> None:
        """No finding of axe but those that are open to taste."""
        found = Axe().run(self.page)
        told = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
        assert told == []


@pytest.fixture
def desk(database: URL, tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    with ExitStack() as stack:
        scene = stack.enter_context(simulation(database, tmp_path))
        for project in ("ITX", "ITX", "CLOUD"):
            scene.sandbox.jira.create(
                project, "Epic", f"An idea of {project}", by="kaya", assignee="osei", values={"Program": "Exit"}
            )
        scene.run_until_idle()
        services = scene.services
        person = services.people.add(
            LOGIN, "Maria Brandt", by="tests", password_hash=hash_password(PASSWORD, login=LOGIN)
        )
        services.people.grant(person.id, RoleGrant(Role.ADMINISTRATOR), by="tests")
        # Metrics are registered once for each application.
        app = create_app(replace(services, metrics=CollectorRegistry()))
        web = Server(app, "127.0.0.1", 0).start()
        stack.callback(web.stop)
        context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
        stack.callback(context.close)
        page = context.new_page()
        found = Desk(scene, web.url, page)
        page.on("console", lambda told: found.errors.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.open("/signin")
        page.get_by_label("Login").fill(LOGIN)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").first.click()
        yield found


def line(page: Page, text: str):  # type: ignore[no-untyped-def]
    return page.locator(".cm-line", has_text=text).first


def rewrite(page: Page, before: str, after: str) -> None:
    """Write a line anew, as a person would: to its end, back to its beginning, and type."""
    line(page, before).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text(after)


def test_the_administrators_way_from_an_error_to_a_rollback(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Mapping", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("Version 1 is active since")
    desk.accessible()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("#preview-result")).to_contain_text("3 of 3 items: 3 stay as they are. Nothing was written.")

    rewrite(page, "roles: {owner: Assignee", "roles: {ownr: Assignee, sponsor: Sponsor, controller: Controller}")
    expect(page.locator("#state")).to_contain_text("2 problems")
    expect(page.locator(".cm-lintRange-error").last).to_have_text("ownr")
    desk.accessible()
    page.get_by_role("button", name="Line 13").last.click()
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("#state")).to_contain_text("The text is valid.")

    rewrite(page, "match: {project: [ITX, CLOUD]", "match: {project: [ITX], type: [Epic]}")
    expect(page.locator("#preview-result")).to_contain_text("1 would no longer be a measure")
    expect(page.locator("#preview-result")).to_contain_text("no rule takes CLOUD-1 (Epic in CLOUD, Backlog).")
    page.get_by_role("link", name="Preview and activate…").click()
    expect(page.locator("main")).to_contain_text('Rule epics: match.project is now "ITX"; it was "ITX" or "CLOUD".')
    page.get_by_role("button", name="Preview the newest").click()
    expect(page.locator("#preview")).to_contain_text("Items previewed: 3 of 3 (100%)")
    desk.accessible()
    page.get_by_label("Why").fill("CLOUD comes next year")
    page.get_by_role("button", name="Activate and reassess 3 items").click()
    expect(page.locator("main")).to_contain_text("Version 2 is active.")
    desk.scene.run_until_idle()
    expect(page.locator("#progress")).to_contain_text("All 3 items have been assessed under version 2.")
    desk.accessible()

    desk.open("/mapping")
    page.get_by_role("link", name="Restore…").click()
    page.get_by_label("Why").fill("too early")
    page.get_by_role("button", name="Restore version 1 and reassess 3 items").click()
    expect(page.locator(".answer")).to_contain_text(") activated it with the reason “too early”.")
    desk.scene.run_until_idle()
    active = desk.scene.services.mappings.active()
    assert active is not None
    assert (active.number, active.restores, active.author) == (3, 1, f"Maria Brandt ({LOGIN})")
    assert desk.errors == [], "nothing was refused by the page's policy, and no script failed"


def test_the_editor_completes_keys_and_names_and_lets_the_keyboard_out(desk: Desk) -> None:
    page = desk.page
    desk.open("/mapping/edit")
    line(page, "legal_entity: Legal entity").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("tit")
    offered = page.locator(".cm-tooltip-autocomplete")
    expect(offered).to_contain_text("title")
    expect(page.locator(".cm-completionInfo")).to_have_text("The measure's title; the item's own when it is left out.")
    page.wait_for_timeout(150)  # a completion is taken only when it has stood for a moment
    page.keyboard.press("Enter")
    page.keyboard.type("Spo")
    expect(offered).to_contain_text("Sponsor")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator(".cm-content")).not_to_be_focused()
    assert desk.errors == []


def test_without_scripts_the_mapping_is_a_text_that_can_be_saved(desk: Desk, browser: Browser) -> None:
    cookies = desk.page.context.cookies()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type]  # as the browser itself gave them
    page = context.new_page()
    page.goto(f"{desk.url}/mapping/edit")
    area = page.get_by_role("textbox", name="Mapping")
    area.fill(area.input_value().replace("hurdle: 100000", "hurdle: 5"))
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("main")).to_contain_text("Your draft is saved.")
    assert "hurdle: 5" in area.input_value()
    context.close()


@pytest.mark.parametrize("path", ["/connections", "/connections/jira-main", "/setup", "/setup/provision/jira-main",
                                  "/mapping/guided", "/mapping/versions/1"])  # fmt: skip
def test_pages_are_accessible_fit_a_phone_and_break_no_policy(desk: Desk, path: str) -> None:
    for width, colours in ((1280, "light"), (390, "dark")):
        desk.page.set_viewport_size({"width": width, "height": 860})
        desk.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]  # light or dark
        desk.open(path)
        desk.page.wait_for_load_state("networkidle")
        desk.accessible()
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    assert desk.errors == []


def test_the_checks_appear_one_after_the_other_with_their_count(desk: Desk) -> None:
    desk.open("/connections/jira-main")
    desk.page.get_by_role("button", name="Check now").click()
    expect(desk.page.locator("#checks-count")).to_have_text("13 checks done.")
    expect(desk.page.locator("#checks")).to_contain_text("as Gatepost")
    assert desk.errors == []
