"""Connecting a Jira as an administrator does: every way to sign in, every webhook authentication, and the doctor's report."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import AuthenticationFailed
from connector.http.tool_access import WebhookAuth
from connector.runtime.account_reporting import report_accounts
from connector.runtime.maintenance import follow_mapping
from connector.settings import Settings
from connector.store.database import postgres
from connector.store.queue.workers import WorkerPresence
from connector.sync.ports import ToolSite
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.jira.oauth import GATEWAY
from sandbox.serving import Server
from sandbox.story import seed
from tests.command_line import Cli, told
from tests.company_network.authority import Authority
from tests.conftest import ROOT
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS
from webhook_server.app import create_app

pytestmark = pytest.mark.story
NAME = ConnectionName("jira-main")
NINE = (9, 12, 8)


@dataclass
class SiteUnderTest:
    cli: Cli
    services: Services
    sandbox: servers.Sandbox
    public: str

    def connect(self, *arguments: str, ok: bool = True) -> str:
        result = self.cli.run(
            "connect", "jira", NAME, *arguments, "--public-url", self.public, "--wait", "120",
            GATEPOST_CREDENTIAL=seed.BOT_TOKEN, GATEPOST_CLIENT_SECRET="sandbox-app-secret",
        )  # fmt: skip
        assert (result.exit_code == 0) is ok, result.output
        return " ".join(result.output.split())

    def doctor(self) -> str:
        return self.cli.run("doctor", NAME).output

    def states(self) -> list[str]:
        with self.services.engine.connect() as connection:
            return list(connection.execute(text("SELECT state FROM inbox ORDER BY id")).scalars())


@contextmanager
def connected_site(
    cli: Cli, database: URL, folder: Path, deployment: Deployment, release: tuple[int, ...] = ()
) -> Iterator[SiteUnderTest]:
    cli.environment["GATEPOST_SECRET_KEY"] = "lJ9dWcPcOoQzEtZ1CPnjRYJQ0SpJ-0YJKxL9ScKGzHg="
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=folder,
        secret_key=cli.environment["GATEPOST_SECRET_KEY"],
    )
    services = bootstrap(settings, application="tests")
    sandbox = servers.start(deployment=deployment, release=release)
    seed.set_up_jira(sandbox.jira)
    sandbox.jira.create("ITX", "Epic", "Retire the legacy CRM", by="kaya")
    web = Server(create_app(services), "127.0.0.1", 0).start()
    try:
        yield SiteUnderTest(cli, services, sandbox, web.url)
    finally:
        sandbox.stop()
        web.stop()
        services.close()


@pytest.fixture
def cloud(cli: Cli, database: URL, tmp_path: Path) -> Iterator[SiteUnderTest]:
    with connected_site(cli, database, tmp_path, Deployment.CLOUD) as here:
        yield here


@contextmanager
def somebody_comments(here: SiteUnderTest) -> Iterator[None]:
    """While a test event is awaited."""
    over = threading.Event()

    def comment() -> None:
        while not over.wait(0.3):
            if here.sandbox.jira.webhooks.registered:
                here.sandbox.jira.comment("ITX-1", "Here I am", by="kaya")

    person = threading.Thread(target=comment)
    person.start()
    yield
    over.set()
    person.join()


def test_a_webhook_follows_the_mapping(cloud: SiteUnderTest) -> None:
    jira = cloud.sandbox.jira
    cloud.connect("--url", jira.base_url, "--user", seed.BOT_EMAIL)
    loaded = load_mapping((ROOT / "deploy/examples/jira-only.yaml").read_text())
    assert isinstance(loaded, LoadedMapping)
    site = Sites(cloud.services, system_clock).get(NAME)
    follow_mapping(cloud.services, site, loaded.config)
    (hook,) = jira.webhooks.registered.values()
    assert hook.query == 'project in ("CLOUD", "ITX")'
    before = cloud.services.inbox.newest_event_id(NAME)
    jira.create("SUP", "Story", "Of other people", by="kaya")
    assert cloud.sandbox.wait_delivered()
    assert cloud.services.inbox.newest_event_id(NAME) == before
    jira.create("ITX", "Epic", "Governed", by="kaya")
    assert cloud.sandbox.wait_delivered()
    assert cloud.services.inbox.newest_event_id(NAME) > before


def test_cloud_with_an_api_token_is_connected_once_and_an_event_comes_back(cloud: SiteUnderTest) -> None:
    jira = cloud.sandbox.jira
    for address, token in ((jira.base_url, "wrong"), ("http://127.0.0.1:9", seed.BOT_TOKEN)):
        words = ("connect", "jira", NAME, "--url", address, "--user", seed.BOT_EMAIL)
        refused = cloud.cli.run(*words, GATEPOST_CREDENTIAL=token)
        assert ". Nothing was saved. " in told(refused)
        assert told(refused).endswith(" Correct it, and run this again.")
    assert cloud.services.connections.all() == ()
    output = cloud.connect("--url", jira.base_url, "--user", seed.BOT_EMAIL)
    assert "jira-main is Jira Cloud; Gatepost works there as Gatepost (Etc/UTC), signed in by basic." in output
    assert "Webhook registered (signature)." in output
    assert "The test event arrived and was accepted." in output
    (hook,) = jira.webhooks.registered.values()
    assert (hook.name, hook.url) == ("Gatepost jira-main", f"{cloud.public}/hooks/jira/jira-main")
    assert hook.query == 'project in ("CLOUD", "ITX", "SUP")', "never the whole site"
    assert "issue_property_set" not in hook.events, "it was there for the test event alone"
    assert all("gatepost.probe" not in issue.properties for issue in jira.issues.values())
    assert "Webhook updated (signature)." in cloud.connect(), "a second run adds no second webhook"
    assert len(jira.webhooks.registered) == 1
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert record.own_account == "gatepost-bot"


def test_a_secret_is_rotated_at_both_ends_without_losing_an_event(cloud: SiteUnderTest) -> None:
    jira = cloud.sandbox.jira
    cloud.connect("--url", jira.base_url, "--user", seed.BOT_EMAIL)
    before = next(iter(jira.webhooks.registered.values())).secret
    assert "The test event arrived" in cloud.connect("--rotate")
    (hook,) = jira.webhooks.registered.values()
    assert hook.secret != before
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert record.webhook_secrets == (hook.secret, before), (
        "events in transit with the previous secret are still accepted"
    )


def test_a_server_that_cannot_be_reached_is_reported(cloud: SiteUnderTest) -> None:
    """A worker runs, so a server may run as well, and the tool alone may reach it: it is waited for."""
    here = replace(cloud, public="http://127.0.0.1:9")
    with WorkerPresence(cloud.services.engine, postgres.conninfo(cloud.services.url)):
        result = here.cli.run(
            "connect", "jira", NAME, "--url", here.sandbox.jira.base_url, "--user", seed.BOT_EMAIL, "--public-url",
            here.public, "--wait", "1", GATEPOST_CREDENTIAL=seed.BOT_TOKEN,
        )  # fmt: skip
    assert told(result) == (
        "http://127.0.0.1:9 was not reached within 1 s. The webhook is registered. Check that gatepost serve is running, "
        "and that the tool can reach this address."
    )


def test_a_webhook_endpoint_for_jira_automation_accepts_its_token_and_nothing_else(cloud: SiteUnderTest) -> None:
    output = cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL, "--webhook-auth", "token")
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert f"header X-Gatepost-Token: {record.webhook_secrets[0]} (hidden)" in output
    body = {"issue": {"id": "10001", "key": "ITX-1"}}
    url = f"{cloud.public}/hooks/jira/jira-main"
    for _ in range(2):
        valid = requests.post(
            url, json=body, headers={"X-Gatepost-Token": record.webhook_secrets[0]}, timeout=LONGEST_CALL_SECONDS
        )
        assert (valid.status_code, valid.json()) == (202, {"result": "accepted"}), "the same bytes are two events"
    invalid = requests.post(url, json=body, headers={"X-Gatepost-Token": "x" * 43}, timeout=LONGEST_CALL_SECONDS)
    assert invalid.status_code == 401
    assert cloud.sandbox.jira.webhooks.registered == {}


def _browse(address: str) -> bool:
    """Somebody opens the consent page; the stand-in agrees at once and sends the browser back."""
    threading.Thread(target=requests.get, args=(address,), kwargs={"timeout": 10}).start()
    return True


def _port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _oauth(here: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("cli.oauth_consent.webbrowser.open", _browse)
    base, port = here.sandbox.jira.base_url, _port()
    return here.connect(
        "--url", base, "--auth", "oauth", "--client-id", "sandbox-app",
        "--api", base, "--authorize", f"{base}/authorize", "--token", f"{base}/oauth/token", "--callback-port", port,
    )  # fmt: skip


def test_oauth_with_dynamic_webhooks_renewed_tokens_and_extended_webhooks(
    cloud: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = cloud.sandbox.jira
    output = _oauth(cloud, monkeypatch)
    assert "signed in by oauth" in output
    assert "Webhook registered (jwt, until " in output
    assert "The test event arrived and was accepted." in output
    assert "Dynamic webhooks send no events for worklogs, links and attachments; sweeps find those." in output
    (hook,) = jira.dynamic.registered.values()
    assert hook.query == 'project in ("CLOUD", "ITX", "SUP")', "a project that is not there would be refused"

    first = cloud.services.connections.get(NAME)
    assert first is not None
    later = lambda: system_clock() + timedelta(hours=2)  # noqa: E731
    site = Sites(cloud.services, later).get(NAME)
    assert site.setup is not None
    assert site.setup.identify().account == "gatepost-bot"
    second = cloud.services.connections.get(NAME)
    assert second is not None
    assert second.credential != first.credential, "renewed before its end"
    assert second.oauth != first.oauth, "refresh tokens rotate"
    _accounts_are_reported(cloud, site)

    jira.oauth.refresh_tokens.clear()
    with pytest.raises(AuthenticationFailed, match=r"127\.0\.0\.1 does not renew the access token \(.*\)\.$") as ended:
        Sites(cloud.services, lambda: system_clock() + timedelta(hours=5)).get(NAME)
    assert ended.value.remedy.command == "Connect it again: gatepost connect"
    again = cloud.services.connections.get(NAME)
    assert again == second, "nothing was changed by the failure"


def _accounts_are_reported(cloud: SiteUnderTest, site: ToolSite) -> None:
    """Once a cycle, 90 in one request; who was closed is erased, who was changed is read again."""
    atlassian, now = cloud.sandbox.jira.oauth, system_clock()
    people = [{"id": f"5b10:{number}", "name": f"Person Number-{number}-", "identities": []} for number in range(91)]
    with cloud.services.engine.begin() as transaction:
        transaction.execute(
            _ITEM, {"item": "1", "snapshot": json.dumps({"comments": [{"author": one} for one in people]})}
        )
        transaction.execute(_ITEM, {"item": "2", "snapshot": json.dumps({"owner": people[7]})})
    atlassian.account_statuses |= {"5b10:7": "closed", "5b10:8": "updated"}
    report_accounts(cloud.services, site, now)
    assert [len(report) for report in atlassian.reports] == [90, 1]
    assert {account for report in atlassian.reports for account in report} == {one["id"] for one in people}
    with cloud.services.engine.connect() as connection:
        shown = "".join(connection.execute(text("SELECT snapshot::text FROM work_item")).scalars())
        dirty = set(
            connection.execute(text("SELECT native_id FROM dirty_key WHERE connection = :n"), {"n": NAME}).scalars()
        )
        (erased,) = connection.execute(text("SELECT detail FROM audit WHERE action = 'personal_data.erased'")).scalars()
    assert "Person Number-7-" not in shown
    assert "Person Number-8-" in shown, "it is read again"
    assert {"1", "2"} <= dirty
    assert (erased["account"], erased["rows"]["work_item"]) == ("5b10:7", 2)
    assert "✓ personal data: 90 accounts held, last reported on " in cloud.doctor()

    report_accounts(cloud.services, site, now + timedelta(days=6))
    assert len(atlassian.reports) == 2, "not before the cycle is over"
    report_accounts(cloud.services, site, now + timedelta(days=7, minutes=1))
    assert [len(report) for report in atlassian.reports[2:]] == [90], "nobody who was closed"
    atlassian.scopes = {token: scopes.replace("report:personal-data", "") for token, scopes in atlassian.scopes.items()}
    report_accounts(cloud.services, site, now + timedelta(days=15))
    told = cloud.doctor()
    assert "✗ consent: it lacks report:personal-data" in told
    assert "✗ personal data: 90 accounts are not reported to Atlassian since " in told


_ITEM = text("""
    INSERT INTO work_item (connection, native_id, key, url, snapshot, version, read_at)
    VALUES ('jira-main', :item, 'ITX-' || :item, '', CAST(:snapshot AS jsonb), '', now())
