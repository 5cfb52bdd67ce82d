"""Processes of Gatepost as the tests start them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

from tests.conftest import ROOT


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


def start(*words: str, environment: Mapping[str, str], output: IO[bytes], folder: Path = ROOT) -> Process:
    """``python -m cli`` with these words, as an installation starts it, from the sources in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words], env=environment, stdout=output, stderr=output, cwd=folder
    )
