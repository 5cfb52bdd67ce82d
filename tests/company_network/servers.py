"""A forward proxy and servers over TLS, each in a thread of its own."""

from __future__ import annotations

import os
import select
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = Callable[["Asked"], tuple[int, Mapping[str, str], bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    client: str
    """The common name of the client's certificate; empty without one."""


def says(text: str = "{}") -> Answer:
    return lambda asked: (200, {"Content-Type": "application/json"}, text.encode())


@dataclass
class Running:
    port: int
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def tls_server(context: ssl.SSLContext, answer: Answer | None = None, host: str = "127.0.0.1") -> Iterator[Running]:
    """Answers everything in one way; notes who asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            try:
                self.request.do_handshake()
            except ssl.SSLError:
                # Closed with something unread, the alert that says why would not arrive.
                with suppress(OSError), socket.socket(fileno=os.dup(self.request.fileno())) as plain:
                    plain.settimeout(1)
                    while plain.recv(65536):
                        pass
                raise
            super().setup()

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            certificate = self.connection.getpeercert() or {}  # type: ignore[attr-defined]
            names = dict(pair for part in certificate.get("subject", ()) for pair in part)
            asked = Asked(self.command, self.path, dict(self.headers), str(names.get("commonName", "")))
            running.asked.append(asked)
            status, headers, body = (answer or says())(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = _serve  # noqa: N815 - names of the library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            del format, args

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def get_request(self) -> tuple[ssl.SSLSocket, object]:  # type: ignore[override]
            plain, address = super().get_request()
            plain.settimeout(5)
            return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust us ends the handshake: that is what is tested."""

    server = Server((host, 0), Handler)
    running = Running(server.server_port)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class RunningProxy:
    """``CONNECT`` alone, as companies allow it."""

    port: int
    user: str = ""
    password: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Where names lead that only the proxy knows."""
    denied: frozenset[str] = frozenset()
    connected: list[str] = field(default_factory=list)
    """``host:port`` of each way that it was asked for."""

    @property
    def url(self) -> str:
        sign_in = f"{self.user}:{self.password}@" if self.user else ""
        return f"http://{sign_in}127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def forward_proxy(
    user: str = "", password: str = "", names: Mapping[str, str] | None = None, denied: frozenset[str] = frozenset()
) -> Iterator[RunningProxy]:
    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            running.connected.append(self.path)
            wanted = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
            if user and self.headers.get("Proxy-Authorization") != wanted:
                self.send_error(407)
                return
            host, _, port = self.path.rpartition(":")
            host = host.strip("[]")
            if host in denied:
                self.send_error(403)
                return
            try:
                onward = socket.create_connection((running.names.get(host, host), int(port)), 5)
            except OSError:
                self.send_error(502)
                return
            self.send_response(200, "Connection established")
            self.end_headers()
            with onward:
                _pass_on(self.connection, onward)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = RunningProxy(server.server_port, user, password, names or {}, denied)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while True:
            for ready in select.select([here, there], [], [], 5)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                (there if ready is here else here).sendall(data)
