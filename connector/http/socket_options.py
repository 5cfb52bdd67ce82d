"""How long the system itself goes on sending what a call was given up for."""

from __future__ import annotations

import socket
from typing import TypeAlias

from urllib3.connection import HTTPConnection

UNTAKEN_SECONDS = 20.0
"""How long bytes are sent again that the other side does not confirm.

Without it a write that was given up when the network failed is still delivered when the network is back, minutes
later, and overwrites what another machine has written meanwhile.
"""

SocketOption: TypeAlias = "tuple[int, int, int | bytes]"


def socket_options() -> list[SocketOption]:
    """Those of urllib3, and the bound above where the system has one (Linux)."""
    unconfirmed: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
    bound = [] if unconfirmed is None else [(socket.IPPROTO_TCP, unconfirmed, int(UNTAKEN_SECONDS * 1000))]
    return [*HTTPConnection.default_socket_options, *bound]
