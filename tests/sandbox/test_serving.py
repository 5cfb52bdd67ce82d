"""A stand-in keeps its clients' connections, as the vendors' sites do."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask, request

from sandbox.serving import Server


def an_app() -> Flask:
    app = Flask("stand-in")

    @app.get("/port")
    def port() -> str:
        return str(request.environ["REMOTE_PORT"])

    @app.post("/unread")
    def unread() -> tuple[str, int]:
        return "", 204

    @app.get("/fails")
    def fails() -> str:
        raise RuntimeError("a mistake of the stand-in")

    return app


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(an_app()).start()
    yield running
    running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[http.client.HTTPConnection]:
    found = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    yield found
    found.close()


def answer(client: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    client.request(method, path, body)
    response = client.getresponse()
    return response.status, response.read()


def test_one_connection_serves_call_after_call(client: http.client.HTTPConnection) -> None:
    client.connect()
    own = client.sock.getsockname()[1]
    answers = [answer(client, "GET", "/port") for _ in range(3)]
    assert answers == [(200, str(own).encode())] * 3
    assert client.sock.getsockname()[1] == own


def test_a_body_that_nobody_reads_is_no_part_of_the_next_call(client: http.client.HTTPConnection) -> None:
    assert answer(client, "POST", "/unread", b"GET /port HTTP/1.1\r\n\r\n") == (204, b"")
    assert answer(client, "GET", "/port")[0] == 200


def test_a_mistake_of_the_stand_in_is_answered(client: http.client.HTTPConnection) -> None:
    assert answer(client, "GET", "/fails")[0] == 500
    assert answer(client, "GET", "/port")[0] == 200


def test_a_stopped_stand_in_answers_nobody_who_is_still_connected() -> None:
    server = Server(an_app()).start()
    client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    assert answer(client, "GET", "/port")[0] == 200
    server.stop()
    assert isinstance(client.sock, socket.socket)
    assert client.sock.recv(1) == b""
    client.close()
