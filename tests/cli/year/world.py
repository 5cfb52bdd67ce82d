"""The world after the demo's past year, and its people as they open pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from sqlalchemy import Row, text

from cli.moved_clock import MovedClock
from connector.bootstrap import Services
from sandbox.servers import Sandbox
from sandbox.story.player import ScenarioPlayer, ShownItem
from tests.cli.year.facts import StoredYear
from tests.cli.year.reading import Page
from tests.webhook_server.visitor import FormBrowser
from webhook_server.app import create_app

PASSWORD = "a password for the demo"


@dataclass(frozen=True)
class PastYear:
    """The world after the year."""

    services: Services
    sandbox: Sandbox
    clock: MovedClock

    def items(self) -> list[ShownItem]:
        player = ScenarioPlayer(self.sandbox.jira.base_url, self.sandbox.servicenow.base_url)
        try:
            return player.items()
        finally:
            player.close()

    def rows(self, query: str) -> list[Row[Any]]:
        with self.services.engine.connect() as connection:
            return list(connection.execute(text(query)))

    @cached_property
    def app(self) -> Flask:
        return create_app(replace(self.services, metrics=CollectorRegistry()))

    def visitor(self, login: str) -> FormBrowser:
        """One of the demo's people, signed in."""
        visitor = FormBrowser(self.app.test_client())
        assert visitor.sign_in(f"{login}@nordbank.example", PASSWORD).status_code == 303
        return visitor

    def page(self, login: str) -> Page:
        """The pages as one of the demo's people gets them."""
        visitor = self.visitor(login)

        def page(path: str) -> str:
            answer = visitor.get(path)
            assert answer.status_code == 200, (path, answer.text)
            return answer.text

        return page

    @cached_property
    def stored(self) -> StoredYear:
        """What the tables hold."""
        return StoredYear.read(self.rows, self.clock().date())
