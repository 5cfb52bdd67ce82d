"""A real ``gatepost web`` and connections that are slow on purpose: events still come in, and health answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.bootstrap import Services, bootstrap, system_clock
from connector.http.tool_access import WebhookAuth
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.postgres import conninfo
from mapping.work_item import ConnectionName, Tool
from tests.conftest import ROOT
from tests.databases import Databases
from tests.stories.world import free_port, is_ready
from tests.waiting import LONGEST_WAIT_SECONDS, wait_until

SECRET = "a-secret-of-thirty-two-characters"
THREADS = 2
LONGEST_ANSWER_SECONDS = 5
"""A webhook endpoint that waits for the database answers within this time."""
SLOW_CONNECTIONS = 50
BODY_SECONDS = 8
SHORT = 5.0
"""Seconds within which a server that waits for nobody answers, also on a busy machine."""


@dataclass
class Server:
    services: Services
    port: int
    process: subprocess.Popen[bytes]

    def connect(self, head: str) -> socket.socket:
        """A connection with some bytes sent, and what belongs to them not."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_WAIT_SECONDS)
        connection.sendall(head.replace("\n", "\r\n").encode())
        return connection

    def post_event(self, number: int) -> int:
        body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": str(number), "key": f"ITX-{number}"}})
        signature = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": f"sha256={signature}"}
        return requests.post(f"{self.url}/hooks/jira/signed", body, headers=headers, timeout=SHORT).status_code

    def health(self, name: str) -> int:
        return requests.get(f"{self.url}/health/{name}", timeout=SHORT).status_code

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    with databases.one() as database:
        settings = Settings(
            database_url=database.render_as_string(hide_password=False),
            data=folder,
            secret_key=Fernet.generate_key().decode(),
        )
        with bootstrap(settings, application="tests") as services, _running(services, folder) as (port, process):
            for name, kind in (
                ("signed", WebhookAuth.SIGNATURE),
                ("token", WebhookAuth.TOKEN),
                ("path", WebhookAuth.URL_SECRET),
            ):
                record = ConnectionRecord(
                    ConnectionName(name), Tool.JIRA, "https://x.example", "bot", "token", (SECRET,)
                )
                services.connections.save(replace(record, webhook_auth=frozenset({kind})))
            yield Server(services, port, process)


@contextmanager
def _running(services: Services, folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port, settings = free_port(), services.settings
    assert settings.database_url
    assert settings.secret_key
    environment = {
        "DATABASE_URL": settings.database_url,
        "GATEPOST_SECRET_KEY": settings.secret_key,
        "GATEPOST_DATA": str(folder),
        "GATEPOST_PORT": str(port),
        "GATEPOST_WEB_THREADS": str(THREADS),
        "GATEPOST_HEADER_SECONDS": str(BODY_SECONDS),
        "GATEPOST_BODY_SECONDS": str(BODY_SECONDS),
    }
    log = folder / "web.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "web"], env=os.environ | environment, stdout=output, stderr=output, cwd=ROOT
        )
    try:
        wait_until(
            lambda: is_ready(f"http://127.0.0.1:{port}"),
            "the web server is ready",
            alive=process,
            evidence=log.read_text,
        )
        yield port, process
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)


SLOW = {
    "nothing at all": ("", "x"),
    "headers": ("POST /hooks/jira/signed HTTP/1.1\nHost: x\nX-Slow: ", "x"),
    "an event that may be signed": (
        "POST /hooks/jira/signed HTTP/1.1\nHost: x\nContent-Type: application/json\n"
        f"X-Hub-Signature: sha256={'0' * 64}\nContent-Length: 4000000\n\n{{",
        " ",
    ),
    "an event in chunks": (
        "POST /hooks/jira/signed HTTP/1.1\nHost: x\nContent-Type: application/json\n"
        f"X-Hub-Signature: sha256={'0' * 64}\nTransfer-Encoding: chunked\n\n1\n{{\n",
        "1\r\n \r\n",
    ),
    "a form": (
        "POST /signin HTTP/1.1\nHost: x\nCookie: gatepost-form=x\n"
        "Content-Type: application/x-www-form-urlencoded\nContent-Length: 900000\n\na",
        "a",
    ),
}  # fmt: skip


