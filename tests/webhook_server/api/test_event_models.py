"""What is sent is what the description says: bodies of events from verdicts, read by the models of the description."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connector.notify.measure_events import EVENT_TYPES, EventType, derive_events
from connector.notify.payload import connection_body, event_body
from governance.verdict import Colour
from tests.connector.notify.test_measure_events import AT_DETAILED, FOUND, MOVED, OPEN, RED, SHUT, previous, verdict_of
from tests.governance.factory import NOW, measure
from webhook_server.api import OPERATIONS
from webhook_server.api.event_models import EVENT_MODELS
from webhook_server.api.openapi import document

REALLY_RED = replace(RED, potential=replace(RED.potential, colour=Colour.RED))
SENT = [
    (event, after)
    for before, after in (
        (None, FOUND), (previous(SHUT), OPEN), (previous(SHUT), MOVED), (previous(SHUT), REALLY_RED),
        (previous(OPEN), verdict_of(AT_DETAILED)),
    )
    for event in derive_events(before, after, ())
]  # fmt: skip


@pytest.mark.parametrize(("event", "after"), SENT, ids=[EVENT_TYPES[type(event)].value for event, _ in SENT])
def test_an_event_is_what_its_model_says(event: Any, after: Any) -> None:
    body = event_body(event, measure(), after, key="ITX-1", url="https://acme.example/browse/ITX-1", at=NOW)
    read = EVENT_MODELS[EVENT_TYPES[type(event)].value].model_validate_json(body)
    assert read.data.gates.may_enter == list(after.open_stages)  # type: ignore[attr-defined]
    assert json.loads(body)["data"]["people"]["sponsor"] == {"person": "jira-main/b", "name": "M. Brandt"}


def test_a_connection_is_what_its_model_says() -> None:
    body = connection_body(
        EventType.PAUSED, "jira-main", "jira", "https://x", reason="401", since=NOW, by="gatepost", at=NOW
    )
    EVENT_MODELS["connection.paused"].model_validate_json(body)


def test_every_event_is_described_with_an_example_that_fits() -> None:
    hooks = document(OPERATIONS)["webhooks"]
    assert set(hooks) == {event.value for event in EventType}
    for kind, hook in hooks.items():
        example = hook["post"]["requestBody"]["content"]["application/json"]["example"]
        assert EVENT_MODELS[kind].model_validate(example).type == kind  # type: ignore[attr-defined]
