"""The whole of Gatepost over HTTP: real processes, the real database, the sandbox, the story."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from sqlalchemy import Row, text
from sqlalchemy.engine import URL

from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from mapping.load import Loaded, load_mapping
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.story import seed
from sandbox.story.player import Player
from tests.conftest import ROOT
from tests.sites import connect
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS, Process, T, wait_until

SECRET = "It's a Secret to Everybody"


@dataclass
class World:
    services: Services
    sandbox: servers.Sandbox
    player: Player
    environment: dict[str, str]
    port: int
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start ``web``, ``worker`` or ``serve`` as a process of its own."""
        with (self.logs / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", name], env=self.environment, stdout=output, stderr=output, cwd=ROOT
            )
        self.processes[name] = process
        return process

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        """Wait for it as long as every process is alive that has to be."""
        return wait_until(condition, what, alive=self.needed(), evidence=self.ends_of_logs)

    def needed(self) -> Mapping[str, Process]:
        """The processes without which nothing that is waited for comes true."""
        return self.processes

    def ends_of_logs(self) -> str:
        """For whoever reads a failure."""
        return "".join(f"\n--- {log.name}\n{log.read_text()[-1500:]}" for log in sorted(self.logs.glob("*.log")))

    def must_be_alive(self) -> None:
        """Fails when a process has ended that somebody waits for."""
        ended = [name for name, process in self.needed().items() if process.poll() is not None]
        assert not ended, f"ended by itself: {', '.join(ended)}{self.ends_of_logs()}"

    def wait_ready(self) -> None:
        self.wait_until(lambda: is_ready(self.url), "the web server is ready")

    def kill(self, name: str) -> None:
        """kill -9: no handler runs, nothing is tidied up."""
        process = self.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LONGEST_WAIT_SECONDS)

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(LONGEST_WAIT_SECONDS)

    def stop_all(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(LONGEST_WAIT_SECONDS)

    def rows(self, statement: str, **values: object) -> list[Row[tuple[object, ...]]]:
        with self.services.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def wait_quiet(self) -> None:
        """Wait until every event is delivered, no key is dirty and no write is due."""
        self.wait_until(lambda: at_rest(self.sandbox, self.is_anything_left), "all is quiet")

    def is_anything_left(self) -> bool:
        (row,) = self.rows(
            "SELECT (SELECT count(*) FROM dirty_key WHERE state = 'waiting') AS dirty, "
            "(SELECT count(*) FROM outbox WHERE state = 'waiting') AS due"
        )
        return (row.dirty, row.due) != (0, 0)

    def fields(self) -> dict[str, dict[str, str]]:
        """What the tools show of every item: the story's outcome.  Days and numbers of records are left out."""
        return {
            f"{item.fields['Title']}": {name: item.fields.get(name, "") for name in (*seed.WRITTEN, "Status")}
            for item in self.player.items()
        }


def at_rest(sandbox: servers.Sandbox, is_anything_left: Callable[[], bool]) -> bool:
    """Whether there was a moment at which no event was on its way and nothing was left to do in the database.

    Everything that was sent before is in the database when it is asked, and what Gatepost writes then is sent before it
    is done: so nothing is overlooked when no event has come in between.
    """
    if not sandbox.wait_delivered(1):
        return False
    before = _delivered(sandbox)
    return not is_anything_left() and sandbox.wait_delivered(0) and _delivered(sandbox) == before


def _delivered(sandbox: servers.Sandbox) -> int:
    return sum(len(state.deliverer.log) for state in (sandbox.jira, sandbox.servicenow))


def is_ready(url: str) -> bool:
    """Whether a web server answers, and says that it is ready."""
    with suppress(requests.RequestException):
        return requests.get(f"{url}/health/ready", timeout=LONGEST_CALL_SECONDS).status_code == 200
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def world(
    database: URL,
    folder: Path,
    *,
    story: bool = True,
    deployment: Deployment = Deployment.CLOUD,
    tools_at: str = "127.0.0.1",
) -> Iterator[World]:
    """A fresh Gatepost, not started yet, and a sandbox that rings it; ``tools_at`` is the address of the stand-ins."""
    port, key = free_port(), Fernet.generate_key().decode()
    dsn = database.render_as_string(hide_password=False)
    settings = Settings(database_url=dsn, data=folder, secret_key=key, port=port)
    environment = dict(os.environ) | {
        "DATABASE_URL": dsn,
        "GATEPOST_DATA": str(folder),
        "GATEPOST_SECRET_KEY": key,
        "GATEPOST_PORT": str(port),
        "GATEPOST_LOG_LEVEL": "INFO",
        "GATEPOST_WEB_THREADS": "4",
    }
    services = bootstrap(settings, application="tests")
    sandbox = servers.start(host=tools_at, deployment=deployment)
    for state in (sandbox.jira, sandbox.servicenow):
        # The story rings before the server is up, and a busy machine takes its time to start one.
        state.deliverer.be_patient()
    connect(services, sandbox, SECRET)
    mapping = (ROOT / "sandbox/story/mapping.yaml").read_text()
    loaded = load_mapping(mapping)
    assert isinstance(loaded, Loaded)
    services.mappings.activate(mapping, loaded.version, author="tests", reason="tests")
    sandbox.ring(
        f"http://127.0.0.1:{port}/hooks/jira/jira-main",
        f"http://127.0.0.1:{port}/hooks/servicenow/servicenow-main",
        SECRET,
    )
    if story:
        sandbox.tell()
    else:
        sandbox.jira.add_user("gatepost-bot", "Gatepost", seed.BOT_EMAIL, seed.BOT_TOKEN)
        sandbox.servicenow.add_user(seed.BOT_USER, "Gatepost", seed.BOT_PASSWORD)
    player = Player(
        sandbox.jira.base_url,
        sandbox.servicenow.base_url,
        patience=LONGEST_WAIT_SECONDS,
        watch=lambda: here.must_be_alive(),
    )
    here = World(services, sandbox, player, environment, port, folder)
    try:
        yield here
    finally:
        here.stop_all()
        player.close()
        sandbox.stop()
        services.close()
