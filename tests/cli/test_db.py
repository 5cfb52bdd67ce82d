"""``gatepost db size`` and ``gatepost db clean``, as an operator calls them on the machine."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.engine import URL

from cli.db import cleanup_summary, size_table
from connector.remedy import Note
from connector.store.database.engine import open_database
from connector.store.operations.database_sizes import TableSize, group_tables
from connector.store.operations.retention import CleanupResult, CleanupStatus, RetentionPeriods
from connector.store.queue import event_body_partitions
from tests.command_line import Cli
from tests.conftest import NEWEST

RETENTION = RetentionPeriods(body_days=14, history_days=400)
MB = 1000**2


def table(name: str, rows: int, data: int, indexes: int, *, partition: str = "", dead: int = 0) -> TableSize:
    return TableSize(name, partition or name, rows, data, indexes, dead, holds_rows=rows > 0)


TABLES = (
    table("inbox_body", 41_000, 210 * MB, 2 * MB, partition="inbox_body_20261120"),
    table("inbox_body", 39_000, 190 * MB, 2 * MB, partition="inbox_body_20261119"),
    table("inbox_body", 0, 0, 8_192, partition="inbox_body_20261121"),
    table("inbox", 1_200_000, 150 * MB, 130 * MB),
    table("dirty_key", 12, 16_384, 40_000),
    table("work_item", 100_000, 90 * MB, 9 * MB),
    table("measure", 100_000, 220 * MB, 41 * MB),
    table("measure_figures", 100_000, 30 * MB, 5 * MB),
    table("effect_line", 2_000_000, 260 * MB, 170 * MB),
    table("decision", 400_000, 800 * MB, 60 * MB),
    table("audit", 500_000, 350 * MB, 120 * MB),
    table("outbox", 300_000, 90 * MB, 40 * MB),
    table("subscription_delivery", 4_000, 8 * MB, 1 * MB),
    table("procrastinate_jobs", 3, 81_920, 200_000),
    table("person", 40, 16_384, 32_768),
)


def test_groups_of_tables_are_listed_with_their_limits_the_largest_first() -> None:
    out = io.StringIO()
    Console(file=out, width=160, highlight=False).print(size_table(group_tables(TABLES, 3_000 * MB, RETENTION)))
    lines = [re.split(r"\s{2,}", line.strip()) for line in out.getvalue().splitlines() if line.strip(" ─")]
    assert lines == [
        ["What", "Rows, about", "Data", "Indexes", "All", "Share", "What limits it"],
        ["decisions", "400,000", "800.0 MB", "60.0 MB", "860.0 MB", "29%", "kept for ever"],
        ["audit", "500,000", "350.0 MB", "120.0 MB", "470.0 MB", "16%", "kept for ever"],
        ["effect lines", "2,000,000", "260.0 MB", "170.0 MB", "430.0 MB", "14%", "those that the measures have now"],
        ["event bodies", "80,000", "400.0 MB", "4.0 MB", "404.0 MB", "14%",
         "dropped after 14 days; 2 days, the oldest 2026-11-19"],
        ["events", "1,200,012", "150.0 MB", "130.0 MB", "280.1 MB", "9%", "deleted 400 days after their end"],
        ["measures", "100,000", "220.0 MB", "41.0 MB", "261.0 MB", "9%", "kept for ever, a status a day each"],
        ["writes to the tools", "300,000", "90.0 MB", "40.0 MB", "130.0 MB", "4%", "deleted 400 days after their end"],
        ["items", "100,000", "90.0 MB", "9.0 MB", "99.0 MB", "3%", "one for each item that was read"],
        ["figures", "100,000", "30.0 MB", "5.0 MB", "35.0 MB", "1%", "made anew"],
        ["events to subscribers", "4,000", "8.0 MB", "1.0 MB", "9.0 MB", "<1%", "deleted 30 days after they were taken"],
        ["queue of tasks", "3", "82 kB", "200 kB", "282 kB", "<1%", "deleted when they are done"],
        ["other", "40", "16 kB", "33 kB", "49 kB", "<1%", "people, mappings, settings"],
        ["ledger", "0", "0 kB", "0 kB", "0 kB", "0%", "kept for ever"],
        ["what was known", "0", "0 kB", "0 kB", "0 kB", "0%", "superseded versions deleted after 3650 days"],
        ["total", "4,784,055", "2.4 GB", "580.3 MB", "3.0 GB", "100%"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "hint"),
    [
        pytest.param(table("outbox", 30_000, MB, MB, dead=70_000),
                     "outbox: about 70,000 of 100,000 rows are dead and take space. Run VACUUM (ANALYZE) outbox; if they "
                     "stay, a transaction is open for long: look into pg_stat_activity.", id="dead rows"),
        pytest.param(table("outbox", 30_000, MB, MB, dead=9_999), None, id="few dead rows"),
        pytest.param(table("outbox", 300_000, MB, MB, dead=70_000), None, id="a small share of dead rows"),
        pytest.param(table("inbox_body", 1_200, MB, MB, partition="inbox_body_default"),
                     "About 1,200 bodies stand in inbox_body_default, because their day had no partition. They are deleted "
                     "one by one when they are old. See why with: gatepost db clean", id="no partition"),
        pytest.param(table("inbox_body", 9, 11_000 * MB, MB, partition="inbox_body_20261118"),
                     "Event bodies take more than half of the space. With fewer than 14 days (GATEPOST_EVENT_BODY_DAYS) they "
                     "take less; nothing but showing them to people needs them.", id="large bodies"),
        pytest.param(table("inbox_body", 9, 2_500 * MB, MB, partition="inbox_body_20261118"), None, id="not large yet"),
    ],
)  # fmt: skip
def test_hints_say_what_is_worth_doing(extra: TableSize, hint: str | None) -> None:
    hints = group_tables((*TABLES, extra), 0, RETENTION).hints
    assert [one.at_terminal for one in hints] == ([hint] if hint else [])


def test_the_sizes_are_those_of_the_database(cli: Cli, database: URL) -> None:
    engine = open_database(database, pool_size=1, application="tests")
    with engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        days = event_body_partitions.partition_days(connection)
        for number, day in enumerate((days[2], days[0], days[0])):
            body = {"id": number, "at": event_body_partitions.midnight(day), "body": b"x" * 3000}
            connection.execute(text("INSERT INTO inbox_body VALUES (:id, :at, :body)"), body)
        seen = "INSERT INTO sweep_seen SELECT 'jira-main', CAST(n AS text) FROM generate_series(1, 5000) AS n"
        connection.execute(text(seen))
        connection.execute(text("ANALYZE"))
        connection.commit()
        takes = connection.execute(text("SELECT pg_total_relation_size('sweep_seen')")).scalar_one()
    engine.dispose()
    sizes = json.loads(cli.ok("db", "size", "--json"))
    groups = {group["name"]: group for group in sizes["groups"]}
    assert groups["event bodies"]["rows"] == 3
    assert groups["event bodies"]["bound"] == f"dropped after 14 days; 2 days, the oldest {days[0]}"
    assert groups["events"]["rows"] == 5000
    assert groups["events"]["data"] + groups["events"]["indexes"] > takes > 200_000
    assert sum(group["data"] + group["indexes"] for group in sizes["groups"]) < sizes["database"]
    output = cli.ok("db", "size", GATEPOST_EVENT_BODY_DAYS="1", GATEPOST_HISTORY_DAYS="30", COLUMNS="80")
    assert "dropped after 1 day; 2" in output, "nothing is cut off in a narrow terminal"
    assert f"days, the oldest {days[0]}" in " ".join(output.split())
    assert "deleted 30 days after" in output
    assert "Rows are estimates. The whole database takes " in output


def test_a_cleanup_by_hand_says_what_it_would_do_and_then_does_it(cli: Cli, database: URL) -> None:
    cli.ok("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    engine = open_database(database, pool_size=1, application="tests")
    old = datetime.now(UTC).date() - timedelta(days=20)
    event_body_partitions.create_partition(engine, old)
    with engine.begin() as connection:
        connection.execute(text(OLD_EVENTS))
    assert cli.ok("db", "clean", "--dry-run").splitlines() == [
        f"Would drop the bodies of {old}.",
        "Would delete 3 events more than 400 days after their end.",
    ]
    assert cli.ok("db", "clean").splitlines() == [
        f"Dropped the bodies of {old}.",
        "Deleted 3 events more than 400 days after their end.",
    ]
    assert cli.ok("db", "clean", "--dry-run").strip() == "There is nothing to do."
    assert cli.ok("db", "clean").strip() == "There is nothing to do."
    engine.dispose()


OLD_EVENTS = """
    INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
    SELECT 'jira-main', 'd' || n, 'jira:issue_updated', '1', now() - make_interval(days => 500), 'done',
           now() - make_interval(days => 500)
    FROM generate_series(1, 3) AS n
