"""What the lines of the bench stand on: one PostgreSQL, a folder, the bodies to send, and how large everything is."""

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

from connector.errors import BadPayload
from connector.http.json_values import obj, parse_object
from connector.jira.event_parser import JiraDoor
from connector.store.database import migrate
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo, locate
from connector.sync.ports import Doorbell
from tests.conftest import ROOT

KINDS = ("jira-cloud-webhook", "jira-dc-webhook")
OWN = ROOT / "tests/stories/events/jira-updated.json"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything; the smoke test takes little of it."""

    loops: int = 300
    start_rounds: int = 5
    connections: int = 32
    door_seconds: float = 4
    door_rounds: int = 3
    steady_seconds: float = 15
    steady_rate: float = 200
    keys: int = 10_000
    flow_items: int = 600
    flow_rate: float = 50
    flow_rounds: int = 2
    delay_ms: int = 20
    changed: int = 1_000
    burst_events: int = 10_000
    burst_items: int = 100
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Measures in the database; the largest one serves the portfolio's pages and the worker's memory as well."""
    growth_events: int = 200
    growth_rate: float = 10
    judged: int = 3_000
    """Items that a worker judges before its memory is looked at."""


@dataclass(slots=True)
class Ground:
    folder: Path
    scale: Scale
    bodies: list[Path]
    say: Callable[[str], None]
    """Tells whoever watches what is going on."""
    given: URL | None = None
    """A server that runs already; without one an embedded server is started when the first line wants it."""
    _server: URL | None = None
    _made: list[str] = field(default_factory=list)

    @property
    def server(self) -> URL:
        """The embedded server has its commits on disk."""
        if self._server is None:
            self.say("starts PostgreSQL")
            self._server = self.given or locate(None, self.folder)
            blank = self._create("template1")
            engine = open_database(self._server.set(database=blank), pool_size=1, application="bench")
            migrate.upgrade(engine)
            engine.dispose()
        return self._server

    def database(self) -> URL:
        """An empty database with the newest schema."""
        server = self.server
        return server.set(database=self._create(self._made[0]))

    def close(self) -> None:
        """Drop what was made."""
        for name in self._made if self._server else ():
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def place(self, name: str) -> Path:
        """A folder of its own."""
        made = self.folder / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    @property
    def told_bodies(self) -> str:
        """Which bodies are sent, for the table."""
        return "bodies of the project's own tests" if self.bodies == [OWN] else f"{len(self.bodies)} real bodies"

    def _create(self, template: str) -> str:
        name = f"bench_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._made.append(name)
        return name

    def _run(self, statement: LiteralString, *names: str) -> None:
        assert self._server is not None
        with psycopg.connect(conninfo(self._server), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def bodies() -> list[Path]:
    """Real bodies about one issue; without the corpus, which is not part of this repository, a small one of our own."""
    folder = Path(os.environ.get("GATEPOST_SHARED", ROOT.parent / "shared")) / "payloads"
    found = [file for kind in KINDS for file in sorted((folder / kind).glob("*/*.json")) if _of_one_issue(file)]
    return found or [OWN]


def _of_one_issue(file: Path) -> bool:
    body = file.read_bytes()
    try:
        rung = JiraDoor().parse(body)
    except BadPayload:
        return False
    return isinstance(rung, Doorbell) and len(rung.items) == 1 and "id" in obj(parse_object(body).get("issue"))
