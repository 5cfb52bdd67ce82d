"""The garbage collector of a long-running process."""

from __future__ import annotations

import subprocess
import sys

from tests.waiting import LONGEST_WAIT_SECONDS


def test_what_starting_has_made_is_not_looked_through_again() -> None:
    """In a process of its own: the setting holds for all of it."""
    program = (
        "import gc\n"
        "from connector import bootstrap, collector\n"
        "before = len(gc.get_objects())\n"
        "collector.settle()\n"
        "print(gc.get_freeze_count() > 50_000, len(gc.get_objects()) < before / 10, gc.get_threshold())\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=LONGEST_WAIT_SECONDS
    )
    assert answer.stdout.strip() == "True True (20000, 20, 20)"
