"""A process that has imported Gatepost and waits to be copied: ``python -m tests.process_template FD``.

Importing is most of what a process of Gatepost costs a test, and the suite starts some hundred.  A copy (``fork``) is a
process of its own with a number of its own, which can be killed like every other; it has the modules, and nothing else:
the template opens no database, starts no thread and reads no setting.

Each message on the socket FD asks for one copy.  Beside it come two open files: where the copy writes, and a socket on
which the template says the copy's number and, when it has ended, its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

MODULES = (
    "cli.run", "cli.worker", "granian", "granian.http", "webhook_server.app", "webhook_server.shared_counts",
    "connector.jira.build", "connector.servicenow.build",
)  # fmt: skip
"""What web and worker import before they answer or work."""

LARGEST_MESSAGE = 131_072


class Order(TypedDict):
    words: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Copy:
    process_id: int
    status: socket.socket


def main() -> None:
    for name in MODULES:
        importlib.import_module(name)
    # A copy of a process with threads would have their locks and not the threads.
    tasks = len(list(Path("/proc/self/task").iterdir()))
    assert tasks == 1, f"importing Gatepost has started {tasks - 1} threads"
    gc.collect()
    # Collecting garbage does not write to what all copies share.
    gc.freeze()
    order = _copied(socket.socket(fileno=int(sys.argv[1])))
    if order is not None:
        _run(order)


def _copied(line: socket.socket) -> Order | None:
    """Returns in each copy with what it is to run, and in the template with None when nobody needs it any more."""
    selector = selectors.DefaultSelector()
    selector.register(line, selectors.EVENT_READ)
    copies: dict[int, Copy] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is not line:
                _say_end(copies.pop(key.fd))
                selector.unregister(key.fd)
                os.close(key.fd)
                continue
            message, files, _, _ = socket.recv_fds(line, LARGEST_MESSAGE, 2)
            if not message:
                for copy in copies.values():
                    os.kill(copy.process_id, signal.SIGKILL)
                return None
            output, status = files
            process_id = os.fork()
            if process_id == 0:
                selector.close()
                line.close()
                for end, copy in copies.items():
                    os.close(end)
                    copy.status.close()
                os.close(status)
                for standard in (1, 2):
                    os.dup2(output, standard)
                os.close(output)
                order: Order = json.loads(message)
                return order
            os.close(output)
            copy = Copy(process_id, socket.socket(fileno=status))
            copy.status.send(str(process_id).encode())
            end = os.pidfd_open(process_id)
            copies[end] = copy
            selector.register(end, selectors.EVENT_READ)


def _say_end(copy: Copy) -> None:
    _, status = os.waitpid(copy.process_id, 0)
    with copy.status:
        copy.status.send(str(os.waitstatus_to_exitcode(status)).encode())


def _run(order: Order) -> None:
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    # What Python itself does with it at its start; the fault switch is loaded so.
    folders = [folder for folder in order["environment"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[1:1] = folders
    for customize in (Path(folder) / "sitecustomize.py" for folder in folders):
        if customize.exists():
            runpy.run_path(str(customize))
            break
    sys.argv = ["gatepost", *order["words"]]
    from cli import main as command

    command()


if __name__ == "__main__":
    main()
