"""A server on a store with assessed measures, and people who see parts of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.bootstrap import Services, bootstrap
from connector.people.permissions import PersonId, Role, RoleGrant, TokenScope, ToolAccount
from connector.people.token_scopes import held_scopes
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from mapping.load import LoadedMapping
from mapping.work_item import ConnectionName, NativeId, Tool
from tests.connector.store.conftest import StoreFixture
from tests.connector.store.reconcile.test_assessment_store import SHOWN, record_assessment
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from webhook_server.app import create_app

SETTINGS_TOKEN = "a token of more than twenty-four characters"
ALL_SCOPES = frozenset(TokenScope)


@dataclass
class ApiServer:
    store: StoreFixture
    services: Services
    app: Flask
    client: FlaskClient
    tokens: dict[str, str] = field(default_factory=dict)

    def person(
        self,
        name: str,
        *grants: RoleGrant,
        scopes: frozenset[TokenScope] = ALL_SCOPES,
        accounts: tuple[tuple[str, str], ...] = (),
        password_hash: str | None = None,
    ) -> PersonId:
        """Add somebody with a token; tests refer to them by name."""
        people = self.services.people
        person = people.add(f"{name}@acme.example", name.capitalize(), by="tests", password_hash=password_hash).id
        for grant in grants:
            people.grant(person, grant, by="tests")
        for connection, account in accounts:
            people.link(person, ToolAccount(connection, account), by="tests")
        now = datetime.now(UTC)
        ends = now + timedelta(days=1)
        viewer = people.viewer(person)
        assert viewer is not None
        self.tokens[name] = self.services.tokens.create(
            person, "tests", scopes & held_scopes(viewer.roles), expires_at=ends, by="tests", now=now
        ).token
        return person

    def call(self, who: str, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """Send a request as somebody; ``nobody`` has no token."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who != "nobody":
            sent["Authorization"] = f"Bearer {self.tokens[who]}"
        given: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **given)

    def get(self, who: str, path: str, **headers: str) -> TestResponse:
        return self.call(who, "GET", path, **headers)

    def post(self, who: str, path: str, body: object = None, **headers: str) -> TestResponse:
        return self.call(who, "POST", path, body, **headers)


def problem_of(answer: TestResponse) -> tuple[int, str, str]:
    """Status, title and detail of a problem."""
    assert answer.mimetype == "application/problem+json", answer.text
    shown = answer.get_json()
    return answer.status_code, shown["title"], shown["detail"]


@contextmanager
def api_server(store: StoreFixture, loaded: LoadedMapping, folder: Path) -> Iterator[ApiServer]:
    """ITX-1 in IT / Cloud exit, and ITX-2 in IT / Branches; an administrator who sees both."""
    settings = Settings(
        database_url=store.url.render_as_string(hide_password=False),
        data=folder,
        secret_key=Fernet.generate_key().decode(),
        api_token=SETTINGS_TOKEN,
        api_requests_per_minute=1_000_000,
        subscription_http=True,
        subscription_private_networks="127.0.0.1",
    )
    with bootstrap(settings, application="tests") as services:
        services.mappings.activate(MAPPING, str(loaded.version), author="tests", reason="tests")
        _connect(services)
        record_assessment(store, loaded, item(SHOWN))
        other = replace(item(SHOWN | {"Program": "Branches"}), native_id=NativeId("10002"), key="ITX-2")
        record_assessment(store, loaded, other)
        app = create_app(services)
        here = ApiServer(store, services, app, app.test_client())
        here.tokens["settings"] = SETTINGS_TOKEN
        here.person("admin", RoleGrant(Role.ADMINISTRATOR))
        yield here


def _connect(services: Services) -> None:
    """The store's connection again, sealed with this server's key, and the other one that the mapping names."""
    for name, tool in (("jira-main", Tool.JIRA), ("snow-main", Tool.SERVICENOW)):
        services.connections.save(
            ConnectionRecord(ConnectionName(name), tool, "http://127.0.0.1:9", "bot", "token", ("secret",))
        )
