"""Subscriptions: who gets which events, at which URL, and with which encrypted secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update
from sqlalchemy.exc import IntegrityError

from connector.errors import ConfigurationError
from connector.http.allowed_hosts import AddressForbidden, HostRules, check_address
from connector.notify.measure_events import EventType
from connector.notify.signing import new_secret
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import SubscriptionFilter, check_filter
from connector.remedy import Place, Remedy
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import SUBSCRIPTION
from connector.vault import Vault

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
PER_MINUTE = 300
"""Events a minute that one receiver gets unless its subscription says otherwise."""


class Subscriptions:
    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        rules: HostRules,
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._rules = rules
        self._random = random_bytes

    def add(
        self, name: str, url: str, event_filter: SubscriptionFilter, *, per_minute: int = PER_MINUTE, author: str
    ) -> Subscription:
        """Make a subscription with a secret of our own.  Raises ConfigurationError with what is wrong."""
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f'A subscription is named with letters, digits, "-" and "_"; {name!r} is not.')
        if not 1 <= per_minute <= 100_000:
            raise ConfigurationError(f"A receiver takes 1 to 100,000 events a minute, not {per_minute}.")
        check_filter(event_filter)
        try:
            check_address(url, self._rules)
        except AddressForbidden as error:
            raise ConfigurationError(str(error), remedy=error.remedy) from None
        values = {
            "name": name,
            "url": url,
            "secrets": [self._vault.encrypt(new_secret(self._random))],
            "events": sorted(event_filter.events),
            "hierarchy": list(event_filter.hierarchy),
            "legal_entity": event_filter.legal_entity,
            "per_minute": per_minute,
            "created_by": author,
        }
        try:
            with self._engine.begin() as transaction:
                row = transaction.execute(SUBSCRIPTION.insert().values(values).returning(SUBSCRIPTION)).mappings().one()
                _record(transaction, author, "subscription.added", name, url=url, events=sorted(event_filter.events))
        except IntegrityError:
            raise ConfigurationError(
                f'There is a subscription "{name}" already; remove it or take another name.'
            ) from None
        return self._subscription(row)

    def get(self, name: str) -> Subscription:
        """Raises ConfigurationError when there is none of this name."""
        with reading(self._engine) as session:
            row = session.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.name == name)).mappings().first()
        if row is None:
            raise _unknown_subscription(name)
        return self._subscription(row)

    def all(self) -> Sequence[Subscription]:
        with reading(self._engine) as session:
            rows = session.execute(select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.name)).mappings().all()
        return tuple(self._subscription(row) for row in rows)

    def rotate_secret(self, name: str, author: str, now: datetime) -> Subscription:
        """Make a new secret; for a day every event is signed with the one before as well."""
        subscription = self.get(name)
        sealed = [self._vault.encrypt(one) for one in (new_secret(self._random), subscription.secrets[0])]
        self._change(name, author, "subscription.rotated", secrets=sealed, rotated_at=now)
        return self.get(name)

    def enable(self, name: str, author: str) -> None:
        """Enable it again; its dead letters stay until they are replayed."""
        self.get(name)
        fresh = {
            "disabled_at": None,
            "disabled_reason": None,
            "failures": 0,
            "failing_since": None,
            "backoff_until": None,
        }
        self._change(name, author, "subscription.enabled", **fresh)

    def remove(self, name: str, author: str) -> None:
        """Remove it with its deliveries; the audit keeps that it was there."""
        subscription = self.get(name)
        with self._engine.begin() as transaction:
            transaction.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription.id))
            _record(transaction, author, "subscription.removed", name, url=subscription.url)

    def _change(self, name: str, author: str, action: str, **values: object) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.name == name).values(**values))
            _record(transaction, author, action, name)

    def _subscription(self, row: RowMapping) -> Subscription:
        wanted = SubscriptionFilter(
            frozenset(map(EventType, row["events"])), tuple(row["hierarchy"]), row["legal_entity"]
        )
        names = (
            "id", "name", "url", "rotated_at", "per_minute", "created_by", "created_at", "disabled_at",
            "disabled_reason", "failing_since", "backoff_until", "last_error", "last_delivered_at",
        )  # fmt: skip
        secrets = tuple(self._vault.decrypt(sealed) for sealed in row["secrets"])
        return Subscription(filter=wanted, secrets=secrets, **{name: row[name] for name in names})


def _unknown_subscription(name: str) -> ConfigurationError:
    return ConfigurationError(
        f'There is no subscription "{name}".',
        remedy=Remedy(
            "The page Subscriptions lists them.",
            "List them with: gatepost subscription list",
            Place.SUBSCRIPTIONS,
        ),
    )


def _record(transaction: Connection, actor: str, action: str, name: str, **detail: object) -> None:
    entry = {"actor": actor, "action": action, "subject": f"subscription {name}", "detail": detail}
    audit.record(transaction, [entry])
