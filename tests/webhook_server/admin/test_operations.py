"""``/operations`` and ``/audit``: is everything well, which dead letters are there, what can be done; and who did what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from connector.people.permissions import Role, RoleGrant
from connector.store.connections.connections import ConnectionRecord
from connector.store.operations.overview import (
    ActivePause,
    ActiveRateLimit,
    GateDrift,
    OperationsOverview,
    QueueFigures,
    RollupFreshness,
    SubscriptionFigures,
    SweepFigures,
    Throughput,
    WorkerFigures,
)
from connector.store.queue.dead_letters import DeadLetterCause, DeadLetterKind
from mapping.work_item import ConnectionName, Tool
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text
from webhook_server.admin.operations_messages import WebhookStatus, problems
from webhook_server.first_lines.operations import operations_line
from webhook_server.formats import Formats, duration_text, parse_locale

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORMATS = Formats(parse_locale("en_GB"), UTC, NOW)
CAUSE = DeadLetterCause("c1", DeadLetterKind.WRITE, "jira-main", "400: …", 3, NOW, NOW)
WELL = OperationsOverview(
    at=NOW,
    throughput=Throughput(((NOW, 1200, 87, 0), (NOW, 4, 0, 0))),
    queues=(QueueFigures("events", 0, None, None), QueueFigures("items", 2, NOW - timedelta(seconds=3), "jira-main")),
    workers=(WorkerFigures(1, "host", 7, NOW, 0),),
    rate_limits=(),
    pauses=(),
    sweeps=(),
    rollups=RollupFreshness(NOW, 0, None, None),
    subscriptions=(),
    dead_letter_causes=(),
    gate_drift=(),
    sizes=(),
    schema="0001",
    server="18",
)
SWEEP = SweepFigures("jira-main", "changed", NOW, NOW - HOUR, NOW - HOUR, NOW - HOUR, 10, 10, 0, None)
RECEIVER = SubscriptionFigures("bot", None, None, None, None, NOW, 0, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({}, "All is well, and there are no dead letters. Received in the last hour: 1,204 events; written to "
                     "the tools: 87. The oldest work has waited for 3 seconds. 1 worker is running.", id="well"),
        pytest.param({"queues": ()}, "All is well, and there are no dead letters. Received in the last hour: 1,204 events; "
                     "written to the tools: 87. Nothing waits. 1 worker is running.", id="nothing waits"),
        pytest.param({"workers": ()}, "1 problem needs attention: no worker is running. Received in the last hour: 1,204 "
                     "events; written to the tools: 87.", id="no worker"),
        pytest.param({"dead_letter_causes": (CAUSE,)}, "1 problem needs attention: 3 dead letters have 1 cause. Received in the "
                     "last hour: 1,204 events; written to the tools: 87.", id="dead letters"),
        pytest.param({"workers": (), "rate_limits": (ActiveRateLimit("jira-main", "connection", "", NOW + HOUR, "full"),)},
                     "2 problems need attention: no worker is running; jira-main limits 1 operation. Received in the last "
                     "hour: 1,204 events; written to the tools: 87.", id="the worst first"),
    ],
)  # fmt: skip
def test_the_first_sentence_says_whether_all_is_well(changes: dict[str, object], message: str) -> None:
    overview = replace(WELL, **changes)  # type: ignore[arg-type]
    assert operations_line(overview, problems(overview, (), {"jira-main"}, FORMATS), FORMATS) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pauses": (ActivePause("jira-main", NOW, None, "The credentials are refused."),)},
         "bad: jira-main is paused. The credentials are refused. Correct the cause and resume it."),
        ({"pauses": (ActivePause("jira-main", NOW, NOW + HOUR, "The hour is full."),)},
         "warning: jira-main is paused. The hour is full. Correct the cause and resume it. It also resumes automatically."),
        ({"queues": (QueueFigures("writes", 3, NOW - HOUR, "jira-main"),)},
         "warning: the oldest write of jira-main has waited for 60 minutes. It is to be made in a tool. Check below whether "
         "a limit or a pause delays it."),
        ({"subscriptions": (replace(RECEIVER, disabled_at=NOW, disabled_reason="It took nothing for three days."),)},
         "bad: the subscription bot is switched off. It took nothing for three days. An administrator switches it on again "
         "under Subscriptions."),
        ({"subscriptions": (replace(RECEIVER, failing_since=NOW - 3 * HOUR, last_error="503."),)},
         "warning: the subscription bot has not answered for 3 hours. 503. It is retried automatically."),
        ({"subscriptions": (replace(RECEIVER, failing_since=NOW),)}, ""),
        ({"sweeps": (replace(SWEEP, error="503 from the tool."),)},
         "warning: the sweep of jira-main (changed) was interrupted. 503 from the tool. It is retried automatically."),
        ({"sweeps": (SWEEP,)},
         "warning: the sweep of jira-main (changed) is 60 minutes late. Check that a worker is running; sweeps find "
         "changes for which no event arrived."),
        ({"sweeps": (replace(SWEEP, connection="not-governed"),)}, ""),
        ({"rollups": RollupFreshness(NOW, 7, NOW - HOUR, None)},
         "warning: the portfolio figures are 60 minutes behind. 7 measures wait to be added up; a worker does it within "
         "seconds."),
        ({"gate_drift": (GateDrift(NOW - HOUR, "jira-main", False, "gone"),)},
         "warning: somebody removed native gates from jira-main. Restore them: Connections, jira-main, "
         "Fields and gates at the tool."),
        ({"gate_drift": (GateDrift(NOW - HOUR, "jira-main", True, "put back"), GateDrift(NOW - 99 * HOUR, "jira-main", False, "old"))},
         ""),
    ],
)  # fmt: skip
def test_every_problem_says_what_to_do(changes: dict[str, object], message: str) -> None:
    found = problems(replace(WELL, **changes), (), {"jira-main"}, FORMATS)  # type: ignore[arg-type]
    assert "".join(f"{problem.health}: {problem.message}. {problem.action}" for problem in found) == message


@pytest.mark.parametrize(
    ("expires", "message"),
    [
        (NOW + timedelta(days=20), ""),
        (None, ""),
        (NOW + timedelta(days=2), "the webhook of jira-main expires on 23 Nov 2026"),
        (NOW - HOUR, "the webhook of jira-main has expired"),
    ],
)
def test_a_webhook_that_expires_is_reported_in_time(expires: datetime | None, message: str) -> None:
    found = problems(WELL, (WebhookStatus("jira-main", "jwt", expires),), (), FORMATS)
    assert "".join(problem.message for problem in found) == message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_duration_is_written_as_a_person_would(seconds: int, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


DEAD_WRITES = """
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, settled_at, attempts)
    SELECT 'jira-main', (10000 + n)::text, 'ITX-' || n, '{"Gate": "Blocked"}',
           '[{"field": "Gate", "kind": "first", "present": "Open", "target": "Blocked", "last_written": null}]', 'dead_letter',
           '400 to PUT /rest/api/3/issue/' || (10000 + n) || ': the option Blocked does not exist', now(), 5
    FROM generate_series(1, :many) AS n
