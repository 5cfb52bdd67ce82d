"""The heap of a process with many threads."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from tests.waiting import LONGEST_WAIT_SECONDS

PROGRAM = """
import ctypes
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from connector.runtime.memory import keep_one_heap

{first}
started = Barrier(4)

def work(_):
    started.wait()
    return len([bytes(1_000) for _ in range(2_000)])

with ThreadPoolExecutor(4) as pool:
    assert sum(pool.map(work, range(4))) == 8_000
c_library = ctypes.CDLL(None)
c_library.malloc_info(0, ctypes.c_void_p.in_dll(c_library, "stdout"))
c_library.fflush(None)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is no glibc"
)
@pytest.mark.parametrize(("first", "one"), [("keep_one_heap()", True), ("", False)])
def test_threads_share_one_heap(first: str, one: bool) -> None:
    """In a process of its own: the setting holds for all of it."""
    completed = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)],
        capture_output=True, text=True, check=True, timeout=LONGEST_WAIT_SECONDS,
    )  # fmt: skip
    assert (completed.stdout.count("<heap nr=") == 1) is one
