"""All of Gatepost over HTTP: real processes, the real database, the sandbox, the story."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from sqlalchemy import Row, text
from sqlalchemy.engine import URL

from cli.moved_clock import at_rest
from connector.bootstrap import Services, bootstrap
from connector.settings import Settings
from connector.store.database.application_login import make_login
from connector.store.database.migrate import Schema
from mapping.load import LoadedMapping, load_mapping
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.story import seed
from sandbox.story.player import ScenarioPlayer
from tests.conftest import ROOT
from tests.databases import as_application
from tests.processes import Process, start
from tests.sites import connect
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS, T, wait_until

SECRET = "It's a Secret to Everybody"


@dataclass
class World:
    services: Services
    sandbox: servers.Sandbox
    player: ScenarioPlayer
    environment: dict[str, str]
    port: int
    logs: Path
    processes: dict[str, Process] = field(default_factory=dict)
    copied: bool = True
    """Whether processes begin as copies of one that has imported everything; not where their memory is measured."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> Process:
        """Start ``web``, ``worker`` or ``serve`` as a process of its own; a suffix such as ``-1`` distinguishes several."""
        word = name.partition("-")[0]
        with (self.logs / f"{name}.log").open("ab") as output:
            self.processes[name] = start(word, environment=self.environment, output=output, copied=self.copied)
        return self.processes[name]

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        """Wait while every needed process is alive."""
        return wait_until(condition, what, alive=self.needed(), evidence=self.ends_of_logs)

    def needed(self) -> Mapping[str, Process]:
        """The processes that have to be alive for a wait to succeed."""
        return self.processes

    def ends_of_logs(self) -> str:
        """Evidence for a failure message."""
        return "".join(f"\n--- {log.name}\n{log.read_text()[-1500:]}" for log in sorted(self.logs.glob("*.log")))

    def assert_alive(self) -> None:
        """Fails when a needed process has ended."""
        ended = [name for name, process in self.needed().items() if process.poll() is not None]
        assert not ended, f"ended unexpectedly: {', '.join(ended)}{self.ends_of_logs()}"

    def wait_ready(self) -> None:
        self.wait_until(lambda: is_ready(self.url), "the web server is ready")

    def kill(self, name: str) -> None:
        """kill -9: no handler runs, nothing is cleaned up."""
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
        self.wait_until(lambda: at_rest(self.sandbox, self.is_anything_left), "nothing is left to do")

    def is_anything_left(self) -> bool:
        (row,) = self.rows(
            "SELECT (SELECT count(*) FROM dirty_key WHERE state = 'waiting') AS dirty, "
            "(SELECT count(*) FROM outbox WHERE state = 'waiting') AS due"
        )
        return (row.dirty, row.due) != (0, 0)

    def fields(self) -> dict[str, dict[str, str]]:
        """What the tools show of every item: the story's outcome, without days and record numbers."""
        return {
            f"{item.fields['Title']}": {name: item.fields.get(name, "") for name in (*seed.WRITTEN_FIELDS, "Status")}
            for item in self.player.items()
        }


def is_ready(url: str) -> bool:
    """Whether a web server answers and reports that it is ready."""
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
    """A fresh Gatepost, not started yet, and a sandbox that sends it events; ``tools_at`` is the address of the stand-ins."""
    port, key = free_port(), Fernet.generate_key().decode()
    dsn = database.render_as_string(hide_password=False)
    settings = Settings(database_url=dsn, data=folder, secret_key=key, port=port)
    environment = dict(os.environ) | {
        "DATABASE_URL": as_application(database).render_as_string(hide_password=False),
        "GATEPOST_DATA": str(folder),
        "GATEPOST_SECRET_KEY": key,
        "GATEPOST_PORT": str(port),
        "GATEPOST_LOG_LEVEL": "INFO",
        "GATEPOST_WEB_THREADS": "4",
    }
    services = bootstrap(settings, application="tests", schema=Schema.UPGRADE)
    make_login(services.engine, as_application(database))
    sandbox = servers.start(host=tools_at, deployment=deployment)
    for state in (sandbox.jira, sandbox.servicenow):
        # The story sends events before the server is up; a busy machine needs time to start it.
        state.deliverer.extend_retries()
    connect(services, sandbox, SECRET)
    mapping = (ROOT / "sandbox/story/mapping.yaml").read_text()
    loaded = load_mapping(mapping)
    assert isinstance(loaded, LoadedMapping)
    services.mappings.activate(mapping, loaded.version, author="tests", reason="tests")
    sandbox.register_webhooks(
        f"http://127.0.0.1:{port}/hooks/jira/jira-main",
        f"http://127.0.0.1:{port}/hooks/servicenow/servicenow-main",
        SECRET,
    )
    if story:
        # ServiceNow tells the second in which a record was created: in that of the activation it would count as older.
        time.sleep(1)
        sandbox.load_story()
    else:
        sandbox.jira.add_user("gatepost-bot", "Gatepost", seed.BOT_EMAIL, seed.BOT_TOKEN)
        sandbox.servicenow.add_user(seed.BOT_USER, "Gatepost", seed.BOT_PASSWORD)
    player = ScenarioPlayer(
        sandbox.jira.base_url,
        sandbox.servicenow.base_url,
        timeout_seconds=LONGEST_WAIT_SECONDS,
        watch=lambda: here.assert_alive(),
    )
    here = World(services, sandbox, player, environment, port, folder)
    try:
        yield here
    finally:
        here.stop_all()
        player.close()
        sandbox.stop()
        services.close()
