"""A separate instance for each test, with users to call it as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests

from sandbox import servers
from sandbox.servicenow.model import Record
from sandbox.servicenow.state import ServiceNowState
from tests.waiting import LONGEST_CALL_SECONDS

START = datetime(2026, 6, 25, 10, 0, tzinfo=UTC)
ROBOT, ADMIN = ("robot", "secret"), ("boss", "boss")


class ManualClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class RunningInstance:
    running: servers.Sandbox
    clock: ManualClock

    @property
    def state(self) -> ServiceNowState:
        return self.running.servicenow

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        auth: tuple[str, str] | None = ROBOT,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> requests.Response:
        """``path`` comes after ``/api/now``; ``query`` are parameters without their ``sysparm_``."""
        return self.ask(method, path, query, body, auth=auth, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: object = None,
        *,
        auth: tuple[str, str] | None = ROBOT,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The same, with the parameters as they come."""
        parameters = {f"sysparm_{name}": value for name, value in query.items()}
        url = f"{self.state.base_url}/api/now{path}"
        return requests.request(
            method,
            url,
            json=body,
            params=parameters,
            auth=auth,
            headers=dict(headers or {}),
            timeout=LONGEST_CALL_SECONDS,
        )

    def rows(self, table: str, *, auth: tuple[str, str] = ROBOT, **query: str) -> list[dict[str, object]]:
        answer = self.ask("GET", f"/table/{table}", query, auth=auth)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["result"]
        return found

    def project(self, title: str = "P", **columns: str) -> Record:
        return self.state.insert("pm_project", {"short_description": title, "state": "-5"} | columns, "kaya")


def start() -> RunningInstance:
    clock = ManualClock()
    here = RunningInstance(servers.start(clock=clock), clock)
    here.state.add_user("kaya", "Aylin Kaya")
    here.state.add_user(ROBOT[0], "Robot", ROBOT[1])
    here.state.add_user(ADMIN[0], "Boss", ADMIN[1], roles=("admin",))
    return here
