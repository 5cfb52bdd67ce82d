"""``/operations`` and ``/audit``: is everything well, what is parked, what can be done; and who did what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from connector.people.permissions import Grant, Role
from connector.store.connections.connections import ConnectionRecord
from connector.store.operations.operations_overview import (
    Drift,
    Figures,
    Limit,
    Overview,
    Pause,
    Queue,
    Rate,
    Receiver,
    SweepCursor,
    Worker,
)
from connector.store.queue.dead_letters import Cause, Kind
from mapping.work_item import ConnectionName, Tool
from tests.webhook_server.visitor import Site, Visitor, words
from webhook_server.admin.operations_messages import Webhook, answer, troubles
from webhook_server.formats import Formats, parse_locale, span

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORMATS = Formats(parse_locale("en_GB"), UTC, NOW)
CAUSE = Cause("c1", Kind.WRITE, "jira-main", "400: …", 3, NOW, NOW)
WELL = Overview(
    at=NOW,
    rate=Rate(((NOW, 1200, 87, 0), (NOW, 4, 0, 0))),
    queues=(Queue("events", 0, None, None), Queue("items", 2, NOW - timedelta(seconds=3), "jira-main")),
    workers=(Worker(1, "host", 7, NOW, 0),),
    limits=(),
    paused=(),
    sweeps=(),
    figures=Figures(NOW, 0, None, None),
    receivers=(),
    causes=(),
    drift=(),
    sizes=(),
    schema="0001",
    server="18",
)
SWEEP = SweepCursor("jira-main", "changed", NOW, NOW - HOUR, NOW - HOUR, NOW - HOUR, 10, 10, 0, None)
RECEIVER = Receiver("bot", None, None, None, None, NOW, 0, 0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, "All is well: 1,204 events came in and 87 writes went out in the last hour, the oldest work has "
                     "waited for 3 seconds, nothing is parked, and 1 worker is at work.", id="well"),
        pytest.param({"queues": ()}, "All is well: 1,204 events came in and 87 writes went out in the last hour, nothing "
                     "waits, nothing is parked, and 1 worker is at work.", id="nothing waits"),
        pytest.param({"workers": ()}, "1 thing needs somebody: no worker is at work. 1,204 events came in and 87 writes "
                     "went out in the last hour.", id="no worker"),
        pytest.param({"causes": (CAUSE,)}, "1 thing needs somebody: 3 things are parked for 1 cause. 1,204 events came in "
                     "and 87 writes went out in the last hour.", id="parked"),
        pytest.param({"workers": (), "limits": (Limit("jira-main", "connection", "", NOW + HOUR, "full"),)},
                     "2 things need somebody: no worker is at work; jira-main holds back 1 operation. 1,204 events came in "
                     "and 87 writes went out in the last hour.", id="the worst first"),
    ],
)  # fmt: skip
def test_the_first_sentence_says_whether_all_is_well(changes: dict[str, object], told: str) -> None:
    found = replace(WELL, **changes)  # type: ignore[arg-type]
    assert answer(found, troubles(found, (), {"jira-main"}, FORMATS), FORMATS) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"paused": (Pause("jira-main", NOW, None, "The credentials are refused."),)},
         "bad: jira-main is paused. The credentials are refused. Mend the cause and resume it."),
        ({"paused": (Pause("jira-main", NOW, NOW + HOUR, "The hour is full."),)},
         "warning: jira-main is paused. The hour is full. Mend the cause and resume it. It goes on by itself."),
        ({"queues": (Queue("writes", 3, NOW - HOUR, "jira-main"),)},
         "warning: the oldest write of jira-main has waited for 60 minutes. It is to be made in a tool. See below whether a "
         "limit or a pause holds it up."),
        ({"receivers": (replace(RECEIVER, off_at=NOW, off_reason="It took nothing for three days."),)},
         "bad: the subscription bot is switched off. It took nothing for three days. An administrator switches it on again "
         "under Subscriptions."),
        ({"receivers": (replace(RECEIVER, failing_since=NOW - 3 * HOUR, last_error="503."),)},
         "warning: the subscription bot has not answered for 3 hours. 503. It is tried again by itself."),
        ({"receivers": (replace(RECEIVER, failing_since=NOW),)}, ""),
        ({"sweeps": (replace(SWEEP, error="503 from the tool."),)},
         "warning: the sweep of jira-main (changed) was broken off. 503 from the tool. It is tried again by itself."),
        ({"sweeps": (SWEEP,)},
         "warning: the sweep of jira-main (changed) is 60 minutes late. See that a worker runs; what nobody rang for is "
         "found by sweeps."),
        ({"sweeps": (replace(SWEEP, connection="not-governed"),)}, ""),
        ({"figures": Figures(NOW, 7, NOW - HOUR, None)},
         "warning: the sums of the portfolio are 60 minutes behind. 7 measures wait to be added up; a worker does it within "
         "seconds."),
        ({"drift": (Drift(NOW - HOUR, "jira-main", False, "gone"),)},
         "warning: somebody took native gates of jira-main out. Put them back: gatepost provision apply jira-main"),
        ({"drift": (Drift(NOW - HOUR, "jira-main", True, "put back"), Drift(NOW - 99 * HOUR, "jira-main", False, "old"))},
         ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_what_to_do(changes: dict[str, object], told: str) -> None:
    found = troubles(replace(WELL, **changes), (), {"jira-main"}, FORMATS)  # type: ignore[arg-type]
    assert "".join(f"{one.health}: {one.told}. {one.do}" for one in found) == told


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (NOW + timedelta(days=20), ""),
        (None, ""),
        (NOW + timedelta(days=2), "the webhook of jira-main ends on 23 Nov 2026"),
        (NOW - HOUR, "the webhook of jira-main has ended"),
    ],
)
def test_a_webhook_that_ends_is_told_in_time(ends: datetime | None, told: str) -> None:
    found = troubles(WELL, (Webhook("jira-main", "jwt", ends),), (), FORMATS)
    assert "".join(one.told for one in found) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_span_is_said_as_a_person_would(seconds: int, told: str) -> None:
    assert span(timedelta(seconds=seconds)) == told


PARKED = """
    INSERT INTO outbox (connection, native_id, key, wanted, changes, state, reason, settled_at, attempts)
    SELECT 'jira-main', (10000 + n)::text, 'ITX-' || n, '{"Gate": "Shut"}',
           '[{"field": "Gate", "kind": "first", "present": "Open", "wanted": "Shut", "last_written": null}]', 'parked',
           '400 to PUT /rest/api/3/issue/' || (10000 + n) || ': the option Shut does not exist', now(), 5
    FROM generate_series(1, :many) AS n
