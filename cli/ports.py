"""Ports: whether one is free, and that two of Gatepost's servers never share one.

The web server binds its port with ``SO_REUSEPORT``, so that the system would let a second one share it and give each a
part of the events.  So it is tried without that first, and held by name while the server runs.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from dataclasses import dataclass
from typing import Self

from connector.errors import ConfigurationError


@dataclass
class PortGuard:
    """Held for as long as a server listens; the system releases it when the process is killed."""

    holder: socket.socket | None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.holder is not None:
            self.holder.close()


def require_free(host: str, port: int, change: str) -> None:
    """Raises ConfigurationError when something listens there or may not; ``change`` says how to take another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        # A server that has just ended leaves connections behind, which do not matter; one that listens does.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            raise ConfigurationError(_why(error, host, port, change)) from None
        except OverflowError:
            raise ConfigurationError(f"{port} is no port: take one from 1 to 65535. {change}") from None


def guard_port(host: str, port: int, change: str) -> PortGuard:
    """Take a port for a server of this process.  Raises ConfigurationError when another one has it."""
    holder = None
    if sys.platform == "linux":
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            # A name that only this network knows and that nothing is left of.
            holder.bind(f"\0gatepost-port-{port}")
        except OSError:
            holder.close()
            raise ConfigurationError(_in_use(host, port, change)) from None
    try:
        require_free(host, port, change)
    except ConfigurationError:
        if holder is not None:
            holder.close()
        raise
    return PortGuard(holder)


def _why(error: OSError, host: str, port: int, change: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return _in_use(host, port, change)
    if error.errno == errno.EACCES:
        return f"Port {port} may be used by the system's administrator only: take one above 1023. {change}"
    if error.errno in {errno.EADDRNOTAVAIL, socket.EAI_NONAME}:
        return f"{host} is no address of this machine. Give one of its own with --host: 127.0.0.1, ::1, or 0.0.0.0."
    return f"Port {port} at {host} cannot be used ({os.strerror(error.errno) if error.errno else error}). {change}"


def _in_use(host: str, port: int, change: str) -> str:
    return f"Port {port} at {host} is in use by another program: stop that one, or take another port. {change}"
