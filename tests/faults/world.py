"""A Gatepost of real processes that can be struck: two workers, a web server, a subscriber, and items in both tools."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy.engine import URL

from connector.bootstrap import bootstrap
from connector.notify.subscription_filter import Filter
from connector.settings import Settings
from mapping.load import Loaded, load_mapping
from mapping.work_item import ConnectionName
from sandbox import servers
from sandbox.servicenow.gatepost_app import install_app
from sandbox.story import seed
from sandbox.story.player import Player
from tests.conftest import ROOT
from tests.connector.notify.receiver import Receiver
from tests.faults.kill_points import Point
from tests.sites import connect
from tests.stories.world import SECRET, World, free_port
from tests.waiting import LONGEST_WAIT_SECONDS, Process, T

MAPPING = Path(__file__).parent / "mapping.yaml"
WORKERS = ("worker-1", "worker-2")
JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("servicenow-main")


@dataclass(kw_only=True)
class Struck(World):
    """A world whose processes carry the suite's switch."""

    receiver: Receiver
    orders: Path
    """The folder through which the switch is told what is to go wrong."""
    done: int = 0
    """Steps that were played."""
    accepted: set[tuple[str, str]] = field(default_factory=set)
    """Connections and delivery ids of the events that the suite sent itself and that were accepted."""
    keeps_workers: bool = False
    """Whether a worker that ends by itself is started again; Granian ends as well when its process dies twice."""
    begun: bool = False
    """Whether the items of the beginning are there."""

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start ``web`` or ``worker``; a number behind it tells several of them apart."""
        with (self.logs / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", name.partition("-")[0]],
                env=self.environment,
                stdout=output,
                stderr=output,
                cwd=ROOT,
            )
        self.processes[name] = process
        return process

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        def kept() -> T:
            self.keep()
            return condition()

        return super().wait_until(kept, what)

    def needed(self) -> Mapping[str, Process]:
        """Without those that are started again."""
        return {name: process for name, process in self.processes.items() if not self._is_kept(name)}

    def keep(self) -> None:
        """What a service manager does: start again what has ended."""
        for name, process in list(self.processes.items()):
            if self._is_kept(name) and process.poll() is not None:
                self.start(name)

    def _is_kept(self, name: str) -> bool:
        return name == "web" or self.keeps_workers

    def is_anything_left(self) -> bool:
        """Whether something is not assessed, written, notified or added up."""
        (row,) = self.rows(_LEFT)
        return any(row)

    # --- what goes wrong -------------------------------------------------------------------------------

    def arm(self, point: Point) -> None:
        """The process that comes to this point first kills itself there."""
        (self.orders / "killed").unlink(missing_ok=True)
        (self.orders / "kill.new").write_text(point.name)
        (self.orders / "kill.new").rename(self.orders / "kill")

    def wait_killed(self) -> int:
        """Wait until the point was reached; returns the number of the process that died there."""
        killed = self.orders / "killed"
        try:
            self.wait_until(lambda: killed.exists() and _pid(killed), "somebody came to the point")
        finally:
            (self.orders / "kill").unlink(missing_ok=True)
        return _pid(killed)

    def move_clock(self, seconds: float) -> None:
        """The processes' clock; the database and the tools keep the right time."""
        (self.orders / "clock.new").write_text(str(seconds))
        (self.orders / "clock.new").rename(self.orders / "clock")

    def time_passes(self, minutes: int) -> None:
        """What waits for a moment has waited so long; everything that the database holds was so long ago."""
        with self.services.engine.begin() as transaction:
            for table, column in _WAITING:
                transaction.exec_driver_sql(
                    f"UPDATE {table} SET {column} = {column} - make_interval(mins => {int(minutes)}) "
                    f"WHERE {column} IS NOT NULL"
                )

    # --- what has to hold ------------------------------------------------------------------------------

    def accounted(self) -> None:
        """Every event that was accepted has an end, and nothing that was wanted is left undone."""
        logs = [*self.sandbox.jira.deliverer.log, *self.sandbox.servicenow.deliverer.log]
        refused = [one for one in logs if one.status != 202]
        assert not refused, refused
        kept = {(row.connection, row.delivery_id) for row in self.rows("SELECT connection, delivery_id FROM inbox")}
        assert self.accepted <= kept, "an event was accepted and is not kept"
        others = len(kept - self.accepted)
        assert others == len(logs), f"of the tools' events {len(logs)} were accepted and {others} are kept"
        for table, ends in (
            ("inbox", {"done", "superseded", "ignored"}),
            ("outbox", {"done", "superseded"}),
            ("subscription_delivery", {"done"}),
        ):
            found = self.rows(f"SELECT state, reason, count(*) FROM {table} GROUP BY 1, 2")
            assert {str(row.state) for row in found} <= ends, (table, found)
        assert self.rows("SELECT native_id, state, reason FROM dirty_key") == []
        for table in ("outbox", "subscription_delivery"):
            assert self.rows(f"SELECT 1 FROM {table} WHERE claim_token IS NOT NULL") == []
        verified = self.services.audit.verify()
        assert verified.broken == ()


