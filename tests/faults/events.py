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
from tests.faults.world import FaultWorld
from tests.stories.world import SECRET
from tests.waiting import LONGEST_CALL_SECONDS, wait_until


@dataclass(frozen=True, slots=True)
class SignedEvent:
    path: str
    body: bytes
    headers: Mapping[str, str]
    delivery: str


@dataclass
class Sender:
    """A sender that knows the secret.  Accepted events are added to the world's ``accepted``."""

    world: FaultWorld
    session: requests.Session = field(default_factory=requests.Session)

    def event(self, key: str, delivery: str = "") -> SignedEvent:
        """An event of Jira about an issue."""
        issue = self.world.sandbox.jira.issue(key)
        body = {
            "timestamp": int(time.time() * 1000),
            "webhookEvent": "jira:issue_updated",
            "issue": {"id": issue.id, "key": issue.key, "fields": {"summary": issue.summary}},
        }
        return self.signed(json.dumps(body).encode(), delivery)

    def signed(self, body: bytes, delivery: str = "", content_type: str = "application/json") -> SignedEvent:
        """Any bytes, signed."""
        delivery = delivery or str(uuid4())
        headers = {
            "Content-Type": content_type,
            "X-Atlassian-Webhook-Identifier": delivery,
            "X-Hub-Signature": hub_signature(SECRET, body),
        }
        return SignedEvent("jira/jira-main", body, headers, delivery)

    def timestamped(self, sys_id: str, at: float) -> SignedEvent:
        """An event of ServiceNow's app, signed with a time of the sender's clock."""
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
        return SignedEvent("servicenow/servicenow-main", body, headers, delivery)

    def send(self, event: SignedEvent) -> requests.Response:
        response = self.session.post(
            f"{self.world.url}/hooks/{event.path}",
            data=event.body,
            headers=dict(event.headers),
            timeout=LONGEST_CALL_SECONDS,
        )
        if response.status_code == 202:
            self.world.accepted.add((event.path.rpartition("/")[2], event.delivery))
        return response

    def send_issue_event(self, key: str) -> requests.Response:
        return self.send(self.event(key))

    def send_until_accepted(self, event: SignedEvent) -> None:
        """Send until it is accepted, as the tools do."""

        def is_accepted() -> bool:
            with suppress(requests.RequestException):
                return self.send(event).status_code == 202
            return False

        wait_until(is_accepted, "the event is accepted", poll_seconds=0.3)
