"""What the lines of the bench share: one PostgreSQL, a folder, the bodies to send, and the scale."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from connector.errors import InvalidPayload
from connector.http.json_values import as_object, parse_object
from connector.jira.event_parser import JiraEventParser
from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo, locate
from connector.sync.ports import ItemsChanged
from tests.bench.yardsticks import Readings, YardsticksRead, read_yardsticks
from tests.conftest import ROOT

KINDS = ("jira-cloud-webhook", "jira-dc-webhook")
OWN_EVENT = ROOT / "tests/stories/events/jira-updated.json"


@dataclass(frozen=True, slots=True)
class BenchScale:
    """How much of everything; the smoke test uses small numbers."""

    loops: int = 300
    start_rounds: int = 5
    connections: int = 32
    endpoint_seconds: float = 4
    endpoint_rounds: int = 3
    steady_seconds: float = 15
    keys: int = 10_000
    flow_items: int = 600
    flow_rounds: int = 2
    delay_ms: int = 20
    changed: int = 1_000
    burst_events: int = 10_000
    burst_items: int = 100
    sizes: tuple[int, ...] = (1_000, 20_000)
    """Measures in the database; the largest size is also used for the portfolio's pages and the worker's memory."""
    growth_events: int = 200
    growth_rate: float = 10
    assessed_items: int = 3_000
    """Items that a worker assesses before its memory is measured."""
    yardstick_calls: int = 50
    """Calls of one round of a yardstick, and commits."""


def sizes_up_to(measures: int) -> tuple[int, ...]:
    """The sizes of a run whose largest database has so many measures; raises ValueError for fewer than 1,000."""
    if measures < 1_000:
        raise ValueError(f"{measures:,} measures are too few for a curve: state at least 1,000.")
    return (*(size for size in (1_000, 10_000) if size * 5 <= measures), measures)


@dataclass(slots=True)
class BenchEnvironment:
    folder: Path
    scale: BenchScale
    bodies: list[Path]
    log: Callable[[str], None]
    """Reports progress."""
    database_url: URL | None = None
    """A running server; without one an embedded server is started when the first line needs it."""
    _server: URL | None = None
    _created: list[str] = field(default_factory=list)
    yardsticks: dict[str, YardsticksRead] = field(default_factory=dict)
    """What was read before and after each line."""
    _yardstick_database: URL | None = None

    def read_yardsticks(self) -> Readings:
        """What the machine can do now; its commits go to a database of their own."""
        if self._yardstick_database is None:
            self._yardstick_database = self.database()
        return read_yardsticks(self._yardstick_database, self.scale.yardstick_calls)

    @property
    def server(self) -> URL:
        """The embedded server has its commits on disk."""
        if self._server is None:
            self.log("starts PostgreSQL")
            self._server = self.database_url or locate(None, self.folder)
            blank = self._create("template1")
            engine = open_database(self._server.set(database=blank), pool_size=1, application="bench")
            migrate.upgrade(engine)
            engine.dispose()
        return self._server

    def database(self) -> URL:
        """An empty database with the newest schema."""
        server = self.server
        return server.set(database=self._create(self._created[0]))

    def close(self) -> None:
        """Drop the databases that were created."""
        for name in self._created if self._server else ():
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def subfolder(self, name: str) -> Path:
        """A new folder for one line."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def bodies_text(self) -> str:
        """Which bodies are sent, for the table's caption."""
        return "bodies of the project's own tests" if self.bodies == [OWN_EVENT] else f"{len(self.bodies)} real bodies"

    def _create(self, template: str) -> str:
        name = f"bench_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._created.append(name)
        return name

    def _run(self, statement: LiteralString, *names: str) -> None:
        assert self._server is not None
        with psycopg.connect(conninfo(self._server), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def bodies() -> list[Path]:
    """Real bodies about one issue; without the corpus, which is not part of this repository, the project's small one."""
    folder = Path(os.environ.get("GATEPOST_SHARED", ROOT.parent / "shared")) / "payloads"
    files = [file for kind in KINDS for file in sorted((folder / kind).glob("*/*.json")) if _of_one_issue(file)]
    return files or [OWN_EVENT]


def _of_one_issue(file: Path) -> bool:
    body = file.read_bytes()
    try:
        event = JiraEventParser().parse(body)
    except InvalidPayload:
        return False
    return (
        isinstance(event, ItemsChanged) and len(event.items) == 1 and "id" in as_object(parse_object(body).get("issue"))
    )