""")


def test_a_dynamic_webhook_that_was_removed_is_reported(cloud: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    _oauth(cloud, monkeypatch)
    assert "✓ webhook: 1 dynamic, until " in cloud.doctor()
    cloud.sandbox.jira.dynamic.failed.append({"id": "x", "url": "u", "failureTime": 1})
    assert "! webhook deliveries: 1 could not be delivered in the last 72 hours" in cloud.doctor()
    cloud.sandbox.jira.dynamic.registered.clear()
    assert "✗ webhook: no dynamic webhook is left" in cloud.doctor()


def test_an_administrator_consents_for_one_command(cloud: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daily consent reads, writes back and registers webhooks; fields and workflows need an administrator's."""
    jira, file = cloud.sandbox.jira, str(ROOT / "deploy/examples/jira-only.yaml")
    _oauth(cloud, monkeypatch)
    jira.admin.create_screens()
    asks = "gatepost provision plan jira-main --consent"
    assert (
        f"✓ consent: for daily work only; provisioning asks an administrator\n      For provisioning: {asks}"
    ) in cloud.doctor()
    kept, plan = cloud.services.connections.get(NAME), ("provision", "plan", NAME, "--mapping", file)
    refused = told(cloud.cli.run(*plan))
    assert refused.startswith("jira-main: the consent for daily work does not cover ")
    assert refused.endswith(f" Where Jira is set up, an administrator consents for one command: {asks}")
    with_consent = ("--consent", "--callback-port", _port())
    planned = cloud.cli.run(*plan, *with_consent, GATEPOST_ATLASSIAN_AUTH=jira.base_url)
    assert "sign in as an administrator of Jira, and consent:" in planned.output
    assert "  1. " in planned.output
    assert planned.exit_code == 1, "something would be created"
    assert cloud.services.connections.get(NAME) == kept, "nothing of it is kept"
    assert [scopes for _, scopes in jira.oauth.refresh_tokens.values() if "configuration" in scopes] == []
    assert told(cloud.cli.run(*plan, *with_consent, "--user", "admin")) == (
        "Give --user or --consent: an account signs in, or an administrator consents."
    )