def test_fifty_slow_connections_stop_nothing(server: Server) -> None:
    with ExitStack() as stack:
        kinds = list(SLOW.values())
        slow = [
            (stack.enter_context(server.connect(kinds[number % len(kinds)][0])), kinds[number % len(kinds)][1])
            for number in range(SLOW_CONNECTIONS)
        ]
        stop = threading.Event()
        dribble = threading.Thread(target=_dribble, args=(slow, stop))
        dribble.start()
        began = time.monotonic()
        try:
            assert [server.post_event(number) for number in range(1, 21)] == [202] * 20
            assert (server.health("live"), server.health("ready")) == (200, 200)
            # All of it while the slow ones are still there.
            assert time.monotonic() - began < BODY_SECONDS
            for connection, _ in slow:
                assert _answer_of(connection) in {b"", b"HTTP/1.1 408 Request Timeout"}
        finally:
            stop.set()
            dribble.join()
    with server.services.engine.connect() as database:
        assert database.execute(text("SELECT count(*) FROM inbox")).scalar() == 20


def _dribble(slow: list[tuple[socket.socket, str]], stop: threading.Event) -> None:
    """One more piece each second, until the server has cut all of them off."""
    while not stop.wait(1):
        for connection, piece in slow:
            try:
                connection.sendall(piece.encode())
            except OSError:
                continue


def _answer_of(connection: socket.socket) -> bytes:
    """The first line that the server answers; empty when it closed the connection without an answer."""
    try:
        answer = connection.recv(4096)
    except ConnectionResetError:
        return b""
    return answer.partition(b"\r\n")[0]


