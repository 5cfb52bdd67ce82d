"""Subscriptions: who is told what, where, and with which sealed secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update
from sqlalchemy.exc import IntegrityError

from connector.errors import ConfigurationError
from connector.notify.allowed_hosts import Forbidden, Rules, check
from connector.notify.measure_events import EventType
from connector.notify.signing import new_secret
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import Filter, check_filter
from connector.store.database import audit
from connector.store.database.tables import SUBSCRIPTION
from connector.vault import Vault

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
PER_MINUTE = 300
"""Events a minute that one receiver gets unless told otherwise."""


class Subscriptions:
    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        rules: Rules,
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._rules = rules
        self._random = random_bytes

    def add(self, name: str, url: str, wanted: Filter, *, per_minute: int = PER_MINUTE, author: str) -> Subscription:
        """Make a subscription with a secret of our own.  Raises ConfigurationError with what is wrong."""
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f'A subscription is named with letters, digits, "-" and "_"; {name!r} is not.')
        if not 1 <= per_minute <= 100_000:
            raise ConfigurationError(f"A receiver takes 1 to 100,000 events a minute, not {per_minute}.")
        check_filter(wanted)
        try:
            check(url, self._rules)
        except Forbidden as error:
            raise ConfigurationError(str(error)) from None
        values = {
            "name": name,
            "url": url,
            "secrets": [self._vault.seal(new_secret(self._random))],
            "events": sorted(wanted.events),
            "place": list(wanted.place),
            "legal_entity": wanted.legal_entity,
            "per_minute": per_minute,
            "created_by": author,
        }
        try:
            with self._engine.begin() as transaction:
                row = transaction.execute(SUBSCRIPTION.insert().values(values).returning(SUBSCRIPTION)).mappings().one()
                _record(transaction, author, "subscription.added", name, url=url, events=sorted(wanted.events))
        except IntegrityError:
            raise ConfigurationError(
                f'There is a subscription "{name}" already; remove it or take another name.'
            ) from None
        return self._subscription(row)

    def get(self, name: str) -> Subscription:
        """Raises ConfigurationError when there is none of this name."""
        with self._engine.connect() as transaction:
            row = transaction.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.name == name)).mappings().first()
        if row is None:
            raise _nobody(name)
        return self._subscription(row)

    def all(self) -> Sequence[Subscription]:
        with self._engine.connect() as transaction:
            rows = transaction.execute(select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.name)).mappings().all()
        return tuple(self._subscription(row) for row in rows)

    def rotate(self, name: str, author: str, now: datetime) -> Subscription:
        """Make a new secret; for a day every event is signed with the one before as well."""
        subscription = self.get(name)
        sealed = [self._vault.seal(one) for one in (new_secret(self._random), subscription.secrets[0])]
        self._change(name, author, "subscription.rotated", secrets=sealed, rotated_at=now)
        return self.get(name)

    def resume(self, name: str, author: str) -> None:
        """Switch it on again; what was parked stays so until it is replayed."""
        self.get(name)
        fresh = {"off_at": None, "off_reason": None, "failures": 0, "failing_since": None, "closed_until": None}
        self._change(name, author, "subscription.resumed", **fresh)

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
        wanted = Filter(frozenset(map(EventType, row["events"])), tuple(row["place"]), row["legal_entity"])
        names = (
            "id", "name", "url", "rotated_at", "per_minute", "created_by", "created_at", "off_at", "off_reason",
            "failing_since", "closed_until", "last_error", "last_taken_at",
        )  # fmt: skip
        secrets = tuple(self._vault.open(sealed) for sealed in row["secrets"])
        return Subscription(filter=wanted, secrets=secrets, **{name: row[name] for name in names})


def _nobody(name: str) -> ConfigurationError:
    return ConfigurationError(f'There is no subscription "{name}". List them with: gatepost subscription list')


def _record(transaction: Connection, actor: str, action: str, name: str, **detail: object) -> None:
    entry = {"actor": actor, "action": action, "subject": f"subscription {name}", "detail": detail}
    audit.record(transaction, [entry])