def test_a_scoped_token_works_at_the_gateway_and_the_doctor_reports_it(cloud: SiteUnderTest) -> None:
    jira = cloud.sandbox.jira
    jira.oauth.scoped_tokens.add(seed.BOT_TOKEN)
    result = cloud.cli.run(
        "connect", "jira", NAME, "--url", jira.base_url, "--user", seed.BOT_EMAIL, GATEPOST_CREDENTIAL=seed.BOT_TOKEN
    )
    assert isinstance(result.exception, AuthenticationFailed)
    assert cloud.services.connections.get(NAME) is None, "nothing was saved"
    # This command saves without signing in.
    words = ("connection", "add", NAME, "--tool", "jira", "--url", jira.base_url, "--user", seed.BOT_EMAIL)
    cloud.cli.ok(*words, GATEPOST_CREDENTIAL=seed.BOT_TOKEN)
    assert (
        "✗ signed in: the credentials are refused (401)\n"
        "      This is a scoped or service-account token: it works at api.atlassian.com only."
    ) in cloud.doctor()
    output = cloud.connect("--url", jira.base_url, "--user", seed.BOT_EMAIL, "--auth", "scoped", "--api", jira.base_url)
    assert "signed in by scoped" in output
    assert "Let a Jira administrator make this webhook under System, WebHooks:" in output
    assert jira.webhooks.registered == {}, "the gateway has no admin webhooks"
    assert "✓ signed in: as Gatepost" in cloud.doctor()
    assert "✓ webhook: made by hand, which Gatepost cannot check" in cloud.doctor()
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert f"secret {record.webhook_secrets[0]}" in output
    register = jira.webhooks.register
    register("By hand", f"{cloud.public}/hooks/jira/{NAME}", ["comment_created"], record.webhook_secrets[0])
    before = cloud.services.inbox.newest_event_id(NAME)
    jira.comment("ITX-1", "Hello", by="kaya")
    assert cloud.sandbox.wait_delivered()
    assert cloud.services.inbox.newest_event_id(NAME) > before


