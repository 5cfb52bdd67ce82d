"""A connection goes to the address that was checked, whatever the name says a moment later."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import urllib3

from connector.errors import HostNotAllowed
from connector.http.allowed_hosts import AddressForbidden, HostRules, Resolver, check_address, resolve_target
from connector.http.checked_connections import checked_pools
from connector.http.transport import Timeout, as_it_is, build_adapter, mount_adapter

PUBLIC = "93.184.216.34"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.headers["Host"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        del format, args


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server inside our network that notes whom it was asked for."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def answering(*answers: Sequence[str]) -> Resolver:
    """A name server that gives one answer after the other."""
    rest = list(answers)
    return lambda host, port: rest.pop(0)


def get(resolver: Resolver, rules: HostRules, port: int) -> int:
    manager = urllib3.PoolManager(retries=False)
    manager.pool_classes_by_scheme = checked_pools(rules, resolver)
    return manager.request("GET", f"http://jira.acme.example:{port}/").status


def test_a_name_that_is_changed_after_the_check_leads_nowhere(server: HTTPServer) -> None:
    resolver = answering([PUBLIC], ["127.0.0.1"])
    # As a page checks an address that is entered.
    assert resolve_target(f"http://jira.acme.example:{server.server_port}/", HostRules(allow_http=True), resolver)
    with pytest.raises(
        AddressForbidden, match=r"jira\.acme\.example leads to 127\.0\.0\.1, which is no public address"
    ):
        get(resolver, HostRules(), server.server_port)
    assert server.asked == []  # type: ignore[attr-defined]


def test_one_forbidden_address_among_others_forbids_the_name(server: HTTPServer) -> None:
    with pytest.raises(AddressForbidden):
        get(answering([PUBLIC, "127.0.0.1"]), HostRules(), server.server_port)
    assert server.asked == []  # type: ignore[attr-defined]


def test_the_name_is_resolved_once_and_kept_for_the_server(server: HTTPServer) -> None:
    rules = HostRules(private_networks=("127.0.0.0/8",))
    assert get(answering(["127.0.0.1"]), rules, server.server_port) == 200
    assert server.asked == [f"jira.acme.example:{server.server_port}"]  # type: ignore[attr-defined]


def test_a_forbidden_address_tells_nothing_about_its_ports(server: HTTPServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        texts = {_refusal(port) for port in (server.server_port, closed.getsockname()[1])}
    assert texts == {
        "localhost leads to 127.0.0.1, which is no public address. Nothing was sent. If that is meant, add the host or "
        "its network to GATEPOST_CONNECTION_PRIVATE_NETWORKS."
    }
    assert server.asked == []  # type: ignore[attr-defined]


def _refusal(port: int) -> str:
    """What the transport of a tool says about a port of this machine."""
    import requests

    rules = HostRules(private_setting="GATEPOST_CONNECTION_PRIVATE_NETWORKS", allow_http=True)
    assert check_address(f"http://localhost:{port}", rules)
    adapter = build_adapter(
        connection="jira", base_url=f"http://localhost:{port}", timeout=Timeout(), classify=as_it_is,
        clock=lambda: datetime.now(UTC), host_rules=rules,
    )  # fmt: skip
    with pytest.raises(HostNotAllowed) as refused:
        mount_adapter(requests.Session(), adapter).get(f"http://localhost:{port}/rest/api/3/myself")
    return refused.value.at_terminal.replace("::1", "127.0.0.1")
