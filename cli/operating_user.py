"""Who runs a command, as the operating system knows them: the name that stands in the audit."""

from __future__ import annotations

import getpass
import os


def operating_user() -> str:
    """``root (command line)``: the real user of the process, whatever its environment says."""
    return f"{_name()} (command line)"


def stated_author(author: str | None) -> str:
    """Who a change is attributed to; somebody who is only named stands beside who ran the command."""
    return f"{author}, entered by {operating_user()}" if author else operating_user()


def _name() -> str:
    if not hasattr(os, "getuid"):
        return getpass.getuser()
    # LOGNAME and USER, which getpass reads first, can be set to anything.
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