"""


def add_dead_letters(site: WebSite, many: int = 3) -> None:
    site.services.connections.save(
        ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "http://127.0.0.1:9", "bot", "token", ("s",))
    )
    with site.services.engine.begin() as connection:
        connection.execute(text(DEAD_WRITES), {"many": many})


def cause_of(page: str) -> str:
    found = re.search(r'href="/operations/dead-letters/(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def operator(site: WebSite) -> FormBrowser:
    return site.signed_in("ops", RoleGrant(Role.OPERATOR))


def recorded_actions(site: WebSite) -> list[tuple[str, str, str]]:
    return [
        (entry.actor, entry.action, str(entry.detail.get("reason") or entry.detail.get("text") or ""))
        for entry in site.services.audit.entries()
        if entry.action.startswith(("dead_letter.", "connection."))
    ]


def test_the_empty_page_says_what_would_stand_there(operator: FormBrowser) -> None:
    found = page_text(operator.get("/operations"))
    assert (
        "1 problem needs attention: no worker is running. Received in the last hour: 0 events; written to the tools: 0."
        in found
    )
    assert (
        "No dead letters. Writes that a tool refuses and items that cannot be assessed are listed here with the reason"
        in found
    )
    assert "No connection is paused, and no tool limits anything." in found
    assert re.search(r"Schema revision \d{4} PostgreSQL \d+", found)


def test_the_page_answers_when_secrets_were_sealed_with_another_key(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site)
    registered = {"id": "7", "auth": "jwt", "url": "http://x/hooks", "expires_at": (NOW - HOUR).isoformat()}
    site.services.connections.update_details("jira-main", webhook_registration=registered)
    with site.services.engine.begin() as connection:
        connection.execute(text("UPDATE connection SET credential = ''"))
    found = operator.get("/operations")
    assert found.status_code == 200
    assert "3 writes that were refused" in page_text(found)
    assert "the webhook of jira-main has expired" in page_text(found)


def test_what_waits_and_who_works_opens_what_it_is_made_of(site: WebSite, operator: FormBrowser) -> None:
    assert 'href="#queues"' not in operator.get("/operations").text
    add_dead_letters(site)
    with site.services.engine.begin() as connection:
        connection.execute(text("INSERT INTO dirty_key (connection, native_id) VALUES ('jira-main', '10077')"))
    page = operator.get("/operations").text
    for part in ("queues", "workers"):
        assert f'href="#{part}"' in page
        assert f'id="{part}"' in page


def test_dead_letters_are_listed_by_cause_with_their_details(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site)
    page = operator.get("/operations")
    assert (
        "400 to PUT /rest/api/…/issue/…: the option Blocked does not exist jira-main 3 writes that were refused"
        in page_text(page)
    )
    listed = operator.get(f"/operations/dead-letters/{cause_of(page.text)}")
    assert "3 writes that were refused of jira-main have this cause" in page_text(listed)
    assert "ITX-1 10001" in page_text(listed)
    ref = re.search(r'href="(/operations/dead-letters\?ref=[^"]+)"', listed.text)
    assert ref is not None
    story = page_text(operator.get(ref[1]))
    assert "It was tried 5 times, and is a dead letter since" in story
    assert ": 400 to PUT /rest/api/3/issue/10001: the option Blocked does not exist" in story
    assert "The contents of event and fields are shown to those who may see the measure." in story
    assert "hidden" in story
    assert "Open → Blocked" not in story, "an operator sees no measure's contents"


def test_an_administrator_sees_the_fields_as_well(site: WebSite) -> None:
    add_dead_letters(site, 1)
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))
    assert "Gate : Open → Blocked" in page_text(admin.get("/operations/dead-letters?ref=write/1"))


def test_where_the_body_of_an_event_was_it_is_said_when_it_was_removed(site: WebSite) -> None:
    add_dead_letters(site, 1)
    with site.services.engine.begin() as connection:
        connection.execute(text(EVENT_OF_DEAD_LETTER))
    shown = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR)).get(
        "/operations/dead-letters?ref=item/jira-main/10001"
    )
    assert "jira:issue_updated dead_letter received" in page_text(shown)
    assert "The body was removed after 14 days." in page_text(shown)


EVENT_OF_DEAD_LETTER = """
    WITH event AS (
        INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
        VALUES ('jira-main', 'd1', 'jira:issue_updated', '10001', now() - interval '20 days', 'dead_letter', now())
        RETURNING id
    )
    INSERT INTO dirty_key (connection, native_id, inbox_id, state, reason)
    SELECT 'jira-main', '10001', id, 'dead_letter', 'no such project' FROM event
