"""Ways out towards tools: direct, by proxy, with a private authority, with a client certificate; and what fails."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector.errors import HostNotAllowed, ToolError, Unreachable
from connector.http.allowed_hosts import AddressForbidden, AddressUnresolved, HostRules, tunnel_host
from connector.http.network import Network
from connector.http.proxies import Proxy
from connector.http.transport import Timeout, as_it_is, build_session
from tests.company_network.authority import Authority
from tests.company_network.conftest import TOOL
from tests.company_network.servers import RunningProxy, forward_proxy, tls_server

PATH = "/rest/api/3/myself"


def through(proxy: RunningProxy, authority: Authority | None = None) -> Network:
    way = Proxy("http", "127.0.0.1", proxy.port, proxy.user, proxy.password)
    return Network(way, authorities=authority.pem if authority else "")


def get(network: Network, port: int, host: str = TOOL) -> int:
    base = f"https://{host}:{port}"
    session = build_session(
        connection="jira-main", base_url=base, timeout=Timeout(2, 2), classify=as_it_is, network=network
    )
    with session:
        return session.get(base + PATH).status_code


def failure(network: Network, port: int, host: str = TOOL) -> str:
    with pytest.raises(ToolError) as raised:
        get(network, port, host)
    assert isinstance(raised.value, Unreachable)
    return raised.value.at_terminal.removeprefix(f"jira-main does not answer on GET {PATH}: ")


def test_a_private_authority_directly_and_by_a_proxy(
    authority: Authority, proxy: RunningProxy, known_names: None
) -> None:
    with tls_server(authority.server_context(TOOL)) as tool:
        assert get(Network(authorities=authority.pem), tool.port) == 200
        before = len(proxy.connected)
        assert get(through(proxy, authority), tool.port) == 200
        # By its name: the proxy decides by names, and resolves them.
        assert proxy.connected[before:] == [f"{TOOL}:{tool.port}"]
        # What is excepted goes directly.
        assert get(replace(through(proxy, authority), exceptions=("nordbank.example",)), tool.port) == 200
        assert len(proxy.connected) == before + 1


def test_a_name_that_only_the_proxy_knows(authority: Authority, proxy: RunningProxy) -> None:
    with tls_server(authority.server_context(TOOL)) as tool:
        assert get(through(proxy, authority), tool.port) == 200
        assert failure(Network(authorities=authority.pem), tool.port) == (
            f"{TOOL} has no address (DNS). Correct the address, or this machine's name server; where only a proxy "
            "knows the name, set GATEPOST_PROXY."
        )


def test_a_client_certificate(authority: Authority, stranger: Authority, known_names: None) -> None:
    shown = Network(authorities=authority.pem, client=authority.client_file().read_text())
    other = replace(shown, client=stranger.client_file().read_text())
    with tls_server(authority.server_context(TOOL, clients=True)) as tool:
        assert get(shown, tool.port) == 200
        assert [one.client for one in tool.asked] == ["gatepost@nordbank.example"]
        for network in (Network(authorities=authority.pem), other):
            assert failure(network, tool.port).startswith(
                f"{TOOL} does not accept our client certificate, or misses one (mutual TLS). Give one that it knows: "
                "gatepost connection network NAME --client-certificate FILE"
            )
        assert len(tool.asked) == 1


@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "proxy"])
def test_certificates_that_do_not_hold(
    authority: Authority, stranger: Authority, proxy: RunningProxy, known_names: None, by_proxy: bool
) -> None:
    def network(trusted: Authority) -> Network:
        return through(proxy, trusted) if by_proxy else Network(authorities=trusted.pem)

    with tls_server(authority.server_context(TOOL)) as tool:
        assert failure(network(stranger), tool.port) == (
            f"the certificate of {TOOL} is not trusted here (unable to get local issuer certificate). If the company "
            "signs it, give its authority: GATEPOST_CA_FILE, or gatepost connection network NAME --ca-file FILE."
        )
    with tls_server(authority.server_context("other.example")) as tool:
        assert failure(network(authority), tool.port) == (
            f"the certificate of {TOOL} is made out to another name. Write the address with the name that is in the "
            "certificate."
        )
        assert tool.asked == []


def test_a_caller_cannot_turn_the_verification_off(
    stranger: Authority, known_names: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with tls_server(stranger.server_context(TOOL)) as tool:
        base = f"https://{TOOL}:{tool.port}"
        session = build_session(connection="jira-main", base_url=base, timeout=Timeout(2, 2), classify=as_it_is)
        session.verify = False
        with session, pytest.raises(Unreachable, match="is not trusted here"):
            session.get(base + PATH, verify=False)
        assert tool.asked == []


def test_what_a_proxy_refuses(authority: Authority, proxy: RunningProxy) -> None:
    address = proxy.address
    unsigned = replace(through(proxy, authority), proxy=Proxy("http", "127.0.0.1", proxy.port, "svc-gatepost", "wrong"))
    assert failure(unsigned, 443) == (
        f"the proxy {address} wants a sign-in (407). Give user and password in its address: "
        "http://user:password@host:port"
    )
    assert failure(through(proxy, authority), 443, "unknown.invalid") == (
        f"the proxy {address} cannot reach unknown.invalid (502). Correct the address, or ask the proxy's operator; "
        "what is inside belongs into GATEPOST_PROXY_EXCEPTIONS."
    )
    with forward_proxy(denied=frozenset({TOOL})) as strict:
        assert failure(through(strict, authority), 443) == (
            f"the proxy {strict.address} does not let us through to {TOOL} (403). Have {TOOL} allowed there; what is "
            "inside belongs into GATEPOST_PROXY_EXCEPTIONS."
        )


def _closed_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])


def test_nothing_listens(known_names: None) -> None:
    port = _closed_port()
    assert failure(Network(), port) == (
        f"nothing listens at {TOOL}, port {port}. See that it runs there, and that address and port are right."
    )
    assert failure(Network(Proxy("http", "127.0.0.1", port)), 443) == (
        f"the proxy http://127.0.0.1:{port} cannot be reached. See that it runs and that Gatepost may reach it, "
        "or correct its address."
    )


def test_an_address_of_ipv6(authority: Authority) -> None:
    with tls_server(authority.server_context("::1"), host="::1") as tool:
        assert get(Network(authorities=authority.pem), tool.port, "[::1]") == 200
        assert tool.asked[0].headers["Host"] == f"[::1]:{tool.port}"


def test_rules_for_pages_hold_through_a_proxy(authority: Authority, proxy: RunningProxy, known_names: None) -> None:
    """A connection that was made on a page must not reach by the proxy what it may not reach directly."""
    inside, named = HostRules(), HostRules(private_networks=("*.nordbank.example",))
    network = HostRules(private_networks=("127.0.0.0/8",))
    with tls_server(authority.server_context(TOOL)) as tool:
        base, before = f"https://{TOOL}:{tool.port}", len(proxy.connected)

        def ask(rules: HostRules) -> int:
            from datetime import UTC, datetime

            import requests

            from connector.http.transport import build_adapter, mount_adapter

            adapter = build_adapter(
                connection="jira-main", base_url=base, timeout=Timeout(2, 2), classify=as_it_is,
                clock=lambda: datetime.now(UTC), host_rules=rules, network=through(proxy, authority),
            )  # fmt: skip
            with mount_adapter(requests.Session(), adapter) as session:
                return session.get(base + PATH).status_code

        with pytest.raises(HostNotAllowed, match=r"tool\.nordbank\.example leads to 127\.0\.0\.1, which is no public"):
            ask(inside)
        assert proxy.connected[before:] == []
        # A network that is allowed: the proxy is told the address that was checked, and cannot go elsewhere.
        assert ask(network) == 200
        # A host that is named: the proxy may resolve it.
        assert ask(named) == 200
        assert proxy.connected[before:] == [f"127.0.0.1:{tool.port}", f"{TOOL}:{tool.port}"]
        assert {one.headers["Host"] for one in tool.asked} == {f"{TOOL}:{tool.port}"}


def test_what_a_proxy_is_told() -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise AddressUnresolved(host)

    def somewhere(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34"]

    def inside(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", "10.0.0.8"]

    listed = HostRules(hosts=("hooks.acme.example",))
    assert tunnel_host("hooks.acme.example", 443, HostRules(), somewhere) == "93.184.216.34"
    assert tunnel_host("hooks.acme.example", 443, listed, somewhere) == "hooks.acme.example"
    assert tunnel_host("hooks.acme.example", 443, listed, nowhere) == "hooks.acme.example"
    with pytest.raises(AddressUnresolved, match="cannot be checked") as unresolved:
        tunnel_host("hooks.acme.example", 443, HostRules(), nowhere)
    assert unresolved.value.remedy.command.startswith("If it is meant, add the host to GATEPOST_SUB")
    with pytest.raises(AddressForbidden, match=r"leads to 10\.0\.0\.8"):
        tunnel_host("hooks.acme.example", 443, listed, inside)
