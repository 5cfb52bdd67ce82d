"""Sinks of the audit's head over the network, with real servers."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from connector.errors import ConfigurationError
from connector.notify.audit_sinks import (
    FolderSink,
    ObjectSink,
    SinkUnavailable,
    SyslogSink,
    Written,
    parse_sinks,
)
from tests.waiting import LONGEST_WAIT_SECONDS


@dataclass
class Store:
    """An object store that keeps what is put with ``If-None-Match: *``, or writes over it."""

    writes_over: bool = False
    broken: bool = False
    objects: dict[str, bytes] = field(default_factory=dict)
    authorizations: set[str] = field(default_factory=set)
    url: str = ""


@pytest.fixture
def store() -> Iterator[Store]:
    state = Store()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200 if self.path in state.objects else 404, state.objects.get(self.path, b""))

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.authorizations.add(self.headers.get("Authorization", ""))
            if state.broken:
                return self._answer(507)
            taken = self.path in state.objects and self.headers.get("If-None-Match") == "*"
            if taken and not state.writes_over:
                return self._answer(412)
            state.objects[self.path] = body
            return self._answer(201)

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()


def test_an_object_is_put_once_and_read_again(store: Store) -> None:
    sink = ObjectSink(f"http://auditor:pass%40word@{store.url}/bucket/audit/?sig=a")
    assert sink.name == "http://127.0.0.1", "neither path nor password"
    assert sink.read(1) is None
    assert sink.write(1, "first") is Written.DONE
    assert sink.write(1, "second") is Written.TAKEN
    assert sink.write(2, "other") is Written.DONE
    assert sink.read(1) == "first"
    assert sorted(store.objects) == [
        "/bucket/audit/anchor-000000000001.json?sig=a", "/bucket/audit/anchor-000000000002.json?sig=a",
    ]  # fmt: skip
    assert store.authorizations == {"Basic " + base64.b64encode(b"auditor:pass@word").decode()}


def test_a_store_that_writes_over_what_it_keeps_is_no_sink(store: Store) -> None:
    store.writes_over = True
    with pytest.raises(SinkUnavailable, match="it writes over what it keeps: it does not heed If-None-Match"):
        ObjectSink(f"http://{store.url}/audit").write(1, "first")


def test_a_store_that_fails_says_how_and_shows_no_secret(store: Store) -> None:
    store.broken = True
    with pytest.raises(SinkUnavailable, match=r"^it answered 507$"):
        ObjectSink(f"http://{store.url}/audit").write(1, "first")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(SinkUnavailable) as refused:
            ObjectSink(f"http://a:secret@127.0.0.1:{port}/audit").read(1)
    assert str(refused.value) == (
        f"it does not answer: nothing listens at 127.0.0.1, port {port}. See that it runs there, and that address and "
        "port are right."
    )


def test_a_file_is_written_once(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path)
    assert sink.write(1, "first") is Written.DONE
    assert sink.write(1, "second") is Written.TAKEN
    assert sink.read(1) == "first\n"
    assert (tmp_path / "anchor-000000000001.json").stat().st_mode & 0o777 == 0o440
    with pytest.raises(SinkUnavailable):
        FolderSink(tmp_path / "missing").write(1, "first")


def test_syslog_gets_a_message_by_datagram_and_by_stream() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        SyslogSink("127.0.0.1", server.getsockname()[1], stream=False).send('{"seq":1}')
        message = server.recv(10_000).decode()
    assert message.startswith("<109>1 20")
    assert message.endswith(' audit.head - {"seq":1}')
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        port = listener.getsockname()[1]
        received = pool.submit(_all_of, listener)
        SyslogSink("127.0.0.1", port, stream=True).send('{"seq":1}')
        length, _, framed = received.result(timeout=LONGEST_WAIT_SECONDS).partition(" ")
    assert int(length) == len(framed)
    with pytest.raises(SinkUnavailable):
        SyslogSink("127.0.0.1", port, stream=True).send("x")


def _all_of(listener: socket.socket) -> str:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as stream:
        return stream.read().decode()


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("", []),
        ("file:/var/anchors", ["file:/var/anchors"]),
        (" file:/a , https://u:p@worm.example/audit?sig=x,", ["file:/a", "https://worm.example"]),
        ("syslog:", ["syslog:"]),
        ("syslog:log.example", ["syslog:log.example:514"]),
        ("syslog+tcp:log.example:6514", ["syslog+tcp:log.example:6514"]),
    ],
)
def test_sinks_are_named_without_secrets(listed: str, names: list[str]) -> None:
    assert [sink.name for sink in parse_sinks(listed)] == names


@pytest.mark.parametrize(
    "listed",
    ["anchors", "file:anchors", "http://worm.example/x", "https://", "ftp://secret@a/b", "syslog+tcp:", "syslog:a:b"],
)
def test_what_is_no_sink_is_refused_without_repeating_it(listed: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_sinks(listed)
    assert refused.value.at_terminal == (
        "The sinks of the audit cannot be read. Write into GATEPOST_AUDIT_SINKS file:/folder, https://host/folder, "
        "syslog:host:port, syslog+tcp:host:port, or syslog: for this machine's own; separated by commas."
    )


def test_one_sink_is_named_once() -> None:
    with pytest.raises(ConfigurationError, match="is named twice"):
        parse_sinks("https://a.example/x,https://a.example/y")
