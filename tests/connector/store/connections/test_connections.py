"""Connections: sealed at rest, two secrets, pauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connector.errors import ConfigurationError
from connector.http.tool_access import Auth, OAuthGrant, RenewedToken
from connector.store.connections.connections import CACHE_SECONDS, ConnectionRecord, Connections
from connector.vault import Vault
from mapping.work_item import ConnectionName, Tool
from tests.connector.store.conftest import JIRA, StoreFixture


def test_no_credential_stands_in_the_database_in_the_clear(store: StoreFixture) -> None:
    with store.engine.connect() as connection:
        sealed = connection.execute(text("SELECT credential, webhook_secrets FROM connection")).one()
    assert b"token" not in sealed.credential
    assert all(b"new" not in secret and b"old" not in secret for secret in sealed.webhook_secrets)
    record = store.connections.get("jira-main")
    assert record is not None
    assert (record.credential, record.webhook_secrets) == ("token", ("new", "old"))


def test_a_record_does_not_show_its_secrets_when_it_is_printed(store: StoreFixture) -> None:
    shown = repr(store.connections.get("jira-main"))
    assert "bot@acme.example" in shown
    assert "'token'" not in shown
    assert "'new'" not in shown


def test_rotation_accepts_the_new_and_the_last_secret_and_no_older_one(store: StoreFixture) -> None:
    until = store.connections.rotate_secret("jira-main", "newest")
    record = store.connections.get("jira-main")
    assert record is not None
    assert record.webhook_secrets == ("newest", "new")
    assert until == record.old_secret_until
    assert until is not None
    assert timedelta(days=6, hours=23) < until - datetime.now(UTC) < timedelta(days=7, hours=1)
    assert record.accepted_secrets(until - timedelta(seconds=1)) == ("newest", "new")
    assert record.accepted_secrets(until) == ("newest",), "the former secret has an end"


def test_a_former_secret_without_an_end_is_not_accepted(store: StoreFixture) -> None:
    record = store.connections.get("jira-main")
    assert record is not None
    assert record.accepted_secrets(datetime.now(UTC)) == ("new",)


def test_what_is_saved_again_keeps_the_end_of_the_former_secret(store: StoreFixture) -> None:
    until = store.connections.rotate_secret("jira-main", "newest")
    record = store.connections.get("jira-main")
    assert record is not None
    store.connections.save(record)
    assert store.connections.get("jira-main") == record
    assert record.old_secret_until == until
    store.connections.save(replace(record, webhook_secrets=("only",)))
    saved = store.connections.get("jira-main")
    assert saved is not None
    assert (saved.webhook_secrets, saved.old_secret_until) == (("only",), None)


def test_a_secret_sealed_with_another_key_says_what_to_do(store: StoreFixture) -> None:
    other = Connections(store.engine, Vault(Fernet.generate_key()))
    with pytest.raises(ConfigurationError, match="encrypted with another key"):
        other.get("jira-main")


def test_a_pause_ends_by_itself_or_by_a_person(store: StoreFixture) -> None:
    store.connections.pause(JIRA, "401: the token has expired", None)
    assert store.connections.pause_reason(JIRA) == "401: the token has expired"
    assert store.connections.resume("jira-main")
    assert store.connections.pause_reason(JIRA) is None
    assert not store.connections.resume("jira-main")
    store.connections.pause(JIRA, "429", 0)
    assert store.connections.pause_reason(JIRA) is None


def test_an_unknown_name_is_none_and_is_not_kept(store: StoreFixture) -> None:
    assert store.connections.cached("nobody") is None
    assert store.connections.pause_reason(ConnectionName("nobody")) is None


@pytest.mark.timeout(60)
def test_a_sender_does_not_wait_for_a_table_that_is_locked(store: StoreFixture) -> None:
    """Who has read the connection before goes on with it; who has not says that the database is not able."""
    vault = Vault(Fernet.generate_key())
    record = ConnectionRecord(ConnectionName("new"), Tool.JIRA, "https://acme.example", "bot", "token", ("secret",))
    moments = iter((0.0, CACHE_SECONDS + 1))
    before = Connections(store.engine, vault, monotonic=lambda: next(moments))
    before.save(record)
    assert before.cached("new") == record
    with store.engine.begin() as blocker:
        blocker.execute(text("LOCK TABLE connection IN ACCESS EXCLUSIVE MODE"))
        assert before.cached("new") == record
        with pytest.raises(OperationalError, match="lock timeout"):
            Connections(store.engine, vault).cached("new")


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
    store: StoreFixture, stored: str, minutes: int, refused: str | None, renewed: bool
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

    def ask(one: OAuthGrant) -> RenewedToken:
        asked.append(one)
        return RenewedToken("fresh", "refresh 2", now + timedelta(hours=1))

    found = store.connections.renew_token("jira-oauth", ask, due=now, refused=refused)
    assert (bool(asked), found.credential) == (renewed, "fresh" if renewed else stored)
