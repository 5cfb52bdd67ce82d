"""A walk over every page that there is, for everybody: let in or refused as declared, with all that keeps it safe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from cli.demo_people import DEMO_PEOPLE
from connector.people.permissions import Role
from governance.codes import CODES
from tests.browser.conftest import DESK, PASSWORD, PHONE, Opener
from tests.stories.world import World
from tests.waiting import LONGEST_CALL_SECONDS
from webhook_server.app import create_app
from webhook_server.auth import API_PREFIXES
from webhook_server.permission import Entry, Reach, permission_of
from webhook_server.security import HEADERS

EVERYBODY = tuple(Role)

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "account": {"number": "999999"},
    "connections": {"name": "jira-main"},
    "setup": {"name": "jira-main"},
    "mapping": {"number": "1"},
    "money": {"number": "999999"},
    "service": {"key": "none"},
    "measure": {"name": "{measure}", "verb": "approve", "number": "1"},
    "people": {"number": "2", "name": "nobody"},
    "second_factor": {"number": "999999"},
    "operations": {"cause": "000000000000", "name": "jira-main"},
    "subscriptions": {"name": "nobody"},
    "portfolio": {"number": "999999"},
    "calendar": {"key": "none", "name": "none", "number": "999999"},
    "tradeoffs": {"number": "999999"},
}
"""For the parts of addresses, by blueprint: something that is there, or an address that has to answer 404."""

OPEN_TO_WHOEVER_IS_SIGNED_IN = {"account", "palette", "provider", "second_factor"}
"""Blueprints whose pages are for everybody with a session, whatever their role."""

ANSWERS = {200, 204, 303, 302, 400, 404, 409, 410}
"""What a page that lets somebody in may say; 400, 404, 409 and 410 where it asks for more, or for something else now."""

NO_PAGE = (
    "/portfolio/export.csv",
    "/portfolio/workbook.xlsx",
    "/portfolio/deck.pptx",
    "/calendar/review.pptx",
    "/calendar/papers/none/preview/none",
    "/evidence.zip",
    "/money/export",
    "/money/import/progress",
    "/mapping/schema.json",
    "/mapping/versions/1/mapping.yaml",
    "/palette",
    "/account/views",
    "/waiting/places.csv",
    "/operations/events.csv",
    "/operations/writes.csv",
)
"""What is downloaded or asked for by a script, and not shown: ends of addresses."""


@dataclass(frozen=True)
class Stop:
    endpoint: str
    path: str
    needs: frozenset[Role]
    for_everything: bool
    """A role for a part of the organisation is not enough."""

    def lets_in(self, role: Role) -> bool:
        grant = next(one.grant for one in DEMO_PEOPLE if one.grant.role is role)
        return not self.needs or (role in self.needs and (grant.is_everywhere or not self.for_everything))


@pytest.fixture(scope="module")
def app(gatepost: World) -> Flask:
    return create_app(replace(gatepost.services, metrics=CollectorRegistry()))


@pytest.fixture(scope="module")
def measure(gatepost: World) -> str:
    (row,) = gatepost.rows("SELECT id FROM measure WHERE connection = 'jira-main' ORDER BY id LIMIT 1")
    return str(row.id)


def stops(app: Flask, method: str, measure: str) -> Iterator[Stop]:
    """Every page, with something in the place of each part of its address."""
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()) or str(rule).startswith(API_PREFIXES) or rule.endpoint == "static":
            continue
        examples = EXAMPLES.get(rule.endpoint.partition(".")[0], {})
        missing = rule.arguments - set(examples) - {"grant_number"}
        assert not missing, f"say in EXAMPLES what stands for {missing} in {rule}"
        path = str(rule)
        for name in rule.arguments:
            value = examples.get(name, "1").replace("{measure}", quote(measure))
            path = re.sub(rf"<(\w+:)?{name}>", value, path)
        permission = permission_of(app.view_functions[rule.endpoint])
        yield Stop(rule.endpoint, path, permission.roles, permission.reach is Reach.ORGANISATION)


def signed_in(gatepost: World, role: Role) -> requests.Session:
    session = requests.Session()
    login = next(one.login for one in DEMO_PEOPLE if one.grant.role is role)
    token = csrf(session.get(f"{gatepost.url}/signin", timeout=LONGEST_CALL_SECONDS).text)
    answer = session.post(
        f"{gatepost.url}/signin",
        data={"login": login, "password": PASSWORD, "csrf_token": token},
        timeout=LONGEST_CALL_SECONDS,
    )
    assert answer.ok
    return session


def csrf(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_every_page_says_who_may_come(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if str(rule).startswith(API_PREFIXES) or rule.endpoint == "static" or permission_of(view).entry is Entry.OPEN:
            continue
        blueprint = rule.endpoint.partition(".")[0]
        assert permission_of(view).roles or blueprint in OPEN_TO_WHOEVER_IS_SIGNED_IN, rule


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_page_lets_in_whom_it_says_and_nobody_else(gatepost: World, app: Flask, measure: str, role: Role) -> None:
    session = signed_in(gatepost, role)
    seen = 0
    for stop in stops(app, "GET", measure):
        answer = session.get(gatepost.url + stop.path, timeout=LONGEST_CALL_SECONDS, allow_redirects=False)
        if stop.lets_in(role):
            assert answer.status_code in ANSWERS, f"{stop.path}: {answer.status_code}"
        else:
            assert answer.status_code == 403, f"{stop.path}: {answer.status_code}"
            assert "This page is for the role" in answer.text
        is_page = answer.ok and answer.headers["Content-Type"].startswith("text/html")
        if role in {Role.VIEWER, Role.SPONSOR} and is_page and not stop.path.startswith("/docs"):
            assert technical_words(answer.text) == set(), stop.path
        assert not re.search(r'="[^"]*<time|<(title|option)\b[^>]*>[^<]*<time|&lt;time', answer.text), stop.path
        seen += 1
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, stop.path
        assert not re.search(r'<[^>]+\s(style|on\w+)=["\']', without_json(answer.text)), f"inline: {stop.path}"
        assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))[^>]*>", answer.text), stop.path
    assert seen > 30


def technical_words(page: str) -> set[str]:
    """Settings, codes and long ids that a reader of the page sees, or is read out; addresses may hold them."""
    text = re.sub(r'<input type="hidden"[^>]*>', "", without_json(page))
    said = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', text)
    words = " ".join([re.sub(r"<[^>]+>", " ", text), *said])
    return set(re.findall(r"GATEPOST_\w+|\b[0-9a-f]{32,}\b", words)) | {
        code for code in CODES if re.search(rf"\b{code}\b", words)
    }


def without_json(page: str) -> str:
    return re.sub(r"<(script|textarea|pre)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_nobody_who_is_not_signed_in_sees_a_page(gatepost: World, app: Flask, measure: str) -> None:
    for stop in stops(app, "GET", measure):
        if permission_of(app.view_functions[stop.endpoint]).entry is Entry.OPEN:
            continue
        answer = requests.get(gatepost.url + stop.path, timeout=LONGEST_CALL_SECONDS, allow_redirects=False)
        assert answer.status_code == 303, stop.path
        assert answer.headers["Location"].startswith("/signin"), stop.path


@pytest.mark.parametrize("role", EVERYBODY)
def test_no_form_is_taken_without_its_token(gatepost: World, app: Flask, measure: str, role: Role) -> None:
    session = signed_in(gatepost, role)
    seen = 0
    for stop in stops(app, "POST", measure):
        answer = session.post(gatepost.url + stop.path, data={}, timeout=LONGEST_CALL_SECONDS, allow_redirects=False)
        assert answer.status_code == 400, f"{stop.path}: {answer.status_code}"
        assert "The form was opened before you signed in, or in another browser." in answer.text
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("role", EVERYBODY)
def test_no_form_is_taken_from_whom_it_is_not_for(gatepost: World, app: Flask, measure: str, role: Role) -> None:
    session = signed_in(gatepost, role)
    token = csrf(session.get(f"{gatepost.url}/account", timeout=LONGEST_CALL_SECONDS).text)
    for stop in stops(app, "POST", measure):
        if not stop.lets_in(role):
            answer = session.post(
                gatepost.url + stop.path,
                data={"csrf_token": token},
                timeout=LONGEST_CALL_SECONDS,
                allow_redirects=False,
            )
            assert answer.status_code == 403, f"{stop.path}: {answer.status_code}"


LONG = "a reason with a word that is longer than any column, " + "customfieldOfTheTransformationOffice" * 3
LONG_ROWS = """
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, settled_at)
    SELECT connection, native_id, 'TRANSFORMATIONOFFICE-' || native_id, '{}', '[]', 'dead_letter', :reason, now()
    FROM measure ORDER BY id LIMIT 2;
    INSERT INTO inbox (connection, delivery_id, event, native_id, state, reason)
    SELECT connection, 'long-' || native_id, repeat('u_table_of_the_office', 4), native_id, 'ignored', :reason
    FROM measure ORDER BY id LIMIT 2;
