"""The interface: a worker rules on commands submitted through the API, and a subscriber receives the events.

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

from connector.http.allowed_hosts import HostRules
from connector.notify.subscription_filter import SubscriptionFilter
from connector.people.permissions import Role, RoleGrant, ToolAccount
from connector.people.token_scopes import held_scopes
from connector.store.notifications.subscriptions import Subscriptions
from sandbox.story import seed
from tests.connector.notify.receiver import Receiver
from tests.stories.test_scenarios import FACTS
from tests.stories.world import World, world
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

TITLE = "Exit the second data centre"
ALLOWED = {"GATEPOST_SUBSCRIPTION_HTTP": "true", "GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS": "127.0.0.1"}
RULES = HostRules(private_networks=("127.0.0.1",), allow_http=True)

ApiClient: TypeAlias = Callable[..., requests.Response]


def test_a_command_by_the_api_is_accepted_replied_to_in_jira_and_sent_to_a_subscriber(
    database: URL, tmp_path: Path
) -> None:
    receiver = Receiver()
    with world(database, tmp_path, story=False) as here:
        seed.set_up_jira(here.sandbox.jira)
        here.environment |= ALLOWED
        services = here.services
        subscriptions = Subscriptions(services.engine, services.vault, RULES)
        made = subscriptions.add("bot", receiver.url, SubscriptionFilter(), author="tests")
        here.start("web")
        here.start("worker")
        here.wait_ready()
        issue = here.sandbox.jira.create(
            "ITX", "Epic", TITLE, by="osei", status="Backlog", assignee="osei", duedate="2026-12-31", values=FACTS
        )
        here.wait_quiet()
        brandt, kaya = _person(here, "brandt"), _person(here, "kaya", RoleGrant(Role.OWNER, ("HR",)))
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
        assert "Detailed approved by Brandt as sponsor." in shown.reply
        received = _delivered_events(here, receiver, made.secrets[0], 4)
        events = [event for event in received if event["data"]["measure"]["key"] == issue.key]
    receiver.stop()
    kinds = [event["type"] for event in events]
    assert kinds[0] == "stage.granted"
    assert kinds.index("gate.blocked") < kinds.index("gate.opened")
    blocked = events[kinds.index("gate.blocked")]["data"]
    assert blocked["who_must_act"] == ["sponsor Martin Brandt"]
    assert events[kinds.index("gate.opened")]["data"]["opened"] == ["detailed"]
    granted = [event["data"]["granted"]["stage_label"] for event in events if event["type"] == "stage.granted"]
    assert granted == ["Identified", "Detailed"]


def _person(here: World, name: str, *grants: RoleGrant) -> ApiClient:
    """An API client for somebody whose account in Jira is linked."""
    services, now = here.services, datetime.now(UTC)
    person = services.people.add(f"{name}@nordbank.example", name.capitalize(), by="tests").id
    services.people.link(person, ToolAccount("jira-main", name), by="tests")
    for grant in grants:
        services.people.grant(person, grant, by="tests")
    scopes = held_scopes([Role.OWNER])
    ends = now + timedelta(hours=1)
    token = services.tokens.create(person, "tests", scopes, expires_at=ends, by="tests", now=now).token

    def call(method: str, path: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(
            method, f"{here.url}/api/v1{path}", json=body, headers=headers, timeout=LONGEST_CALL_SECONDS
        )

    return call


def _ruling(here: World, call: ApiClient, submitted: requests.Response) -> tuple[str, str]:
    """The ruling on a command, read from the address that its 202 response gives."""
    assert submitted.status_code == 202, submitted.text
    where = submitted.headers["Location"].removeprefix("/api/v1")
    here.wait_until(lambda: call("GET", where).json()["state"] != "waiting", "the command is ruled on")
    command = call("GET", where).json()
    return command["state"], command["reply"]


def _delivered_events(here: World, receiver: Receiver, secret: str, least: int) -> list[dict[str, Any]]:
    here.wait_until(lambda: len(receiver.received) >= least, f"{least} events have arrived")
    waiting = "SELECT 1 FROM subscription_delivery WHERE state = 'waiting'"
    here.wait_until(lambda: not here.rows(waiting), "every event is delivered")
    return receiver.events(secret)
