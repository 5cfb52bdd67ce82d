"""``gatepost dead-letters``, as an operator calls it on the machine."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.store.database.audit import Audit
from connector.store.database.engine import open_database
from tests.command_line import Cli

DEAD_LETTERS = """
    INSERT INTO outbox (connection, native_id, key, target_values, changes, state, reason, settled_at, attempts)
    SELECT 'jira-main', (10000 + n)::text, 'ITX-' || n, '{"Gate": "Blocked"}',
           '[{"field": "Gate", "kind": "first", "present": "Open", "target": "Blocked", "last_written": null}]', 'dead_letter',
           'ITX-' || n || ': the option Blocked does not exist', '2026-11-21T09:00:00Z', 5
    FROM generate_series(1, 3) AS n
"""


@pytest.fixture
def failing(cli: Cli, database: URL) -> Cli:
    cli.ok("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text(DEAD_LETTERS))
    engine.dispose()
    return cli


def cause(cli: Cli) -> str:
    return cli.ok("dead-letters", "list").split()[0]


def audit_actions(database: URL) -> list[tuple[str, str, object]]:
    engine = open_database(database, pool_size=1, application="tests")
    found: list[tuple[str, str, object]] = [
        (entry.action, entry.subject, entry.detail.get("reason"))
        for entry in Audit(engine).entries()
        if entry.action.startswith("dead_letter.")
    ]
    engine.dispose()
    return found


def test_without_dead_letters_the_list_says_so(cli: Cli) -> None:
    assert cli.ok("dead-letters", "list").strip() == "There are no dead letters."


def test_causes_and_single_dead_letters_are_shown(failing: Cli) -> None:
    listed = failing.ok("dead-letters", "list")
    assert "…: the option Blocked does not exist" in listed
    assert listed.splitlines() == [
        f"{cause(failing)}  3 not written  jira-main",
        "    since 2026-11-21 09:00, last 2026-11-21 09:00",
        "    …: the option Blocked does not exist",
    ]
    shown = failing.ok("dead-letters", "show", cause(failing))
    assert shown.splitlines()[0] == "write/1  ITX-1  2026-11-21 09:00  ITX-1: the option Blocked does not exist"
    details = failing.ok("dead-letters", "show", "write/1")
    assert "dead letter since 2026-11-21 09:00 UTC after 5 attempts" in details
    assert "  Gate: Open -> Blocked" in details


def test_every_id_is_accepted_by_an_unambiguous_beginning(failing: Cli, database: URL) -> None:
    which = cause(failing)
    assert failing.ok("dead-letters", "show", which[:4]) == failing.ok("dead-letters", "show", which)
    assert failing.ok("dead-letters", "show", "write/2").startswith("write/2  ITX-2")
    assert failing.refused("dead-letters", "show", "write/") == (
        "write/ may be write/1, write/2, write/3. Write more of it."
    )
    long = (
        "INSERT INTO dirty_key (connection, native_id, state, reason) VALUES ('jira-main', '10007', 'dead_letter', :w)"
    )
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text(long), {"w": "the answer is cut off or not JSON " * 8})
    engine.dispose()
    assert max(map(len, failing.ok("dead-letters", "list").splitlines())) < 80
    assert failing.ok("dead-letters", "show", "item/jira").startswith("item/jira-main/10007")


def test_one_dead_letter_and_then_its_cause_are_replayed(failing: Cli, database: URL) -> None:
    which = cause(failing)
    assert failing.ok("dead-letters", "replay", "write/1", "--yes").strip() == (
        "1 dead letter was tried again. What fails again becomes a dead letter again."
    )
    assert "2 dead letters were tried again." in failing.ok("dead-letters", "replay", which, "--yes")
    assert failing.ok("dead-letters", "list").strip() == "There are no dead letters."
    assert [action for action, _, _ in audit_actions(database)] == ["dead_letter.replayed"] * 3


def test_dropping_needs_a_reason_which_the_audit_records(failing: Cli, database: URL) -> None:
    assert "Missing option '--reason'" in failing.run("dead-letters", "drop", "write/1", "--yes").output
    assert failing.refused("dead-letters", "drop", "write/1", "--reason", " ") == (
        "Say why: --reason. The audit records it."
    )
    assert audit_actions(database) == []
    assert failing.ok("dead-letters", "drop", "write/1", "--reason", "test project", "--yes").strip() == (
        "1 dead letter was dropped: test project"
    )
    assert audit_actions(database) == [("dead_letter.dropped", "jira-main/10001", "test project")]


def test_it_asks_for_confirmation(failing: Cli, database: URL) -> None:
    prompted = failing.run("dead-letters", "drop", cause(failing), "--reason", "x")
    assert (
        "Drop 3 dead letters of jira-main (ITX-1: the option Blocked does not exist)? This cannot be undone."
        in prompted.output
    )
    assert prompted.exit_code == 1
    assert audit_actions(database) == []


@pytest.mark.parametrize("words", [("show",), ("replay",), ("drop", "--reason", "x")])
def test_an_unknown_dead_letter_is_refused(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli.refused("dead-letters", words[0], "write/9", *words[1:]) == (
        "There are no dead letters of write/9. List them with: gatepost dead-letters list"
    )
