"""How long the operating system goes on sending the bytes of a call that was given up."""

from __future__ import annotations

import socket
from typing import TypeAlias

from urllib3.connection import HTTPConnection

UNACKNOWLEDGED_SECONDS = 20.0
"""How long unacknowledged bytes are sent again.

Without it a write that was given up when the network failed is still delivered when the network is back, minutes
later, and overwrites what another machine has written since.
"""

SocketOption: TypeAlias = "tuple[int, int, int | bytes]"


def socket_options() -> list[SocketOption]:
    """Those of urllib3, and the bound above where the system has one (Linux)."""
    user_timeout: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
    bound = [] if user_timeout is None else [(socket.IPPROTO_TCP, user_timeout, int(UNACKNOWLEDGED_SECONDS * 1000))]
    return [*HTTPConnection.default_socket_options, *bound]
