"""Runs a stand-in: in a thread for tests, or for as long as its process lives."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import formatdate
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

POLL_SECONDS = 0.02
"""How often a server checks whether it has to stop; ``stop`` waits for that."""


class QuietHandler(WSGIRequestHandler):
    """Answers call after call over one connection, as the vendors' sites do, and logs nothing.

    Werkzeug's own handler closes the connection after each answer, because it does not know where the next request
    begins; here each request is read to its end before it is handled.
    """

    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece.  In two, the second would wait until the client has acknowledged the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environ = self.make_environ() | {"wsgi.input": BytesIO(sent)}
        pieces, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(pieces)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "Content-Length" not in headers and int(code) != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the library's own name
        logging.getLogger("sandbox").debug("%s %s", type, message % args)


class _ConnectedServer(ThreadedWSGIServer):
    """Knows who is connected, so that nobody is answered any more once it has stopped."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._connected: set[socket.socket] = set()
        super().__init__(*given, **named)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connected.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connected.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in self._connected.copy():
            with suppress(OSError):
                # An answer under way is still sent.  Not TLS's own method, which would end it.
                socket.socket.shutdown(connection, socket.SHUT_RD)


class Server:
    """``port`` 0 takes a free one; ``url`` contains it.  With ``context`` it speaks TLS, as that says.

    ``clock`` is the tool's own, for the header ``Date``, from which clients reckon how far it is off theirs.
    """

    def __init__(
        self,
        app: Flask,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        handler = QuietHandler if clock is None else _dated_by(clock)
        self._server = _ConnectedServer(host, port, app, handler, ssl_context=context)
        self.url = f"{'https' if context else 'http'}://{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name=f"sandbox {self.url}", daemon=True
        )

    def start(self) -> Server:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


def _dated_by(clock: Callable[[], datetime]) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(clock().timestamp() if timestamp is None else timestamp, usegmt=True)

    return Handler
