"""Pictures of every page and state, in both sizes and both themes, for somebody who looks at them.

Only where GATEPOST_TEST_PICTURES names a folder: it takes some minutes.  Each picture is held to what a machine can say
of it: nothing found by axe, nothing wider than the screen, and nothing too small to be touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.fernet import Fernet
from flask import Flask
from playwright.sync_api import Browser, Page, Route, ViewportSize
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import Conflict, InternalServerError

from cli.demo_people import DEMO_PEOPLE, add_people
from connector.bootstrap import Services, bootstrap
from connector.people.passwords import hash_password
from connector.people.permissions import Role, RoleGrant
from connector.settings import Settings
from mapping.load import LoadedMapping, load_mapping
from sandbox.serving import Server
from tests.browser.conftest import DESK, PASSWORD, PATIENCE_MS, PHONE
from tests.browser.test_every_page import NO_PAGE, Stop, stops
from tests.conftest import ROOT
from tests.databases import Databases
from tests.stories.world import World
from webhook_server.app import create_app

FOLDER = os.environ.get("GATEPOST_TEST_PICTURES", "")
pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="GATEPOST_TEST_PICTURES names no folder for pictures"),
    pytest.mark.timeout(3600),
]

SIZES: Mapping[str, ViewportSize] = {
    name: {"width": size["width"], "height": size["height"]} for name, size in (("desk", DESK), ("phone", PHONE))
}
THEMES = ("light", "dark")
TOUCHED = "button, .button, select, summary, textarea, input:not([type=hidden], [type=checkbox], [type=radio])"
TALLEST = 12_000
"""CSS pixels of a page that is taken as a whole; of a taller one its first screen."""
LEAST_TOUCH = 44
"""CSS pixels of what a finger has to meet: https://www.w3.org/WAI/WCAG22/Understanding/target-size-enhanced."""
# The heads of a table whose rows are cards are read out and not seen.
TOO_SMALL = """(query, least) => [...document.querySelectorAll(query)]
  .filter(one => one.checkVisibility() && one.getBoundingClientRect().height > 0)
  .filter(one => !one.closest(".cards thead"))
  .filter(one => one.getBoundingClientRect().height < least - 0.5)
  .map(one => one.outerHTML.slice(0, 120))"""
SKIPPED = ("signin", "provider", "first_administrator", "docs")
"""Blueprints of somebody who is not signed in, whose pages end the session, and the description of the API: one page of
so many elements that axe takes minutes for it."""
LITTLE = "little@nordbank.example"

FINDS_NOTHING = (
    "/portfolio/measures?text=zzzz", "/portfolio?text=zzzz", "/portfolio/lines?text=zzzz", "/audit?subject=zzzz",
    "/people?q=zzzz", "/money?measure=zzzz", "/waiting?text=zzzz", "/services?text=zzzz", "/outcomes?person=zzzz",
)  # fmt: skip
LITTLE_ACCESS = ("/", "/portfolio", "/portfolio/measures", "/money", "/services", "/outcomes", "/calendar", "/waiting")


@dataclass
class Camera:
    """Opens pages as one person, and keeps a picture of each in every size and theme."""

    page: Page
    url: str
    folder: Path
    findings: list[str] = field(default_factory=list)

    def sign_in(self, login: str) -> None:
        self.page.goto(f"{self.url}/signin")
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_load_state()

    def open(self, path: str, name: str) -> None:
        for size, viewport in SIZES.items():
            # Before it is loaded: its script lays out for what it finds.
            self.page.set_viewport_size(viewport)
            self.page.goto(self.url + path)
            if self.page.locator("header.top").count():
                self._take(name, size)
        self.page.set_viewport_size(SIZES["desk"])

    def _take(self, name: str, size: str) -> None:
        page = self.page
        for theme in THEMES:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            page.wait_for_load_state("networkidle")
            whole = page.evaluate("document.documentElement.scrollHeight") <= TALLEST
            page.screenshot(path=self.folder / f"{name}.{size}.{theme}.png", full_page=whole)
            self._look(f"{name} {size} {theme}", is_phone=size == "phone")

    def _look(self, shown: str, *, is_phone: bool) -> None:
        page = self.page
        found = Axe().run(page).response["violations"]
        self.findings += [f"{shown}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            self.findings.append(f"{shown}: wider than the screen")
        if is_phone:
            small = page.evaluate(f"([query, least]) => ({TOO_SMALL})(query, least)", [TOUCHED, LEAST_TOUCH])
            self.findings += [f"{shown}: too small to touch: {one}" for one in small[:3]]


@contextmanager
def camera(browser: Browser, url: str, what: str) -> Iterator[Camera]:
    folder = Path(FOLDER) / what
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=SIZES["desk"], locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    here = Camera(context.new_page(), url, folder)
    try:
        yield here
    finally:
        context.close()
    (folder / "findings.txt").write_text("\n".join(here.findings), encoding="utf-8")
    assert here.findings == []


@pytest.fixture(scope="module")
def app(gatepost: World) -> Flask:
    return create_app(replace(gatepost.services, metrics=CollectorRegistry()))


def file_name(stop: Stop) -> str:
    return f"{stop.endpoint}{stop.path}".replace("/", "_")[:100]


def pages_for(app: Flask, measure: str, role: Role) -> Iterator[Stop]:
    """The pages of a role that the administrator, who comes first, does not see."""
    for stop in stops(app, "GET", measure):
        if stop.endpoint.startswith(SKIPPED) or stop.path.endswith(NO_PAGE) or not stop.lets_in(role):
            continue
        if role is Role.ADMINISTRATOR or not stop.lets_in(Role.ADMINISTRATOR):
            yield stop


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OWNER, Role.CONTROLLER, Role.OPERATOR])
def test_every_page(browser: Browser, gatepost: World, app: Flask, role: Role) -> None:
    (row,) = gatepost.rows("SELECT id FROM measure WHERE connection = 'jira-main' ORDER BY id LIMIT 1")
    with camera(browser, gatepost.url, f"pages-{role}") as here:
        here.sign_in(next(one.login for one in DEMO_PEOPLE if one.grant.role is role))
        for stop in pages_for(app, str(row.id), role):
            here.open(stop.path, file_name(stop))


