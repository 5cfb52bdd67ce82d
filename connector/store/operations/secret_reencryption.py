"""Every stored secret, encrypted anew with the first key of ``GATEPOST_SECRET_KEY``.

What no key opens (the key is lost) can be given up: then it is emptied, and whatever needed it waits for a person.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, delete, func, select, update

from connector.errors import ConfigurationError
from connector.notify.signing import new_secret
from connector.remedy import Remedy
from connector.store.database import audit
from connector.store.database.tables import (
    CONNECTION,
    DIGEST,
    IDEMPOTENT_RESPONSE,
    PERSON,
    SECOND_FACTOR,
    SUBSCRIPTION,
)
from connector.store.queue import pauses
from connector.vault import Vault
from mapping.work_item import ConnectionName

LOST_CONNECTION_MESSAGE = "Its credentials were encrypted with a key that is lost. They have to be entered anew."
LOST_SUBSCRIPTION_MESSAGE = "Its secret was encrypted with a key that is lost. It needs a new one."


@dataclass(frozen=True, slots=True)
class ReencryptionResult:
    """What became of the stored secrets."""

    reencrypted: int
    """Rows whose secrets are encrypted with the first key now."""
    lost: tuple[str, ...]
    """What no key opened, as a person names it: ``connection jira-main``."""


def reencrypt_secrets(
    engine: Engine,
    vault: Vault,
    *,
    by: str,
    discard_lost: bool = False,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> ReencryptionResult:
    """Encrypt everything anew in one transaction; processes that read meanwhile find the one or the other.

    Raises ConfigurationError, with everything that no key opens, and changes nothing, unless that is given up.
    """
    with engine.begin() as transaction:
        lost: list[str] = []
        subscriptions = partial(_subscriptions, fresh=new_secret(random_bytes))
        steps = (_connections, subscriptions, _digests, _second_factors, _idempotent_responses)
        renewed = sum(step(transaction, vault, lost) for step in steps)
        if lost and not discard_lost:
            raise ConfigurationError(
                f"No secret key that is set opens what is stored for {', '.join(lost)}; nothing was changed.",
                remedy=Remedy(
                    command="Put the key that was in use behind the new one in GATEPOST_SECRET_KEY, with a comma. "
                    "If it is lost: gatepost key renew --lost"
                ),
            )
        summary = f"Stored secrets were encrypted anew: {renewed}."
        summary += f" Given up, because the key is lost: {', '.join(lost)}." if lost else ""
        audit.record(
            transaction, [{"actor": by, "action": "secrets.reencrypted", "subject": "key", "detail": {"text": summary}}]
        )
    return ReencryptionResult(renewed, tuple(lost))


def _connections(transaction: Connection, vault: Vault, lost: list[str]) -> int:
    renewed = 0
    query = select(CONNECTION).order_by(CONNECTION.c.name).with_for_update()
    for row in transaction.execute(query).all():
        values: dict[str, object] = {"credential": vault.encrypt(""), "webhook_secrets": []}
        values |= {"oauth": None, "network": None}
        optional = [sealed for sealed in (row.oauth, row.network) if sealed]
        if _can_decrypt(vault, row.credential, *row.webhook_secrets, *optional):
            renewed += 1
            values = {
                "credential": vault.reencrypt(row.credential),
                "webhook_secrets": [vault.reencrypt(sealed) for sealed in row.webhook_secrets],
                "oauth": vault.reencrypt(row.oauth) if row.oauth else None,
                "network": vault.reencrypt(row.network) if row.network else None,
            }
        else:
            lost.append(f"connection {row.name}")
            pauses.pause(transaction, ConnectionName(row.name), LOST_CONNECTION_MESSAGE, None)
        transaction.execute(update(CONNECTION).where(CONNECTION.c.name == row.name).values(values))
    return renewed


def _subscriptions(transaction: Connection, vault: Vault, lost: list[str], *, fresh: str) -> int:
    renewed = 0
    query = select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.name).with_for_update()
    for row in transaction.execute(query).all():
        values: dict[str, object]
        if _can_decrypt(vault, *row.secrets):
            renewed += 1
            values = {"secrets": [vault.reencrypt(sealed) for sealed in row.secrets]}
        else:
            lost.append(f"subscription {row.name}")
            # Nobody knows this secret: the subscription is off until somebody makes one that its receiver is given.
            values = {
                "secrets": [vault.encrypt(fresh)],
                "disabled_at": func.now(),
                "disabled_reason": LOST_SUBSCRIPTION_MESSAGE,
            }
        transaction.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row.id).values(values))
    return renewed


def _digests(transaction: Connection, vault: Vault, lost: list[str]) -> int:
    renewed = 0
    query = select(DIGEST, PERSON.c.login).join(PERSON, PERSON.c.id == DIGEST.c.person_id).with_for_update(of=DIGEST)
    for row in transaction.execute(query.order_by(PERSON.c.login)).all():
        here = DIGEST.c.person_id == row.person_id
        if _can_decrypt(vault, row.address):
            renewed += 1
            transaction.execute(update(DIGEST).where(here).values(address=vault.reencrypt(row.address)))
        else:
            lost.append(f"the digest of {row.login}")
            transaction.execute(delete(DIGEST).where(here))
    return renewed


def _second_factors(transaction: Connection, vault: Vault, lost: list[str]) -> int:
    """One that is lost stays, so that nobody gets in with the password alone; an administrator resets it."""
    renewed = 0
    query = select(SECOND_FACTOR, PERSON.c.login).join(PERSON, PERSON.c.id == SECOND_FACTOR.c.person_id)
    for row in transaction.execute(query.order_by(PERSON.c.login).with_for_update(of=SECOND_FACTOR)).all():
        if _can_decrypt(vault, row.secret):
            renewed += 1
            here = SECOND_FACTOR.c.person_id == row.person_id
            transaction.execute(update(SECOND_FACTOR).where(here).values(secret=vault.reencrypt(row.secret)))
        else:
            lost.append(f"the second factor of {row.login}")
    return renewed


def _idempotent_responses(transaction: Connection, vault: Vault, _lost: list[str]) -> int:
    """Answers that are kept for a day, for a request that is sent again; those that end are not reported."""
    query = select(IDEMPOTENT_RESPONSE).where(IDEMPOTENT_RESPONSE.c.body.is_not(None)).with_for_update()
    for row in transaction.execute(query).all():
        here = (IDEMPOTENT_RESPONSE.c.caller == row.caller, IDEMPOTENT_RESPONSE.c.key == row.key)
        if _can_decrypt(vault, row.body.encode()):
            body = vault.reencrypt(row.body.encode()).decode()
            transaction.execute(update(IDEMPOTENT_RESPONSE).where(*here).values(body=body))
        else:
            transaction.execute(delete(IDEMPOTENT_RESPONSE).where(*here))
    return 0


def _can_decrypt(vault: Vault, *sealed: bytes) -> bool:
    try:
        for one in sealed:
            vault.decrypt(one)
    except ConfigurationError:
        return False
    return True