def _pid(file: Path) -> int:
    words = file.read_text().split("\n")
    return int(words[1]) if len(words) > 1 and words[1] else 0


_LEFT = """
    SELECT (SELECT count(*) FROM dirty_key WHERE state = 'waiting') AS dirty,
           (SELECT count(*) FROM outbox WHERE state = 'waiting') AS due,
           (SELECT count(*) FROM subscription_delivery WHERE state = 'waiting') AS untold,
           (SELECT count(*) FROM figures_due) AS figures,
           (SELECT count(*) FROM sweep WHERE due_at <= now() OR ended_at IS NULL) AS sweeps
"""
_WAITING = (
    ("dirty_key", "due_at"),
    ("outbox", "due_at"),
    ("connection", "paused_until"),
    ("parking", "until"),
    ("sweep", "due_at"),
    ("measure", "look_again_at"),
)


def switched(folder: Path) -> dict[str, str]:
    """The environment of a process that carries the suite's switch."""
    orders = folder / "orders"
    orders.mkdir(exist_ok=True)
    path = os.pathsep.join((str(Path(__file__).parent / "switch"), str(ROOT)))
    return {"PYTHONPATH": path, "FAULTS_FOLDER": str(orders)}


@contextmanager
def struck(database: URL, folder: Path, *, through: URL | None = None, **more: str) -> Iterator[Struck]:
    """Everything running and at rest.  The processes reach the database ``through`` another address, if one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    port, key = free_port(), Fernet.generate_key().decode()
    receiver = Receiver()
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=folder,
        secret_key=key,
        port=port,
        subscription_private="127.0.0.1",
        subscription_http=True,
    )
    environment = (
        dict(os.environ)
        | {
            "DATABASE_URL": (through or database).render_as_string(hide_password=False),
            "GATEPOST_DATA": str(folder),
            "GATEPOST_SECRET_KEY": key,
            "GATEPOST_PORT": str(port),
            "GATEPOST_WEB_THREADS": "4",
            "GATEPOST_SUBSCRIPTION_PRIVATE": "127.0.0.1",
            "GATEPOST_SUBSCRIPTION_HTTP": "true",
        }
        | switched(folder)
    )
    services = bootstrap(settings, application="tests")
    sandbox = servers.start()
    player = Player(sandbox.jira.base_url, sandbox.servicenow.base_url, patience=LONGEST_WAIT_SECONDS)
    here = Struck(
        services, sandbox, player, environment | more, port, folder, receiver=receiver, orders=folder / "orders"
    )  # fmt: skip
    try:
        _furnish(here)
        yield here
    finally:
        here.stop_all()
        player.close()
        sandbox.stop()
        receiver.stop()
        services.close()


def _furnish(here: Struck) -> None:
    """Connections, mapping, subscriber; both tools set up; the processes started."""
    sandbox, services = here.sandbox, here.services
    for state in (sandbox.jira, sandbox.servicenow):
        state.deliverer.be_patient()
    connect(services, sandbox, SECRET)
    source = MAPPING.read_text()
    loaded = load_mapping(source)
    assert isinstance(loaded, Loaded), loaded
    services.mappings.activate(source, loaded.version, author="tests", reason="tests")
    services.subscriptions.add("listener", here.receiver.url, Filter(), per_minute=100_000, author="tests")
    seed.set_up_jira(sandbox.jira)
    seed.set_up_servicenow(sandbox.servicenow)
    sandbox.jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
    hooks = f"{here.url}/hooks"
    sandbox.ring(f"{hooks}/jira/jira-main", None, SECRET)
    install_app(sandbox.servicenow, url=f"{hooks}/servicenow/servicenow-main", secret=SECRET, robot=seed.BOT_USER)
    for name in ("web", *WORKERS):
        here.start(name)
    here.wait_ready()
    here.wait_until(lambda: len(here.rows("SELECT 1 FROM worker")) == len(WORKERS), "both workers are there")
