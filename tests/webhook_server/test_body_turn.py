"""Whose body is read before a thread is taken, by what address and headers show alone."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.bootstrap import Services
from connector.http.tool_access import WebhookAuth
from connector.store.connections.connections import ConnectionRecord
from mapping.work_item import ConnectionName, Tool
from webhook_server.body_turn import decide_turn
from webhook_server.gateway.gateway import BodyTurn

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
RECORD = ConnectionRecord(
    ConnectionName("jira-main"),
    Tool.JIRA,
    "https://acme.example",
    "bot",
    "token",
    ("sécret-of-more-than-twenty-letters-and-of-32",),
    webhook_auth=frozenset({WebhookAuth.URL_SECRET}),
)


def wsgi(path: str) -> str:
    """A path as a WSGI environment has it: a letter for each byte."""
    return path.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("path", "headers", "may_query", "turn"),
    [
        pytest.param(
            "/hooks/jira/jira-main/sécret-of-more-than-twenty-letters-and-of-32",
            {},
            True,
            BodyTurn.FIRST,
            id="the secret of its address",
        ),
        pytest.param("/hooks/jira/jira-main/another-secret", {}, True, BodyTurn.ON_DEMAND, id="another secret"),
        pytest.param("/hooks/jira/jira-main", {}, True, BodyTurn.ON_DEMAND, id="no secret"),
        pytest.param(
            "/hooks/jira/jira-main/sécret-of-more-than-twenty-letters-and-of-32/more",
            {},
            True,
            BodyTurn.ON_DEMAND,
            id="no address of an endpoint",
        ),
        pytest.param(
            "/hooks/jira/other/sécret-of-more-than-twenty-letters-and-of-32",
            {},
            True,
            BodyTurn.ON_DEMAND,
            id="an unknown connection",
        ),
        pytest.param(
            "/hooks/jira/jira-main/sécret-of-more-than-twenty-letters-and-of-32",
            {},
            False,
            BodyTurn.UNDECIDED,
            id="one that is not in memory yet",
        ),
        pytest.param("/api/v1/statements", {}, True, BodyTurn.ON_DEMAND, id="nobody who shows who they are"),
        pytest.param("/api/v1/statements", {"HTTP_AUTHORIZATION": "Bearer x"}, False, BodyTurn.FIRST, id="a token"),
        pytest.param("/work", {"HTTP_COOKIE": "session=x"}, False, BodyTurn.FIRST, id="a session"),
    ],
)
def test_when_a_body_is_read(path: str, headers: dict[str, str], *, may_query: bool, turn: BodyTurn) -> None:
    connections = SimpleNamespace(cached={"jira-main": RECORD}.get, in_memory={}.get)
    services = cast(Services, SimpleNamespace(connections=connections))
    environ: dict[str, Any] = {"PATH_INFO": wsgi(path), **headers}
    assert decide_turn(services, lambda: NOW)(environ, may_query=may_query) is turn