@pytest.mark.parametrize(
    ("release", "webhook_auth", "path"),
    [
        ((), "signature", "/rest/jira-webhook/1.0/webhooks/"),
        (NINE, "url_secret", "/rest/webhooks/1.0/webhook/"),
    ],
)
def test_data_center_with_a_personal_access_token(
    cli: Cli, database: URL, tmp_path: Path, release: tuple[int, ...], webhook_auth: str, path: str
) -> None:
    with connected_site(cli, database, tmp_path, Deployment.DATACENTER, release) as here:
        with somebody_comments(here):
            output = here.connect("--url", here.sandbox.jira.base_url)
        assert "is Jira Data Center" in output
        assert "now: this Jira sends no event for anything that nobody sees." in output
        (hook,) = here.sandbox.jira.webhooks.registered.values()
        assert not {"issue_property_set", "attachment_created"} & set(hook.events), "events that it documents"
        assert "signed in by bearer" in output
        assert f"Webhook registered ({webhook_auth})." in output
        assert ("This Jira does not sign events: the address itself is the secret" in output) is (
            webhook_auth == "url_secret"
        )
        assert "The test event arrived and was accepted." in output
        with somebody_comments(here):
            assert f"Webhook updated ({webhook_auth})." in here.connect()
        calls = requests.get(f"{here.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()[
            "calls"
        ]
        assert any(call["path"].startswith(path) and call["method"] == "PUT" for call in calls)
        assert "✓ project" not in here.doctor()


