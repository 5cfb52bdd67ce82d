"""Which step failed on the way to a tool, from what the libraries raise."""

from __future__ import annotations

from http.client import RemoteDisconnected

import pytest
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProxyError

from connector.http.failures import FailedAt, failure_of
from connector.http.proxies import Proxy

PROXY = Proxy("http", "proxy.nordbank.example", 8080)
HOST = "tool.nordbank.example"


@pytest.mark.parametrize(
    ("cause", "at", "what"),
    [
        pytest.param(
            NewConnectionError(None, "refused"),  # type: ignore[arg-type]
            FailedAt.PROXY,
            f"the proxy {PROXY.address} cannot be reached",
            id="nobody listens at the proxy",
        ),
        *(
            pytest.param(
                cause,
                FailedAt.ANSWER,
                f"{HOST}, or the proxy {PROXY.address} on the way to it, closed the connection before it had answered",
                id=type(cause).__name__,
            )
            for cause in (RemoteDisconnected(""), ConnectionResetError(), ConnectionAbortedError(), BrokenPipeError())
        ),
    ],
)
def test_whoever_closes_a_connection_was_reached(cause: Exception, at: FailedAt, what: str) -> None:
    error = MaxRetryError(None, "/", ProxyError("Unable to connect to proxy", cause))  # type: ignore[arg-type]
    failure = failure_of(error, HOST, 443, PROXY)
    assert (failure.at, failure.what) == (at, what)
