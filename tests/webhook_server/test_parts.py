"""Who administers or runs a part acts on that part only, on the pages and over the API alike.

ITX-1 is in IT / Cloud exit, ITX-2 in IT / Branches; each has an event and a write that became dead letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import text

from connector.bootstrap import system_clock
from connector.notify.subscription_filter import SubscriptionFilter
from connector.people.permissions import Role, RoleGrant
from mapping.load import LoadedMapping, load_mapping
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api_server import ApiServer, api_server
from tests.webhook_server.visitor import CHEAP, FormBrowser, page_text

CLOUD, BRANCHES = ("IT", "Cloud exit"), ("IT", "Branches")
SECRET_TITLE = "a title that only Branches knows"

FLOW = f"""
    WITH first AS (
        INSERT INTO inbox (connection, delivery_id, item_index, event, native_id, state, reason, settled_at) VALUES
            ('jira-main', 'd1', 0, 'jira:issue_updated', '10001', 'dead_letter', 'r1', now()),
            ('jira-main', 'd2', 0, 'jira:issue_updated', '10002', 'dead_letter', 'r2', now()),
            ('jira-main', 'both', 0, 'issuelink_created', '10001', 'done', null, now()),
            ('jira-main', 'both', 1, 'issuelink_created', '10002', 'done', null, now())
        RETURNING id, delivery_id, item_index, received_at
    ), bodies AS (
        INSERT INTO inbox_body (inbox_id, received_at, body)
        SELECT id, received_at, convert_to('{{"title": "{SECRET_TITLE}"}}', 'UTF8') FROM first WHERE item_index = 0
    )
    INSERT INTO dirty_key (connection, native_id, inbox_id, state, reason)
    SELECT 'jira-main', '10002', id, 'dead_letter', 'no such project' FROM first WHERE delivery_id = 'd2'
"""
WRITES = """
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, settled_at, reply_comment)
    SELECT 'jira-main', (10000 + n)::text, 'ITX-' || n, '{"Gate": "Blocked"}',
           '[{"field": "Gate", "kind": "first", "present": "Open", "target": "Blocked", "last_written": null}]', 'dead_letter',
           'refused: the option of ITX-' || n || ' is wrong' || n, now(), '{"text": "about Branches"}'
    FROM generate_series(1, 2) AS n