def test_the_doctor_finds_problems_and_says_what_to_do(cloud: SiteUnderTest) -> None:
    jira = cloud.sandbox.jira
    cloud.connect("--url", jira.base_url, "--user", seed.BOT_EMAIL, "--expires", "2026-01-31")
    cloud.cli.ok(
        "mapping", "activate", str(ROOT / "deploy/examples/jira-only.yaml"), "--reason", "first", "--override", "a test"
    )
    healthy = cloud.doctor()
    for line in (
        "✓ signed in: as Gatepost, cloud 1001.0.0-SNAPSHOT",
        "✗ credential: it ended on 31 Jan 2026",
        "✓ clock: as the tool's",
        "✓ project ITX: all permissions that Gatepost needs",
        "✓ webhook: registered, signed",
        "✓ limits: no limit is in force",
        "! workers: 0 at work",
    ):
        assert line in healthy
    jira.withheld |= {"EDIT_ISSUES", "BULK_CHANGE"}
    next(iter(jira.webhooks.registered.values())).enabled = False
    unhealthy = cloud.doctor()
    assert (
        "✗ project ITX: EDIT_ISSUES is lacking\n      Without it Gatepost cannot write the owned fields." in unhealthy
    )
    assert "! global BULK_CHANGE: not granted" in unhealthy
    assert "✗ webhook: it is switched off at the tool" in unhealthy
    bot = jira.users["gatepost-bot"]
    jira.users["gatepost-bot"] = replace(bot, token="another")
    assert "The token ended on 31 Jan 2026: create a new one." in cloud.doctor()
    cloud.sandbox.stop()
    assert "✗ connection: nothing listens at 127.0.0.1, port " in cloud.doctor()


