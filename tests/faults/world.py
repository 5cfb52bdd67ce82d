"""A Gatepost of real processes for fault tests: two workers, a web server, a subscriber, and items in both tools."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy.engine import URL

from connector.bootstrap import bootstrap
from connector.notify.subscription_filter import SubscriptionFilter
from connector.settings import Settings
from connector.store.database.migrate import Schema
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName
from sandbox import servers
from sandbox.servicenow.gatepost_app import install_app
from sandbox.story import seed
from sandbox.story.player import ScenarioPlayer
from tests.conftest import ROOT
from tests.connector.notify.receiver import Receiver
from tests.databases import as_application
from tests.faults.kill_points import KillPoint
from tests.processes import Process
from tests.sites import connect
from tests.stories.world import SECRET, World, free_port
from tests.waiting import LONGEST_WAIT_SECONDS, T

MAPPING = Path(__file__).parent / "mapping.yaml"
WORKERS = ("worker-1", "worker-2")
JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("servicenow-main")


@dataclass(kw_only=True)
class FaultWorld(World):
    """A world whose processes load the suite's fault switch."""

    receiver: Receiver
    switch_folder: Path
    """The folder through which the switch is told which fault to cause."""
    done: int = 0
    """Steps that have been played."""
    accepted: set[tuple[str, str]] = field(default_factory=set)
    """Connections and delivery ids of the events that the suite sent itself and that were accepted."""
    restarts_workers: bool = False
    """Whether a worker that ends is started again; the web server always is, as Granian ends when its process dies twice."""
    has_items: bool = False
    """Whether the initial items have been created."""

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        def restarting() -> T:
            self.restart_ended()
            return condition()

        return super().wait_until(restarting, what)

    def needed(self) -> Mapping[str, Process]:
        """Without the processes that are started again."""
        return {name: process for name, process in self.processes.items() if not self._is_restarted(name)}

    def restart_ended(self) -> None:
        """Start again what has ended, as a service manager does."""
        for name, process in list(self.processes.items()):
            if self._is_restarted(name) and process.poll() is not None:
                self.start(name)

    def _is_restarted(self, name: str) -> bool:
        return name == "web" or self.restarts_workers

    def is_anything_left(self) -> bool:
        """Whether something still has to be assessed, written, delivered or added up."""
        (row,) = self.rows(_WORK_LEFT)
        return any(row)

    # --- faults --------------------------------------------------------------------------------------

    def arm_kill_point(self, point: KillPoint) -> None:
        """The first process that reaches this point kills itself there."""
        (self.switch_folder / "killed").unlink(missing_ok=True)
        (self.switch_folder / "kill.new").write_text(point.name)
        (self.switch_folder / "kill.new").rename(self.switch_folder / "kill")

    def wait_killed(self) -> int:
        """Wait until the point was reached; returns the id of the process that died there."""
        killed = self.switch_folder / "killed"
        try:
            self.wait_until(lambda: killed.exists() and _pid(killed), "a process reached the kill point")
        finally:
            (self.switch_folder / "kill").unlink(missing_ok=True)
        return _pid(killed)

    def move_clock(self, seconds: float) -> None:
        """Shift the processes' clock; the database and the tools keep the right time."""
        (self.switch_folder / "clock.new").write_text(str(seconds))
        (self.switch_folder / "clock.new").rename(self.switch_folder / "clock")

    def time_passes(self, minutes: int) -> None:
        """Move every due time in the database into the past by some minutes."""
        with self.services.engine.begin() as transaction:
            for table, column in _DUE_COLUMNS:
                transaction.exec_driver_sql(
                    f"UPDATE {table} SET {column} = {column} - make_interval(mins => {int(minutes)}) "
                    f"WHERE {column} IS NOT NULL"
                )

    # --- expectations --------------------------------------------------------------------------------

    def assert_nothing_lost(self) -> None:
        """Every accepted event is finished, and no write or delivery is left undone."""
        logs = [*self.sandbox.jira.deliverer.log, *self.sandbox.servicenow.deliverer.log]
        refused = [entry for entry in logs if entry.status != 202]
        assert not refused, refused
        stored = {(row.connection, row.delivery_id) for row in self.rows("SELECT connection, delivery_id FROM inbox")}
        assert self.accepted <= stored, "an event was accepted and is not stored"
        others = len(stored - self.accepted)
        assert others == len(logs), f"of the tools' events {len(logs)} were accepted and {others} are stored"
        for table, final_states in (
            ("inbox", {"done", "superseded", "ignored"}),
            ("outbox", {"done", "superseded"}),
            ("subscription_delivery", {"done"}),
        ):
            rows = self.rows(f"SELECT state, reason, count(*) FROM {table} GROUP BY 1, 2")
            assert {str(row.state) for row in rows} <= final_states, (table, rows)
        assert self.rows("SELECT native_id, state, reason FROM dirty_key") == []
        for table in ("outbox", "subscription_delivery"):
            assert self.rows(f"SELECT 1 FROM {table} WHERE claim_token IS NOT NULL") == []
        assert self.services.audit.verify().breaks == ()


