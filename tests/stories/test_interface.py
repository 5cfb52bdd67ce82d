"""The interface at work: a worker hears what is said through the API, and a subscriber is told what follows from it.

Real processes on all sides: web server, worker, Jira stand-in and receiver.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import requests
from sqlalchemy.engine import URL

from connector.notify.allowed_hosts import Rules
from connector.notify.subscription_filter import Filter
from connector.people.permissions import Account, Scope
from connector.store.notifications.subscriptions import Subscriptions
from sandbox.story import seed
from tests.connector.notify.receiver import Receiver
from tests.stories.test_scenarios import FACTS
from tests.stories.world import World, world
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

TITLE = "Exit the second data centre"
ALLOWED = {"GATEPOST_SUBSCRIPTION_HTTP": "true", "GATEPOST_SUBSCRIPTION_PRIVATE": "127.0.0.1"}
RULES = Rules(private=("127.0.0.1",), http=True)

Ask: TypeAlias = Callable[..., requests.Response]


def test_a_statement_by_the_api_is_granted_answered_in_jira_and_told_to_a_subscriber(
    database: URL, tmp_path: Path
) -> None:
    receiver = Receiver()
    with world(database, tmp_path, story=False) as here:
        seed.set_up_jira(here.sandbox.jira)
        here.environment |= ALLOWED
        services = here.services
        subscriptions = Subscriptions(services.engine, services.vault, RULES)
        made = subscriptions.add("bot", receiver.url, Filter(), author="tests")
        here.start("web")
        here.start("worker")
        here.wait_ready()
        issue = here.sandbox.jira.create(
            "ITX", "Epic", TITLE, by="osei", status="Backlog", assignee="osei", duedate="2026-12-31", values=FACTS
        )
        here.wait_quiet()
        brandt, kaya = _person(here, "brandt"), _person(here, "kaya")
        path = f"/measures/{issue.key}/commands"
        yes = brandt("POST", path, {"verb": "approve", "stage": "detailed"})
        assert _ruling(here, brandt, yes) == ("accepted", "Detailed approved by Brandt as sponsor.")
        no = kaya("POST", path, {"verb": "approve", "stage": "decided"})
        assert (no.status_code, no.json()["detail"]) == (404, "Name it by its key or id."), "she does not see it"
        osei = _person(here, "osei")
        no = osei("POST", path, {"verb": "approve", "stage": "decided"})
        assert _ruling(here, osei, no) == (
            "refused", "Osei may not approve Decided; sponsor Martin Brandt or controller Julia Weber may.",
        )  # fmt: skip
        assert brandt("GET", f"/gates/{issue.key}/detailed").status_code == 200
        assert brandt("GET", f"/gates/{issue.key}/decided").status_code == 409
        here.wait_quiet()
        shown = here.player.show(("jira", TITLE))
        assert shown.fields["DoI stage"] == "Detailed"
        assert "Detailed approved by Brandt as sponsor." in shown.answer
        told = [
            event for event in _told(here, receiver, made.secrets[0], 4) if event["data"]["measure"]["key"] == issue.key
        ]
    receiver.stop()
    kinds = [event["type"] for event in told]
    assert kinds[0] == "stage.granted"
    assert kinds.index("gate.blocked") < kinds.index("gate.opened")
    blocked = told[kinds.index("gate.blocked")]["data"]
    assert blocked["who_must_act"] == ["sponsor Martin Brandt"]
    assert told[kinds.index("gate.opened")]["data"]["passes"] == ["Detailed"]
    granted = [event["data"]["granted"]["label"] for event in told if event["type"] == "stage.granted"]
    assert granted == ["Identified", "Detailed"]


def _person(here: World, name: str) -> Ask:
    """Somebody whose account in Jira is linked, with a token; a call as them."""
    services, now = here.services, datetime.now(UTC)
    person = services.people.add(f"{name}@nordbank.example", name.capitalize(), by="tests").id
    services.people.link(person, Account("jira-main", name), by="tests")
    scopes = (Scope.READ, Scope.WRITE)
    token = services.tokens.create(person, "tests", scopes, ends=now + timedelta(hours=1), by="tests", now=now)

    def ask(method: str, path: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(
            method, f"{here.url}/api/v1{path}", json=body, headers=headers, timeout=LONGEST_CALL_SECONDS
        )

    return ask


def _ruling(here: World, ask: Ask, submitted: requests.Response) -> tuple[str, str]:
    """What becomes of a command, asked for at the address that its 202 gives."""
    assert submitted.status_code == 202, submitted.text
    where = submitted.headers["Location"].removeprefix("/api/v1")
    here.wait_until(lambda: ask("GET", where).json()["state"] != "waiting", "the command is ruled on")
    found = ask("GET", where).json()
    return found["state"], found["answer"]


def _told(here: World, receiver: Receiver, secret: str, least: int) -> list[dict[str, Any]]:
    here.wait_until(lambda: len(receiver.got) >= least, f"{least} events have arrived")
    waiting = "SELECT 1 FROM subscription_delivery WHERE state = 'waiting'"
    here.wait_until(lambda: not here.rows(waiting), "everything is told")
    return receiver.events(secret)
