"""``gatepost audit verify`` with what was kept of the audit elsewhere, and ``gatepost audit anchor``."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from connector.store.database.postgres import conninfo
from tests.command_line import Cli, told


@pytest.fixture
def sink(cli: Cli, tmp_path: Path) -> Path:
    folder = tmp_path / "anchors"
    folder.mkdir()
    cli.environment["GATEPOST_AUDIT_SINKS"] = f"file:{folder}"
    return folder


def write_three_hours_ago(database: URL) -> None:
    with psycopg.connect(conninfo(database)) as session:
        session.execute(
            "INSERT INTO audit (at, actor, action, subject) VALUES (now() - interval '3 hours', 't', 'test', 's')"
        )


def test_without_a_sink_it_says_since_when_nothing_is_anchored(cli: Cli, database: URL) -> None:
    assert cli.ok("audit", "verify", "--strict").splitlines()[-1] == "Nothing is anchored yet."
    write_three_hours_ago(database)
    answer = cli.run("audit", "verify")
    assert answer.exit_code == 0, answer.output
    since = r"Unanchored since \d+ \w{3} \d{4}, \d\d:\d\d UTC: 1 entry; GATEPOST_AUDIT_SINKS names no sink\."
    assert re.fullmatch(since, answer.output.splitlines()[-1])
    assert cli.run("audit", "verify", "--strict").exit_code == 1
    assert told(cli.run("audit", "anchor")) == "GATEPOST_AUDIT_SINKS names no sink."


def test_what_was_anchored_is_demanded(cli: Cli, database: URL, sink: Path) -> None:
    write_three_hours_ago(database)
    assert cli.run("audit", "verify", "--strict").exit_code == 1
    assert cli.ok("audit", "anchor") == f"file:{sink}: anchor 1, entry 2\n"
    verified = cli.ok("audit", "verify", "--strict").splitlines()[-1]
    assert re.fullmatch(rf"Anchored up to entry 2, \d+ \w{{3}} \d{{4}}, \d\d:\d\d UTC, in file:{sink}\.", verified)
    assert len(cli.ok("audit", "key").strip()) == 44
    with psycopg.connect(conninfo(database)) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM audit WHERE seq = 2")
        owner.execute("UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit WHERE seq = 1)")
    answer = cli.run("audit", "verify")
    assert answer.exit_code == 1
    assert "holds entry 2, which is not in the audit: entries were removed\n" in answer.output
    assert "1 problem in 1 entries" in answer.output
    refused = cli.run("audit", "anchor")
    assert refused.exit_code == 1
    assert refused.output.endswith(f"file:{sink}: not anchored: cut (anchor 1, entry 2)\n")
    doctor = cli.run("doctor").output
    assert (
        f"✗ audit anchors: file:{sink}: the audit ends before the entry that was anchored (anchor 1, entry 2)" in doctor
    )
    assert cli.ok("audit", "anchor", "--restart", "restored") == f"file:{sink}: anchor 2, entry 2\n"
    assert "the audit began anew with anchor 2 (" in cli.ok("audit", "verify", "--strict")


def test_a_sink_that_is_not_valid_stops_the_command_and_the_doctor_says_so(cli: Cli) -> None:
    cli.environment["GATEPOST_AUDIT_SINKS"] = "anchors"
    assert "The sinks of the audit cannot be read." in told(cli.run("audit", "verify"))
    assert "✗ audit anchors: The sinks of the audit cannot be read." in cli.run("doctor").output
