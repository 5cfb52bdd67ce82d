"""A browser without a screen: signed in as somebody, following forms as a page shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape

from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from werkzeug.test import TestResponse

from connector.bootstrap import Services, system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import PersonId, Role, RoleGrant
from webhook_server.app import create_app

_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)


@dataclass
class SignedInBrowser:
    client: FlaskClient
    person: PersonId
    token: str = ""

    def get(self, path: str) -> TestResponse:
        answer = self.client.get(path)
        found = re.search(r'name="csrf-token" content="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **form: object) -> TestResponse:
        return self.client.post(path, data=form, headers={"X-CSRFToken": self.token})

    def update(self, path: str, **form: object) -> TestResponse:
        """As htmx asks for a part of a page."""
        return self.client.post(path, data=form, headers={"X-CSRFToken": self.token, "HX-Request": "true"})

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return page_text(answer)


def page_text(answer: TestResponse) -> str:
    """What a person reads, in one line."""
    text = " ".join(unescape(_TAG.sub(" ", answer.text)).split())
    return re.sub(r" ([.,:;])(?= |$)", r"\1", text)


def hidden(answer: TestResponse, name: str) -> str:
    """The value of a hidden field of the page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, answer.text
    return unescape(found[1])


def browser(services: Services, *roles: Role, name: str = "Maria Brandt") -> SignedInBrowser:
    """Somebody new with these roles for everything, signed in."""
    login = f"{name.split()[-1].lower()}@nordbank.example"
    person = services.people.find_by_login(login) or services.people.add(login, name, by="tests")
    for role in roles:
        services.people.grant(person.id, RoleGrant(role), by="tests")
    # Metrics are registered once for each application.
    client = create_app(replace(services, metrics=CollectorRegistry())).test_client()
    token = services.sessions.begin(
        person.id,
        agent="tests",
        by=login,
        now=system_clock(),
        method=SignInMethod.PASSWORD,
        authenticated_at=system_clock(),
    )
    client.set_cookie("gatepost", token)
    found = SignedInBrowser(client, person.id)
    found.get("/mapping")
    return found
