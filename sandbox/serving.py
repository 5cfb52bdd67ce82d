"""Runs a stand-in: in a thread for tests, or for as long as its process lives."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import formatdate

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

POLL_SECONDS = 0.02
"""How often a server checks whether it has to stop; ``stop`` waits for that."""


class QuietHandler(WSGIRequestHandler):
    """Answers with HTTP/1.1, so that clients keep their connections, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the library's own name
        logging.getLogger("sandbox").debug("%s %s", type, message % args)


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
        self._server = make_server(host, port, app, threaded=True, request_handler=handler, ssl_context=context)
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