"""


def test_an_administrator_of_one_part_sees_no_fields_of_another(site: WebSite) -> None:
    add_dead_letters(site, 1)
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR, ("HR",)))
    assert "Open → Blocked" not in page_text(admin.get("/operations/dead-letters?ref=write/1"))


def test_a_cause_is_replayed_by_somebody_whom_the_audit_names(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site)
    cause = cause_of(operator.get("/operations").text)
    shown = page_text(operator.get(f"/operations/dead-letters/{cause}"))
    assert "Each item is read from jira-main and reassessed, and what differs then is written." in shown
    done = operator.post("/operations/dead-letters/replay", {"target": cause}, page="/operations")
    assert done.headers["Location"] == "/operations"
    after = page_text(operator.get("/operations"))
    assert "3 dead letters are replayed. What fails again becomes a dead letter again." in after
    assert "No dead letters." in after
    assert recorded_actions(site) == [("ops", "dead_letter.replayed", "")] * 3
    assert operator.get(f"/operations/dead-letters/{cause}").status_code == 404


@pytest.mark.parametrize("target", ["write/1", "cause"])
def test_nothing_is_dropped_without_a_reason(site: WebSite, operator: FormBrowser, target: str) -> None:
    add_dead_letters(site, 1)
    chosen = cause_of(operator.get("/operations").text) if target == "cause" else target
    refused = operator.post("/operations/dead-letters/drop", {"target": chosen, "reason": "  "}, page="/operations")
    assert refused.status_code == 422
    assert "Nothing was dropped: give a reason. It is recorded in the audit." in page_text(refused)
    assert recorded_actions(site) == []
    operator.post("/operations/dead-letters/drop", {"target": chosen, "reason": "test project"}, page="/operations")
    assert "1 dead letter was dropped: test project" in page_text(operator.get("/operations"))
    assert recorded_actions(site) == [("ops", "dead_letter.dropped", "test project")]


def test_a_dead_letter_that_is_gone_meanwhile_says_so(site: WebSite, operator: FormBrowser) -> None:
    assert "It is no longer a dead letter" in page_text(operator.get("/operations/dead-letters?ref=write/9"))
    operator.post("/operations/dead-letters/replay", {"target": "write/9"}, page="/operations")
    assert "Nothing could be replayed: it is no longer a dead letter, or its subscription is off." in page_text(
        operator.get("/operations")
    )


def test_a_long_list_goes_page_by_page(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site, 60)
    cause = cause_of(operator.get("/operations").text)
    first = operator.get(f"/operations/dead-letters/{cause}")
    more = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert more is not None
    second = operator.get(more[1].replace("&amp;", "&"))
    assert len(re.findall(r"ref=write", first.text)) == 50
    assert len(re.findall(r"ref=write", second.text)) == 10


def test_dead_letters_are_shown_by_time(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site, 3)
    with site.services.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE outbox SET settled_at = now() - interval '2 days', created_at = now() - interval '2 days' "
                "WHERE key = 'ITX-1'"
            )
        )
        connection.execute(
            text(
                "UPDATE outbox SET settled_at = now() - interval '2 hours', created_at = now() - interval '2 hours' "
                "WHERE key <> 'ITX-1'"
            )
        )
    address = f"/operations/dead-letters/{cause_of(operator.get('/operations').text)}"
    shown = {
        span: len(re.findall(r"ref=write", operator.get(f"{address}{span}").text))
        for span in ("", "?span=hour", "?span=day", "?span=week", "?span=x")
    }
    assert shown == {"": 3, "?span=hour": 0, "?span=day": 2, "?span=week": 3, "?span=x": 3}
    assert "None of them came in the last hour." in page_text(operator.get(f"{address}?span=hour"))


def test_a_paused_connection_is_resumed(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site, 1)
    site.services.connections.pause(ConnectionName("jira-main"), "The credentials are refused.", None)
    assert "jira-main paused just now resumed by hand The credentials are refused." in page_text(
        operator.get("/operations")
    )
    operator.post("/operations/connections/jira-main/resume", page="/operations")
    assert "jira-main is in use again." in page_text(operator.get("/operations"))
    assert recorded_actions(site) == [
        ("gatepost", "connection.paused", "jira-main is paused: The credentials are refused."),
        ("ops", "connection.resumed", "jira-main is in use again."),
    ]
    assert operator.post("/operations/connections/nobody/resume", page="/operations").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OWNER, Role.SPONSOR, Role.CONTROLLER, Role.OFFICE])
def test_only_whoever_runs_it_comes_here(site: WebSite, role: Role) -> None:
    add_dead_letters(site, 1)
    somebody = site.signed_in("somebody", RoleGrant(role))
    for path in ("/operations", "/operations/figures", "/operations/dead-letters?ref=write/1"):
        assert somebody.get(path).status_code == 403
    for path in ("/operations/dead-letters/replay", "/operations/dead-letters/drop"):
        assert somebody.post(path, {"target": "write/1", "reason": "x"}, page="/account").status_code == 403
    assert recorded_actions(site) == []


def test_the_part_that_is_refreshed_is_a_part(site: WebSite, operator: FormBrowser) -> None:
    add_dead_letters(site, 1)
    part = operator.get("/operations/figures").text
    assert "<html" not in part
    assert 'data-as-of="' in part
    assert "the option Blocked does not exist" in part


def test_the_audit_is_searched_and_its_filters_stand_in_the_address(site: WebSite) -> None:
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))
    found = page_text(admin.get("/audit?action=person&actor=tests"))
    assert "Person: added" in found
    assert "signed_in person/1" not in found
    assert "Nothing matches these filters." in page_text(admin.get("/audit?subject=nothing/such"))
    assert "Nothing matches these filters." in page_text(admin.get("/audit?until=2020-01-01"))
    wrong = admin.get("/audit?since=yesterday")
    assert wrong.status_code == 400
    assert '"yesterday" is not a date. Write it as 2026-11-21.' in page_text(wrong)


def test_the_audit_goes_page_by_page(site: WebSite) -> None:
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))
    for number in range(60):
        site.services.people.add(f"p{number}@x.example", "P", by="tests")
    first = admin.get("/audit?action=person.added")
    more = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert more is not None
    second = admin.get(more[1].replace("&amp;", "&"))
    assert len(re.findall(r"<td class=\"num\" title", first.text)) == 50
    assert len(re.findall(r"<td class=\"num\" title", second.text)) == 11


def test_the_chain_is_verified_on_demand(site: WebSite) -> None:
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))
    found = page_text(admin.post("/audit/verify", page="/audit"))
    assert re.search(r"✓ Nothing was changed or removed: \d+ entries and 0 decisions are as they were written\.", found)
    with site.services.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 1"))
    found = page_text(admin.post("/audit/verify", page="/audit"))
    assert "✗ 1 problem in" in found
    assert "Entry 1 was changed after it was written." in found


def test_line_by_line_where_a_script_asks(site: WebSite) -> None:
    admin = site.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))
    token = re.search(r'name="csrf-token" content="([^"]+)"', admin.get("/audit").text)
    assert token is not None
    headers = {"Accept": "text/vnd.gatepost.stream"}
    answered = admin.client.post("/audit/verify", data={"csrf_token": token[1]}, headers=headers)
    assert answered.mimetype == "text/vnd.gatepost.stream"
    assert [line[:4] for line in answered.text.splitlines()] == ["<li>"]


def test_whoever_sees_a_part_reads_their_part_and_verifies_nothing(site: WebSite) -> None:
    viewer = site.signed_in("viewer", RoleGrant(Role.VIEWER, ("IT",)))
    found = viewer.get("/audit")
    assert "Nothing has been recorded that you may see." in page_text(found)
    assert "Verify" not in found.text
    assert viewer.post("/audit/verify", page="/audit").status_code == 403
    assert site.signed_in("own", RoleGrant(Role.OWNER)).get("/audit").status_code == 403