"""


@pytest.fixture(scope="module")
def parts(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    with (
        databases.one() as url,
        open_store(url) as store,
        api_server(store, loaded, tmp_path_factory.mktemp("data")) as here,
    ):
        with store.engine.begin() as connection:
            connection.execute(text("DELETE FROM outbox"))
            connection.execute(text(FLOW))
            connection.execute(text(WRITES))
        for name, role, place in (
            ("cloud-admin", Role.ADMINISTRATOR, CLOUD),
            ("branch-admin", Role.ADMINISTRATOR, BRANCHES),
            ("cloud-operator", Role.OPERATOR, CLOUD),
            ("operator", Role.OPERATOR, ()),
            ("cloud-viewer", Role.VIEWER, CLOUD),
        ):
            here.person(name, RoleGrant(role, place), password_hash=CHEAP)
        yield here


def browser(here: ApiServer, who: str) -> FormBrowser:
    found = FormBrowser(here.app.test_client())
    assert found.sign_in(f"{who}@acme.example").status_code == 303
    return found


def write_of(here: ApiServer, key: str) -> int:
    (row,) = here.store.rows("SELECT id FROM outbox WHERE key = :key ORDER BY id LIMIT 1", key=key)
    return int(str(row.id))


def event_of(here: ApiServer, delivery: str) -> int:
    (row,) = here.store.rows("SELECT id FROM inbox WHERE delivery_id = :d AND item_index = 0", d=delivery)
    return int(str(row.id))


# --- what is shown ----------------------------------------------------------------------------------------------


def test_an_operator_reads_which_events_came_and_no_body(parts: ApiServer) -> None:
    shown = parts.get("operator", f"/inbox/{event_of(parts, 'd2')}").get_json()
    assert (shown["event"]["native_id"], shown["body"], shown["visible"]) == ("10002", None, False)
    assert SECRET_TITLE in parts.get("admin", f"/inbox/{event_of(parts, 'd2')}").get_json()["body"]


def test_an_operator_reads_which_writes_wait_and_no_values(parts: ApiServer) -> None:
    shown = parts.get("operator", f"/outbox/{write_of(parts, 'ITX-2')}").get_json()
    assert (shown["write"]["key"], shown["changes"], shown["reply_comment"]) == ("ITX-2", None, None)
    shown = parts.get("admin", f"/outbox/{write_of(parts, 'ITX-2')}").get_json()
    assert shown["changes"][0]["target"] == "Blocked"
    assert shown["reply_comment"] == {"text": "about Branches"}


@pytest.mark.parametrize(("who", "body"), [("cloud-admin", None), ("cloud-viewer", None), ("admin", SECRET_TITLE)])
def test_a_body_about_two_measures_is_for_those_who_see_both(parts: ApiServer, who: str, body: str | None) -> None:
    shown = parts.get(who, f"/inbox/{event_of(parts, 'both')}").get_json()["body"]
    assert shown is None if body is None else body in shown


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator", "cloud-viewer"])
def test_another_parts_events_and_writes_are_not_there(parts: ApiServer, who: str) -> None:
    assert {one["key"] for one in parts.get(who, "/outbox").get_json()["items"]} == {"ITX-1"}
    assert {one["native_id"] for one in parts.get(who, "/inbox").get_json()["items"]} == {"10001"}
    assert parts.get(who, f"/outbox/{write_of(parts, 'ITX-2')}").status_code == 404
    assert parts.get(who, f"/inbox/{event_of(parts, 'd2')}").status_code == 404


def test_who_runs_a_part_reads_no_content_of_it_either(parts: ApiServer) -> None:
    assert parts.get("cloud-operator", f"/outbox/{write_of(parts, 'ITX-1')}").get_json()["changes"] is None
    assert parts.get("cloud-operator", f"/inbox/{event_of(parts, 'd1')}").get_json()["body"] is None
    assert parts.get("cloud-admin", f"/outbox/{write_of(parts, 'ITX-1')}").get_json()["changes"][0]["field"] == "Gate"


# --- dead letters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator"])
def test_the_dead_letters_of_another_part_are_not_listed(parts: ApiServer, who: str) -> None:
    assert [one["ref"] for one in parts.get(who, "/dead-letters").get_json()["items"]] == [
        f"write/{write_of(parts, 'ITX-1')}"
    ]
    assert [one["count"] for one in parts.get(who, "/dead-letters/causes").get_json()["items"]] == [1]
    page = page_text(browser(parts, who).get("/operations"))
    assert "is wrong1" in page
    assert "is wrong2" not in page
    assert "no such project" not in page


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator"])
@pytest.mark.parametrize("what", ["write", "item", "cause"])
def test_the_dead_letters_of_another_part_are_neither_shown_nor_replayed_nor_dropped(
    parts: ApiServer, who: str, what: str
) -> None:
    causes = parts.get("admin", "/dead-letters/causes").get_json()["items"]
    target = {
        "write": f"write/{write_of(parts, 'ITX-2')}",
        "item": "item/jira-main/10002",
        "cause": next(one["id"] for one in causes if "wrong2" in one["normalized_reason"]),
    }[what]
    visitor = browser(parts, who)
    path = f"/operations/dead-letters/{target}" if what == "cause" else f"/operations/dead-letters?ref={target}"
    assert visitor.get(path).status_code == 404
    visitor.post("/operations/dead-letters/replay", {"target": target}, page="/account")
    visitor.post("/operations/dead-letters/drop", {"target": target, "reason": "x"}, page="/account")
    assert parts.post(who, "/dead-letters/replay", {"target": target}).status_code == 404
    assert parts.post(who, "/dead-letters/drop", {"target": target, "reason": "x"}).status_code == 404
    assert parts.store.rows("SELECT 1 FROM audit WHERE action LIKE 'dead_letter.%'") == []


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator"])
def test_no_item_of_another_part_is_assessed_again(parts: ApiServer, who: str) -> None:
    body = {"connection": "jira-main", "native_id": "10002"}
    answer = parts.post(who, "/reassess", body)
    assert (answer.status_code, answer.get_json()["title"]) == (
        404, "There is no item 10002 of jira-main in the part that you run.",
    )  # fmt: skip
    assert parts.post(who, f"/outbox/{write_of(parts, 'ITX-2')}/replay").status_code == 404
    assert parts.post(who, f"/outbox/{write_of(parts, 'ITX-2')}/drop", {"reason": "x"}).status_code == 404
    assert parts.post(who, f"/inbox/{event_of(parts, 'd2')}/replay").status_code == 404
    assert parts.post("cloud-viewer", "/reassess", {"connection": "jira-main", "native_id": "10001"}).status_code == 403


def test_an_administrator_who_sees_more_than_they_run_acts_on_what_they_run(parts: ApiServer) -> None:
    """Visible by another role is not enough."""
    parts.person("wide", RoleGrant(Role.VIEWER), RoleGrant(Role.OPERATOR, CLOUD))
    assert parts.get("wide", f"/outbox/{write_of(parts, 'ITX-2')}").status_code == 200
    assert parts.post("wide", f"/outbox/{write_of(parts, 'ITX-2')}/replay").status_code == 404
    assert parts.post("wide", f"/outbox/{write_of(parts, 'ITX-2')}/drop", {"reason": "x"}).status_code == 404


# --- what touches every part --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/connections/jira-main/health", None),
        ("POST", "/connections/jira-main/resume", None),
        ("POST", "/connections/jira-main/sweeps", {}),
        ("PUT", "/rates", {"currency": "USD", "to": "EUR", "since": "2026-01-01", "factor": "1", "source": "x"}),
        ("POST", "/mappings/rollback", {"reason": "x"}),
    ],
)
def test_the_api_changes_nothing_for_all_parts_by_the_role_of_one(
    parts: ApiServer, who: str, method: str, path: str, body: object
) -> None:
    answer = parts.call(who, method, path, body)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("who", ["cloud-admin", "cloud-operator"])
@pytest.mark.parametrize(
    "path",
    [
        "/connections/jira-main/check", "/connections/jira-main/rotate", "/connections/jira-main/resume",
        "/operations/connections/jira-main/resume", "/setup/starter", "/setup/connect",
        "/setup/provision/jira-main/plan", "/setup/provision/jira-main/apply", "/people/rules", "/people/new",
        "/people/rules/1/remove",
    ],
)  # fmt: skip
def test_the_pages_change_nothing_for_all_parts_by_the_role_of_one(parts: ApiServer, who: str, path: str) -> None:
    answer = browser(parts, who).post(path, {}, page="/account")
    assert answer.status_code == 403, answer.text


def test_the_navigation_offers_the_set_up_only_to_whom_it_is_open(parts: ApiServer) -> None:
    assert 'href="/setup"' not in browser(parts, "cloud-admin").get("/connections").text


# --- people -------------------------------------------------------------------------------------------------------


def person_of(here: ApiServer, who: str) -> int:
    found = here.services.people.find_by_login(f"{who}@acme.example")
    assert found is not None
    return found.id


def test_who_administers_a_part_gives_roles_there_and_nowhere_else(parts: ApiServer) -> None:
    somebody = parts.person("somebody")
    visitor = browser(parts, "cloud-admin")
    own = {"role": "viewer", "portfolio": "IT", "program": "Cloud exit"}
    assert visitor.post(f"/people/{somebody}/grants", own, page="/account").status_code == 303
    for wider in (
        {"role": "viewer"},
        {"role": "viewer", "portfolio": "IT"},
        {"role": "viewer", "portfolio": "IT", "program": "Branches"},
        {"role": "administrator"},
    ):
        answer = visitor.post(f"/people/{somebody}/grants", wider, page="/account")
        assert answer.status_code == 422
        assert "You may not give more than you hold" in page_text(answer)
    found = parts.services.people.get(somebody)
    assert found is not None
    assert [str(one.grant) for one in found.grants] == ["viewer of IT / Cloud exit"]


def test_who_administers_a_part_gives_no_more_to_themselves(parts: ApiServer) -> None:
    me = person_of(parts, "cloud-admin")
    answer = browser(parts, "cloud-admin").post(f"/people/{me}/grants", {"role": "administrator"}, page="/account")
    assert (answer.status_code, "You may not give more than you hold" in page_text(answer)) == (422, True)


@pytest.mark.parametrize("target", ["admin", "branch-admin", "operator"])
def test_who_administers_a_part_takes_nothing_from_people_of_another(parts: ApiServer, target: str) -> None:
    person, visitor = person_of(parts, target), browser(parts, "cloud-admin")
    found = parts.services.people.get(person)  # type: ignore[arg-type]
    assert found is not None
    held = found.grants[0].id
    for path, form in (
        (f"/people/{person}/grants/{held}/revoke", {}),
        (f"/people/{person}/active", {"active": "no"}),
        (f"/people/{person}/sessions/end", {}),
        (f"/people/{person}/accounts", {"connection": "jira-main", "account": "z"}),
        (f"/people/{person}/accounts/unlink", {"connection": "jira-main", "account": "z"}),
    ):
        assert visitor.post(path, form, page="/account").status_code == 403, path
    assert parts.services.people.get(person) == found  # type: ignore[arg-type]


def test_who_administers_a_part_reads_what_people_are_there(parts: ApiServer) -> None:
    both = parts.person("both", RoleGrant(Role.OFFICE, CLOUD), RoleGrant(Role.OFFICE, BRANCHES))
    visitor = browser(parts, "cloud-admin")
    listed = page_text(visitor.get("/people"))
    assert "Cloud-viewer" in listed
    assert "Branch-admin" not in listed
    shown = page_text(visitor.get(f"/people/{both}"))
    assert "Office of IT / Cloud exit." in shown
    assert "Branches" not in shown
    assert "Only what lies in the part that you administer is shown here." in shown
    assert "Branch-admin" in page_text(visitor.get("/people?q=branch-admin@acme.example")), "known by login"


def test_a_role_of_another_part_is_not_previewed_with_its_measures(parts: ApiServer) -> None:
    visitor = browser(parts, "cloud-admin")
    own = page_text(visitor.get("/people/grant-preview?role=viewer&portfolio=IT&program=Cloud+exit"))
    assert "ITX-1" in own
    other = page_text(visitor.get("/people/grant-preview?role=viewer&portfolio=IT&program=Branches"))
    assert "ITX-2" not in other
    assert "You do not administer this part: nobody gives more than they hold." in other


def test_a_change_of_another_part_is_neither_shown_nor_decided(parts: ApiServer) -> None:
    somebody = parts.person("pending")
    branch = browser(parts, "branch-admin")
    form = {"role": "controller", "portfolio": "IT", "program": "Branches"}
    branch.post(f"/people/{somebody}/grants", form, page="/account")
    (waiting,) = parts.services.access_changes.pending(system_clock())
    visitor = browser(parts, "cloud-admin")
    assert "Waiting for a second administrator" not in page_text(visitor.get("/people"))
    answer = visitor.post(f"/people/changes/{waiting.id}/accept", page="/account")
    assert "It reaches beyond the part that you administer." in page_text(answer)


# --- subscriptions and the mapping --------------------------------------------------------------------------------


def test_who_administers_a_part_subscribes_to_its_events_and_to_no_others(parts: ApiServer) -> None:
    add = parts.services.subscriptions.add
    for name, part in (("of-branches", BRANCHES), ("of-all", ())):
        add(name, "http://127.0.0.1:9/", SubscriptionFilter(hierarchy=part), per_minute=60, author="tests")
    body = {"name": "of-cloud", "url": "http://127.0.0.1:9/", "hierarchy": list(CLOUD)}
    assert parts.post("cloud-admin", "/subscriptions", body).status_code == 201
    for wider in ({"hierarchy": list(BRANCHES)}, {"hierarchy": ["IT"]}, {}, {"events": ["connection.paused"]}):
        refused = parts.post("cloud-admin", "/subscriptions", {**body, "name": "x", "hierarchy": [], **wider})
        assert refused.status_code == 403, refused.text
        assert refused.get_json()["title"].startswith("You do not administer all of these events")
    listed = parts.get("cloud-admin", "/subscriptions").get_json()["items"]
    assert [one["name"] for one in listed] == ["of-cloud"]
    visitor = browser(parts, "cloud-admin")
    assert "of-cloud" in page_text(visitor.get("/subscriptions"))
    assert "of-branches" not in page_text(visitor.get("/subscriptions"))
    for name in ("of-branches", "of-all"):
        assert visitor.get(f"/subscriptions/{name}").status_code == 404
        for step in ("test", "rotate", "resume", "replay", "remove"):
            assert visitor.post(f"/subscriptions/{name}/{step}", {}, page="/account").status_code == 404
        for step in ("rotate", "resume", "test"):
            assert parts.post("cloud-admin", f"/subscriptions/{name}/{step}").status_code == 404
        assert parts.get("cloud-admin", f"/subscriptions/{name}/deliveries").status_code == 404
        assert parts.call("cloud-admin", "DELETE", f"/subscriptions/{name}").status_code == 404
    form = {"name": "y", "url": "http://127.0.0.1:9/", "events": "stage.changed", "hierarchy": "IT / Branches"}
    assert visitor.post("/subscriptions/new", form, page="/account").status_code == 422


@pytest.mark.parametrize(
    ("who", "old", "new", "status"),
    [
        pytest.param("it-admin", "business_unit: Business unit", "business_unit: Unit", 200, id="a fact of one's part"),
        pytest.param("cloud-admin", "start: Start date", "start: Begin", 403, id="of a wider part"),
        pytest.param("it-admin", "controller: Controller", "controller: Sponsor", 403, id="who approves"),
        pytest.param("it-admin", "organization: ACME", "organization: X", 403, id="the organisation"),
        pytest.param("admin", "controller: Controller", "controller: Sponsor", 200, id="for the whole organisation"),
    ],
)
def test_a_mapping_is_activated_by_who_administers_all_that_it_changes(
    parts: ApiServer, who: str, old: str, new: str, status: int
) -> None:
    if "it-admin" not in parts.tokens:
        parts.person("it-admin", RoleGrant(Role.ADMINISTRATOR, ("IT",)), password_hash=CHEAP)
    active = parts.services.mappings.active()
    assert active is not None
    source = active.source.replace(old, new)
    stored = parts.post(who, "/mappings", {"source": source, "reason": "r"}).get_json()["number"]
    if status == 403:
        visitor = browser(parts, who)
        form = {"candidate": str(stored), "reason": "r", "active": active.number}
        page = visitor.get(f"/mapping/activate?candidate={stored}")
        assert "An administrator of the whole organisation has to activate it." in page_text(page), "said beforehand"
        form |= {"fingerprint": unescape(re.findall(r'name="fingerprint" value="([^"]*)"', page.text)[0])}
        refused = visitor.post("/mapping/activate", form, page="/account")
        assert refused.status_code == 403, refused.text
        assert "An administrator of the whole organisation has to activate it." in page_text(refused)
    # The connections are addresses where nothing listens.
    answer = parts.post(who, f"/mappings/{stored}/activate", {"override": "the tools are not there"})
    assert answer.status_code == status, answer.text
