"""The pages as a browser uses them: cookies kept, the form's token sent along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from connector.bootstrap import Services, bootstrap
from connector.people.passwords import hash_password
from connector.people.permissions import PersonId, RoleGrant
from connector.settings import Settings
from webhook_server.app import create_app

PASSWORD = "correct horse battery staple"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""Fits it, and says itself that it was made at little cost: so it is checked at little cost as well."""


@dataclass
class FormBrowser:
    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, data: Mapping[str, object] | None = None, *, page: str | None = None) -> TestResponse:
        """Send a form as it stands on a page, the sign-in page by default."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(page or "/signin").text)
        if found is None:
            found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/account").text)
        assert found is not None
        return self.client.post(path, data={**(data or {}), "csrf_token": found[1]})

    def sign_in(self, login: str, password: str = PASSWORD, onward: str = "/") -> TestResponse:
        return self.post("/signin", {"login": login, "password": password, "next": onward})


@dataclass
class WebSite:
    services: Services
    app: Flask

    def visitor(self) -> FormBrowser:
        """A browser that has never been here."""
        return FormBrowser(self.app.test_client())

    def person(self, login: str, *grants: RoleGrant, name: str = "", password: str | None = PASSWORD) -> PersonId:
        hash_ = None if not password else CHEAP if password == PASSWORD else hash_password(password, login=login)
        person = self.services.people.add(login, name or login.title(), by="tests", password_hash=hash_)
        for grant in grants:
            self.services.people.grant(person.id, grant, by="tests")
        return person.id

    def signed_in(self, login: str, *grants: RoleGrant) -> FormBrowser:
        """A new person with these grants, signed in."""
        self.person(login, *grants)
        visitor = self.visitor()
        assert visitor.sign_in(login).status_code == 303
        return visitor

    def audit(self) -> list[tuple[str, str]]:
        """Everything of people in the audit, as (who, what)."""
        query = (
            "SELECT actor, action FROM audit WHERE subject LIKE 'person/%' OR subject LIKE 'role_rule/%' ORDER BY seq"
        )
        with self.services.engine.connect() as connection:
            return [(row.actor, row.action) for row in connection.execute(text(query))]


@contextmanager
def site(database: URL, folder: Path, **changes: object) -> Iterator[WebSite]:
    settings = Settings.model_validate(
        {
            "database_url": database.render_as_string(hide_password=False),
            "data": folder,
            "secret_key": Fernet.generate_key().decode(),
        }
        | changes
    )
    with bootstrap(settings, application="tests") as services:
        yield WebSite(services, create_app(services))


def page_text(answer: TestResponse) -> str:
    """The page's own text, without marks and doubled spaces."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    # A time stands in its sentence, without a space before what follows.
    body = re.sub(r"</?time\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
