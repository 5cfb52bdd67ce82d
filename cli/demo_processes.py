"""The process of ``gatepost demo``: server with worker, started as a person would start it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from connector.errors import ConfigurationError
from connector.settings import Settings

START_SECONDS = 120.0
"""A slow machine that has other work needs most of a minute; a process that has ended is noticed at once."""
POLL_SECONDS = 0.1
STOP_SECONDS = 60.0
LOG_LINES = 5

Processes = Mapping[Path, subprocess.Popen[bytes]]
"""Each process by its log file."""


@dataclass(frozen=True, slots=True)
class DemoAddresses:
    """Ports of 127.0.0.1 on which the demo's three servers listen."""

    gatepost_port: int
    jira_port: int
    servicenow_port: int

    @property
    def gatepost(self) -> str:
        return f"http://127.0.0.1:{self.gatepost_port}"

    @property
    def jira(self) -> str:
        return f"http://127.0.0.1:{self.jira_port}"

    @property
    def servicenow(self) -> str:
        return f"http://127.0.0.1:{self.servicenow_port}"


@contextmanager
def run_processes(settings: Settings, addresses: DemoAddresses, logs: Path) -> Iterator[Processes]:
    """Start the server with its worker, and stop it at the end."""
    logs.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {
        "GATEPOST_DATA": str(settings.data.resolve()),
        "GATEPOST_PORT": str(addresses.gatepost_port),
        "GATEPOST_LOG_FORMAT": "text",
    }
    processes: dict[Path, subprocess.Popen[bytes]] = {}
    try:
        log = logs / "gatepost.log"
        with log.open("wb") as output:
            processes[log] = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve"], env=environment, stdout=output, stderr=output
            )
        yield processes
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(STOP_SECONDS)


def wait_until_up(processes: Processes, addresses: DemoAddresses) -> None:
    """Wait until all three servers answer.

    Raises ConfigurationError as soon as one of the processes has ended, with the last lines of its log, or after
    START_SECONDS.
    """
    deadline = time.monotonic() + START_SECONDS
    for url in (f"{addresses.gatepost}/health/ready", addresses.jira, addresses.servicenow):
        while not _answers(url):
            _refuse_ended(processes)
            if time.monotonic() > deadline:
                logs = " and ".join(str(log) for log in processes)
                raise ConfigurationError(f"{url} did not come up within {START_SECONDS:.0f} seconds; see {logs}.")
            time.sleep(POLL_SECONDS)


def _answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            # On this machine: a company's proxy cannot reach it.
            session.trust_env = False
            return session.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _refuse_ended(processes: Processes) -> None:
    for log, process in processes.items():
        code = process.poll()
        if code is not None:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
            said = "\n".join(lines) or "it wrote nothing"
            raise ConfigurationError(f"The demo's process {log.stem} ended with {code}; the end of {log}:\n{said}")
