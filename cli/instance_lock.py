"""One server at a time on a data folder with the embedded database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connector.errors import ConfigurationError
from connector.settings import Settings

LOCK = "serve.lock"


@contextmanager
def only_server_of(data: Path, address: str) -> Iterator[None]:
    """Held while a server runs; the system releases it when the process ends, however it does.

    Raises ConfigurationError when another one runs on the same folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    path = data / LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(handle):
            known = path.read_text(encoding="utf-8", errors="replace").strip()
            where = f" at {known}" if known else ""
            raise ConfigurationError(
                f"Gatepost runs on the folder {data} already{where}. Use that one, stop it, or give this one a folder "
                "of its own with GATEPOST_DATA."
            )
        os.truncate(handle, 0)
        os.pwrite(handle, address.encode(), 0)
        yield
    finally:
        with suppress(OSError):
            os.close(handle)


def running_server(data: Path) -> str | None:
    """Where the server of a folder answers; ``None`` when none runs there."""
    path = data / LOCK
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _locked(handle) else path.read_text(encoding="utf-8", errors="replace").strip()
    finally:
        os.close(handle)


def address_here(settings: Settings, port: int | None = None) -> str:
    """Where people open the Gatepost of this machine: on the port that is given, or on which its server runs."""
    if port is not None:
        return settings.model_copy(update={"port": port}).address
    return settings.address if settings.public_url else running_server(settings.data) or settings.address


def _locked(handle: int) -> bool:
    """Whether the lock could be taken; always where the system has none."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
