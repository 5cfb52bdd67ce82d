"""The connections' pages: what is said of each one and what to do, live checks, the secret; and the set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.engine import URL

from connector.bootstrap import Sites, bootstrap, system_clock
from connector.http.tool_access import Auth, DoorKind
from connector.people.permissions import Role
from connector.settings import Settings
from connector.store.connections.connection_status import ConnectionStanding, SweepState
from connector.store.connections.connections import ConnectionRecord, stored_registration
from connector.store.connections.provisioned_objects import Provisioned
from connector.sync.setup import Health, Registration
from mapping.load import Loaded, load_mapping
from mapping.work_item import ConnectionName, Tool
from sandbox.story import seed
from tests.conftest import ROOT
from tests.stories.simulation import Theatre, theatre
from tests.webhook_server.signed_in_browser import Browser, browser, hidden, words
from webhook_server.admin.connection_messages import Advice, advice, headline

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
JIRA = ConnectionName("jira-main")
RECORD = ConnectionRecord(JIRA, Tool.JIRA, "https://acme.atlassian.net", "bot@acme.example", "token", ("secret",))
SWEPT = SweepState("changed", NOW, NOW, NOW + timedelta(minutes=15), 10, 10, 0, None)
STANDING = ConnectionStanding(
    JIRA, 10, NOW - timedelta(minutes=1), 5, NOW, NOW, 0, None, 0, 0, 0, None, 0, (SWEPT,)
)  # fmt: skip


def hooked(ends: datetime) -> ConnectionRecord:
    made = Registration("7", DoorKind.JWT, "https://gate.example/hooks/jira/jira-main", expires_at=ends)
    return replace(RECORD, webhook=stored_registration(made))


@pytest.mark.parametrize(
    ("record", "standing", "paused", "governed", "told"),
    [
        (RECORD, STANDING, None, True, "good: All is well."),
        (RECORD, STANDING, "the credentials are refused.", True,
         "bad: Paused: the credentials are refused. Mend the cause, check it, and resume the connection."),
        (RECORD, STANDING, None, False,
         "warning: No rule of the active mapping names it. Nothing of it is governed until one does."),
        (replace(RECORD, expires_at=NOW + timedelta(days=3)), STANDING, None, True,
         "warning: The credential ends on 08 Oct 2026. Make a new one at the tool and give it under Set-up, before that "
         "day."),
        (replace(RECORD, expires_at=NOW - timedelta(days=1)), STANDING, None, True,
         "bad: The credential ended on 04 Oct 2026. Make a new one at the tool and give it under Set-up, before that day."),
        (replace(RECORD, auth=Auth.OAUTH, expires_at=NOW - timedelta(days=1)), STANDING, None, True,
         "good: All is well."),
        (hooked(NOW + timedelta(days=25)), STANDING, None, True, "good: All is well."),
        (hooked(NOW + timedelta(days=2)), STANDING, None, True,
         "warning: The webhook ends on 07 Oct 2026 and has not been put off. A worker puts it off with each sweep; see "
         "that one runs."),
        (hooked(NOW - timedelta(days=2)), STANDING, None, True,
         "bad: The webhook ended on 03 Oct 2026: the tool rings no more. Register it again: gatepost connect jira "
         "jira-main --public-url …"),
        (RECORD, replace(STANDING, last_heard=None), None, True,
         "warning: It has never rung. No webhook is registered by Gatepost. Changes are found by sweeps only, some "
         "minutes later. Check the webhook."),
        (RECORD, replace(STANDING, last_heard=NOW - timedelta(days=5)), None, True,
         "warning: It has not rung for 5 days. Check the webhook; sweeps go on meanwhile."),
        (RECORD, replace(STANDING, sweeps=(replace(SWEPT, error="503 from the tool."),)), None, True,
         "bad: The last sweep was broken off: 503 from the tool. It is tried again by itself."),
        (RECORD, replace(STANDING, sweeps=(replace(SWEPT, due_at=NOW - timedelta(hours=5)),)), None, True,
         "bad: A sweep is 5 hours late. See that a worker runs: gatepost worker"),
        (RECORD, replace(STANDING, parked=2, stuck=1, parked_reason="the field is gone."), None, True,
         "bad: 2 items and 1 write are parked. The newest: the field is gone. Replay or skip them under Operations."),
        (RECORD, replace(STANDING, waiting=1, oldest_waiting=NOW - timedelta(minutes=40)), None, True,
         "warning: 1 item waits, the first for 40 minutes. See that a worker runs."),
        (RECORD, replace(STANDING, limits=1), None, True,
         "warning: The tool holds back 1 operation. Work goes on by itself when the limit ends."),
    ],
)  # fmt: skip
def test_what_is_said_of_a_connection_and_what_to_do(
    record: ConnectionRecord, standing: ConnectionStanding, paused: str | None, governed: bool, told: str
) -> None:
    (found, *more) = advice(record, standing, paused, NOW, governed=governed)
    assert f"{found.health}: {found.told} {found.do}".strip() == told
    assert more == []


def test_the_worst_comes_first() -> None:
    found = advice(RECORD, replace(STANDING, last_heard=None, parked=1), None, NOW, governed=True)
    assert [one.health.value for one in found] == ["bad", "warning"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "No tool is connected yet."),
        ([("a", "good")], "1 tool is connected, and all is well."),
        ([("a", "bad"), ("b", "good")], "2 tools are connected; a needs somebody now."),
        ([("a", "bad"), ("b", "warning"), ("c", "bad")],
         "3 tools are connected; a, c need somebody now; b needs a look soon."),
    ],
)  # fmt: skip
def test_the_first_line_names_who_needs_somebody(names: list[tuple[str, str]], told: str) -> None:
    assert headline([(name, [Advice(Health(health), "")]) for name, health in names]) == told


@dataclass
class Desk:
    scene: Theatre
    admin: Browser

    def actions(self, name: str) -> list[tuple[str, str]]:
        return [(entry.actor, entry.action) for entry in self.scene.services.audit.entries(name)]


@pytest.fixture
def desk(database: URL, tmp_path: Path) -> Iterator[Desk]:
    with theatre(database, tmp_path) as scene:
        scene.sandbox.jira.create("ITX", "Epic", "An idea", by="kaya", assignee="osei")
        scene.settle()
        yield Desk(scene, browser(scene.services, Role.ADMINISTRATOR))


WHO = "Maria Brandt (brandt@nordbank.example)"


def test_the_list_shows_each_connection_with_its_figures(desk: Desk) -> None:
    found = desk.admin.text("/connections")
    assert "Connection How it is, and what to do Last rung Events 24 h Items Waiting Last sweep Credential" in found
    assert re.search(r"jira-main Jira ", found)
    assert re.search(r"servicenow-main ServiceNow ", found)
    assert "✓ mapping version 1 is active" in found


def test_a_secret_is_on_no_page(desk: Desk) -> None:
    (record, _) = desk.scene.services.connections.all()
    for path in ("/connections", "/connections/jira-main", "/setup"):
        page = desk.admin.get(path).text
        assert record.webhook_secrets[0] not in page
        assert record.credential not in page
    assert "1 accepted, never shown" in desk.admin.text("/connections/jira-main")


def test_a_secret_in_the_address_is_covered(desk: Desk) -> None:
    connections = desk.scene.services.connections
    made = Registration("7", DoorKind.PATH, "https://gate.example/hooks/jira/jira-main/It's a Secret")
    connections.note("jira-main", webhook=stored_registration(made), doors=["path"])
    page = desk.admin.get("/connections/jira-main")
    assert "https://gate.example/hooks/jira/jira-main/•••" in words(page)
    assert "It&#39;s a Secret" not in page.text


def test_the_checks_come_line_by_line_and_as_a_page(desk: Desk) -> None:
    headers = {"X-CSRFToken": desk.admin.token, "Accept": "text/vnd.gatepost.lines"}
    lines = desk.admin.client.post("/connections/jira-main/check", headers=headers).text.splitlines()
    assert all(line.startswith("<li>") and line.endswith("</li>") for line in lines)
    assert any("signed in" in line and "as Gatepost" in line for line in lines)
    whole = words(desk.admin.post("/connections/jira-main/check"))
    assert f"{len(lines)} checks done." in whole
    assert "✓ clock as the tool's" in whole


def test_a_new_secret_is_shown_once_where_a_person_has_to_carry_it(desk: Desk) -> None:
    connections = desk.scene.services.connections
    before = connections.get("servicenow-main")
    page = desk.admin.post("/connections/servicenow-main/rotate")
    after = connections.get("servicenow-main")
    assert before is not None
    assert after is not None
    assert after.webhook_secrets == (after.webhook_secrets[0], *before.webhook_secrets)
    assert "The new secret, shown only now." in words(page)
    assert after.webhook_secrets[0] in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert after.webhook_secrets[0] not in desk.admin.get("/connections/servicenow-main").text
    assert (WHO, "connection.secret_rotated") in desk.actions("servicenow-main")


def test_a_new_secret_is_told_to_the_tool_where_gatepost_made_the_webhook(desk: Desk) -> None:
    services, jira = desk.scene.services, desk.scene.sandbox.jira
    setup = Sites(services, system_clock).get(JIRA).setup
    assert setup is not None
    made = setup.register("http://127.0.0.1:9/hooks/jira/jira-main", "old", DoorKind.SIGNATURE, [])
    services.connections.note("jira-main", webhook=stored_registration(made))
    answer = desk.admin.post("/connections/jira-main/rotate")
    assert (answer.status_code, answer.location) == (303, "/connections/jira-main")
    record = services.connections.get("jira-main")
    assert record is not None
    assert [one.secret for one in jira.webhooks.registered.values() if one.url == made.url] == [
        record.webhook_secrets[0]
    ], "the tool signs with the new one"
    told = desk.admin.text("/connections/jira-main")
    assert "jira-main signs its events with a new secret now. The one before is accepted until the next one." in told


def test_a_paused_connection_is_resumed_with_a_name_in_the_audit(desk: Desk) -> None:
    desk.scene.services.connections.pause(JIRA, "the credentials are refused.", None)
    assert "jira-main needs somebody now" in desk.admin.text("/connections") or "need somebody now" in (
        desk.admin.text("/connections")
    )
    operator = browser(desk.scene.services, Role.OPERATOR, name="Omar Perez")
    assert operator.post("/connections/jira-main/resume").status_code == 303
    assert desk.scene.services.connections.paused(JIRA) is None
    assert ("Omar Perez (perez@nordbank.example)", "connection.resumed") in desk.actions("jira-main")


@pytest.mark.parametrize("what", ["rotate", "resume", "check"])
def test_the_office_looks_and_does_nothing(desk: Desk, what: str) -> None:
    office = browser(desk.scene.services, Role.OFFICE, name="An office")
    assert office.get("/connections/jira-main").status_code == 200
    assert office.post(f"/connections/jira-main/{what}").status_code == 403


def test_a_tool_is_connected_only_when_it_lets_us_in(desk: Desk) -> None:
    url = desk.scene.sandbox.jira.base_url
    form = {"kind": "cloud", "name": "second", "url": url, "user": seed.BOT_EMAIL}
    refused = desk.admin.post("/setup/connect", **form, credential="wrong")
    assert refused.status_code == 422
    assert desk.scene.services.connections.get("second") is None
    unnamed = desk.admin.post("/setup/connect", **(form | {"name": "a b"}), credential="x")
    assert 'A connection is named with letters, digits, "-" and "_"; \'a b\' is not.' in words(unnamed)
    done = desk.admin.post("/setup/connect", **form, credential=seed.BOT_TOKEN)
    assert (done.status_code, done.location) == (303, "/setup")
    assert "second is connected; Gatepost works there as " in desk.admin.text("/setup")
    assert (WHO, "connection.saved") in desk.actions("second")


def test_a_first_mapping_is_written_from_what_the_tool_shows(desk: Desk) -> None:
    assert "jira-main shows 3 projects." in words(desk.admin.get("/setup/look/jira-main"))
    form = {"connection": "jira-main", "what": "ITX\nEpic", "organization": "Nordbank", "currency": "EUR"}
    assert desk.admin.post("/setup/starter", **form).location == "/mapping/edit"
    page = desk.admin.text("/mapping/edit")
    assert "A first mapping is written from what jira-main shows." in page
    assert "# A first mapping, made from what jira-main shows." in page
    assert "No problems." in page
    again = desk.admin.post("/setup/starter", **form)
    assert again.location == "/mapping/edit"


def test_the_set_up_says_what_is_done_and_what_comes_next(desk: Desk) -> None:
    assert "5 of 6 steps are done; next: make what is missing at the tool." in desk.admin.text("/setup")
    plan = words(desk.admin.update("/setup/provision/jira-main/plan"))
    assert plan == "✓ Nothing is missing."
    found = desk.admin.text("/setup")
    assert "6 of 6 steps are done." in found
    assert "Nothing is missing at jira-main." in found


STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
PASSES = STORY.replace("      gate: Gate\n", "      gate: Gate\n      passes: Gate passes\n", 1)


@pytest.fixture
def wanting(database: URL, tmp_path: Path) -> Iterator[Desk]:
    """The mapping names a field that is not there yet."""
    with theatre(database, tmp_path, mapping=PASSES) as scene:
        scene.sandbox.jira.admin.give_screens()
        for project in ("ITX", "CLOUD"):
            scene.sandbox.jira.create(project, "Epic", "An idea", by="kaya", assignee="osei")
        yield Desk(scene, browser(scene.services, Role.ADMINISTRATOR))


def test_what_is_missing_is_planned_confirmed_and_made_step_by_step(wanting: Desk) -> None:
    services, jira = wanting.scene.services, wanting.scene.sandbox.jira
    plan = wanting.admin.update("/setup/provision/jira-main/plan")
    assert "nothing has been made yet." in words(plan)
    assert "Fields create the field Gate passes" in words(plan)
    assert "Gate passes" not in {field.name for field in jira.fields.values()}
    answer, parts = plan, 0
    while 'name="state"' in answer.text and parts < 20:
        answer = wanting.admin.update("/setup/provision/jira-main/apply", state=hidden(answer, "state"))
        parts += 1
    assert parts > 1, "a part does one group, and the next one is planned anew"
    made = Provisioned(services.engine, JIRA, "tests").all()
    assert f"Steps done: {len(made)} of {len(made)} (100%)" in words(answer)
    assert "Everything is made, and every owned field can be written on a real issue of each project." in words(answer)
    assert jira.field_named("Gate passes") is not None
    assert (WHO, "provisioned") in wanting.actions("jira-main")
    forged = wanting.admin.update("/setup/provision/jira-main/apply", state="forged")
    assert forged.status_code == 400


def test_a_plan_that_has_changed_since_is_shown_again_and_not_carried_out(wanting: Desk) -> None:
    plan = wanting.admin.update("/setup/provision/jira-main/plan")
    source = PASSES.replace("findings: Gate findings", "findings: Gate notes", 1)
    loaded = load_mapping(source)
    assert isinstance(loaded, Loaded)
    wanting.scene.services.mappings.activate(source, loaded.version, author="A. Weber", reason="another field")
    answer = words(wanting.admin.update("/setup/provision/jira-main/apply", state=hidden(plan, "state")))
    assert answer.startswith(
        "The tool or the mapping has changed since you read the plan. Nothing was made; read it again."
    )
    assert Provisioned(wanting.scene.services.engine, JIRA, "tests").all() == ()


def test_an_empty_installation_leads_on(database: URL, tmp_path: Path) -> None:
    key, dsn = Fernet.generate_key().decode(), database.render_as_string(hide_password=False)
    with bootstrap(Settings(database_url=dsn, data=tmp_path, secret_key=key), application="tests") as services:
        admin = browser(services, Role.ADMINISTRATOR)
        assert "No tool is connected yet." in admin.text("/connections")
        assert "No mapping is active: nothing is governed yet." in admin.text("/mapping")
        assert "0 of 6 steps are done; next: connect a tool." in admin.text("/setup")
        assert "there is none yet" in admin.text("/mapping/guided")
        assert "Begin here, or on the page Set-up" in admin.text("/mapping/edit")
