"""Connections: sealed at rest, two secrets, pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.errors import ConfigurationError
from connector.http.tool_access import Auth, OAuthGrant, Renewed
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.vault import Vault
from mapping.work_item import ConnectionName, Tool
from tests.connector.store.conftest import JIRA, Store


def test_no_credential_stands_in_the_database_in_the_clear(store: Store) -> None:
    with store.engine.connect() as connection:
        sealed = connection.execute(text("SELECT credential, webhook_secrets FROM connection")).one()
    assert b"token" not in sealed.credential
    assert all(b"new" not in secret and b"old" not in secret for secret in sealed.webhook_secrets)
    record = store.connections.get("jira-main")
    assert record is not None
    assert (record.credential, record.webhook_secrets) == ("token", ("new", "old"))


def test_a_record_does_not_show_its_secrets_when_it_is_printed(store: Store) -> None:
    shown = repr(store.connections.get("jira-main"))
    assert "bot@acme.example" in shown
    assert "'token'" not in shown
    assert "'new'" not in shown


def test_rotation_accepts_the_new_and_the_last_secret_and_no_older_one(store: Store) -> None:
    store.connections.rotate_secret("jira-main", "newest")
    record = store.connections.get("jira-main")
    assert record is not None
    assert record.webhook_secrets == ("newest", "new")


def test_a_secret_sealed_with_another_key_says_what_to_do(store: Store) -> None:
    other = Connections(store.engine, Vault(Fernet.generate_key()))
    with pytest.raises(ConfigurationError, match="encrypted with another key"):
        other.get("jira-main")


def test_a_pause_ends_by_itself_or_by_a_person(store: Store) -> None:
    store.connections.pause(JIRA, "401: the token has expired", None)
    assert store.connections.paused(JIRA) == "401: the token has expired"
    assert store.connections.resume("jira-main")
    assert store.connections.paused(JIRA) is None
    assert not store.connections.resume("jira-main")
    store.connections.pause(JIRA, "429", 0)
    assert store.connections.paused(JIRA) is None


def test_an_unknown_name_is_none_and_is_not_kept(store: Store) -> None:
    assert store.connections.cached("nobody") is None
    assert store.connections.paused(ConnectionName("nobody")) is None


@pytest.mark.parametrize(
    ("stored", "minutes", "refused", "renewed"),
    [
        pytest.param("old", 60, "old", True, id="the tool refused the token that counts"),
        pytest.param("new", 60, "old", False, id="another worker has renewed it meanwhile"),
        pytest.param("new", -1, "old", True, id="what stands there has ended as well"),
        pytest.param("new", -1, None, True, id="nobody was refused, and it has ended"),
        pytest.param("new", 60, None, False, id="nobody was refused, and it is good"),
    ],
)
def test_an_access_token_is_renewed_once_and_only_when_it_has_to_be(
    store: Store, stored: str, minutes: int, refused: str | None, renewed: bool
) -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    grant = OAuthGrant("app", "secret", "refresh", "https://acme.example/token")
    ends = now + timedelta(minutes=minutes)
    record = ConnectionRecord(
        ConnectionName("jira-oauth"), Tool.JIRA, "https://acme.example", "bot", stored, ("secret",), auth=Auth.OAUTH,
        expires_at=ends, oauth=grant,
    )  # fmt: skip
    store.connections.save(record)
    asked: list[OAuthGrant] = []

    def ask(one: OAuthGrant) -> Renewed:
        asked.append(one)
        return Renewed("fresh", "refresh 2", now + timedelta(hours=1))

    found = store.connections.renew("jira-oauth", ask, due=now, refused=refused)
    assert (bool(asked), found.credential) == (renewed, "fresh" if renewed else stored)
