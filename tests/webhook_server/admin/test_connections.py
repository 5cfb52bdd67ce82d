"""The connections' pages: the advice about each one, live checks, the secret; and the set-up."""

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
from connector.errors import HostNotAllowed
from connector.http.tool_access import Auth, WebhookAuth
from connector.people.permissions import Role
from connector.settings import Settings
from connector.store.connections.connection_status import ConnectionStatus, SweepState
from connector.store.connections.connections import ConnectionRecord, registration_values
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.sync.setup import Health, WebhookRegistration
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool
from sandbox.story import seed
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation
from tests.webhook_server.signed_in_browser import SignedInBrowser, browser, hidden, page_text
from webhook_server.admin.connection_messages import Advice, advice_for
from webhook_server.first_lines.operations import connections_line
from webhook_server.formats import Formats, parse_locale

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
FORMATS = Formats(parse_locale("en_GB"), UTC, NOW)
JIRA = ConnectionName("jira-main")
RECORD = ConnectionRecord(JIRA, Tool.JIRA, "https://acme.atlassian.net", "bot@acme.example", "token", ("secret",))
SWEPT = SweepState("changed", NOW, NOW, NOW + timedelta(minutes=15), 10, 10, 0, None)
STATUS = ConnectionStatus(
    JIRA, 10, NOW - timedelta(minutes=1), 5, NOW, NOW, 0, None, 0, 0, 0, None, 0, (SWEPT,)
)  # fmt: skip


def hooked(ends: datetime) -> ConnectionRecord:
    made = WebhookRegistration("7", WebhookAuth.JWT, "https://gate.example/hooks/jira/jira-main", expires_at=ends)
    return replace(RECORD, webhook_registration=registration_values(made))


@pytest.mark.parametrize(
    ("record", "status", "paused", "governed", "message"),
    [
        (RECORD, STATUS, None, True, "good: All is well."),
        (RECORD, STATUS, "the credentials are refused.", True,
         "bad: Paused: the credentials are refused. Correct the cause, check the connection, and resume it."),
        (RECORD, STATUS, None, False,
         "warning: No rule of the active mapping names it. Its items are not governed until one does."),
        (replace(RECORD, expires_at=NOW + timedelta(days=3)), STATUS, None, True,
         "warning: The credential expires on 8 Oct 2026. Create a new one in the tool, and enter it on the page "
         "Set-up before that day."),
        (replace(RECORD, expires_at=NOW - timedelta(days=1)), STATUS, None, True,
         "bad: The credential expired on 4 Oct 2026. Create a new one in the tool, and enter it on the page "
         "Set-up before that day."),
        (replace(RECORD, auth=Auth.OAUTH, expires_at=NOW - timedelta(days=1)), STATUS, None, True,
         "good: All is well."),
        (hooked(NOW + timedelta(days=25)), STATUS, None, True, "good: All is well."),
        (hooked(NOW + timedelta(days=2)), STATUS, None, True,
         "warning: The webhook expires on 7 Oct 2026 and has not been renewed. A worker renews it with each sweep; the "
         "page Operations says whether one runs."),
        (hooked(NOW - timedelta(days=2)), STATUS, None, True,
         "bad: The webhook expired on 3 Oct 2026: the tool sends no more events. Register it again on the page Set-up, at "
         "“Have events arrive at once”."),
        (RECORD, replace(STATUS, last_event_at=None), None, True,
         "warning: No event has arrived yet. No webhook is registered by Gatepost. Changes are found by sweeps only, some "
         "minutes later. Have the tool send its events: on the page Set-up, at “Have events arrive at once”."),
        (RECORD, replace(STATUS, last_event_at=NOW - timedelta(days=5)), None, True,
         "warning: No event has arrived for 5 days. Sweeps continue meanwhile. Check whether the tool still sends its "
         "events, and have them sent again on the page Set-up."),
        (RECORD, replace(STATUS, sweeps=(replace(SWEPT, error="503 from the tool."),)), None, True,
         "bad: The last sweep was interrupted: 503 from the tool. It is retried automatically."),
        (RECORD, replace(STATUS, sweeps=(replace(SWEPT, due_at=NOW - timedelta(hours=5)),)), None, True,
         "bad: A sweep is 5 hours late. Check on the page Operations that a worker is running."),
        (RECORD, replace(STATUS, dead_items=2, dead_writes=1, dead_letter_reason="the field is gone."), None, True,
         "bad: There are 3 dead letters (2 items and 1 write). The newest: the field is gone. Replay or drop them on "
         "the page Operations."),
        (RECORD, replace(STATUS, waiting_items=1, oldest_waiting_since=NOW - timedelta(minutes=40)), None, True,
         "warning: 1 item waits, the first for 40 minutes. Check on the page Operations that a worker is running."),
        (RECORD, replace(STATUS, rate_limits=1), None, True,
         "warning: The tool limits 1 operation. Work continues automatically when the limit ends."),
    ],
)  # fmt: skip
def test_the_advice_about_a_connection(
    record: ConnectionRecord, status: ConnectionStatus, paused: str | None, governed: bool, message: str
) -> None:
    (found, *more) = advice_for(record, status, paused, FORMATS, governed=governed)
    assert f"{found.health}: {found.message} {found.remedy.page}".strip() == message
    assert more == []