"""
NO_LONG_ROWS = "DELETE FROM outbox WHERE reason = :reason; DELETE FROM inbox WHERE reason = :reason;"


@pytest.fixture
def long_names(gatepost: World) -> Iterator[None]:
    """Keys, reasons and names of events as long as a tool may make them."""

    def run(statements: str) -> None:
        with gatepost.services.engine.begin() as connection:
            for statement in statements.split(";")[:-1]:
                connection.execute(text(statement), {"reason": LONG})

    run(LONG_ROWS)
    yield
    run(NO_LONG_ROWS)


IN_ANY_SIZE = [*((role, DESK) for role in EVERYBODY), (Role.ADMINISTRATOR, PHONE), (Role.OWNER, PHONE)]


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize(("role", "size"), IN_ANY_SIZE)
def test_no_page_complains_in_the_console_or_sticks_out(
    visit: Opener, app: Flask, measure: str, role: Role, size: dict[str, int]
) -> None:
    window = visit(size)
    page = window.sign_in(role.value)
    for stop in stops(app, "GET", measure):
        if (
            stop.path.endswith(NO_PAGE)
            or not stop.lets_in(role)
            or stop.endpoint.startswith(("signin", "provider", "first_administrator"))
        ):
            continue
        window.go(stop.path)
        if page.locator("header.top").count():
            assert page.locator("h1").count() == 1, stop.path
            window.wait_for_parts()
            window.has_no_overflow()
            window.cuts_nothing_off()
        assert window.console_errors == [], stop.path


WITHOUT_SCRIPT = {
    Role.VIEWER: ("/portfolio", "/portfolio/measures", "/portfolio/lines", "/audit"),
    Role.ADMINISTRATOR: (
        "/people",
        "/people/2",
        "/connections",
        "/mapping",
        "/subscriptions",
        "/operations",
        "/account",
    ),
}


@pytest.mark.parametrize("role", WITHOUT_SCRIPT)
def test_what_is_read_can_be_read_without_a_script(browser: Browser, gatepost: World, role: Role) -> None:
    context = browser.new_context(
        viewport={"width": DESK["width"], "height": DESK["height"]}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{gatepost.url}/signin")
    page.get_by_label("Login").fill(next(one.login for one in DEMO_PEOPLE if one.grant.role is role))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    for path in WITHOUT_SCRIPT[role]:
        answer = page.goto(gatepost.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").inner_text(), path
        assert page.locator("main").inner_text().strip(), path
    context.close()
