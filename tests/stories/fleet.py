"""Several processes of Gatepost on one database, each with a name of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.conftest import NEWEST, ROOT
from tests.stories.world import World, free_port
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

PACKAGES = ("governance", "mapping", "connector", "webhook_server", "cli", "sandbox")

_WRITE = re.compile(r"/rest/api/3/issue/(\d+)")


@dataclass
class Fleet:
    here: World
    ports: dict[str, int] = field(default_factory=dict)
    turn: int = 0
    rung: str | None = None

    def start(self, name: str, *, code: Path = ROOT) -> subprocess.Popen[bytes]:
        """Start ``web…`` or ``worker…`` from the sources in a folder."""
        port = self.ports.setdefault(name, free_port())
        environment = self.here.environment | {"GATEPOST_PORT": str(port)}
        with self.log(name).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", name.rstrip("0123456789 ")],
                env=environment, stdout=output, stderr=output, cwd=code,
            )  # fmt: skip
        self.here.processes[name] = process
        return process

    def log(self, name: str) -> Path:
        return self.here.logs / f"{name}.log"

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def ready(self, name: str) -> dict[str, str] | None:
        """What a web process says of itself when it is ready."""
        try:
            answer = requests.get(f"{self.url(name)}/health/ready", timeout=LONGEST_CALL_SECONDS)
        except requests.RequestException:
            return None
        return dict(answer.json()) if answer.status_code == 200 else None

    def workers(self) -> int:
        """Those that hold their lock now."""
        query = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 471302 AND granted"
        return int(str(self.here.rows(query)[0].n))

    def name_of(self, worker: int) -> str:
        """The process whose number in the database this is."""
        (row,) = self.here.rows("SELECT pid FROM worker WHERE id = :id", id=worker)
        return next(name for name, process in self.here.processes.items() if process.pid == row.pid)

    def kill(self, name: str) -> None:
        process = self.here.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LONGEST_WAIT_SECONDS)

    def end(self, name: str) -> int:
        """SIGTERM; returns the exit code."""
        return self.here.stop(name)

    def balance(self) -> None:
        """Have Jira ring at the next web process, as a load balancer would, or at the only one that is named."""
        self.turn += 1
        webs = [name for name in self.here.processes if name.startswith("web")]
        web = self.rung or webs[self.turn % len(webs)]
        for webhook in self.here.sandbox.jira.webhooks.registered.values():
            webhook.url = f"{self.url(web)}/hooks/jira/jira-main"

    def calls(self) -> list[dict[str, object]]:
        """What Gatepost asked of Jira, in order."""
        answer = requests.get(f"{self.here.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()
        return [call for call in answer["calls"] if call["user"] == "gatepost@nordbank.example"]

    def written(self) -> Counter[str]:
        """How often each issue's fields were written."""
        return Counter(
            found[1]
            for call in self.calls()
            if call["method"] == "PUT" and call["status"] == 204 and (found := _WRITE.fullmatch(str(call["path"])))
        )

    def wanted(self) -> Counter[str]:
        """How many writes of each issue were decided and recorded as done, those of bulk edits apart."""
        query = """
            SELECT native_id FROM outbox
            WHERE connection = 'jira-main' AND state = 'done' AND wanted <> '{}' AND bulk_task IS NULL
        """
        return Counter(str(row.native_id) for row in self.here.rows(query))


WATCH = """
CREATE TABLE hand (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT clock_timestamp(),
    place text, item text, token uuid, taken boolean, worker bigint);
CREATE FUNCTION watch_hands() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.claim_token IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.claim_token IS DISTINCT FROM OLD.claim_token) THEN
        INSERT INTO hand (place, item, token, taken, worker)
        VALUES (TG_TABLE_NAME, OLD.connection || ' ' || OLD.native_id, OLD.claim_token, false, OLD.claimed_by);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.claim_token IS NOT NULL AND NEW.claim_token IS DISTINCT FROM OLD.claim_token THEN
        INSERT INTO hand (place, item, token, taken, worker)
        VALUES (TG_TABLE_NAME, NEW.connection || ' ' || NEW.native_id, NEW.claim_token, true, NEW.claimed_by);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER UPDATE OR DELETE ON dirty_key FOR EACH ROW EXECUTE FUNCTION watch_hands();
CREATE TRIGGER watch AFTER UPDATE OR DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION watch_hands();
"""
"""Who took what and let it go, as the database saw it."""


def in_two_hands(here: World) -> list[str]:
    """Items that a worker took while they were in another's hand."""
    held: dict[tuple[str, str], object] = {}
    twice = []
    for row in here.rows("SELECT place, item, token, taken FROM hand ORDER BY at, id"):
        key = (str(row.place), str(row.item))
        if not row.taken:
            held.pop(key, None)
        elif held.setdefault(key, row.token) != row.token:
            twice.append(f"{row.place} {row.item}")
    return twice


def next_version(folder: Path, revision: str = "9999") -> Path:
    """The sources as they stand, with one more migration that only adds."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "editor"))
    versions = folder / "connector/store/database/migrations/versions"
    (versions / f"{revision}_next.py").write_text(
        f'''"""One more column, which the version before does not know."""

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