def test_the_worst_comes_first() -> None:
    found = advice_for(RECORD, replace(STATUS, last_event_at=None, dead_items=1), None, FORMATS, governed=True)
    assert [one.health.value for one in found] == ["bad", "warning"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "No tool is connected yet."),
        ([("a", "good")], "1 tool is connected, and all is well."),
        ([("a", "bad"), ("b", "good")], "2 tools are connected. a needs attention now."),
        ([("a", "bad"), ("b", "warning"), ("c", "bad")],
         "3 tools are connected. a, c need attention now. b needs a check soon."),
    ],
)  # fmt: skip
def test_the_first_line_names_the_connections_that_need_attention(names: list[tuple[str, str]], message: str) -> None:
    assert connections_line([(name, [Advice(Health(health), "")]) for name, health in names]) == message


@dataclass
class Desk:
    scene: Simulation
    admin: SignedInBrowser

    def actions(self, name: str) -> list[tuple[str, str]]:
        return [(entry.actor, entry.action) for entry in self.scene.services.audit.entries(name)]


@pytest.fixture
def desk(database: URL, tmp_path: Path) -> Iterator[Desk]:
    with simulation(database, tmp_path) as scene:
        scene.sandbox.jira.create("ITX", "Epic", "An idea", by="kaya", assignee="osei")
        scene.run_until_idle()
        yield Desk(scene, browser(scene.services, Role.ADMINISTRATOR))


WHO = "Maria Brandt (brandt@nordbank.example)"


def test_the_list_shows_each_connection_with_its_figures(desk: Desk) -> None:
    found = desk.admin.text("/connections")
    assert (
        "Connection State, and what to do Last event received Events 24 h Items Waiting Last sweep Credential" in found
    )
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
    made = WebhookRegistration("7", WebhookAuth.URL_SECRET, "https://gate.example/hooks/jira/jira-main/It's a Secret")
    connections.update_details("jira-main", webhook_registration=registration_values(made), webhook_auth=["url_secret"])
    page = desk.admin.get("/connections/jira-main")
    assert "https://gate.example/hooks/jira/jira-main/•••" in page_text(page)
    assert "It&#39;s a Secret" not in page.text


def test_the_checks_come_line_by_line_and_as_a_page(desk: Desk) -> None:
    headers = {"X-CSRFToken": desk.admin.token, "Accept": "text/vnd.gatepost.stream"}
    lines = desk.admin.client.post("/connections/jira-main/check", headers=headers).text.splitlines()
    assert all(line.startswith("<li>") and line.endswith("</li>") for line in lines)
    assert any("signed in" in line and "as Gatepost" in line for line in lines)
    whole = page_text(desk.admin.post("/connections/jira-main/check"))
    assert f"{len(lines)} checks done." in whole
    # The stand-in tells the moment of its own, moved clock.
    assert re.search(
        r"✗ clock the tool's is \d+ s behind ours Whoever runs Gatepost sets its machine's clock by NTP\.", whole
    )


def test_a_new_secret_is_shown_once_where_a_person_has_to_carry_it(desk: Desk) -> None:
    connections = desk.scene.services.connections
    before = connections.get("servicenow-main")
    page = desk.admin.post("/connections/servicenow-main/rotate")
    after = connections.get("servicenow-main")
    assert before is not None
    assert after is not None
    assert after.webhook_secrets == (after.webhook_secrets[0], *before.webhook_secrets)
    assert "The new secret, shown only now." in page_text(page)
    assert after.webhook_secrets[0] in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert after.webhook_secrets[0] not in desk.admin.get("/connections/servicenow-main").text
    shown = desk.admin.text("/connections/servicenow-main")
    assert "2 accepted, never shown; the previous one until " in shown
    assert (WHO, "connection.secret_rotated") in desk.actions("servicenow-main")


