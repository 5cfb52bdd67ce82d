"""Proxies as administrators write them, and what is reached without one."""

from __future__ import annotations

import pytest

from connector.errors import ConfigurationError
from connector.http.network import ConnectionNetwork, Network, network_of
from connector.http.proxies import Proxy, exceptions_of, is_exempt, parse_proxy
from connector.settings import Settings


@pytest.mark.parametrize(
    ("written", "proxy"),
    [
        ("http://proxy.acme.example:8080", Proxy("http", "proxy.acme.example", 8080)),
        ("proxy.acme.example:8080", Proxy("http", "proxy.acme.example", 8080)),
        ("proxy", Proxy("http", "proxy", 3128)),
        ("https://proxy.acme.example", Proxy("https", "proxy.acme.example", 443)),
        ("http://svc%40acme:p%3Aw%2F@proxy:80/", Proxy("http", "proxy", 80, "svc@acme", "p:w/")),
        ("http://[2001:db8::7]:3128", Proxy("http", "2001:db8::7", 3128)),
        ("direct", None),
        ("", None),
    ],
)
def test_addresses_of_proxies(written: str, proxy: Proxy | None) -> None:
    assert parse_proxy(written, "GATEPOST_PROXY") == proxy


@pytest.mark.parametrize("written", ["ftp://proxy", "http://", "http://proxy:99999", "http://pro xy:80"])
def test_what_is_no_proxy_is_one_sentence(written: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_proxy(written, "GATEPOST_PROXY")
    assert str(refused.value) == (
        "GATEPOST_PROXY is not the address of a proxy. Write it as http://proxy.acme.example:3128, or direct."
    )


def test_a_socks_proxy_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match="names a SOCKS proxy, which Gatepost does not use") as refused:
        parse_proxy("socks5://svc:secret@proxy:1080", "GATEPOST_PROXY")
    assert "secret" not in str(refused.value)


def test_a_proxy_shows_no_password() -> None:
    proxy = parse_proxy("http://svc:secret@proxy:80", "GATEPOST_PROXY")
    assert proxy is not None
    assert (proxy.address, proxy.url) == ("http://proxy:80", "http://svc:secret@proxy:80")
    assert "secret" not in repr(proxy)


@pytest.mark.parametrize(
    ("host", "exceptions", "exempt"),
    [
        ("jira.acme.example", "acme.example", True),
        ("jira.acme.example", ".acme.example", True),
        ("jira.acme.example", "*.acme.example", True),
        ("acme.example", "acme.example", True),
        ("badacme.example", "acme.example", False),
        ("JIRA.ACME.EXAMPLE.", "acme.example", True),
        ("jira.acme.example", "other.example, acme.example:443", True),
        ("jira.acme.example", "acme.example:8443", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("[2001:db8::1]", "[2001:db8::1]:443", True),
        ("jira.acme.example", "*", True),
        ("jira.acme.example", "", False),
        ("localhost", "", True),
        ("127.0.0.1", "", True),
        ("::1", "", True),
    ],
)
def test_what_takes_no_proxy(host: str, exceptions: str, exempt: bool) -> None:
    assert is_exempt(host, 443, exceptions_of(exceptions)) is exempt


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({"HTTPS_PROXY": "http://usual:3128"}, "http://usual:3128"),
        ({"https_proxy": "http://small:3128"}, "http://small:3128"),
        ({"ALL_PROXY": "http://all:3128"}, "http://all:3128"),
        ({"HTTPS_PROXY": "http://usual:3128", "GATEPOST_PROXY": "http://own:3128"}, "http://own:3128"),
        ({"HTTPS_PROXY": "http://usual:3128", "GATEPOST_PROXY": "direct"}, None),
        ({"HTTPS_PROXY": "http://usual:3128", "NO_PROXY": "acme.example"}, None),
        ({"HTTPS_PROXY": "http://usual:3128", "no_proxy": "x", "GATEPOST_PROXY_EXCEPTIONS": "acme.example"}, None),
        ({}, None),
    ],
)
def test_the_usual_variables_and_our_own(
    variables: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    taken = network_of(Settings()).proxy_for("jira.acme.example", 443)
    assert (taken.address if taken else None) == proxy


def test_a_connection_has_a_way_of_its_own() -> None:
    installation = Network(parse_proxy("http://usual:3128", "x"), exceptions_of("acme.example"))
    assert installation.with_connection(None) is installation
    direct = installation.with_connection(ConnectionNetwork(proxy="direct"))
    own = installation.with_connection(ConnectionNetwork(proxy="http://own:3128"))
    assert direct.proxy_for("jira.other.example", 443) is None
    # Whoever names a proxy for this tool means it, though other programs reach it without.
    assert own.proxy_for("jira.acme.example", 443) == parse_proxy("http://own:3128", "x")
