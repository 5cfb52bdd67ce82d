"""Processes of Gatepost as the tests start them."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Protocol

from tests.conftest import ROOT
from tests.process_template import Order

COUNTS_AT_IMPORT = "GATEPOST_WEB_PROCESSES"
"""How metrics are kept is decided while modules are imported: such a process is no copy."""


class Process(Protocol):
    """What a test needs of a process; that of ``subprocess`` is one."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def terminate(self) -> None: ...


def start(
    *words: str, environment: Mapping[str, str], output: IO[bytes], folder: Path = ROOT, copied: bool = True
) -> Process:
    """``python -m cli`` with these words.

    From the sources of another folder, or with ``copied=False``, it is started as an installation starts it; from our
    own else as a copy of a process that has imported all of them already, which is sooner there and larger.
    """
    if folder == ROOT and copied and COUNTS_AT_IMPORT not in environment:
        return _template().copy(words, environment, output)
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words], env=environment, stdout=output, stderr=output, cwd=folder
    )


class CopiedProcess:
    """A copy of a template, which tells us when it has ended: only a parent may wait for its child."""

    def __init__(self, process_id: int, status: socket.socket) -> None:
        self.pid = process_id
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        ended = self._ended(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return ended

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            with self._status:
                said = self._status.recv(32)
            assert said, f"the template of process {self.pid} has ended before it"
            self.returncode = int(said)
        return self.returncode


class _Template:
    def __init__(self) -> None:
        self._line, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            # It ends when our end of the socket is closed, at the latest with this process.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.process_template", str(its.fileno())],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[its.fileno()],
            )  # fmt: skip

        atexit.register(self._end)

    def _end(self) -> None:
        self._line.close()
        self._process.wait()

    def copy(self, words: tuple[str, ...], environment: Mapping[str, str], output: IO[bytes]) -> Process:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        order = Order(words=list(words), environment=dict(environment))
        with its:
            socket.send_fds(self._line, [json.dumps(order).encode()], [output.fileno(), its.fileno()])
        said = ours.recv(32)
        assert said, f"the template ended with {self._process.poll()}"
        return CopiedProcess(int(said), ours)


@cache
def _template() -> _Template:
    return _Template()