"""


def park(site: Site, many: int = 3) -> None:
    site.services.connections.save(
        ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "http://127.0.0.1:9", "bot", "token", ("s",))
    )
    with site.services.engine.begin() as connection:
        connection.execute(text(PARKED), {"many": many})


def cause_of(page: str) -> str:
    found = re.search(r'href="/operations/parked/(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def operator(site: Site) -> Visitor:
    return site.signed_in("ops", Grant(Role.OPERATOR))


def acts(site: Site) -> list[tuple[str, str, str]]:
    return [
        (entry.actor, entry.action, str(entry.detail.get("why") or entry.detail.get("text") or ""))
        for entry in site.services.audit.entries()
        if entry.action.startswith(("parked.", "connection."))
    ]


def test_the_empty_page_says_what_would_stand_there(operator: Visitor) -> None:
    found = words(operator.get("/operations"))
    assert (
        "1 thing needs somebody: no worker is at work. 0 events came in and 0 writes went out in the last hour."
        in found
    )
    assert (
        "Nothing is parked. What a tool refuses for good, and what cannot be judged, is kept here with its reason"
        in found
    )
    assert "No connection is paused, and no tool holds anything back." in found
    assert re.search(r"Schema revision \d{4} PostgreSQL \d+", found)


def test_parked_things_stand_by_cause_and_open_to_their_story(site: Site, operator: Visitor) -> None:
    park(site)
    page = operator.get("/operations")
    assert (
        "400 to PUT /rest/api/…/issue/…: the option Shut does not exist jira-main 3 writes that were not taken"
        in words(page)
    )
    listed = operator.get(f"/operations/parked/{cause_of(page.text)}")
    assert "3 writes that were not taken are parked at jira-main for this cause" in words(listed)
    assert "ITX-1 10001" in words(listed)
    ref = re.search(r'href="(/operations/parked\?ref=[^"]+)"', listed.text)
    assert ref is not None
    story = words(operator.get(ref[1]))
    assert "tried 5 times: 400 to PUT /rest/api/3/issue/10001: the option Shut does not exist" in story
    assert "What the event and the fields hold is shown to those who may see the measure." in story
    assert "hidden" in story
    assert "Open → Shut" not in story, "an operator sees no measure's contents"


def test_an_administrator_sees_the_fields_as_well(site: Site) -> None:
    park(site, 1)
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR))
    assert "Gate : Open → Shut" in words(admin.get("/operations/parked?ref=outbox/1"))


def test_where_the_body_of_an_event_was_it_is_said_when_it_was_removed(site: Site) -> None:
    park(site, 1)
    with site.services.engine.begin() as connection:
        connection.execute(text(PARKED_EVENT))
    shown = site.signed_in("admin", Grant(Role.ADMINISTRATOR)).get("/operations/parked?ref=key/jira-main/10001")
    assert "jira:issue_updated parked came in" in words(shown)
    assert "The body was removed after 14 days." in words(shown)


PARKED_EVENT = """
    WITH rang AS (
        INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
        VALUES ('jira-main', 'd1', 'jira:issue_updated', '10001', now() - interval '20 days', 'parked', now())
        RETURNING id
    )
    INSERT INTO dirty_key (connection, native_id, inbox_id, state, reason)
    SELECT 'jira-main', '10001', id, 'parked', 'no such project' FROM rang
