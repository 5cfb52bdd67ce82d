"""The key that encrypts stored secrets can be changed while old and new processes run, and be given up when it is lost."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from connector.errors import ConfigurationError
from connector.http.allowed_hosts import HostRules
from connector.notify.subscription_filter import SubscriptionFilter
from connector.store.connections.connections import Connections
from connector.store.notifications.subscriptions import Subscriptions
from connector.store.operations.secret_reencryption import (
    LOST_CONNECTION_MESSAGE,
    ReencryptionResult,
    reencrypt_secrets,
)
from connector.vault import Vault
from tests.command_line import Cli
from tests.connector.store.conftest import JIRA, StoreFixture

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def _filled(store: StoreFixture, key: str) -> None:
    """One of everything that is sealed, under a key."""
    vault = Vault(key)
    record = store.connections.get(JIRA)
    assert record is not None
    Connections(store.engine, vault).save(record)
    Subscriptions(store.engine, vault, HostRules.from_settings("", "127.0.0.0/8", http=True)).add(
        "bridge", "http://127.0.0.1:9/", SubscriptionFilter(), author="tests"
    )
    with store.engine.begin() as transaction:
        person = transaction.execute(
            text("INSERT INTO person (login, name) VALUES ('kaya@acme.example', 'A. Kaya') RETURNING id")
        ).scalar_one()
        transaction.execute(
            text(
                "INSERT INTO idempotent_response (caller, key, request, body, created_at) VALUES ('me', 'k', 'r', :body, now())"
            ),
            {"body": vault.encrypt("answer").decode()},
        )
        transaction.execute(
            text("INSERT INTO digest (person_id, address, frequency, hour) VALUES (:person, :target, 'daily', 7)"),
            {"person": person, "target": vault.encrypt("mailto://kaya@acme.example")},
        )
        transaction.execute(
            text("INSERT INTO second_factor (person_id, secret, created_at) VALUES (:person, :secret, now())"),
            {"person": person, "secret": vault.encrypt("JBSWY3DPEHPK3PXP")},
        )


def _readable_with(store: StoreFixture, key: str) -> dict[str, bool]:
    vault = Vault(key)
    with store.engine.connect() as connection:
        rows = {
            "credential": connection.execute(text("SELECT credential FROM connection")).scalar_one(),
            "webhook secret": connection.execute(text("SELECT webhook_secrets[2] FROM connection")).scalar_one(),
            "subscription": connection.execute(text("SELECT secrets[1] FROM subscription")).scalar_one(),
            "digest": connection.execute(text("SELECT address FROM digest")).scalar_one(),
            "second factor": connection.execute(text("SELECT secret FROM second_factor")).scalar_one(),
            "kept answer": connection.execute(text("SELECT body FROM idempotent_response")).scalar_one().encode(),
        }
    return {name: _opens(vault, sealed) for name, sealed in rows.items()}


def _opens(vault: Vault, sealed: bytes) -> bool:
    try:
        vault.decrypt(sealed)
    except ConfigurationError:
        return False
    return True


def test_of_two_keys_the_first_encrypts_and_both_decrypt() -> None:
    sealed = Vault(f"{NEW}, {OLD}").encrypt("token")
    assert Vault(NEW).decrypt(sealed) == "token"
    assert Vault(f"{OLD},{NEW}").decrypt(sealed) == "token"
    with pytest.raises(ConfigurationError, match="encrypted with another key"):
        Vault(OLD).decrypt(sealed)
    assert Vault(f"{NEW},{OLD}").derive_key(b"forms") == Vault(NEW).derive_key(b"forms")


def test_after_the_renewal_the_new_key_alone_opens_everything(store: StoreFixture) -> None:
    _filled(store, OLD)
    assert not any(_readable_with(store, NEW).values())
    assert reencrypt_secrets(store.engine, Vault(f"{NEW},{OLD}"), by="operator") == ReencryptionResult(4, ())
    assert all(_readable_with(store, NEW).values())
    assert not any(_readable_with(store, OLD).values())
    record = Connections(store.engine, Vault(NEW)).get(JIRA)
    assert record is not None
    assert (record.credential, record.webhook_secrets, record.paused_at) == ("token", ("new", "old"), None)
    summary = store.rows("SELECT actor, detail ->> 'text' AS summary FROM audit WHERE action = 'secrets.reencrypted'")
    assert [tuple(row) for row in summary] == [("operator", "Stored secrets were encrypted anew: 4.")]


def test_without_the_old_key_nothing_is_changed_and_everything_is_named(store: StoreFixture) -> None:
    _filled(store, OLD)
    said = (
        "No secret key that is set opens what is stored for connection jira-main, subscription bridge, the digest of "
        "kaya@acme.example, the second factor of kaya@acme.example; nothing was changed. Put the key that was in use "
        "behind the new one in GATEPOST_SECRET_KEY, with a comma. If it is lost: gatepost key renew --lost"
    )
    with pytest.raises(ConfigurationError) as refused:
        reencrypt_secrets(store.engine, Vault(NEW), by="operator")
    assert refused.value.at_terminal == said
    assert all(_readable_with(store, OLD).values())


def test_what_a_lost_key_locks_up_is_emptied_and_waits_for_a_person(store: StoreFixture) -> None:
    _filled(store, OLD)
    given_up = (
        "connection jira-main",
        "subscription bridge",
        "the digest of kaya@acme.example",
        "the second factor of kaya@acme.example",
    )
    assert reencrypt_secrets(store.engine, Vault(NEW), by="operator", discard_lost=True) == ReencryptionResult(
        0, given_up
    )
    connections = Connections(store.engine, Vault(NEW))
    record = connections.get(JIRA)
    assert record is not None
    assert (record.credential, record.webhook_secrets) == ("", ())
    assert connections.pause_reason(JIRA) == LOST_CONNECTION_MESSAGE
    subscription = Subscriptions(store.engine, Vault(NEW), HostRules.from_settings("", "", http=False)).get("bridge")
    assert subscription.disabled_reason is not None
    assert subscription.disabled_reason.startswith("Its secret was encrypted with a key that is lost.")
    assert store.rows("SELECT 1 FROM digest") == []
    assert len(store.rows("SELECT 1 FROM second_factor")) == 1, "or the password alone would be enough"
    assert store.rows("SELECT 1 FROM idempotent_response") == []


def test_the_command_prints_a_key_and_renews(cli: Cli) -> None:
    key = cli.ok("key").strip()
    Vault(key)
    cli.ok(
        "connection", "add", "jira-main", "--tool", "jira", "--url", "https://acme.atlassian.net",
        "--user", "bot@acme.example", GATEPOST_SECRET_KEY=OLD,
    )  # fmt: skip
    done = cli.ok("key", "renew", GATEPOST_SECRET_KEY=f"{key},{OLD}")
    assert done == "Stored secrets that were encrypted with the first key: 1.\n"
    assert "jira-main" in cli.ok("connection", "list", GATEPOST_SECRET_KEY=key)
    gone = cli.ok("key", "renew", "--lost", GATEPOST_SECRET_KEY=NEW)
    assert gone.endswith("Discarded: connection jira-main. Enter it again.\n")
