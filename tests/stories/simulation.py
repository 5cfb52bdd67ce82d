"""Gatepost with a clock that the test moves: real HTTP on both sides, the real database, queue and worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy.engine import URL

from cli.moved_clock import MovedClock, at_rest, is_work_left, worker_thread
from connector.bootstrap import Services, bootstrap
from connector.runtime.queue import TaskHandlers
from connector.settings import Settings
from governance.money import Period
from mapping.load import LoadedMapping, load_mapping
from sandbox import servers
from sandbox.jira.model import Deployment
from sandbox.serving import Server
from sandbox.story import seed
from sandbox.story.player import ScenarioPlayer, ShownItem
from sandbox.story.scenarios import Item
from tests.conftest import ROOT
from tests.sites import connect
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until
from webhook_server.app import create_app

SECRET = "It's a Secret to Everybody"
START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
"""When every scenario begins."""


class Clock(MovedClock):
    """The time in Gatepost and in both tools."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)

    def to_month(self, month: str) -> None:
        """The fifth of a month, at nine."""
        self.move_to(datetime.combine(Period.parse(month).first_day, START.timetz()) + timedelta(days=4))


@dataclass
class Simulation:
    services: Services
    sandbox: servers.Sandbox
    player: ScenarioPlayer
    clock: Clock
    handlers: TaskHandlers

    def run_until_idle(self) -> None:
        """Run the tick for the present time, and wait until nothing is left to do."""
        self.handlers.tick()
        wait_until(lambda: at_rest(self.sandbox, lambda: is_work_left(self.services.engine)), "nothing is left to do")

    def show(self, item: Item) -> ShownItem:
        self.run_until_idle()
        return self.player.show(item)

    def comment(self, item: Item, person: str, comment: str) -> ShownItem:
        """Somebody comments; returns what the tool shows when Gatepost has replied."""
        self._act(item, person, "comment", comment)
        return self.show(item)

    def edit(self, item: Item, person: str, **fields: object) -> ShownItem:
        values = {name.replace("_", " "): value for name, value in fields.items()}
        if item[0] == "jira":
            self._act(item, person, "edit", values)
        else:
            ids = {row["user_name"]: row["sys_id"] for row in self.sandbox.servicenow.tables["sys_user"].values()}
            raw = {seed.column_of(name): ids.get(str(value), str(value)) for name, value in values.items()}
            self._post(item, {"as": person, "table": item[0], "record": self._key(item), "values": raw})
        return self.show(item)

    def move(self, item: Item, person: str, to: str) -> tuple[bool, str]:
        """Try to move an item on in its tool: whether the tool allowed it, and its response text."""
        self.run_until_idle()
        return self._act(item, person, "transition" if item[0] == "jira" else "state", to)

    def _act(self, item: Item, person: str, do: str, value: object) -> tuple[bool, str]:
        if item[0] == "jira":
            names = {"transition": "to", "edit": "fields", "comment": "text", "log": "hours"}
            return self._post(item, {"as": person, "issue": self._key(item), "do": do, names[do]: value})
        column = {"comment": "work_notes"}.get(do, do)
        return self._post(item, {"as": person, "table": item[0], "record": self._key(item), "values": {column: value}})

    def _post(self, item: Item, body: dict[str, object]) -> tuple[bool, str]:
        return self.player.act_as(item[0], body)

    def _key(self, item: Item) -> str:
        return self.player.show(item).key

    def audit(self, item: Item) -> list[tuple[str, str]]:
        """(actor, action) of all audit entries about an item."""
        (measure,) = self.services.measures.find(self._key(item))
        return [(entry.actor, entry.action) for entry in self.services.audit.entries(measure.id)]


@contextmanager
def simulation(
    database: URL,
    folder: Path,
    *,
    off: tuple[str, ...] = (),
    mapping: str | None = None,
    deployment: Deployment = Deployment.CLOUD,
) -> Iterator[Simulation]:
    """Both stand-ins with the bank's people and fields, no items; Gatepost with some rules switched off (``off``)."""
    clock = Clock()
    settings = Settings(
        database_url=database.render_as_string(hide_password=False),
        data=folder,
        secret_key=Fernet.generate_key().decode(),
    )
    services = bootstrap(settings, application="stories")
    sandbox = servers.start(clock=clock, deployment=deployment)
    connect(services, sandbox, SECRET)
    mapping = mapping or (ROOT / "sandbox/story/mapping.yaml").read_text()
    if off:
        mapping = mapping.replace("policy: {", f"policy: {{off: [{', '.join(off)}], ")
    loaded = load_mapping(mapping)
    assert isinstance(loaded, LoadedMapping), loaded
    services.mappings.activate(mapping, loaded.version, author="stories", reason="stories")
    seed.set_up_jira(sandbox.jira)
    seed.set_up_servicenow(sandbox.servicenow)
    web = Server(create_app(services, clock), "127.0.0.1", 0).start()
    sandbox.register_webhooks(f"{web.url}/hooks/jira/jira-main", f"{web.url}/hooks/servicenow/servicenow-main", SECRET)
    player = ScenarioPlayer(sandbox.jira.base_url, sandbox.servicenow.base_url, timeout_seconds=LONGEST_WAIT_SECONDS)
    with worker_thread(services, clock) as handlers:
        try:
            yield Simulation(services, sandbox, player, clock, handlers)
        finally:
            player.close()
            sandbox.stop()
            web.stop()
    services.close()
