"""A running Gatepost with the story's measures and people, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from cli.demo_people import DEMO_PEOPLE, add_people, link_people
from tests.databases import Databases
from tests.stories.world import World, world
from tests.waiting import LONGEST_CALL_SECONDS

PASSWORD = "the browser tests' password"
CHROMIUM = (
    os.environ.get("GATEPOST_TEST_CHROMIUM")
    or shutil.which("chromium-headless-shell")
    or shutil.which("chromium")
    or ""
)
"""The same browser without what only a screen needs, where it is installed: it takes half the time of the machine."""

SERIOUS_IMPACTS = frozenset({"serious", "critical"})
"""What axe calls so fails a test."""

PATIENCE_MS = 1000 * LONGEST_CALL_SECONDS
"""For what a page shows when it has been asked for."""

NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
"""The browser gives up what it loads when the machine gets another network, as when the fault suite makes one."""

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="package")
def gatepost(databases: Databases, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[World]:
    """Web and worker as processes, the story played and assessed, one person for each role.  One for all tests.

    What a test changes stays changed: use people and connections of its own where that matters.
    """
    with databases.one() as database, world(database, tmp_path_factory.mktemp("gatepost")) as here:
        add_people(here.services, PASSWORD)
        here.start("web")
        here.start("worker")
        here.wait_ready()
        here.player.wait_assessed(lambda _done, _total: None)
        here.wait_quiet()
        link_people(here.services)
        yield here


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no browser is installed; on Debian: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        yield _launch(playwright)


expect.set_options(timeout=PATIENCE_MS)


def _launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])


ASKS_BY_ITSELF = "[hx-trigger*=load]"

CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((one) => {
    if (one.scrollWidth <= one.clientWidth + 1) return false;
    if (one.closest(".sr, svg, dialog:not([open]), .canvas, .cm-editor, textarea, input, pre:not(.wrapped)")) return false;
    const style = getComputedStyle(one);
    if (!one.checkVisibility() || style.display === "inline") return false;
    for (let around = one; around; around = around.parentElement)
        if (getComputedStyle(around).clipPath !== "none") return false;
    return style.overflowX !== "visible" || one.matches("td, th");
}).map((one) => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""
"""What holds more than it shows, and cells whose text runs into the next one: a wide table, a name behind an ellipsis.

What only screen readers read, what somebody types, drawings and commands are none of it.  Widths are asked first: most
elements hold no more than they show, and the styles of all that is around each of them take the longest.
"""


@dataclass
class BrowserWindow:
    """One browser window on the running Gatepost."""

    page: Page
    url: str
    shots: Path
    console_errors: list[str]
    """What the browser's console complained of: refused scripts and styles, errors of scripts."""

    def go(self, path: str) -> Page:
        try:
            self.page.goto(self.url + path)
        except Error as error:
            if NETWORK_CHANGED not in str(error):
                raise
            self.page.goto(self.url + path)
        return self.page

    def wait_for_parts(self) -> None:
        """Wait until what the page asks for by itself after it was opened has arrived: a preview, a plan, a curve."""
        if self.page.locator(ASKS_BY_ITSELF).count():
            self.page.wait_for_load_state("networkidle")

    def sign_in(self, role: str) -> Page:
        """As somebody of the demo with this role: administrator, owner, sponsor, controller, office, viewer, operator."""
        login = next(one.login for one in DEMO_PEOPLE if one.grant.role.value == role)
        self.go("/signin")
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_load_state()
        assert "/signin" not in self.page.url, self.page.inner_text("main")
        return self.page

    def screenshot(self, name: str) -> Path:
        """Keep a picture; GATEPOST_TEST_SHOTS names the folder."""
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def is_accessible(self) -> None:
        """Fails with what axe finds to be serious or critical."""
        found = Axe().run(self.page).response["violations"]
        grave = [
            f"{one['id']}: {one['help']} ({', '.join(str(node['target']) for node in one['nodes'][:3])})"
            for one in found
            if one["impact"] in SERIOUS_IMPACTS
        ]
        assert grave == []

    def has_no_overflow(self) -> None:
        """Nothing sticks out to the side of the page; wide tables scroll by themselves."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), self.page.url

    def cuts_nothing_off(self) -> None:
        """Every name, reason and column can be read without scrolling to the side."""
        assert self.page.evaluate(CUT_OFF) == [], self.page.url


Opener = Callable[..., BrowserWindow]


@pytest.fixture
def visit(gatepost: World, browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens windows: ``visit()``, ``visit(PHONE)``, ``visit(dark=True)``, ``visit(scripts=False)``.  A fault in the console fails the test."""
    folder = Path(os.environ.get("GATEPOST_TEST_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_window(size: dict[str, int] = DESK, *, dark: bool = False, scripts: bool = True) -> BrowserWindow:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if _is_fault(line.type, line.text) else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(gatepost.url) else None)
        return BrowserWindow(page, gatepost.url, folder, faults)

    yield open_window
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(kind: str, text: str) -> bool:
    # An answer that is meant to refuse is told as an error as well; the test looks at the page instead.
    return kind == "error" and "the server responded with a status of 4" not in text and NETWORK_CHANGED not in text
