"""Receivers, identity provider, chats and mail on the way out of a company's network."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import Self

import pytest

from connector.errors import ConfigurationError
from connector.http.allowed_hosts import HostRules
from connector.http.network import Network
from connector.http.proxies import Proxy
from connector.http.transport import Timeout
from connector.notify.audit_sinks import ObjectSink, SinkUnavailable, Written
from connector.notify.message_addresses import AllowedTargets, Messenger, OperatorMessengers
from connector.notify.way_out import WayOut
from connector.notify.webhook_sender import Accepted, NotAccepted, WebhookSender
from connector.people.identity import Client, SignInRefused
from connector.people.oidc import IdentityProvider
from tests.company_network.authority import Authority
from tests.company_network.conftest import TOOL
from tests.company_network.servers import Asked, RunningProxy, tls_server


def through(proxy: RunningProxy, authority: Authority) -> Network:
    way = Proxy("http", "127.0.0.1", proxy.port, proxy.user, proxy.password)
    return Network(way, authorities=authority.pem)


# --- receivers of events -----------------------------------------------------------------------------


def post(network: Network, port: int, rules: HostRules, scheme: str = "https") -> Accepted | NotAccepted:
    def inside(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    sender = WebhookSender(rules, lambda: datetime.now(UTC), resolver=inside, network=network)
    return sender.post(f"{scheme}://{TOOL}:{port}/hook", "{}", {"webhook-id": "1"})


def test_a_receiver_by_the_proxy_at_the_address_that_was_checked(authority: Authority, proxy: RunningProxy) -> None:
    with tls_server(authority.server_context(TOOL)) as receiver:
        before, network = len(proxy.connected), through(proxy, authority)
        assert isinstance(post(network, receiver.port, HostRules(private_networks=("127.0.0.0/8",))), Accepted)
        assert isinstance(post(network, receiver.port, HostRules(private_networks=(TOOL,))), Accepted)
        assert proxy.connected[before:] == [f"127.0.0.1:{receiver.port}", f"{TOOL}:{receiver.port}"]
        assert [one.headers["Host"] for one in receiver.asked] == [f"{TOOL}:{receiver.port}"] * 2


def test_a_receiver_inside_stays_forbidden_by_a_proxy(authority: Authority, proxy: RunningProxy) -> None:
    before = len(proxy.connected)
    outcome = post(through(proxy, authority), 443, HostRules())
    assert isinstance(outcome, NotAccepted)
    assert outcome.failure.forbidden
    assert outcome.failure.reason == (
        f"{TOOL} leads to 127.0.0.1, which is no public address. If that is meant, whoever runs Gatepost adds the host "
        "to those that may be reached."
    )
    clear = post(through(proxy, authority), 80, HostRules(private_networks=("127.0.0.0/8",), allow_http=True), "http")
    assert isinstance(clear, NotAccepted)
    assert clear.failure.reason == (f"Without TLS the proxy alone decides where {TOOL} leads. Use https.")
    assert proxy.connected[before:] == []


def test_a_receiver_that_wants_a_certificate(authority: Authority) -> None:
    rules = HostRules(private_networks=("127.0.0.0/8",))
    with tls_server(authority.server_context(TOOL, clients=True)) as receiver:
        shown = Network(authorities=authority.pem, client=authority.client_file().read_text())
        assert isinstance(post(shown, receiver.port, rules), Accepted)
        missing = post(replace(shown, client=""), receiver.port, rules)
        assert isinstance(missing, NotAccepted)
        assert missing.failure.reason.startswith(f"{TOOL} does not accept our client certificate, or misses one")
        assert not missing.failure.reached


# --- identity provider -------------------------------------------------------------------------------


@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "proxy"])
def test_an_identity_provider_with_a_private_authority(
    authority: Authority, stranger: Authority, proxy: RunningProxy, known_names: None, by_proxy: bool
) -> None:
    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        base = f"https://{asked.headers['Host']}"
        fields = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        body = "{" + ", ".join(f'"{name}": "{base}"' for name in fields) + "}"
        return 200, {"Content-Type": "application/json"}, body.encode()

    def begin(network: Network) -> str:
        client = Client(f"https://{TOOL}:{provider.port}", "gatepost", "secret", "https://g/cb", "openid", "groups")
        return IdentityProvider(
            client, timeout=Timeout(2, 2), clock=lambda: datetime.now(UTC), network=network
        ).begin()[0]

    with tls_server(authority.server_context(TOOL, clients=True), answer) as provider:
        own = through(proxy, authority) if by_proxy else Network(authorities=authority.pem)
        shown = replace(own, client=authority.client_file().read_text())
        assert begin(shown).startswith(f"https://{TOOL}:{provider.port}?")
        with pytest.raises(SignInRefused, match="is not trusted here"):
            begin(replace(shown, authorities=stranger.pem))
        with pytest.raises(SignInRefused, match="does not accept our client certificate, or misses one"):
            begin(own)


# --- chats, bridges, the store of the audit ----------------------------------------------------------


def test_a_bridge_of_the_company_takes_messages(authority: Authority, proxy: RunningProxy, known_names: None) -> None:
    with tls_server(authority.server_context(TOOL, clients=True)) as bridge:
        shown = replace(through(proxy, authority), client=authority.client_file().read_text())
        allowed = AllowedTargets(frozenset({"jsons"}), (TOOL,))
        before = len(proxy.connected)
        assert Messenger(allowed, WayOut(shown)).send(f"jsons://{TOOL}:{bridge.port}/x", "title", "body")
        assert proxy.connected[before:] == [f"{TOOL}:{bridge.port}"]
        assert not Messenger(allowed, WayOut()).send(f"jsons://{TOOL}:{bridge.port}/x", "title", "body")
        assert len(bridge.asked) == 1


@pytest.mark.parametrize("address", [f"jsons://{TOOL}/x?verify=no", f"mailtos://u:p@{TOOL}?verify=no&from=a@b.example"])
def test_no_address_turns_the_verification_off(address: str) -> None:
    with pytest.raises(ConfigurationError, match="The address says verify=no: certificates are always checked"):
        _ = OperatorMessengers(address).names


def test_the_audits_store_by_the_proxy(authority: Authority, proxy: RunningProxy, known_names: None) -> None:
    with tls_server(authority.server_context(TOOL)) as store:
        sink = ObjectSink(f"https://{TOOL}:{store.port}/audit", through(proxy, authority))
        before = len(proxy.connected)
        assert sink.write(2, "{}") is Written.DONE
        assert proxy.connected[before:] == [f"{TOOL}:{store.port}"]
        with pytest.raises(
            SinkUnavailable, match=rf"it does not answer: the certificate of {TOOL} is not trusted here"
        ):
            ObjectSink(f"https://{TOOL}:{store.port}/audit").write(2, "{}")


# --- mail --------------------------------------------------------------------------------------------


class MailServer:
    """Takes mail over TLS: from the first byte, or after STARTTLS."""

    def __init__(self, context: ssl.SSLContext, *, at_once: bool) -> None:
        self._context = context
        self._at_once = at_once
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.got: list[str] = []
        Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._server.accept()
                with connected, suppress(OSError):
                    self._talk(self._context.wrap_socket(connected, server_side=True) if self._at_once else connected)

    def _talk(self, connected: socket.socket) -> None:
        connected.sendall(b"220 ready\r\n")
        file = connected.makefile("rb")
        while line := file.readline():
            word = line.split()[0].upper()
            connected.sendall(ANSWERS.get(word, b"250 ok\r\n"))
            if word == b"STARTTLS":
                connected = self._context.wrap_socket(connected, server_side=True)
                file = connected.makefile("rb")
            elif word == b"DATA":
                self.got += [text.decode() for text in iter(file.readline, b".\r\n")]
                connected.sendall(b"250 taken\r\n")
            elif word == b"QUIT":
                connected.close()
                return


ANSWERS = {
    b"EHLO": b"250-here\r\n250 STARTTLS\r\n",
    b"STARTTLS": b"220 go\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 bye\r\n",
}


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "proxy"])
def test_mail_with_a_private_authority(
    authority: Authority, proxy: RunningProxy, known_names: None, mode: str, by_proxy: bool
) -> None:
    with MailServer(authority.server_context(TOOL), at_once=mode == "ssl") as mail:
        server = f"mailtos://{TOOL}:{mail.port}?from=gatepost@nordbank.example&mode={mode}"
        way = WayOut(Network(authorities=authority.pem), through(proxy, authority).proxy if by_proxy else None)
        before = len(proxy.connected)
        messengers = OperatorMessengers("ops@nordbank.example", server, way)
        assert messengers.send(messengers.names[0], "Paused", "jira-main is paused")
        assert any("Paused" in line for line in mail.got)
        assert len(proxy.connected) - before == by_proxy
        untrusted = OperatorMessengers("ops@nordbank.example", server)
        assert not untrusted.send(untrusted.names[0], "Paused", "again")
