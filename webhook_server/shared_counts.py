"""Counts of several web processes behind one port: whichever is asked for ``/metrics`` answers for all of them.

Each process counts in a file of its own in one folder (https://prometheus.github.io/client_python/multiprocess/), and
the one that is asked adds them up.  The file of a process that has ended stays, so that no count ever falls before the
web server itself is started again.  A web server of one process counts in its memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library looks for the folder; what an administrator sets there is not used: it may hold old files."""


@contextmanager
def shared_counts(processes: int) -> Iterator[None]:
    """In the process that starts so many others: a new folder for as long as they run."""
    os.environ.pop(FOLDER, None)
    if processes == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gatepost-counts-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        yield


def count_together() -> None:
    """In each of these processes, before its metrics are made."""
    if FOLDER in os.environ:
        # The library chooses once, when it is imported, which the first process had done before there was a folder.
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def exposition(counts: CollectorRegistry, gauges: CollectorRegistry) -> bytes:
    """What Prometheus reads: the counts of all processes, and the gauges, which are the same for each."""
    if FOLDER in os.environ:
        counts = CollectorRegistry()
        MultiProcessCollector(counts)  # type: ignore[no-untyped-call]
    return generate_latest(counts) + generate_latest(gauges)
