"""The first hour by pages alone: from an empty installation to the first blocker, in each tool.

Nothing is read but what the pages say, and nothing is done but what they offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import URL

from cli.moved_clock import at_rest, is_work_left, worker_thread
from connector.bootstrap import Services, bootstrap, system_clock
from connector.runtime.queue import TaskHandlers
from connector.settings import Settings
from connector.store.accounts.first_administrator import first_link
from sandbox import servers
from sandbox.servicenow.gatepost_app import install_app
from sandbox.serving import Server
from sandbox.story import seed
from tests.commands_in_texts import command_in
from tests.stories.world import free_port
from tests.waiting import wait_until
from webhook_server.app import create_app

TITLE = "Retire the loan ledger"
PASSWORD = "a long and winding password"


@dataclass
class Newcomer:
    page: Page
    url: str
    link: str
    sandbox: servers.Sandbox
    services: Services
    handlers: TaskHandlers

    def step(self, name: str) -> None:
        """Every step is read: it is accessible, and tells no command to somebody who has only the pages."""
        found = Axe().run(self.page).response["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == [], name
        assert command_in(self.page.inner_text("main")) == "", name

    def become_administrator(self) -> None:
        page = self.page
        page.goto(self.link)
        page.get_by_label("Your name").fill("Nina Newcomer")
        page.get_by_label("Login").fill("nina@nordbank.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The password again").fill(PASSWORD)
        self.step("first administrator")
        page.get_by_role("button", name="Create my account").click()
        expect(page.locator(".answer")).to_have_text("0 of 7 steps are done; next: connect a tool.")

    def connect(self, way: str, name: str, address: str, user: str, credential: str) -> None:
        page = self.page
        page.get_by_label("Tool, and how Gatepost signs in").select_option(label=way)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Address").fill(address)
        page.get_by_label("User, or client id").fill(user)
        page.get_by_label("Token, password or client secret").fill(credential)
        page.get_by_role("button", name="Sign in and save").click()
        expect(page.locator(".notice").first).to_have_text(f"{name} is connected; Gatepost works there as Gatepost.")

    def write_a_first_mapping(self, kind: str) -> None:
        page = self.page
        page.get_by_label("Measures are").select_option(label=kind)
        page.get_by_label("Organization").fill("Nordbank")
        self.step("survey")
        page.get_by_role("button", name="Write a first mapping").click()
        expect(page.locator("#preview-result")).to_contain_text("1 of 1 item: 1 new. Nothing was written.")
        page.get_by_role("link", name="Guided form").click()
        fields = page.locator("#names-fields option").evaluate_all("all => all.map(one => one.value)")
        assert {"Sponsor", "Planned benefit"} <= set(fields), "known fields are offered"
        self.step("guided form")
        page.get_by_role("button", name="Save and preview real items").click()
        page.get_by_role("link", name="Continue the set-up").click()

    def activate(self) -> None:
        page = self.page
        page.get_by_role("link", name="Set-up", exact=True).last.click()
        page.get_by_role("link", name="Preview and activate").click()
        page.get_by_role("button", name="Preview on real items").click()
        expect(page.locator("#preview")).to_contain_text("Items previewed: 1 of 1")
        assert not re.search(r"@status|\b[A-Z]+_[A-Z]+\b", page.inner_text("#preview")), "codes are said in words"
        expect(page.locator(".fits")).to_contain_text("The mapping fits its tools.")
        self.step("activate")
        page.get_by_label("Why").fill("first rules")
        page.get_by_role("button", name="Activate", exact=True).click()
        self.work()
        expect(page.locator("#progress")).to_contain_text("The one item that is known has been assessed")
        page.get_by_role("link", name="Continue the set-up").click()

    def work(self) -> None:
        """What the worker does by itself."""
        self.handlers.tick()
        wait_until(lambda: at_rest(self.sandbox, lambda: is_work_left(self.services.engine)), "nothing is left to do")


@pytest.fixture
def newcomer(database: URL, tmp_path: Path, browser: Browser) -> Iterator[Newcomer]:
    port = free_port()
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=tmp_path,
        secret_key=Fernet.generate_key().decode(),
        port=port,
        connection_private_networks="127.0.0.1",
    )
    with ExitStack() as stack:
        services = stack.enter_context(bootstrap(settings, application="tests"))
        sandbox = servers.start()
        stack.callback(sandbox.stop)
        seed.set_up_jira(sandbox.jira)
        seed.set_up_servicenow(sandbox.servicenow)
        web = Server(create_app(services), "127.0.0.1", port).start()
        stack.callback(web.stop)
        handlers = stack.enter_context(worker_thread(services, system_clock))
        context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
        stack.callback(context.close)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Newcomer(page, web.url, first_link(web.url, services.vault, system_clock()), sandbox, services, handlers)
        assert errors == []


def test_from_nothing_to_the_first_blocker_in_servicenow(newcomer: Newcomer) -> None:
    page, snow = newcomer.page, newcomer.sandbox.servicenow
    snow.before_rules.clear()
    install_app(snow, writer=seed.BOT_USER)
    people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
    snow.insert("pm_project", {"short_description": TITLE, "state": "-5", "project_manager": people["lind"]}, "lind")
    newcomer.become_administrator()
    newcomer.connect(
        "ServiceNow: user and password", "servicenow-main", snow.base_url, seed.BOT_USER, seed.BOT_PASSWORD
    )
    newcomer.write_a_first_mapping("Projects (pm_project)")
    page.get_by_role("link", name="Plan for servicenow-main").click()
    expect(page.locator("#plan")).to_contain_text("Nothing is missing. Gatepost's app is installed")
    expect(page.get_by_label("Group that passes every gate")).to_have_count(0)
    newcomer.step("plan")
    newcomer.activate()

    page.get_by_role("button", name="Show what the app needs").click()
    address, secret = page.inner_text("#made-address"), page.inner_text("#made-secret")
    newcomer.step("events")
    page.goto(snow.base_url)
    page.get_by_role("link", name="Gatepost’s app").click()
    page.get_by_label("Address").fill(address)
    page.get_by_label("Secret").fill(secret)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Back to the records").click()
    page.get_by_role("link", name=re.compile("^PRJ")).click()
    page.locator("select[name=as]").first.select_option(label="Sara Lind")
    page.get_by_label("State").select_option(label="Closed Complete")
    page.get_by_role("button", name="Update").click()
    shut = "Cannot move into Identified yet: the program is missing. Sara Lind (owner) needs to act"
    expect(page.locator(".message")).to_contain_text("Gatepost keeps State from becoming Closed Complete")
    expect(page.locator(".message")).to_contain_text(shut)
    expect(page.locator("tr", has_text="Gate blockers")).to_contain_text(shut)

    page.locator("select[name=as]").first.select_option(label="Sara Lind")
    page.get_by_label("State").select_option(label="Open")
    page.get_by_role("button", name="Update").click()
    newcomer.work()
    page.goto(newcomer.url + "/setup")
    expect(page.locator("main")).to_contain_text("Events arrive from servicenow-main.")
    page.goto(newcomer.url + "/connections/servicenow-main")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#checks-count")).to_have_text(re.compile(r"^\d+ checks done\.$"))
    assert page.locator("#checks .health.bad").count() == 0, page.inner_text("#checks")
    newcomer.step("live checks")


def test_from_nothing_to_the_first_blocker_in_jira(newcomer: Newcomer) -> None:
    page, jira = newcomer.page, newcomer.sandbox.jira
    issue = jira.create("ITX", "Epic", TITLE, by="kaya", assignee="osei")
    newcomer.become_administrator()
    newcomer.connect(
        "Jira Cloud: e-mail address and API token", "jira-main", jira.base_url, seed.BOT_EMAIL, seed.BOT_TOKEN
    )
    newcomer.write_a_first_mapping("ITX: Epic")
    page.get_by_role("link", name="Plan for jira-main").click()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Apply this step in jira-main").click()
    expect(page.locator("#plan")).to_contain_text("Everything is created")
    newcomer.step("plan")
    newcomer.activate()
    page.get_by_role("button", name="Register the webhook").click()
    expect(page.locator(".notice").first).to_contain_text("jira-main sends its events to")
    page.goto(f"{jira.base_url}/browse/{issue.key}")
    expect(page.locator("tr", has_text="Gate blockers")).to_contain_text("Cannot move into")
