"""One authority for all tests of the company's network: keys take time to make."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

import pytest

from tests.company_network.authority import Authority
from tests.company_network.servers import RunningProxy, forward_proxy

TOOL = "tool.nordbank.example"
"""A name that leads to this machine here and through the proxy."""


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another authority, which nobody here trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"), "Stranger")


@pytest.fixture(scope="session")
def proxy() -> Iterator[RunningProxy]:
    with forward_proxy("svc-gatepost", "p:w d", names={TOOL: "127.0.0.1"}) as running:
        yield running


@pytest.fixture
def known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's name server knows the tool, too."""
    real = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> Sequence[object]:
        return real("127.0.0.1" if host == TOOL else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
