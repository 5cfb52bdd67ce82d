"""``gatepost check`` and ``gatepost subscription``: exit statuses and the exact text, on the database and on a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.runtime.doctor import installation_checks
from connector.sync.setup import Health
from mapping.load import LoadedMapping
from sandbox.serving import Server
from tests.command_line import Cli
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import StoreFixture, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item
from tests.webhook_server.api_server import ApiServer, api_server

__all__ = ["loaded", "store"]


@pytest.fixture
def api(store: StoreFixture, loaded: LoadedMapping, tmp_path: Path) -> Iterator[ApiServer]:
    with api_server(store, loaded, tmp_path) as here:
        yield here


@pytest.fixture
def cli(api: ApiServer, tmp_path: Path) -> Cli:
    settings = api.services.settings
    return Cli(
        {
            "DATABASE_URL": api.store.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(tmp_path),
            "GATEPOST_SECRET_KEY": settings.secret_key or "",
            "GATEPOST_SUBSCRIPTION_HTTP": "true",
            "GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS": "127.0.0.0/8",
            "COLUMNS": "250",
        }
    )


@pytest.fixture
def server(api: ApiServer) -> Iterator[str]:
    running = Server(api.app).start()
    yield running.url
    running.stop()


def test_an_open_gate_is_0(cli: Cli) -> None:
    result = cli.run("check", "ITX-1", "--gate", "identified")
    assert (result.exit_code, result.output) == (
        0, "The gate into Identified is open for ITX-1 Retire the legacy CRM.\n",
    )  # fmt: skip


def test_a_shut_gate_is_1_with_the_checklist(cli: Cli) -> None:
    result = cli.run("check", "ITX-1", "--gate", "Detailed")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == "The gate into Detailed is shut for ITX-1 Retire the legacy CRM."
    assert lines[1].startswith("- Cannot move into Detailed yet: ")
    assert "[x] title: Retire the legacy CRM" in lines
    assert (
        "[ ] sponsor: M. Brandt has not yet given the approval · sponsor M. Brandt to act · APPROVAL_MISSING" in lines
    )


def test_a_gate_behind_another_one_says_which_comes_first(cli: Cli) -> None:
    result = cli.run("check", "ITX-1", "--gate", "implemented", "--json")
    answer = json.loads(result.output)
    assert (result.exit_code, answer["open"], answer["stage"]) == (1, False, "implemented")
    assert (
        answer["summary"] == "The gate into Implemented is shut for ITX-1 Retire the legacy CRM: Detailed comes first."
    )
    assert answer["gates"]["next"]["blockers"][0]["code"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("ITX-9", "--gate", "decided"),
            'There is no measure "ITX-9". Name it by its key or id. Either no event of that item came yet, or no rule of'
            " the mapping selects it.\n",
        ),
        (
            ("ITX-1", "--gate", "live"),
            'There is no stage "live". The stages are identified, detailed, decided, implemented, closed.\n',
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "http://gatepost.example"),
            "http://gatepost.example would send the token unencrypted. Use https.\n",
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "https://gatepost.example"),
            "There is no token. Create one with: gatepost token create, and set GATEPOST_TOKEN.\n",
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "http://127.0.0.1:9", "--token-file", "-"),
            "http://127.0.0.1:9 does not answer: nothing listens at 127.0.0.1, port 9. See that it runs there, and that "
            "address and port are right.\n",
        ),
    ],
)
def test_no_answer_is_2(cli: Cli, words: tuple[str, ...], text: str) -> None:
    result = cli.run("check", *words, given="x")
    assert (result.exit_code, result.output) == (2, text)


def test_an_item_that_the_tool_no_longer_shows_is_2(cli: Cli, api: ApiServer) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE work_item SET unreachable_since = '2026-11-20 08:00+00', unreachable_reason = 'archived'"
        )
    result = cli.run("check", "ITX-1", "--gate", "identified")
    assert (result.exit_code, result.output) == (
        2,
        "ITX-1 is unreachable since 2026-11-20 08:00 UTC: archived. Its tool no longer shows the item; the "
        "page Connections says why.\n",
    )


def test_a_measure_on_hold_passes_no_gate(cli: Cli, api: ApiServer) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            """UPDATE measure SET verdict = verdict || '{"open_stages": [], "off_ramp": {"kind": "on_hold", "by": "M. Brandt", "at": "2026-02-01T08:00:00Z", "reason": "wait"}}'"""
        )
    result = cli.run("check", "ITX-1", "--gate", "identified")
    assert result.exit_code == 1
    assert result.output.startswith(
        "The gate into Identified is shut for ITX-1 Retire the legacy CRM: the measure is on an off-ramp.\n"
    )


def test_a_server_says_the_same_as_its_database(cli: Cli, api: ApiServer, server: str) -> None:
    api.person("ci", RoleGrant(Role.VIEWER), scopes=frozenset({TokenScope.GATES_READ}))
    there = ("--server", server)
    cli.environment["GATEPOST_TOKEN"] = api.tokens["ci"]
    for gate, status in (("identified", 0), ("detailed", 1)):
        far = cli.run("check", "ITX-1", "--gate", gate, *there)
        near = cli.run("check", "ITX-1", "--gate", gate)
        assert (far.exit_code, far.output) == (status, near.output)
    wrong = cli.run("check", "ITX-1", "--gate", "detailed", "--server", server, GATEPOST_TOKEN="wrong")
    assert (wrong.exit_code, wrong.output) == (
        2, "The bearer token is missing or wrong. Send Authorization: Bearer <token>.\n",
    )  # fmt: skip
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE measure SET key = 'ITX-1'")
    several = cli.run("check", "ITX-1", "--gate", "detailed", *there)
    assert (several.exit_code, several.output) == (
        2,
        '"ITX-1" is the key of several measures. Name one by its id: jira-main/10001, jira-main/10002.\n',
    )


# --- subscriptions --------------------------------------------------------------------------------------------


def test_a_subscription_from_creation_to_removal(cli: Cli, api: ApiServer, loaded: LoadedMapping) -> None:
    receiver = Receiver()
    assert cli.ok("subscription", "list") == (
        "No subscriptions yet. Add one with: gatepost subscription add NAME URL\n"
    )
    made = cli.ok("subscription", "add", "bot", receiver.url, "--event", "gate.blocked", "--place", "IT / Cloud exit")
    assert "which is shown only now: whsec_" in made
    listed = cli.ok("subscription", "list")
    assert "IT / Cloud exit" in listed
    assert "nothing sent yet" in listed
    assert "whsec_" not in listed
    tried = cli.ok("subscription", "test", "bot")
    assert tried.startswith(f"POST {receiver.url}\nContent-Type: application/json\nUser-Agent: Gatepost/")
    assert tried.endswith("Accepted: the receiver answered 204.\n")
    record_assessment(api.store, loaded, item(SHOWN | {"Sponsor": None}))
    shown = cli.ok("subscription", "deliveries", "bot")
    assert "gate.blocked" in shown
    assert "waiting" in shown
    assert cli.ok("subscription", "replay", "bot", "--dead-letters") == "0 deliveries will be sent again.\n"
    assert "The previous one is valid until " in cli.ok("subscription", "rotate", "bot")
    assert cli.ok("subscription", "resume", "bot").startswith("bot is enabled.")
    assert cli.ok("subscription", "remove", "bot") == "bot is removed; it receives no more events.\n"
    receiver.stop()


def test_a_test_that_is_not_accepted_is_1_and_shows_the_response(cli: Cli) -> None:
    receiver = Receiver([(500, {"X-Why": "no"})])
    cli.ok("subscription", "add", "bot", receiver.url)
    result = cli.run("subscription", "test", "bot")
    assert result.exit_code == 1
    assert "HTTP 500\n" in result.output
    assert "X-Why: no\n" in result.output
    assert result.output.endswith("\nanswer 500\n\nNot accepted: 127.0.0.1 answered 500.\n")
    receiver.stop()


def test_the_doctor_reports_receivers_that_accept_nothing(cli: Cli, api: ApiServer) -> None:
    cli.ok("subscription", "add", "off", "http://127.0.0.1:9/a")
    cli.ok("subscription", "add", "sick", "http://127.0.0.1:9/b")
    cli.ok("subscription", "add", "well", "http://127.0.0.1:9/c")
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE subscription SET disabled_at = '2026-11-20 08:00+00', disabled_reason = 'gone' WHERE name = 'off'"
        )
        connection.exec_driver_sql(
            "UPDATE subscription SET failing_since = '2026-11-20 08:00+00', last_error = 'no' WHERE name = 'sick'"
        )
    checks = [
        (check.subject, check.health, check.message, check.remedy.at_terminal)
        for check in installation_checks(api.services)
    ]
    assert [check for check in checks if check[0].startswith("subscription")] == [
        (
            "subscription off", Health.BAD, "disabled since 20 Nov 2026 08:00 UTC: gone",
            "Repair the receiver, then: gatepost subscription resume off",
        ),
        (
            "subscription sick", Health.WARNING, "failing since 20 Nov 2026 08:00 UTC: no",
            "See what it answers: gatepost subscription test sick",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("add", "a b", "https://x.example"),
            'A subscription is named with letters, digits, "-" and "_"; \'a b\' is not.',
        ),
        (
            ("add", "bot", "x.example"),
            "'x.example' is not an address. Write it as https://hooks.acme.example/gatepost",
        ),
        (("test", "bot"), 'There is no subscription "bot". List them with: gatepost subscription list'),
        (
            ("replay", "bot"),
            "Say what to send again: --number N, or --dead-letters for all dead letters.",
        ),
    ],
)
def test_a_wrong_subscription_says_what_to_do(cli: Cli, words: tuple[str, ...], text: str) -> None:
    assert cli.refused("subscription", *words) == text