def test_an_event_that_repeats_gateposts_own_write_is_ignored(cloud: SiteUnderTest) -> None:
    """By author and by value: the same account may write other values, and a person the same value."""
    cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL)
    issue = next(iter(cloud.sandbox.jira.issues.values()))
    with cloud.services.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO last_written (connection, native_id, field, value) VALUES (:c, :i, 'Plan net', '12.5')"),
            {"c": NAME, "i": issue.id},
        )
    before = len(cloud.states())
    for value, person in ((12.5, "gatepost-bot"), (13.0, "gatepost-bot"), (12.5, "kaya")):
        cloud.sandbox.jira.edit(issue.key, {"Plan net": value}, by=person)
    assert cloud.sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    assert cloud.states()[before:] == ["ignored", "pending", "pending"]


def test_the_accepted_authentication_is_stored_with_the_connection(cloud: SiteUnderTest) -> None:
    cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL)
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert record.webhook_auth == {WebhookAuth.SIGNATURE}
    url = f"{cloud.public}/hooks/jira/jira-main/{record.webhook_secrets[0]}"
    refused = requests.post(url, json={"issue": {"id": "1"}}, timeout=LONGEST_CALL_SECONDS)
    assert (refused.status_code, refused.json()["detail"]) == (
        401, "This connection does not accept url_secret authentication; it accepts: signature.",
    )  # fmt: skip


def test_servicenow_with_oauth_renews_its_token_and_the_doctor_checks_its_tables(cloud: SiteUnderTest) -> None:
    snow = cloud.sandbox.servicenow
    seed.set_up_servicenow(snow)
    snow.oauth_clients["gatepost-client"] = ("its-secret", seed.BOT_USER)
    arguments = (
        "connect", "servicenow", "servicenow-main", "--url", snow.base_url, "--user", seed.BOT_USER, "--auth", "oauth",
        "--client-id", "gatepost-client", "--public-url", cloud.public,
    )  # fmt: skip
    output = cloud.cli.ok(*arguments, GATEPOST_CLIENT_SECRET="its-secret")
    assert "servicenow-main: Gatepost works there as Gatepost (GMT), signed in by oauth." in output
    assert f"  gatepost.endpoint  {cloud.public}/hooks/servicenow/servicenow-main\n  the secret         " in output
    name = ConnectionName("servicenow-main")
    first = cloud.services.connections.get(name)
    later = Sites(cloud.services, lambda: system_clock() + timedelta(minutes=40)).get(name)
    assert later.setup is not None
    assert later.setup.identify().account == seed.BOT_USER
    second = cloud.services.connections.get(name)
    assert first is not None
    assert second is not None
    assert first.credential != second.credential

    mapping = str(ROOT / "deploy/examples/servicenow-only.yaml")
    cloud.cli.ok("mapping", "activate", mapping, "--reason", "first", "--override", "a test")
    shown = cloud.cli.run("doctor", "servicenow-main").output
    assert "✓ signed in: as Gatepost, GMT" in shown
    assert "✓ table pm_project: can be read" in shown
    assert "✓ tables beside: sys_user, sys_dictionary, sys_journal_field, sys_attachment can be read" in shown
    wrong = cloud.cli.run(*arguments, GATEPOST_CLIENT_SECRET="another")
    assert "does not renew the access" in told(wrong)


def test_connecting_before_anything_runs_says_so_at_once(cloud: SiteUnderTest) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    cloud.public = nowhere
    output = cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL)
    assert "Webhook registered (signature)." in output
    assert (
        f"Nothing answers at {nowhere}, and no worker runs: no test event was sent. Start Gatepost with: gatepost "
        f"serve. Then see an event arrive: gatepost connect jira jira-main --public-url {nowhere}"
    ) in output


def test_a_service_account_signs_in_by_its_own_client(cloud: SiteUnderTest) -> None:
    """On Cloud by the gateway; it registers a webhook as an account does, because nobody consented to an app."""
    jira = cloud.sandbox.jira
    jira.oauth.service_accounts["service"] = "sandbox-app-secret"
    output = cloud.connect(
        "--url", jira.base_url, "--service-account", "--client-id", "service", "--api", jira.base_url,
        "--token", f"{jira.base_url}/oauth/token",
    )  # fmt: skip
    assert "is Jira Cloud; Gatepost works there as Gatepost (Etc/UTC), signed in by oauth." in output
    assert "Webhook registered (signature)." in output
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert record.api_url == f"{jira.base_url}{GATEWAY}"
    assert "✓ credential: renewed by itself" in cloud.doctor()
    missing = cloud.cli.refused("connect", "jira", NAME, "--url", jira.base_url, "--service-account")
    assert missing.startswith(
        "A service account needs --client-id and --client-secret-file (or GATEPOST_CLIENT_SECRET)"
    )


