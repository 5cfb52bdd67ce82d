"""Several processes of Gatepost on one database, each with its own name."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.conftest import NEWEST, ROOT
from tests.processes import Process, start
from tests.stories.world import World, free_port
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

PACKAGES = ("governance", "mapping", "connector", "webhook_server", "cli", "sandbox")

_WRITE = re.compile(r"/rest/api/3/issue/(\d+)")


@dataclass
class Fleet:
    world: World
    ports: dict[str, int] = field(default_factory=dict)
    next_web: int = 0
    only_web: str | None = None

    def start(self, name: str, *, code: Path = ROOT) -> Process:
        """Start ``web…`` or ``worker…`` from the sources in a folder."""
        port = self.ports.setdefault(name, free_port())
        environment = self.world.environment | {"GATEPOST_PORT": str(port)}
        with self.log(name).open("ab") as output:
            word = name.rstrip("0123456789 ")
            process = start(word, environment=environment, output=output, folder=code)
        self.world.processes[name] = process
        return process

    def log(self, name: str) -> Path:
        return self.world.logs / f"{name}.log"

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def ready(self, name: str) -> dict[str, str] | None:
        """A web process's readiness report, or None while it is not ready."""
        try:
            response = requests.get(f"{self.url(name)}/health/ready", timeout=LONGEST_CALL_SECONDS)
        except requests.RequestException:
            return None
        return dict(response.json()) if response.status_code == 200 else None

    def workers(self) -> int:
        """How many workers hold their lock now."""
        query = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 471302 AND granted"
        return int(str(self.world.rows(query)[0].n))

    def name_of(self, worker: int) -> str:
        """The name of the process with this worker id."""
        (row,) = self.world.rows("SELECT pid FROM worker WHERE id = :id", id=worker)
        return next(name for name, process in self.world.processes.items() if process.pid == row.pid)

    def kill(self, name: str) -> None:
        process = self.world.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LONGEST_WAIT_SECONDS)

    def end(self, name: str) -> int:
        """SIGTERM; returns the exit code."""
        return self.world.stop(name)

    def route_events(self) -> None:
        """Send Jira's next events to the next web process, as a load balancer would, or to ``only_web``."""
        self.next_web += 1
        webs = [name for name in self.world.processes if name.startswith("web")]
        web = self.only_web or webs[self.next_web % len(webs)]
        for webhook in self.world.sandbox.jira.webhooks.registered.values():
            webhook.url = f"{self.url(web)}/hooks/jira/jira-main"

    def calls(self) -> list[dict[str, object]]:
        """Gatepost's calls to Jira, in order."""
        response = requests.get(
            f"{self.world.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS
        ).json()
        return [call for call in response["calls"] if call["user"] == "gatepost@nordbank.example"]

    def written(self) -> Counter[str]:
        """How often each issue's fields were written."""
        return Counter(
            match[1]
            for call in self.calls()
            if call["method"] == "PUT" and call["status"] == 204 and (match := _WRITE.fullmatch(str(call["path"])))
        )

    def recorded_writes(self) -> Counter[str]:
        """How many writes of each issue are recorded as done, without bulk edits."""
        query = """
            SELECT native_id FROM outbox
            WHERE connection = 'jira-main' AND state = 'done' AND target_values <> '{}' AND bulk_task IS NULL
        """
        return Counter(str(row.native_id) for row in self.world.rows(query))


CLAIM_WATCH_SQL = """
CREATE TABLE claim_change (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT clock_timestamp(),
    source text, item text, token uuid, claimed boolean, worker bigint);
CREATE FUNCTION record_claim_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.claim_token IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.claim_token IS DISTINCT FROM OLD.claim_token) THEN
        INSERT INTO claim_change (source, item, token, claimed, worker)
        VALUES (TG_TABLE_NAME, OLD.connection || ' ' || OLD.native_id, OLD.claim_token, false, OLD.claimed_by);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.claim_token IS NOT NULL AND NEW.claim_token IS DISTINCT FROM OLD.claim_token THEN
        INSERT INTO claim_change (source, item, token, claimed, worker)
        VALUES (TG_TABLE_NAME, NEW.connection || ' ' || NEW.native_id, NEW.claim_token, true, NEW.claimed_by);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER UPDATE OR DELETE ON dirty_key FOR EACH ROW EXECUTE FUNCTION record_claim_change();
CREATE TRIGGER watch AFTER UPDATE OR DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION record_claim_change();
"""
"""Records which worker claimed and released which row."""


def claimed_twice(here: World) -> list[str]:
    """Items that a worker claimed while another worker held them."""
    claims: dict[tuple[str, str], object] = {}
    twice = []
    for row in here.rows("SELECT source, item, token, claimed FROM claim_change ORDER BY at, id"):
        key = (str(row.source), str(row.item))
        if not row.claimed:
            claims.pop(key, None)
        elif claims.setdefault(key, row.token) != row.token:
            twice.append(f"{row.source} {row.item}")
    return twice


def next_version(folder: Path, revision: str = "9999") -> Path:
    """A copy of the sources with one more migration, which only adds a column."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "editor"))
    versions = folder / "connector/store/database/migrations/versions"
    (versions / f"{revision}_next.py").write_text(
        f'''"""Add a column that the previous version does not know."""

from alembic import op

revision = "{revision}"
down_revision = "{NEWEST}"


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN note text")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN note")
'''
    )
    return folder
