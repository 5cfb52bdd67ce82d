"""Events that the suite sends itself, signed as the tools sign theirs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import requests

from sandbox.delivery import hub_signature
from sandbox.servicenow.events import stamped_signature
from tests.faults.world import Struck
from tests.stories.world import SECRET
from tests.waiting import LONGEST_CALL_SECONDS, wait_until


@dataclass(frozen=True, slots=True)
class Event:
    door: str
    body: bytes
    headers: Mapping[str, str]
    delivery: str


@dataclass
class Sender:
    """Somebody outside who knows the secret.  What was accepted counts in the world's account."""

    world: Struck
    session: requests.Session = field(default_factory=requests.Session)

    def event(self, key: str, delivery: str = "") -> Event:
        """An event of Jira about an issue."""
        issue = self.world.sandbox.jira.issue(key)
        body = {
            "timestamp": int(time.time() * 1000),
            "webhookEvent": "jira:issue_updated",
            "issue": {"id": issue.id, "key": issue.key, "fields": {"summary": issue.summary}},
        }
        return self.signed(json.dumps(body).encode(), delivery)

    def signed(self, body: bytes, delivery: str = "", content_type: str = "application/json") -> Event:
        """Any bytes, signed."""
        delivery = delivery or str(uuid4())
        headers = {
            "Content-Type": content_type,
            "X-Atlassian-Webhook-Identifier": delivery,
            "X-Hub-Signature": hub_signature(SECRET, body),
        }
        return Event("jira/jira-main", body, headers, delivery)

    def stamped(self, sys_id: str, at: float) -> Event:
        """An event of ServiceNow's app, signed at a moment of the sender's clock."""
        delivery = str(uuid4())
        body = json.dumps(
            {"table": "pm_project", "sys_id": sys_id, "operation": "update", "event_id": delivery}
        ).encode()
        stamp = str(int(at))
        headers = {
            "Content-Type": "application/json",
            "X-Event-Id": delivery,
            "X-Gatepost-Timestamp": stamp,
            "X-Gatepost-Signature": stamped_signature(SECRET, stamp, body),
        }
        return Event("servicenow/servicenow-main", body, headers, delivery)

    def send(self, event: Event) -> requests.Response:
        answer = self.session.post(
            f"{self.world.url}/hooks/{event.door}",
            data=event.body,
            headers=dict(event.headers),
            timeout=LONGEST_CALL_SECONDS,
        )
        if answer.status_code == 202:
            self.world.accepted.add((event.door.rpartition("/")[2], event.delivery))
        return answer

    def ring(self, key: str) -> requests.Response:
        return self.send(self.event(key))

    def insist(self, event: Event) -> None:
        """Send until it is taken, as the tools do."""

        def is_taken() -> bool:
            with suppress(requests.RequestException):
                return self.send(event).status_code == 202
            return False

        wait_until(is_taken, "the event is taken", poll_seconds=0.3)