def test_a_new_secret_is_told_to_the_tool_where_gatepost_made_the_webhook(desk: Desk) -> None:
    services, jira = desk.scene.services, desk.scene.sandbox.jira
    setup = Sites(services, system_clock).get(JIRA).setup
    assert setup is not None
    made = setup.register("http://127.0.0.1:9/hooks/jira/jira-main", "old", WebhookAuth.SIGNATURE, [])
    services.connections.update_details("jira-main", webhook_registration=registration_values(made))
    answer = desk.admin.post("/connections/jira-main/rotate")
    assert (answer.status_code, answer.location) == (303, "/connections/jira-main")
    record = services.connections.get("jira-main")
    assert record is not None
    assert [one.secret for one in jira.webhooks.registered.values() if one.url == made.url] == [
        record.webhook_secrets[0]
    ], "the tool signs with the new one"
    told = desk.admin.text("/connections/jira-main")
    assert "jira-main now signs its events with a new secret. The previous one is accepted until " in told


def test_a_paused_connection_is_resumed_with_a_name_in_the_audit(desk: Desk) -> None:
    desk.scene.services.connections.pause(JIRA, "the credentials are refused.", None)
    assert "jira-main needs attention now" in desk.admin.text("/connections") or "need attention now" in (
        desk.admin.text("/connections")
    )
    operator = browser(desk.scene.services, Role.OPERATOR, name="Omar Perez")
    assert operator.post("/connections/jira-main/resume").status_code == 303
    assert desk.scene.services.connections.pause_reason(JIRA) is None
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
    assert 'A connection is named with letters, digits, "-" and "_"; \'a b\' is not.' in page_text(unnamed)
    done = desk.admin.post("/setup/connect", **form, credential=seed.BOT_TOKEN)
    assert (done.status_code, done.location) == (303, "/setup")
    assert "second is connected; Gatepost works there as " in desk.admin.text("/setup")
    assert (WHO, "connection.saved") in desk.actions("second")


def test_an_address_that_was_entered_on_a_page_is_checked_whenever_it_is_connected_to(desk: Desk) -> None:
    services = desk.scene.services
    given = services.connections.get("jira-main")
    assert given is not None
    # The operator's own connection leads to this machine; the same address on a page is the operator's as well.
    assert services.tool_access(given).host_rules is None
    services.connections.save(replace(given, name=ConnectionName("entered"), made_on_page=True))
    entered = services.connections.get("entered")
    assert entered is not None
    assert services.tool_access(entered).host_rules == services.connection_host_rules
    with pytest.raises(HostNotAllowed, match=r"no public address\. Nothing was sent"):
        Sites(services, system_clock).get(entered.name).setup.identify()  # type: ignore[union-attr]
    # An address that only a page has given is checked again when it is entered again.
    services.connections.save(
        replace(given, name=ConnectionName("entered"), base_url="https://127.0.0.1:9", made_on_page=True)
    )
    form = {"kind": "cloud", "name": "again", "url": "https://127.0.0.1:9", "user": seed.BOT_EMAIL}
    assert "127.0.0.1 is no public address." in page_text(desk.admin.post("/setup/connect", **form, credential="x"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "127.0.0.1 is no public address."),
        ("https://[::1]:1", "::1 is no public address."),
        ("https://localhost:1", "localhost leads to "),
        ("https://169.254.169.254", "169.254.169.254 is no public address."),
        ("https://10.1.2.3", "10.1.2.3 is no public address."),
        ("https://2130706433", "2130706433 leads to 127.0.0.1, which is no public address."),
        ("https://0x7f.1", "0x7f.1 leads to 127.0.0.1, which is no public address."),
    ],
)
def test_the_page_does_not_look_into_our_network(desk: Desk, url: str, told: str) -> None:
    form = {"kind": "cloud", "name": "inside", "url": url, "user": seed.BOT_EMAIL}
    refused = desk.admin.post("/setup/connect", **form, credential="x")
    assert refused.status_code == 422
    page = page_text(refused)
    assert told in page
    assert "whoever runs Gatepost adds the host to those that may be reached." in page