"""


def test_an_administrator_of_one_part_sees_no_fields_of_another(site: Site) -> None:
    park(site, 1)
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR, ("HR",)))
    assert "Open → Shut" not in words(admin.get("/operations/parked?ref=outbox/1"))


def test_a_cause_is_replayed_by_somebody_whom_the_audit_names(site: Site, operator: Visitor) -> None:
    park(site)
    cause = cause_of(operator.get("/operations").text)
    shown = words(operator.get(f"/operations/parked/{cause}"))
    assert "Each item is read from jira-main and judged anew, and what differs then is written." in shown
    done = operator.post("/operations/parked/replay", {"target": cause}, page="/operations")
    assert done.headers["Location"] == "/operations"
    after = words(operator.get("/operations"))
    assert "3 things are tried again. What fails again is parked anew, and shows here." in after
    assert "Nothing is parked." in after
    assert acts(site) == [("ops", "parked.replayed", "")] * 3
    assert operator.get(f"/operations/parked/{cause}").status_code == 404


@pytest.mark.parametrize("target", ["outbox/1", "cause"])
def test_nothing_is_given_up_without_a_reason(site: Site, operator: Visitor, target: str) -> None:
    park(site, 1)
    chosen = cause_of(operator.get("/operations").text) if target == "cause" else target
    refused = operator.post("/operations/parked/drop", {"target": chosen, "reason": "  "}, page="/operations")
    assert refused.status_code == 422
    assert "Nothing was given up: say why. The audit keeps the reason." in words(refused)
    assert acts(site) == []
    operator.post("/operations/parked/drop", {"target": chosen, "reason": "test project"}, page="/operations")
    assert "1 thing was given up: test project" in words(operator.get("/operations"))
    assert acts(site) == [("ops", "parked.dropped", "test project")]


def test_what_is_gone_meanwhile_is_told(site: Site, operator: Visitor) -> None:
    assert "It is not parked any more" in words(operator.get("/operations/parked?ref=outbox/9"))
    operator.post("/operations/parked/replay", {"target": "outbox/9"}, page="/operations")
    assert "Nothing of it could be tried again: it is not parked any more, or its subscription is off." in words(
        operator.get("/operations")
    )


def test_a_long_list_goes_page_by_page(site: Site, operator: Visitor) -> None:
    park(site, 60)
    cause = cause_of(operator.get("/operations").text)
    first = operator.get(f"/operations/parked/{cause}")
    more = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert more is not None
    second = operator.get(more[1].replace("&amp;", "&"))
    assert len(re.findall(r"ref=outbox", first.text)) == 50
    assert len(re.findall(r"ref=outbox", second.text)) == 10


def test_a_paused_connection_is_resumed(site: Site, operator: Visitor) -> None:
    park(site, 1)
    site.services.connections.pause(ConnectionName("jira-main"), "The credentials are refused.", None)
    assert "jira-main paused just now somebody resumes it The credentials are refused." in words(
        operator.get("/operations")
    )
    operator.post("/operations/connections/jira-main/resume", page="/operations")
    assert "jira-main is in use again." in words(operator.get("/operations"))
    assert acts(site) == [
        ("gatepost", "connection.paused", "jira-main is paused: The credentials are refused."),
        ("ops", "connection.resumed", "jira-main is in use again."),
    ]
    assert operator.post("/operations/connections/nobody/resume", page="/operations").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OWNER, Role.SPONSOR, Role.CONTROLLER, Role.OFFICE])
def test_only_whoever_runs_it_comes_here(site: Site, role: Role) -> None:
    park(site, 1)
    somebody = site.signed_in("somebody", Grant(role))
    for path in ("/operations", "/operations/figures", "/operations/parked?ref=outbox/1"):
        assert somebody.get(path).status_code == 403
    for path in ("/operations/parked/replay", "/operations/parked/drop"):
        assert somebody.post(path, {"target": "outbox/1", "reason": "x"}, page="/account").status_code == 403
    assert acts(site) == []


def test_the_part_that_is_refreshed_is_a_part(site: Site, operator: Visitor) -> None:
    park(site, 1)
    part = operator.get("/operations/figures").text
    assert "<html" not in part
    assert 'data-as-of="' in part
    assert "the option Shut does not exist" in part


def test_the_audit_is_searched_and_its_filters_stand_in_the_address(site: Site) -> None:
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR))
    found = words(admin.get("/audit?action=person&actor=tests"))
    assert "person.added" in found
    assert "signed_in person/1" not in found
    assert "Nothing matches these filters." in words(admin.get("/audit?subject=nothing/such"))
    assert "Nothing matches these filters." in words(admin.get("/audit?until=2020-01-01"))
    wrong = admin.get("/audit?since=yesterday")
    assert wrong.status_code == 400
    assert '"yesterday" is no day. Write it as 2026-11-21.' in words(wrong)


def test_the_audit_goes_page_by_page(site: Site) -> None:
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR))
    for number in range(60):
        site.services.people.add(f"p{number}@x.example", "P", by="tests")
    first = admin.get("/audit?action=person.added")
    more = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert more is not None
    second = admin.get(more[1].replace("&amp;", "&"))
    assert len(re.findall(r"<td class=\"num\" title", first.text)) == 50
    assert len(re.findall(r"<td class=\"num\" title", second.text)) == 11


def test_the_chain_is_verified_on_demand(site: Site) -> None:
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR))
    found = words(admin.post("/audit/verify", page="/audit"))
    assert re.search(r"✓ Nothing was changed or removed: \d+ entries and 0 decisions are as they were written\.", found)
    with site.services.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 1"))
    found = words(admin.post("/audit/verify", page="/audit"))
    assert "✗ 1 problem in" in found
    assert "Entry 1 was changed after it was written." in found


def test_line_by_line_where_a_script_asks(site: Site) -> None:
    admin = site.signed_in("admin", Grant(Role.ADMINISTRATOR))
    token = re.search(r'name="csrf-token" content="([^"]+)"', admin.get("/audit").text)
    assert token is not None
    headers = {"Accept": "text/vnd.gatepost.lines"}
    answered = admin.client.post("/audit/verify", data={"csrf_token": token[1]}, headers=headers)
    assert answered.mimetype == "text/vnd.gatepost.lines"
    assert [line[:4] for line in answered.text.splitlines()] == ["<li>"]


def test_whoever_sees_a_part_reads_their_part_and_verifies_nothing(site: Site) -> None:
    viewer = site.signed_in("viewer", Grant(Role.VIEWER, ("IT",)))
    found = viewer.get("/audit")
    assert "Nothing has been recorded that you may see." in words(found)
    assert "Verify" not in found.text
    assert viewer.post("/audit/verify", page="/audit").status_code == 403
    assert site.signed_in("own", Grant(Role.OWNER)).get("/audit").status_code == 403
