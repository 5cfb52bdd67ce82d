"""Doctor's steps on the way to a host: which one fails, whose certificate it is, and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import pytest

from connector.http.allowed_hosts import HostRules
from connector.http.failures import FailedAt
from connector.http.network import Network
from connector.http.probe import probe
from connector.http.proxies import Proxy
from tests.company_network.authority import Authority
from tests.company_network.conftest import TOOL
from tests.company_network.servers import RunningProxy, forward_proxy, tls_server

NAME, CONNECTION, PROXY, CERTIFICATE, ANSWER = FailedAt


def steps(port: int, network: Network, rules: HostRules | None = None, host: str = TOOL) -> list[tuple[FailedAt, str]]:
    """Each step with what it says; the last one with what to do when it failed."""
    return [
        (step.at, step.what if step.passed else f"✗ {step.what} → {step.remedy.at_terminal}")
        for step in probe(f"https://{host}:{port}/x", network, 2, rules)
    ]


def through(proxy: RunningProxy, authority: Authority) -> Network:
    way = Proxy("http", "127.0.0.1", proxy.port, proxy.user, proxy.password)
    return Network(way, authorities=authority.pem)


def test_all_is_well(authority: Authority, proxy: RunningProxy, known_names: None) -> None:
    with tls_server(authority.server_context(TOOL)) as tool:
        (name, connection, certificate, answer) = steps(tool.port, Network(authorities=authority.pem))
        assert name == (NAME, f"{TOOL} is 127.0.0.1")
        assert connection == (CONNECTION, f"to 127.0.0.1, port {tool.port}")
        assert certificate[0] is CERTIFICATE
        assert certificate[1].startswith(f"{TOOL}, ")
        assert ", issued by Nordbank Root, " in certificate[1]
        assert answer == (ANSWER, "HTTP 200")
        by_proxy = steps(tool.port, through(proxy, authority))
        assert [at for at, _ in by_proxy] == [NAME, CONNECTION, PROXY, CERTIFICATE, ANSWER]
        assert by_proxy[0] == (NAME, f"the proxy {proxy.address} is 127.0.0.1")
        assert by_proxy[2] == (PROXY, f"{proxy.address} lets us through to {TOOL}")


@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "proxy"])
def test_a_certificate_that_is_not_trusted_is_named_with_its_issuer(
    authority: Authority, stranger: Authority, proxy: RunningProxy, known_names: None, by_proxy: bool
) -> None:
    network = through(proxy, authority) if by_proxy else Network(authorities=authority.pem)
    with tls_server(stranger.server_context(TOOL)) as tool:
        at, told = steps(tool.port, network)[-1]
        assert tool.asked == []
    assert at is CERTIFICATE
    assert told.startswith(
        f"✗ the certificate of {TOOL} is not trusted here (unable to get local issuer certificate): it is {TOOL}, "
    )
    assert "issued by Stranger, " in told
    assert told.endswith(
        "→ If the company signs it, give its authority: GATEPOST_CA_FILE, or gatepost connection network NAME "
        "--ca-file FILE."
    )


def test_a_client_certificate_that_is_missing(authority: Authority, known_names: None) -> None:
    with tls_server(authority.server_context(TOOL, clients=True)) as tool:
        at, told = steps(tool.port, Network(authorities=authority.pem))[-1]
        assert (at, told.partition(" → ")[0]) == (
            CERTIFICATE, f"✗ {TOOL} does not accept our client certificate, or misses one (mutual TLS)"
        )  # fmt: skip
        shown = Network(authorities=authority.pem, client=authority.client_file().read_text())
        assert steps(tool.port, shown)[-1] == (ANSWER, "HTTP 200")


def test_each_step_that_fails(authority: Authority, proxy: RunningProxy, known_names: None) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = int(closed.getsockname()[1])
    own = Network(authorities=authority.pem)
    assert steps(443, own, host="unknown.invalid") == [
        (NAME, "✗ unknown.invalid has no address (DNS) → Correct the address, or this machine's name server; where "
         "only a proxy knows the name, set GATEPOST_PROXY."),
    ]  # fmt: skip
    assert steps(port, own)[-1] == (
        CONNECTION, f"✗ nothing listens at {TOOL}, port {port} → See that it runs there, and that address and port "
        "are right.",
    )  # fmt: skip
    assert steps(443, Network(Proxy("http", "127.0.0.1", port)))[-1] == (
        PROXY, f"✗ the proxy http://127.0.0.1:{port} cannot be reached: nothing listens at 127.0.0.1, port {port} → "
        "Correct its address, or see that it runs.",
    )  # fmt: skip
    wrong = replace(through(proxy, authority), proxy=Proxy("http", "127.0.0.1", proxy.port))
    assert steps(443, wrong)[-1][1].startswith(f"✗ the proxy {proxy.address} wants a sign-in (407) → Give user and")
    with forward_proxy(denied=frozenset({TOOL})) as strict:
        assert steps(443, through(strict, authority))[-1][1].startswith(
            f"✗ the proxy {strict.address} does not let us through to {TOOL} (403) → Have {TOOL} allowed there"
        )


@contextmanager
def _talker(text: bytes) -> Iterator[int]:
    """Says something as soon as somebody connects, which is no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connected, _ = server.accept()
            with connected:
                connected.sendall(text)
                connected.recv(1000)

        thread = Thread(target=talk, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(5)


def test_something_else_listens_there(known_names: None) -> None:
    with _talker(b"220 mail.nordbank.example ESMTP\r\n") as port:
        at, told = steps(port, Network())[-1]
    assert at is CERTIFICATE
    assert told.endswith("→ See that the address and its port are those of https.")


def test_a_page_learns_nothing_about_what_is_inside(authority: Authority, known_names: None) -> None:
    """With the rules for pages, the steps end before a port is tried."""
    with tls_server(authority.server_context(TOOL)) as tool:
        rules = HostRules(private_setting="GATEPOST_CONNECTION_PRIVATE_NETWORKS")
        assert steps(tool.port, Network(authorities=authority.pem), rules) == [
            (NAME, f"✗ {TOOL} leads to 127.0.0.1, which is no public address. → If that is meant, add the host or its "
             "network to GATEPOST_CONNECTION_PRIVATE_NETWORKS."),
        ]  # fmt: skip
        assert tool.asked == []