def test_a_first_mapping_is_written_from_what_the_tool_shows(desk: Desk) -> None:
    assert "jira-main shows 3 projects." in page_text(desk.admin.get("/setup/survey/jira-main"))
    form = {"connection": "jira-main", "kind": '["ITX", "Epic"]', "organization": "Nordbank", "currency": "EUR"}
    wrong = desk.admin.post("/setup/starter", **form | {"currency": "euros"})
    assert "A currency is written with three letters, such as EUR." in desk.admin.text(wrong.location)
    chosen = desk.admin.get(f"/setup/survey/jira-main?{wrong.location.partition('?')[2]}").text
    assert 'value="Nordbank"' in chosen
    assert re.search(r"<option value=\"[^\"]*ITX[^\"]*Epic[^\"]*\" selected>", chosen)
    assert desk.admin.post("/setup/starter", **form).location == "/mapping/edit"
    page = desk.admin.text("/mapping/edit")
    assert "A first mapping was written from the survey of jira-main." in page
    assert "# A first mapping, made from what jira-main shows." in page
    assert "The text is valid." in page
    again = desk.admin.post("/setup/starter", **form)
    assert again.location == "/mapping/edit"


def test_the_set_up_says_what_is_done_and_what_comes_next(desk: Desk) -> None:
    assert "steps are done; next: create what is missing in the tool." in desk.admin.text("/setup")
    plan = page_text(desk.admin.update("/setup/provision/jira-main/plan"))
    assert plan == "✓ Nothing is missing."
    found = desk.admin.text("/setup")
    assert "steps are done" in found
    assert "Nothing is missing in jira-main." in found


STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
WITH_FUNDING = STORY.replace("      gate: Gate\n", "      gate: Gate\n      funding: Money may be spent\n", 1)


@pytest.fixture
def wanting(database: URL, tmp_path: Path) -> Iterator[Desk]:
    """The mapping names a field that is not there yet."""
    with simulation(database, tmp_path, mapping=WITH_FUNDING) as scene:
        scene.sandbox.jira.admin.create_screens()
        for project in ("ITX", "CLOUD"):
            scene.sandbox.jira.create(project, "Epic", "An idea", by="kaya", assignee="osei")
        yield Desk(scene, browser(scene.services, Role.ADMINISTRATOR))


def test_what_is_missing_is_planned_confirmed_and_made_step_by_step(wanting: Desk) -> None:
    services, jira = wanting.scene.services, wanting.scene.sandbox.jira
    plan = wanting.admin.update("/setup/provision/jira-main/plan")
    assert "nothing has been created yet." in page_text(plan)
    assert "Fields create the field Money may be spent" in page_text(plan)
    assert "Money may be spent" not in {field.name for field in jira.fields.values()}
    answer, parts = plan, 0
    while 'name="state"' in answer.text and parts < 20:
        answer = wanting.admin.update("/setup/provision/jira-main/apply", state=hidden(answer, "state"))
        parts += 1
    assert parts > 1, "a part does one group, and the next one is planned anew"
    made = ProvisionedObjects(services.engine, JIRA, "tests").all()
    assert f"Steps done: {len(made)} of {len(made)} (100%)" in page_text(answer)
    assert "Everything is created, and every owned field can be written on a real issue of each project." in page_text(
        answer
    )
    assert jira.field_named("Money may be spent") is not None
    assert (WHO, "provisioned") in wanting.actions("jira-main")
    forged = wanting.admin.update("/setup/provision/jira-main/apply", state="forged")
    assert forged.status_code == 400


def test_a_plan_that_has_changed_since_is_shown_again_and_not_carried_out(wanting: Desk) -> None:
    plan = wanting.admin.update("/setup/provision/jira-main/plan")
    source = WITH_FUNDING.replace("findings: Gate findings", "findings: Gate notes", 1)
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping)
    wanting.scene.services.mappings.activate(source, loaded.version, author="A. Weber", reason="another field")
    answer = page_text(wanting.admin.update("/setup/provision/jira-main/apply", state=hidden(plan, "state")))
    assert answer.startswith(
        "The tool or the mapping has changed since you read the plan. Nothing was created; read the plan again."
    )
    assert ProvisionedObjects(wanting.scene.services.engine, JIRA, "tests").all() == ()


def test_an_empty_installation_leads_on(database: URL, tmp_path: Path) -> None:
    key, dsn = Fernet.generate_key().decode(), database.render_as_string(hide_password=False)
    with bootstrap(Settings(database_url=dsn, data=tmp_path, secret_key=key), application="tests") as services:
        admin = browser(services, Role.ADMINISTRATOR)
        assert "No tool is connected yet." in admin.text("/connections")
        assert "No mapping is active: nothing is governed yet." in admin.text("/mapping")
        assert "0 of 7 steps are done; next: connect a tool." in admin.text("/setup")
        assert "there is none yet" in admin.text("/mapping/guided")
        assert "Start here, or on the page Set-up" in admin.text("/mapping/edit")