def test_a_service_account_of_data_center(cli: Cli, database: URL, tmp_path: Path) -> None:
    with connected_site(cli, database, tmp_path, Deployment.DATACENTER) as here:
        here.sandbox.jira.basic_off = True
        here.sandbox.jira.oauth.service_accounts["service"] = "sandbox-app-secret"
        arguments = ("--url", here.sandbox.jira.base_url, "--service-account", "--client-id", "service")
        with somebody_comments(here):
            output = here.connect(*arguments, "--deployment", "datacenter")
        assert "is Jira Data Center" in output
        assert "signed in by oauth." in output


def test_the_way_to_a_tool_is_shown_changed_and_taken_back(cloud: SiteUnderTest, tmp_path: Path) -> None:
    cloud.cli.ok("connection", "add", NAME, "--tool", "jira", "--url", "https://jira.nordbank.example", "--user", "u",
                 GATEPOST_CREDENTIAL="t")  # fmt: skip
    authority = Authority(tmp_path / "authority")

    def way(*arguments: str) -> str:
        return " ".join(cloud.cli.ok("connection", "network", NAME, *arguments).split())

    assert way() == "jira-main is reached as the installation does. Try it: gatepost doctor jira-main"
    assert way("--proxy", "http://svc:secret@proxy.nordbank.example:8080", "--ca-file", str(authority.file)) == (
        "jira-main is reached by the proxy http://proxy.nordbank.example:8080, trusting Nordbank Root, "
        f"{authority.unit} besides. Try it: gatepost doctor jira-main"
    )
    shown = way("--client-certificate", str(authority.client_file()))
    assert "showing the certificate gatepost@nordbank.example" in shown
    assert "secret" not in shown
    record = cloud.services.connections.get(NAME)
    assert record is not None
    assert record.network is not None
    assert cloud.services.tool_access(record).network.proxy_for("jira.nordbank.example", 443) is not None
    # Renewed credentials leave it as it is; a renewal of the key reads it.
    cloud.cli.ok("connection", "add", NAME, "--tool", "jira", "--url", "https://jira.nordbank.example", "--user", "u",
                 GATEPOST_CREDENTIAL="t2")  # fmt: skip
    assert "proxy.nordbank.example" in way()
    assert way("--reset") == "jira-main is reached as the installation does. Try it: gatepost doctor jira-main"
    assert cloud.cli.refused("connection", "network", NAME, "--ca-file", str(ROOT / "LICENSE")) == (
        "--ca-file holds no certificate in PEM form: a text that begins with -----BEGIN CERTIFICATE----- is expected."
    )
    assert cloud.cli.refused("connection", "network", NAME, "--client-certificate", str(authority.file)).startswith(
        "--client-certificate: the certificate and its private key cannot be used together ("
    )


def test_a_connection_that_governs_nothing_is_removed(cloud: SiteUnderTest) -> None:
    cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL)
    assert cloud.states()
    output = cloud.cli.ok("connection", "remove", NAME)
    assert output.splitlines() == [
        "Removed jira-main.",
        f"Its webhook is still registered at {cloud.sandbox.jira.base_url}: remove it there.",
    ]
    assert cloud.services.connections.get(NAME) is None
    assert cloud.states() == []
    assert cloud.cli.refused("connection", "remove", NAME).startswith('There is no connection "jira-main".')
    cloud.connect("--url", cloud.sandbox.jira.base_url, "--user", seed.BOT_EMAIL)
    cloud.cli.ok(
        "mapping", "activate", str(ROOT / "deploy/examples/jira-only.yaml"), "--reason", "first", "--override", "a test"
    )
    assert cloud.cli.refused("connection", "remove", NAME) == (
        "jira-main is in the active mapping: activate a mapping without it first."
    )
