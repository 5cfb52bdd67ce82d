"""``gatepost check`` and ``gatepost subscription``: exit statuses and the exact words, on the database and on a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.people.permissions import Grant, Role, Scope
from connector.runtime.doctor import own_checks
from connector.sync.setup import Health
from mapping.load import Loaded
from sandbox.serving import Server
from tests.command_line import Cli
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import Store, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, look
from tests.mapping.items import item
from tests.webhook_server.api_server import Api, api_world

__all__ = ["loaded", "store"]


@pytest.fixture
def api(store: Store, loaded: Loaded, tmp_path: Path) -> Iterator[Api]:
    with api_world(store, loaded, tmp_path) as here:
        yield here


@pytest.fixture
def cli(api: Api, tmp_path: Path) -> Cli:
    settings = api.services.settings
    return Cli(
        {
            "DATABASE_URL": api.store.url.render_as_string(hide_password=False),
            "GATEPOST_DATA": str(tmp_path),
            "GATEPOST_SECRET_KEY": settings.secret_key or "",
            "GATEPOST_SUBSCRIPTION_HTTP": "true",
            "GATEPOST_SUBSCRIPTION_PRIVATE": "127.0.0.0/8",
            "COLUMNS": "250",
        }
    )


@pytest.fixture
def server(api: Api) -> Iterator[str]:
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
    assert lines[1].startswith("- Detailed is shut: ")
    assert "[x] title: Retire the legacy CRM" in lines
    assert (
        "[ ] sponsor: M. Brandt has not yet given the approval · sponsor M. Brandt to act · APPROVAL_MISSING" in lines
    )


def test_a_gate_behind_another_one_says_which_comes_first(cli: Cli) -> None:
    result = cli.run("check", "ITX-1", "--gate", "implemented", "--json")
    found = json.loads(result.output)
    assert (result.exit_code, found["open"], found["stage"]) == (1, False, "implemented")
    assert found["told"] == "The gate into Implemented is shut for ITX-1 Retire the legacy CRM: Detailed comes first."
    assert found["blockers"][0]["code"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("ITX-9", "--gate", "decided"),
            'There is no measure "ITX-9". Name it by its key or id. Either no event of that item came yet, or no rule of'
            " the mapping takes it.\n",
        ),
        (
            ("ITX-1", "--gate", "live"),
            'There is no stage "live". The stages are identified, detailed, decided, implemented, closed.\n',
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "http://gatepost.example"),
            "http://gatepost.example would send the token in the clear. Use https.\n",
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "https://gatepost.example"),
            "There is no token. Make one with: gatepost token create, and put it into GATEPOST_TOKEN.\n",
        ),
        (
            ("ITX-1", "--gate", "decided", "--server", "http://127.0.0.1:9", "--token", "x"),
            "http://127.0.0.1:9 does not answer (ConnectionError). Is it running, and reachable from here?\n",
        ),
    ],
)
def test_what_cannot_be_said_is_2(cli: Cli, words: tuple[str, ...], text: str) -> None:
    result = cli.run("check", *words)
    assert (result.exit_code, result.output) == (2, text)


def test_an_item_that_the_tool_no_longer_shows_is_2(cli: Cli, api: Api) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE work_item SET unreachable_since = '2026-11-20 08:00+00', unreachable_reason = 'archived'"
        )
    result = cli.run("check", "ITX-1", "--gate", "identified")
    assert (result.exit_code, result.output) == (
        2,
        "ITX-1 is unreachable since 2026-11-20 08:00 UTC: archived. Its tool no longer shows the item; see gatepost"
        " doctor.\n",
    )


def test_a_measure_on_hold_passes_no_gate(cli: Cli, api: Api) -> None:
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            """UPDATE measure SET verdict = verdict || '{"ramp": {"kind": "on_hold", "by": "M. Brandt", "at": "2026-02-01T08:00:00Z", "reason": "wait"}}'"""
        )
    result = cli.run("check", "ITX-1", "--gate", "identified")
    assert result.exit_code == 1
    assert result.output.startswith(
        "The gate into Identified is shut for ITX-1 Retire the legacy CRM: the measure is off the road.\n"
    )


def test_a_server_says_the_same_as_its_database(cli: Cli, api: Api, server: str) -> None:
    api.person("ci", Grant(Role.VIEWER), scopes=frozenset({Scope.READ}))
    there = ("--server", server, "--token", api.tokens["ci"])
    for gate, status in (("identified", 0), ("detailed", 1)):
        far = cli.run("check", "ITX-1", "--gate", gate, *there)
        near = cli.run("check", "ITX-1", "--gate", gate)
        assert (far.exit_code, far.output) == (status, near.output)
    wrong = cli.run("check", "ITX-1", "--gate", "detailed", "--server", server, "--token", "wrong")
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


def test_a_subscription_from_the_first_word_to_the_last(cli: Cli, api: Api, loaded: Loaded) -> None:
    receiver = Receiver()
    assert cli.ok("subscription", "list") == (
        "Nobody has subscribed yet. Add the first: gatepost subscription add NAME URL\n"
    )
    made = cli.ok("subscription", "add", "bot", receiver.url, "--event", "gate.blocked", "--place", "IT / Cloud exit")
    assert "which is shown only now: whsec_" in made
    listed = cli.ok("subscription", "list")
    assert "IT / Cloud exit" in listed
    assert "nothing sent yet" in listed
    assert "whsec_" not in listed
    tried = cli.ok("subscription", "test", "bot")
    assert tried.startswith(f"POST {receiver.url}\nContent-Type: application/json\nUser-Agent: Gatepost/")
    assert tried.endswith("Taken: the receiver answered 204.\n")
    look(api.store, loaded, item(SHOWN | {"Sponsor": None}))
    shown = cli.ok("subscription", "deliveries", "bot")
    assert "gate.blocked" in shown
    assert "waiting" in shown
    assert cli.ok("subscription", "replay", "bot", "--parked") == "0 deliveries will be sent again.\n"
    assert "The one before is valid until " in cli.ok("subscription", "rotate", "bot")
    assert cli.ok("subscription", "resume", "bot").startswith("bot is on.")
    assert cli.ok("subscription", "remove", "bot") == "bot is removed; it is told nothing any more.\n"
    receiver.stop()


def test_a_test_that_is_not_taken_is_1_and_shows_the_answer(cli: Cli) -> None:
    receiver = Receiver([(500, {"X-Why": "no"})])
    cli.ok("subscription", "add", "bot", receiver.url)
    result = cli.run("subscription", "test", "bot")
    assert result.exit_code == 1
    assert "HTTP 500\n" in result.output
    assert "X-Why: no\n" in result.output
    assert result.output.endswith("\nanswer 500\n\nNot taken: 127.0.0.1 answered 500.\n")
    receiver.stop()


def test_the_doctor_tells_of_receivers_that_take_nothing(cli: Cli, api: Api) -> None:
    cli.ok("subscription", "add", "off", "http://127.0.0.1:9/a")
    cli.ok("subscription", "add", "sick", "http://127.0.0.1:9/b")
    cli.ok("subscription", "add", "well", "http://127.0.0.1:9/c")
    with api.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE subscription SET off_at = '2026-11-20 08:00+00', off_reason = 'gone' WHERE name = 'off'"
        )
        connection.exec_driver_sql(
            "UPDATE subscription SET failing_since = '2026-11-20 08:00+00', last_error = 'no' WHERE name = 'sick'"
        )
    told = [(one.what, one.health, one.told, one.hint) for one in own_checks(api.services)]
    assert [one for one in told if one[0].startswith("subscription")] == [
        (
            "subscription off", Health.BAD, "off since 20 Nov 2026 08:00 UTC: gone",
            "Mend the receiver, then: gatepost subscription resume off",
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
            "Say what to send again: --number N, or --parked for everything that is parked.",
        ),
    ],
)
def test_a_wrong_subscription_says_what_to_do(cli: Cli, words: tuple[str, ...], text: str) -> None:
    assert cli.refused("subscription", *words) == text