def answer(status: int, page: str, route: Route) -> None:
    route.fulfill(status=status, body=page, content_type="text/html")


def test_states(browser: Browser, gatepost: World, app: Flask) -> None:
    with camera(browser, gatepost.url, "states") as here:
        here.open("/signin", "sign-in")
        here.sign_in("admin@nordbank.example")
        for path in FINDS_NOTHING:
            here.open(path, f"finds-nothing{path.partition('?')[0].replace('/', '_')}")
        here.open("/nowhere", "error-404")
        for error in (Conflict(), InternalServerError()):
            with app.test_request_context("/portfolio"):
                shown = app.make_response(app.handle_user_exception(error)).get_data(as_text=True)
            status = error.code or 500
            here.page.route("**/broken", partial(answer, status, shown))
            here.open("/broken", f"error-{status}")
            here.page.unroute("**/broken")
    with camera(browser, gatepost.url, "state-refused") as here:
        here.sign_in("cfo@nordbank.example")
        here.open("/people", "error-403")


def test_little_access(browser: Browser, gatepost: World) -> None:
    people = gatepost.services.people
    person = people.add(LITTLE, "Lou Little", by="tests", password_hash=hash_password(PASSWORD, login=LITTLE))
    people.grant(person.id, RoleGrant(Role.VIEWER, ("Nowhere",)), by="tests")
    with camera(browser, gatepost.url, "little-access") as here:
        here.sign_in(LITTLE)
        for path in LITTLE_ACCESS:
            here.open(path, f"little{path.replace('/', '_')}")


@contextmanager
def empty_installation(databases: Databases, folder: Path) -> Iterator[tuple[Services, str]]:
    """Nothing but people; and no worker, so that what waits goes on waiting."""
    with databases.one() as database, ExitStack() as stack:
        settings = Settings(
            database_url=database.render_as_string(hide_password=False),
            data=folder,
            secret_key=Fernet.generate_key().decode(),
        )
        services = stack.enter_context(bootstrap(settings, application="tests"))
        web = Server(create_app(services), "127.0.0.1", 0).start()
        stack.callback(web.stop)
        yield services, web.url


def test_an_empty_installation(browser: Browser, databases: Databases, app: Flask, tmp_path: Path) -> None:
    with empty_installation(databases, tmp_path) as (services, url), camera(browser, url, "empty") as here:
        here.open("/", "nobody-yet")
        add_people(services, PASSWORD)
        here.sign_in("admin@nordbank.example")
        for stop in pages_for(app, "none", Role.ADMINISTRATOR):
            if "<" not in str(stop.path) and not any(part.isdigit() for part in stop.path.split("/")):
                here.open(stop.path, file_name(stop))


def test_a_mapping_that_waits_for_its_worker(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    source = (ROOT / "sandbox/story/mapping.yaml").read_text(encoding="utf-8")
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping)
    with empty_installation(databases, tmp_path) as (services, url), camera(browser, url, "waits") as here:
        add_people(services, PASSWORD)
        services.mappings.activate(source, loaded.version, author="tests", reason="first rules")
        here.sign_in("admin@nordbank.example")
        for path in ("/mapping/progress/1", "/portfolio", "/setup", "/mapping"):
            here.open(path, f"waits{path.replace('/', '_')}")
