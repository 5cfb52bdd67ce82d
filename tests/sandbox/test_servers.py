"""The sandbox as a sender of events and as pages for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from connector.events.signatures import verify_hub_signature
from sandbox import servers
from sandbox.delivery import EventSender
from sandbox.story import seed
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS


@dataclass
class Receiver:
    """Answers with the given statuses in turn, then with 202, and keeps what it was sent."""

    statuses: list[int] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(here.statuses.pop(0) if here.statuses else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    here.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield here
    server.shutdown()
    server.server_close()


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [
        ([], 1),
        ([503], 2),
        ([429, 500, 409], 4),
        ([400], 1),
        ([401], 1),
        ([503] * 10, 6),
    ],
)
def test_an_event_is_sent_again_after_those_statuses_after_which_jira_does(
    receiver: Receiver, statuses: list[int], attempts: int
) -> None:
    receiver.statuses = statuses
    deliverer = EventSender(sleep=lambda _: None)
    deliverer.send(receiver.url, b"{}", {"X-Atlassian-Webhook-Identifier": "one"})
    assert deliverer.wait_idle(LONGEST_WAIT_SECONDS)
    deliverer.close()
    assert len(receiver.seen) == attempts
    assert {headers["x-atlassian-webhook-identifier"] for headers, _ in receiver.seen} == {"one"}
    assert [headers.get("x-atlassian-webhook-retry") for headers, _ in receiver.seen] == [
        None,
        *(str(number) for number in range(1, attempts)),
    ]


def test_events_of_both_tools_are_signed_and_carry_their_own_ids(receiver: Receiver, sandbox: servers.Sandbox) -> None:
    sandbox.register_webhooks(receiver.url, receiver.url, "secret")
    sandbox.load_story()
    assert sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    jira = [seen for seen in receiver.seen if "x-atlassian-webhook-identifier" in seen[0]]
    servicenow = [seen for seen in receiver.seen if "x-event-id" in seen[0]]
    assert len(jira) > 14
    assert len(servicenow) > 17
    assert len(jira) + len(servicenow) == len(receiver.seen)
    for headers, body in receiver.seen:
        verify_hub_signature(body, headers["x-hub-signature"], [b"secret"])
    assert all(body.isascii() for _, body in servicenow)


def test_rich_text_in_a_webhook_is_text_and_never_a_document(receiver: Receiver, sandbox: servers.Sandbox) -> None:
    sandbox.register_webhooks(receiver.url, None, "secret")
    sandbox.load_story()
    issue = next(iter(sandbox.jira.issues.values()))
    sandbox.jira.edit(issue.id, {"Gate blockers": "one\ntwo"}, by="kaya")
    assert sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    field = sandbox.jira.field_named("Gate blockers").id
    body = json.loads(receiver.seen[-1][1])
    assert body["issue"]["fields"][field] == "one\ntwo"


def test_an_operator_of_servicenow_sees_the_rules_message_on_the_page(sandbox: servers.Sandbox) -> None:
    sandbox.load_story()
    record = next(iter(sandbox.servicenow.tables["pm_project"].values()))
    record["u_gatepost_blockers"] = "Cannot move into Implemented yet: 1 ServiceNow change is not closed successfully"
    url = f"{sandbox.servicenow.base_url}/record/pm_project/{record['number']}"
    shown = requests.post(url, data={"as": "lind", "state": "3"}, timeout=LONGEST_CALL_SECONDS)
    assert shown.status_code == 200
    assert (
        '<p class="message">Cannot move into Implemented yet: 1 ServiceNow change is not closed successfully</p>'
        in shown.text
    )
    assert record["state"] == "2"


def test_a_records_page_shows_amounts_with_currency_why_and_the_history(sandbox: servers.Sandbox) -> None:
    sandbox.load_story()
    record = next(iter(sandbox.servicenow.tables["pm_project"].values()))
    columns = sandbox.servicenow.columns["pm_project"].values()
    (why,) = (column.element for column in columns if column.label == "Why")
    record |= {why: "Potential Red: late"}
    sandbox.servicenow.update("pm_project", record["sys_id"], {"state": "4"}, "lind")
    url = f"{sandbox.servicenow.base_url}/record/pm_project/{record['number']}"
    shown = requests.get(url, timeout=LONGEST_CALL_SECONDS).text
    assert "<h2>Activity: history</h2>" in shown
    assert re.search(r"<b>Sara Lind</b> <span class=\"soft\">changed \d fields? · ", shown)
    assert 'State: <span class="was">Work in Progress</span> → Closed Incomplete' in shown
    assert "<th>Why</th><td>Potential Red: late</td>" in shown
    assert re.search(r"<td>[\d,]+ EUR</td>", shown), "an amount with its currency"


def test_what_people_type_is_text_on_the_pages(sandbox: servers.Sandbox) -> None:
    sandbox.load_story()
    epic = next(iter(sandbox.jira.issues.values()))
    sandbox.jira.edit(
        epic.id, {"summary": "<script>alert(1)</script>", "Gate blockers": "<b>x</b>\n<i>y</i>"}, by="kaya"
    )
    for path in ("/", f"/browse/{epic.key}"):
        shown = requests.get(sandbox.jira.base_url + path, timeout=LONGEST_CALL_SECONDS).text
        assert "<script>" not in shown
        assert "<b>x</b>" not in shown


def test_an_issues_page_shows_amounts_with_currency_why_and_the_history(sandbox: servers.Sandbox) -> None:
    sandbox.load_story()
    epic = next(iter(sandbox.jira.issues.values()))
    sandbox.jira.edit(epic.id, {"Plan net": 900000, "Why": "Potential Red: late"}, by="kaya")
    shown = requests.get(f"{sandbox.jira.base_url}/browse/{epic.key}", timeout=LONGEST_CALL_SECONDS).text
    assert "<th>Plan net</th><td>900,000 EUR</td>" in shown
    assert "<th>Why</th><td>Potential Red: late</td>" in shown
    assert "<b>Aylin Kaya</b>" in shown
    assert 'Plan net: <span class="was">None</span> → 900000' in shown


def test_both_lists_show_every_item_of_the_story(sandbox: servers.Sandbox) -> None:
    sandbox.load_story()
    pages = [
        requests.get(base, timeout=LONGEST_CALL_SECONDS).text
        for base in (sandbox.jira.base_url, sandbox.servicenow.base_url)
    ]
    assert all(any(item.title in page for page in pages) for item in seed.SEED_MEASURES)
    assert len(seed.SEED_MEASURES) >= 30
