"""Ends a process with the one that started it, also when that was killed.

Otherwise the processes of a web server would go on listening for nobody, and keep the port from its replacement.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import structlog

PR_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html"""

_log = structlog.get_logger(__name__)


def end_with_parent() -> None:
    """Only Linux can; elsewhere whoever starts the processes has to end them."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError) as error:
        _log.warning("process does not end with its parent", why=str(error))
        return
    if os.getppid() != parent:
        # It ended before it could be asked for.
        os.kill(os.getpid(), signal.SIGKILL)