def _pid(file: Path) -> int:
    lines = file.read_text().split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1] else 0


_WORK_LEFT = """
    SELECT (SELECT count(*) FROM dirty_key WHERE state = 'waiting') AS dirty,
           (SELECT count(*) FROM outbox WHERE state = 'waiting') AS due,
           (SELECT count(*) FROM subscription_delivery WHERE state = 'waiting') AS undelivered,
           (SELECT count(*) FROM figures_due) AS figures,
           (SELECT count(*) FROM sweep WHERE due_at <= now() OR ended_at IS NULL) AS sweeps
"""
_DUE_COLUMNS = (
    ("dirty_key", "due_at"),
    ("outbox", "due_at"),
    ("connection", "paused_until"),
    ("rate_limit", "until"),
    ("sweep", "due_at"),
    ("measure", "reassess_at"),
)


def switch_environment(folder: Path) -> dict[str, str]:
    """The environment of a process that loads the suite's fault switch."""
    orders = folder / "orders"
    orders.mkdir(exist_ok=True)
    path = os.pathsep.join((str(Path(__file__).parent / "switch"), str(ROOT)))
    return {"PYTHONPATH": path, "FAULTS_FOLDER": str(orders)}


@contextmanager
def fault_world(database: URL, folder: Path, *, through: URL | None = None, **more: str) -> Iterator[FaultWorld]:
    """Everything running and idle.  The processes reach the database ``through`` another address, if one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    port, key = free_port(), Fernet.generate_key().decode()
    receiver = Receiver()
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=folder,
        secret_key=key,
        port=port,
        subscription_private_networks="127.0.0.1",
        subscription_http=True,
    )
    environment = (
        dict(os.environ)
        | {
            "DATABASE_URL": as_application(through or database).render_as_string(hide_password=False),
            "GATEPOST_DATA": str(folder),
            "GATEPOST_SECRET_KEY": key,
            "GATEPOST_PORT": str(port),
            "GATEPOST_WEB_THREADS": "4",
            "GATEPOST_SUBSCRIPTION_PRIVATE_NETWORKS": "127.0.0.1",
            "GATEPOST_SUBSCRIPTION_HTTP": "true",
        }
        | switch_environment(folder)
    )
    services = bootstrap(settings, application="tests", schema=Schema.UPGRADE)
    sandbox = servers.start()
    player = ScenarioPlayer(sandbox.jira.base_url, sandbox.servicenow.base_url, timeout_seconds=LONGEST_WAIT_SECONDS)
    here = FaultWorld(
        services, sandbox, player, environment | more, port, folder, receiver=receiver, switch_folder=folder / "orders"
    )  # fmt: skip
    try:
        _add_initial_items(here)
        yield here
    finally:
        here.stop_all()
        player.close()
        sandbox.stop()
        receiver.stop()
        services.close()


def _add_initial_items(here: FaultWorld) -> None:
    """Connections, mapping, subscriber; both tools set up; the processes started."""
    sandbox, services = here.sandbox, here.services
    for state in (sandbox.jira, sandbox.servicenow):
        state.deliverer.extend_retries()
    connect(services, sandbox, SECRET)
    source = MAPPING.read_text()
    loaded = load_mapping(source)
    assert isinstance(loaded, LoadedMapping), loaded
    services.mappings.activate(source, loaded.version, author="tests", reason="tests")
    services.subscriptions.add("listener", here.receiver.url, SubscriptionFilter(), per_minute=100_000, author="tests")
    seed.set_up_jira(sandbox.jira)
    seed.set_up_servicenow(sandbox.servicenow)
    sandbox.jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
    hooks = f"{here.url}/hooks"
    sandbox.register_webhooks(f"{hooks}/jira/jira-main", None, SECRET)
    install_app(sandbox.servicenow, url=f"{hooks}/servicenow/servicenow-main", secret=SECRET, writer=seed.BOT_USER)
    for name in ("web", *WORKERS):
        here.start(name)
    here.wait_ready()
    here.wait_until(lambda: len(here.rows("SELECT 1 FROM worker")) == len(WORKERS), "both workers are there")