"""


@pytest.mark.parametrize(
    ("done", "lines"),
    [
        pytest.param(CleanupResult(CleanupStatus.BUSY), ["A worker is cleaning up."], id="a worker does it"),
        pytest.param(CleanupResult(CleanupStatus.BUSY, events_deleted=1), ["Deleted 1 event more than 400 days after their end.",
                     "A worker is cleaning up and does the rest."], id="a worker continues"),
        pytest.param(CleanupResult(CleanupStatus.DONE, (date(2026, 11, 28),), (date(2026, 11, 5), date(2026, 11, 6)), 1, 0, 2_000,
                             (Note("No partition could be made."),)),
                     ["Created partitions for 2026-11-28.",
                      "Dropped the bodies of 2026-11-05 to 2026-11-06 (2 days).",
                      "Removed 1 body one by one.",
                      "Deleted 2,000 writes more than 400 days after their end.",
                      "No partition could be made."], id="all of it"),
    ],
)  # fmt: skip
def test_a_cleanup_is_summarised_in_sentences(done: CleanupResult, lines: list[str]) -> None:
    assert cleanup_summary(done, RETENTION, dry_run=False) == lines


def test_a_dead_letter_says_that_the_body_of_its_event_was_removed(cli: Cli, database: URL) -> None:
    cli.ok("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    engine = open_database(database, pool_size=1, application="tests")
    with engine.begin() as connection:
        connection.execute(text(OLD_EVENTS.replace("days => 500", "days => 20").replace("'done'", "'dead_letter'")))
        connection.execute(
            text("INSERT INTO dirty_key (connection, native_id, inbox_id, state, reason) "
                 "SELECT 'jira-main', '1', max(id), 'dead_letter', 'no such project' FROM inbox")
        )  # fmt: skip
    engine.dispose()
    assert "The body was removed after 14 days." in cli.ok("dead-letters", "show", "item/jira-main/1").splitlines()


def test_the_owner_upgrades_and_keeps_partitions_and_the_processes_may_not(cli: Cli, database: URL) -> None:
    assert cli.refused("db", "upgrade") == (
        "gatepost_app does not own the schema. Give the owner's address in GATEPOST_MAINTENANCE_DATABASE_URL."
    )
    owner = {"GATEPOST_MAINTENANCE_DATABASE_URL": database.render_as_string(hide_password=False)}
    assert cli.ok("db", "upgrade", **owner) == f"The schema is at revision {NEWEST}.\n"
    assert cli.ok("db", "partitions", **owner) == "There is nothing to do.\n"
    engine = open_database(database, pool_size=1, application="tests")
    tomorrow, old = datetime.now(UTC).date() + timedelta(days=1), datetime.now(UTC).date() - timedelta(days=20)
    event_body_partitions.drop_partition(engine, tomorrow)
    event_body_partitions.create_partition(engine, old)
    engine.dispose()
    assert cli.ok("db", "partitions", **owner).splitlines() == [
        f"Created partitions for {tomorrow}.",
        f"Dropped the bodies of {old}.",
    ]
