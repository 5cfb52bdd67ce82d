"""``gatepost parked``, as an operator calls it on the machine."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.store.database.audit import Audit
from connector.store.database.engine import open_database
from tests.command_line import Cli

PARKED = """
    INSERT INTO outbox (connection, native_id, key, wanted, changes, state, reason, settled_at, attempts)
    SELECT 'jira-main', (10000 + n)::text, 'ITX-' || n, '{"Gate": "Shut"}',
           '[{"field": "Gate", "kind": "first", "present": "Open", "wanted": "Shut", "last_written": null}]', 'parked',
           'ITX-' || n || ': the option Shut does not exist', '2026-11-21T09:00:00Z', 5
    FROM generate_series(1, 3) AS n
"""


@pytest.fixture
def stuck(cli: Cli, database: URL) -> Cli:
    cli.ok("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text(PARKED))
    engine.dispose()
    return cli


def cause(cli: Cli) -> str:
    line = next(one for one in cli.ok("parked", "list").splitlines() if "the option" in one)
    return line.split("│")[1].strip()


def acts(database: URL) -> list[tuple[str, str, object]]:
    engine = open_database(database, pool_size=1, application="tests")
    found: list[tuple[str, str, object]] = [
        (entry.action, entry.subject, entry.detail.get("why"))
        for entry in Audit(engine).entries()
        if entry.action.startswith("parked.")
    ]
    engine.dispose()
    return found


def test_with_nothing_parked_it_says_so(cli: Cli) -> None:
    assert cli.ok("parked", "list").strip() == "Nothing is parked."


def test_causes_are_listed_and_shown_to_the_single_thing(stuck: Cli) -> None:
    listed = stuck.ok("parked", "list")
    assert "…: the option Shut does not exist" in listed
    assert listed.count("jira-main") == 1
    shown = stuck.ok("parked", "show", cause(stuck))
    assert shown.splitlines()[0] == "outbox/1  ITX-1  2026-11-21 09:00  ITX-1: the option Shut does not exist"
    story = stuck.ok("parked", "show", "outbox/1")
    assert "parked 2026-11-21 09:00 UTC after 5 tries" in story
    assert "  Gate: Open -> Shut" in story


def test_one_thing_and_then_its_cause_are_replayed(stuck: Cli, database: URL) -> None:
    which = cause(stuck)
    assert stuck.ok("parked", "replay", "outbox/1", "--yes").strip() == (
        "1 thing is tried again. What fails again is parked anew."
    )
    assert "2 things are tried again." in stuck.ok("parked", "replay", which, "--yes")
    assert stuck.ok("parked", "list").strip() == "Nothing is parked."
    assert [action for action, _, _ in acts(database)] == ["parked.replayed"] * 3


def test_giving_up_needs_a_reason_and_keeps_it(stuck: Cli, database: URL) -> None:
    assert "Missing option '--reason'" in stuck.run("parked", "drop", "outbox/1", "--yes").output
    assert stuck.refused("parked", "drop", "outbox/1", "--reason", " ") == (
        "Say why it is given up: --reason. The audit keeps it."
    )
    assert acts(database) == []
    assert stuck.ok("parked", "drop", "outbox/1", "--reason", "test project", "--yes").strip() == (
        "1 thing is given up: test project"
    )
    assert acts(database) == [("parked.dropped", "jira-main/10001", "test project")]


def test_it_asks_before_it_does(stuck: Cli, database: URL) -> None:
    asked = stuck.run("parked", "drop", cause(stuck), "--reason", "x")
    assert (
        "Give up 3 things of jira-main (ITX-1: the option Shut does not exist)? This cannot be taken back."
        in asked.output
    )
    assert asked.exit_code == 1
    assert acts(database) == []


@pytest.mark.parametrize("words", [("show",), ("replay",), ("drop", "--reason", "x")])
def test_what_is_not_parked_is_told(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli.refused("parked", words[0], "outbox/9", *words[1:]) == (
        "Nothing is parked as outbox/9. See what is: gatepost parked list"
    )
