"""Processor time of a process with all that it has started, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from connector.store.database.postgres import conninfo

_TICKS = os.sysconf("SC_CLK_TCK")


def tree_seconds(process: int) -> float:
    """User and system time of a process, its living descendants, and those that have ended and were waited for."""
    children: dict[int, list[int]] = {}
    own: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The command's name may hold blanks and stands in brackets.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(folder.name)
        children.setdefault(int(fields[1]), []).append(number)
        own[number] = sum(map(int, fields[11:15])) / _TICKS
    total, waiting = 0.0, [process]
    while waiting:
        number = waiting.pop()
        total += own.get(number, 0.0)
        waiting += children.get(number, [])
    return total


def postmaster_of(database: URL) -> int:
    """The process that all sessions of a PostgreSQL on this machine descend from."""
    with psycopg.connect(conninfo(database)) as connection:
        backend = connection.info.backend_pid
        return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
