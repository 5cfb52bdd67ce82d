"""How long a thread of a worker computes while another one waits for Python's lock.

A thread that asks PostgreSQL or a tool gives the lock away, and has to get it back after each answer.  Where another
thread computes, that takes the interpreter's switch interval each time, 5 ms unless told
(https://docs.python.org/3/library/sys.html#sys.setswitchinterval): an event, which has some thirty answers to wait for,
was written 50 to 200 ms later while roll-ups were made.
"""

from __future__ import annotations

import sys

SWITCH_SECONDS = 0.001


def shorten_switch_interval() -> None:
    """Call it in a process whose threads both compute and wait; it holds for all of them."""
    sys.setswitchinterval(SWITCH_SECONDS)
