"""What the audit holds of a change of a connection: who made it, and what is another one now; never a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from sqlalchemy import Connection

from connector.errors import ConfigurationError
from connector.store.database import audit


class Audited(Protocol):
    """What is read of a connection's record."""

    @property
    def name(self) -> str: ...

    @property
    def base_url(self) -> str: ...

    @property
    def username(self) -> str: ...


AUDITED = {
    "base_url": "address",
    "username": "user",
    "credential": "credential",
    "auth": "kind of sign-in",
    "api_url": "address of the interface",
    "oauth": "OAuth client",
    "network": "way out of the network",
    "expires_at": "end of the credential",
    "webhook_secrets": "secret of the events",
    "webhook_auth": "proof of the events",
}
"""What of a connection decides whom Gatepost talks with and whom it believes."""


def record_saved(transaction: Connection, by: str, record: Audited, before: Callable[[], Audited] | None) -> None:
    """A connection was added, or changed; ``before`` opens the former record, ``None`` when there was none."""
    changed = () if before is None else _changes(record, before)
    done = "connected" if before is None else f"changed: {', '.join(changed) or 'nothing'}"
    detail = {"address": record.base_url, "user": record.username, "changed": list(changed)}
    _record(transaction, by, "connection.saved", record.name, f"{record.name} at {record.base_url} was {done}.", detail)


def record_rotated(transaction: Connection, by: str, connection: str) -> None:
    told = f"The secret of the events of {connection} was changed."
    _record(transaction, by, "connection.secret_rotated", connection, told, {})


def record_changed(transaction: Connection, by: str, connection: str, columns: Iterable[str]) -> None:
    """Single details of a connection were changed by a person."""
    names = sorted(column.replace("_", " ") for column in columns)
    told = f"{connection} was changed: {', '.join(names)}."
    _record(transaction, by, "connection.changed", connection, told, {"changed": names})


def _changes(record: Audited, before: Callable[[], Audited]) -> tuple[str, ...]:
    try:
        known = before()
    except ConfigurationError:
        # Sealed with another key: what is entered now is new.
        return ("credential",)
    return tuple(label for name, label in AUDITED.items() if getattr(record, name) != getattr(known, name))


def _record(
    transaction: Connection, by: str, action: str, connection: str, told: str, detail: Mapping[str, object]
) -> None:
    entry = {"actor": by, "action": action, "subject": connection, "detail": {**detail, "text": told}}
    audit.record(transaction, [entry])
