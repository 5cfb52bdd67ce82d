"""The garbage collector of a long-running process."""

from __future__ import annotations

import subprocess
import sys

from tests.waiting import LONGEST_WAIT_SECONDS


def test_objects_of_the_start_up_are_not_collected_again() -> None:
    """In a process of its own: the setting holds for all of it."""
    program = (
        "import gc\n"
        "from connector import bootstrap\n"
        "from connector.runtime.garbage_collection import tune_garbage_collection\n"
        "before = len(gc.get_objects())\n"
        "tune_garbage_collection()\n"
        "print(gc.get_freeze_count() > 50_000, len(gc.get_objects()) < before / 10, gc.get_threshold())\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=LONGEST_WAIT_SECONDS
    )
    assert completed.stdout.strip() == "True True (20000, 20, 20)"
