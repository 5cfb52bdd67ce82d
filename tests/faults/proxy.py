"""A connection to PostgreSQL that can be cut, or go silent: bytes go in at one end and none come out."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from threading import Event, Lock, Thread

CHUNK = 65_536


class Proxy:
    """Forwards a TCP port of this machine to a server's Unix socket."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lock = Lock()
        self._ending, self._silent = Event(), Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def open_connections(self) -> int:
        """Connections that are open now."""
        return len(self._peers) // 2

    def cut(self) -> int:
        """End every connection at once, as a firewall that lost its state; returns how many there were."""
        with self._lock:
            ended = self.open_connections()
            for end in list(self._peers):
                self._drop(end)
        return ended

    def stop_forwarding(self) -> None:
        """Forward nothing any more, without an error."""
        self._silent.set()

    def resume_forwarding(self) -> None:
        self._silent.clear()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(5)
        self.cut()
        self._selector.close()
        self._listener.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            if self._silent.is_set():
                self._ending.wait(0.05)
                continue
            for key, _ in self._selector.select(0.1):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    else:
                        self._forward(key.fileobj)  # type: ignore[arg-type]

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            far.connect(self._target)
        except OSError:
            # Nobody listens there: the client sees the connection end.
            near.close()
            far.close()
            return
        for one, other in ((near, far), (far, near)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, end: socket.socket) -> None:
        other = self._peers.get(end)
        if other is None:
            return
        try:
            data = end.recv(CHUNK)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        self._drop(end)

    def _drop(self, one: socket.socket) -> None:
        other = self._peers.pop(one, None)
        if other is not None:
            self._peers.pop(other, None)
        for end in (one, other):
            if end is not None:
                with suppress(KeyError, ValueError):
                    self._selector.unregister(end)
                end.close()