JSON = "Content-Type: application/json"
UNPROVEN = [
    pytest.param("POST", "/hooks/jira/signed", JSON, 401, id="an event without a signature"),
    pytest.param("POST", "/hooks/jira/signed", f"{JSON}\nX-Hub-Signature: md5=00", 401, id="a method that is not accepted"),
    pytest.param("POST", "/hooks/jira/token", f"{JSON}\nX-Gatepost-Token: wrong", 401, id="a wrong token"),
    pytest.param("POST", "/hooks/jira/token", f"{JSON}\nAuthorization: Basic eDp5", 401, id="another kind of proof"),
    pytest.param("POST", "/hooks/jira/path/wrong", JSON, 401, id="an unknown secret in the address"),
    pytest.param("POST", "/hooks/jira/nobody", JSON, 404, id="an unknown connection"),
    pytest.param("POST", "/hooks/jira/nobody/secret/more", JSON, 404, id="an unknown address"),
    pytest.param("POST", "/api/v1/subscriptions", JSON, 401, id="an API call without a token"),
    pytest.param("PUT", "/api/v1/rates", JSON, 401, id="the same with another method"),
    pytest.param("POST", "/signin", "Content-Type: application/x-www-form-urlencoded", 400, id="a form without its cookie"),
    pytest.param("GET", "/health/live", JSON, 200, id="a body that means nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "headers", "status"), UNPROVEN)
def test_who_proves_nothing_is_answered_before_the_body(
    server: Server, method: str, path: str, headers: str, status: int
) -> None:
    began = time.monotonic()
    with server.connect(f"{method} {path} HTTP/1.1\nHost: x\n{headers}\nContent-Length: 1000\n\n") as connection:
        answer = _answer_of(connection)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert time.monotonic() - began < SHORT


FORM = "Cookie: a=b\nContent-Type: application/x-www-form-urlencoded"
FOUR_MEGABYTES = "400000\r\n" + "a" * 0x400000 + "\r\n"
MALFORMED = [
    pytest.param(f"POST /signin HTTP/1.1\nHost: x\n{FORM}\nContent-Length: 3\nContent-Length: 30\n\na=b", "", 400, id="two lengths"),
    pytest.param(f"POST /signin HTTP/1.1\nHost: x\n{FORM}\nContent-Length: +3\n\na=b", "", 400, id="a length with a sign"),
    pytest.param(f"POST /signin HTTP/1.1\nHost: x\n{FORM}\nTransfer-Encoding: xchunked\n\n0\n\n", "", 400, id="an unknown encoding"),
    pytest.param(
        f"POST /signin HTTP/1.1\nHost: x\n{FORM}\nContent-Length: 3\nTransfer-Encoding: chunked\n\n",
        FOUR_MEGABYTES * 3, 413, id="chunks beyond the length beside them",
    ),
    pytest.param(
        f"POST /signin HTTP/1.1\nHost: x\n{FORM}\nContent-Length: 0\nTransfer-Encoding: chunked\n\n",
        FOUR_MEGABYTES * 3, 413, id="chunks beside a length of nothing",
    ),
    pytest.param("GET /health/live HTTP/1.1\nHost: x\n" + "X: a\n" * 5000 + "\n", "", 431, id="too many headers"),
    pytest.param(f"GET /{'a' * 200_000} HTTP/1.1\nHost: x\n\n", "", 414, id="an endless address"),
    pytest.param("GET /static/%2e%2e/%2e%2e/app.py HTTP/1.1\nHost: x\n\n", "", 404, id="a file beside the static ones"),
    pytest.param(
        "GET /account HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n", "", 400, id="a web socket",
    ),
    pytest.param("POST /hooks/jira/a%00b HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}", "", 404, id="a name that no row holds"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "status"), MALFORMED)
def test_a_malformed_request_is_refused_and_the_next_one_answered(
    server: Server, head: str, body: str, status: int
) -> None:
    with server.connect(head) as connection:
        with suppress(OSError):  # the answer comes before all of it is sent
            connection.sendall(body.encode())
        assert _answer_of(connection).startswith(f"HTTP/1.1 {status} ".encode())
    assert server.health("live") == 200


def test_health_and_events_are_answered_while_every_page_waits(server: Server) -> None:
    engine = server.services.engine
    with ExitStack() as stack:
        blocker = stack.enter_context(engine.begin())
        # What a page asks first: who this is.
        blocker.execute(text("LOCK TABLE web_session IN ACCESS EXCLUSIVE MODE"))
        waiting = [
            stack.enter_context(server.connect("GET /account HTTP/1.1\nHost: x\nCookie: gatepost=somebody\n\n"))
            for _ in range(THREADS * 3)
        ]
        wait_until(lambda: _blocked(server) >= THREADS, "every page thread waits for the table")
        assert (server.health("live"), server.health("ready"), server.post_event(77)) == (200, 200, 202)
        blocker.rollback()
        for connection in waiting:
            assert _answer_of(connection) == b"HTTP/1.1 303 See Other"


def test_a_server_whose_threads_all_wait_is_alive_and_refuses_events_in_time(server: Server) -> None:
    """Pages, events, readiness and metrics wait for the database; a restart would help none of them."""
    engine = server.services.engine
    with ExitStack() as stack:
        blocker = stack.enter_context(engine.begin())
        blocker.execute(text("LOCK TABLE web_session, inbox, connection IN ACCESS EXCLUSIVE MODE"))
        for path in ("/account", "/health/ready", "/metrics"):
            for _ in range(THREADS * 3):
                head = f"GET {path} HTTP/1.1\nHost: x\nCookie: gatepost=somebody\n\n"
                stack.enter_context(server.connect(head))
        wait_until(lambda: _blocked(server) >= THREADS, "every page thread waits for the table")
        started = time.monotonic()
        assert server.health("live") == 200
        assert time.monotonic() - started < 1
        assert server.post_event(78) == 503
        assert time.monotonic() - started < LONGEST_ANSWER_SECONDS
        blocker.rollback()
    assert server.post_event(78) == 202


def test_an_answer_that_is_made_while_it_is_sent_arrives_whole(server: Server) -> None:
    answer = requests.get(f"{server.url}/portfolio/export.csv", cookies=_signed_in(server), timeout=SHORT)
    assert (answer.status_code, answer.headers["Transfer-Encoding"]) == (200, "chunked")
    assert answer.text.lstrip("\ufeff").startswith("key,title,portfolio,")


def test_an_address_arrives_as_it_was_sent(server: Server) -> None:
    address = f"{server.url}/measures/Z%C3%BCrich%2FA?x=%26"
    answer = requests.get(address, allow_redirects=False, timeout=SHORT)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signin?next=/measures/Z%C3%BCrich/A?x%3D%2526")


def test_a_stopping_server_answers_what_it_has_in_hand(server: Server) -> None:
    """The last one here: it ends the server."""
    with ExitStack() as stack:
        blocker = stack.enter_context(server.services.engine.begin())
        blocker.execute(text("LOCK TABLE web_session IN ACCESS EXCLUSIVE MODE"))
        waiting = stack.enter_context(server.connect("GET /account HTTP/1.1\nHost: x\nCookie: gatepost=somebody\n\n"))
        wait_until(lambda: _blocked(server) >= 1, "the page waits for the table")
        server.process.terminate()
        wait_until(lambda: not _accepts(server.port), "the server takes no new connection")
        blocker.rollback()
        assert _answer_of(waiting) == b"HTTP/1.1 303 See Other"
    assert server.process.wait(LONGEST_WAIT_SECONDS) == 0


def _signed_in(server: Server) -> dict[str, str]:
    person = server.services.people.add("ada@x.example", "Ada", by="tests")
    server.services.people.grant(person.id, RoleGrant(Role.VIEWER), by="tests")
    now = system_clock()
    token = server.services.sessions.begin(
        person.id, agent="", by="tests", now=now, method=SignInMethod.PASSWORD, authenticated_at=now
    )
    return {"gatepost": token}


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _blocked(server: Server) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    # As the login itself: the application's role does not see what other sessions wait for.
    with psycopg.connect(conninfo(server.services.url)) as connection:
        found = connection.execute(query).fetchone()
    assert found
    return int(found[0])
