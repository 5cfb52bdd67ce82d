"""Commits of the webhook endpoint's own statement by a program that does nothing else."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from connector.store.database.postgres import conninfo
from connector.store.queue.event_bodies import compress
from connector.store.queue.inbox import EVENT_COLUMNS, STORE_EVENTS
from tests.bench.large_issue import large_issue

GROUP = 32
"""Events of one group commit."""
BODY_BYTES = 6_500
"""As long as the median of real events."""
_DELIVERIES = "(SELECT array_agg('yardstick-' || :run || '-' || :number || '-' || n) FROM generate_series(1, {}) AS n)"
_CONNECTION = """
    INSERT INTO connection (name, tool, base_url, username, credential)
    VALUES ('yardstick', 'jira', 'https://nordbank.example', 'gatepost', '') ON CONFLICT DO NOTHING
"""


def commit_seconds(database: URL, events: int, commits: int) -> float:
    """Mean seconds of one transaction that stores so many events and flushes them to disk."""
    with psycopg.connect(conninfo(database), autocommit=True) as connection:
        connection.execute(_CONNECTION)
        statement = _statement(connection, events).replace(":run", str(time.time_ns()))
        program = find_pgbench(connection)
        if program is not None:
            return _by_pgbench(database, program, statement, commits)
        started = time.perf_counter()
        for number in range(commits):
            connection.execute(statement.replace(":number", str(number)).encode())
        return (time.perf_counter() - started) / commits


def find_pgbench(connection: psycopg.Connection[tuple[object, ...]]) -> Path | None:
    """The program, where it came with the server and the login may ask where that is."""
    try:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    program = Path(str(row[0])) / "pgbench" if row else None
    return program if program is not None and program.exists() else None


def _by_pgbench(database: URL, program: Path, statement: str, commits: int) -> float:
    script = f"\\set number random(1, 1000000000000)\n{' '.join(statement.split())};\n"
    done = subprocess.run(
        [program, "--no-vacuum", "--file=/dev/stdin", f"--transactions={commits}", conninfo(database)],
        input=script, capture_output=True, text=True, check=False,
    )  # fmt: skip
    for line in done.stdout.splitlines():
        if line.startswith("latency average = "):
            return float(line.split()[3]) / 1000
    raise RuntimeError(f"pgbench measured nothing: {done.stderr[-1000:]}")


def _statement(connection: psycopg.Connection[tuple[object, ...]], events: int) -> str:
    """The endpoint's statement with its values written into it, but for what makes each event another one."""
    body = compress(large_issue()[:BODY_BYTES])
    numbers = range(events)
    values: dict[str, list[object]] = {
        "connections": ["yardstick" for _ in numbers],
        "deliveries": [],
        "parts": [0 for _ in numbers],
        "events": ["jira:issue_updated" for _ in numbers],
        "items": [str(number) for number in numbers],
        "deletions": [False for _ in numbers],
        "states": ["pending" for _ in numbers],
        "reasons": [None for _ in numbers],
        "bodies": [body for _ in numbers],
    }
    if tuple(values) != EVENT_COLUMNS:
        raise RuntimeError("The endpoint's statement has other columns now.")
    also: dict[str, list[object]] = {"also_connections": [], "also_items": []}
    text = STORE_EVENTS.replace("%(deliveries)s", _DELIVERIES.format(events))
    return psycopg.ClientCursor(connection).mogrify(text.encode(), values | also)
