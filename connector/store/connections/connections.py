"""Connections: where the tools are, and the sealed secrets to talk with them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from connector.errors import NO_CONNECTION, ConfigurationError
from connector.http.network import ConnectionNetwork
from connector.http.tool_access import (
    Auth,
    Deployment,
    OAuthGrant,
    OAuthGrantType,
    RenewedToken,
    ToolAccess,
    WebhookAuth,
)
from connector.store.connections import connection_audit
from connector.store.database.bounded import bounded_transaction
from connector.store.database.reading import reading
from connector.store.database.tables import CONNECTION
from connector.store.queue import pauses
from connector.sync.setup import WebhookRegistration
from connector.vault import Vault
from mapping.work_item import ConnectionName, Tool


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    name: ConnectionName
    tool: Tool
    base_url: str
    username: str
    credential: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    """Newest first; two at most, so that a secret can be changed without losing an event."""
    old_secret_until: datetime | None = None
    """Until when the second secret is accepted."""
    paused_reason: str | None = None
    paused_at: datetime | None = None
    deployment: Deployment = Deployment.CLOUD
    auth: Auth = Auth.BASIC
    api_url: str | None = None
    own_account: str | None = None
    """The account that Gatepost works as, once the tool has reported it."""
    expires_at: datetime | None = None
    """When the credential ends, where that is known."""
    oauth: OAuthGrant | None = field(default=None, repr=False)
    webhook_auth: frozenset[WebhookAuth] = frozenset({WebhookAuth.SIGNATURE})
    webhook_registration: Mapping[str, Any] | None = None
    """What was registered at the tool: kind, id, address, end."""
    made_on_page: bool = False
    """Whether its address was entered on a page: then it must lead to a public or allowed host at each connection."""
    network: ConnectionNetwork | None = field(default=None, repr=False)
    """Its own proxy, authorities and client certificate, where they are not the installation's."""

    def accepted_secrets(self, now: datetime) -> tuple[str, ...]:
        """The secrets that events may be signed with; the one before the last rotation until its end."""
        both = self.old_secret_until is not None and now < self.old_secret_until
        return self.webhook_secrets[: 2 if both else 1]

    @property
    def tool_access(self) -> ToolAccess:
        return ToolAccess(
            self.name,
            self.tool,
            self.base_url,
            self.username,
            self.credential,
            self.deployment,
            self.auth,
            self.api_url,
        )


OLD_WEBHOOK_SECRET_VALID_FOR = timedelta(days=7)
"""How long the former secret is accepted after a rotation: time to enter the new one at the tool by hand."""

CACHE_SECONDS = 5.0
"""How long a web server may use the settings that it read, for instance a secret that was just withdrawn."""

REREAD_SECONDS = 0.5
"""How often at most a record is read anew because an event was not proved: its secret may be a newer one."""


class Connections:
    def __init__(self, engine: Engine, vault: Vault, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._vault = vault
        self._monotonic = monotonic
        self._cache: dict[str, tuple[float, ConnectionRecord]] = {}
        self._doubts: dict[str, float] = {}

    def reread(self, name: str) -> ConnectionRecord | None:
        """The record read anew, because an event could not be proved, unless that was done a moment ago.

        The bound keeps whoever sends rubbish from making the database work.
        """
        now = self._monotonic()
        if now - self._doubts.get(name, -REREAD_SECONDS) >= REREAD_SECONDS:
            self._doubts[name] = now
            self._cache.pop(name, None)
        return self.cached(name)

    def cached(self, name: str) -> ConnectionRecord | None:
        """Like :meth:`get`, at most some seconds old; unknown names are never kept.

        A web server that cannot reach the database, or has to wait for it, goes on verifying with what it has; it
        answers 503 when the commit fails, and the sender comes again.  Raises OperationalError when it has nothing.
        """
        now = self._monotonic()
        kept = self._cache.get(name)
        if kept is not None and now - kept[0] < CACHE_SECONDS:
            return kept[1]
        try:
            record = self._read(name, bounded_transaction)
        except OperationalError:
            if kept is None:
                raise
            return kept[1]
        if record is None:
            self._cache.pop(name, None)
        else:
            self._cache[name] = (now, record)
        return record

    def in_memory(self, name: str) -> ConnectionRecord | None:
        """What :meth:`cached` read last, however old; asks no database."""
        kept = self._cache.get(name)
        return kept[1] if kept else None

    def save(self, record: ConnectionRecord, *, by: str | None = None) -> None:
        """Add a connection or change it; a change ends a pause, because it may have mended the cause.

        With ``by`` it is a change that a person made, which the audit holds; so with the others below.
        """
        values = {
            "tool": record.tool.value,
            "base_url": record.base_url.rstrip("/"),
            "username": record.username,
            "credential": self._vault.encrypt(record.credential),
            "webhook_secrets": [self._vault.encrypt(secret) for secret in record.webhook_secrets[:2]],
            "old_secret_until": record.old_secret_until if len(record.webhook_secrets) > 1 else None,
            "deployment": record.deployment.value,
            "auth": record.auth.value,
            "api_url": record.api_url,
            "own_account": record.own_account,
            "expires_at": record.expires_at,
            "oauth": self._vault.encrypt(json.dumps(asdict(record.oauth))) if record.oauth else None,
            "webhook_auth": sorted(kind.value for kind in record.webhook_auth),
            "webhook_registration": record.webhook_registration,
            "made_on_page": record.made_on_page,
            "network": self._vault.encrypt(json.dumps(asdict(record.network))) if record.network else None,
        }
        with self._engine.begin() as transaction:
            before = transaction.execute(select(CONNECTION).where(CONNECTION.c.name == record.name)).mappings().first()
            transaction.execute(
                insert(CONNECTION)
                .values(name=record.name, **values)
                .on_conflict_do_update(index_elements=["name"], set_=values)
            )
            pauses.resume(transaction, record.name, by or "gatepost")
            if by is not None:
                former = partial(self._record, before) if before is not None else None
                connection_audit.record_saved(transaction, by, record, former)

    def remove(self, name: str, *, by: str) -> None:
        """Forget a connection that governs nothing: its secrets, events and limits.

        Raises ConfigurationError when items of it are known: their measures and the audit need its name.
        """
        with self._engine.begin() as transaction:
            row = transaction.execute(select(CONNECTION.c.name).where(CONNECTION.c.name == name).with_for_update())
            if row.first() is None:
                raise ConfigurationError(f'There is no connection "{name}".', remedy=NO_CONNECTION)
            known = transaction.execute(_KNOWN_ITEMS, {"name": name}).scalar_one()
            if known:
                raise ConfigurationError(
                    f"{name} cannot be removed: {known:,} of its items are known, and their measures and the audit "
                    "name it. Take it out of the mapping instead; then nothing is read or written there any more."
                )
            for statement in _FORGET:
                transaction.execute(statement, {"name": name})
            connection_audit.record_removed(transaction, by, name)
        self._cache.pop(name, None)

    def get(self, name: str) -> ConnectionRecord | None:
        return self._read(name, reading)

    def _read(
        self, name: str, session_of: Callable[[Engine], AbstractContextManager[Connection]]
    ) -> ConnectionRecord | None:
        if "\x00" in name:
            # Senders choose what they ask for; PostgreSQL would refuse the question, and not say that there is none.
            return None
        with session_of(self._engine) as session:
            row = session.execute(select(CONNECTION).where(CONNECTION.c.name == name)).mappings().first()
        return None if row is None else self._record(row)

    def all(self) -> tuple[ConnectionRecord, ...]:
        with reading(self._engine) as session:
            rows = session.execute(select(CONNECTION).order_by(CONNECTION.c.name)).mappings().all()
        return tuple(self._record(row) for row in rows)

    def names(self) -> tuple[ConnectionName, ...]:
        """In their order; opens no secret, so that they are known under any key."""
        with reading(self._engine) as session:
            rows = session.execute(select(CONNECTION.c.name).order_by(CONNECTION.c.name)).scalars()
            return tuple(ConnectionName(name) for name in rows)

    def registrations(self) -> Mapping[ConnectionName, WebhookRegistration]:
        """What is registered at each tool, by name; opens no secret, so that it is known under any key."""
        columns = CONNECTION.c
        with reading(self._engine) as session:
            rows = session.execute(select(columns.name, columns.webhook_registration).order_by(columns.name)).all()
        found = ((ConnectionName(name), _registration(stored)) for name, stored in rows)
        return {name: registration for name, registration in found if registration is not None}

    def rotate_secret(self, name: str, secret: str, *, by: str | None = None) -> datetime | None:
        """Accept a new webhook secret; the one before until the moment returned, any older one no longer."""
        record = self.get(name)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}".', remedy=NO_CONNECTION)
        sealed = [self._vault.encrypt(item) for item in (secret, *record.webhook_secrets[:1])]
        with self._engine.begin() as transaction:
            until = func.now() + OLD_WEBHOOK_SECRET_VALID_FOR if len(sealed) > 1 else None
            stored = transaction.execute(
                update(CONNECTION)
                .where(CONNECTION.c.name == name)
                .values(webhook_secrets=sealed, old_secret_until=until)
                .returning(CONNECTION.c.old_secret_until)
            ).scalar_one()
            if by is not None:
                connection_audit.record_rotated(transaction, by, name)
        self._cache.pop(name, None)
        return stored if isinstance(stored, datetime) else None

    def renew_token(
        self,
        name: str,
        ask: Callable[[OAuthGrant], RenewedToken],
        *,
        due: datetime | None = None,
        refused: str | None = None,
    ) -> ConnectionRecord:
        """Renew an access token that ends before ``due`` or was ``refused``, once, however many workers find it so.

        The row stays locked while Atlassian is asked: its refresh tokens are good for one use.  Raises what ``ask``
        raises; the record is unchanged then.
        """
        with self._engine.begin() as transaction:
            query = select(CONNECTION).where(CONNECTION.c.name == name).with_for_update()
            record = self._record(transaction.execute(query).mappings().one())
            if record.oauth is None or not _token_expired(record, due, refused):
                return record
            fresh = ask(record.oauth)
            grant = replace(record.oauth, refresh_token=fresh.refresh_token or record.oauth.refresh_token)
            record = replace(record, credential=fresh.access_token, expires_at=fresh.expires_at, oauth=grant)
            transaction.execute(
                update(CONNECTION)
                .where(CONNECTION.c.name == name)
                .values(
                    credential=self._vault.encrypt(record.credential),
                    expires_at=record.expires_at,
                    oauth=self._vault.encrypt(json.dumps(asdict(grant))),
                )
            )
        self._cache.pop(name, None)
        return record

    def update_details(self, name: str, *, by: str | None = None, **values: object) -> None:
        """Keep what was learned of a connection: ``own_account``, ``webhook_registration``, ``webhook_auth``."""
        with self._engine.begin() as transaction:
            transaction.execute(update(CONNECTION).where(CONNECTION.c.name == name).values(**values))
            if by is not None:
                connection_audit.record_changed(transaction, by, name, values)
        self._cache.pop(name, None)

    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        """Stop all calls, for a while or until somebody resumes; see :mod:`connector.store.queue.pauses`."""
        with self._engine.begin() as transaction:
            pauses.pause(transaction, connection, reason, seconds)

    def pause_reason(self, connection: ConnectionName) -> str | None:
        """Why the connection is paused now, or ``None``."""
        with reading(self._engine) as session:
            row = session.execute(pauses.PAUSED, {"name": connection}).first()
        return None if row is None else str(row.paused_reason)

    def resume(self, name: str, *, by: str = "gatepost") -> bool:
        """End a pause; returns whether there was one.  ``by`` is the person, for the audit and the subscribers."""
        with self._engine.begin() as transaction:
            return pauses.resume(transaction, name, by)

    def _record(self, values: RowMapping) -> ConnectionRecord:
        return ConnectionRecord(
            name=ConnectionName(values["name"]),
            tool=Tool(values["tool"]),
            base_url=values["base_url"],
            username=values["username"],
            credential=self._vault.decrypt(values["credential"]),
            webhook_secrets=tuple(self._vault.decrypt(sealed) for sealed in values["webhook_secrets"]),
            old_secret_until=values["old_secret_until"],
            paused_reason=values["paused_reason"],
            paused_at=values["paused_at"],
            deployment=Deployment(values["deployment"]),
            auth=Auth(values["auth"]),
            api_url=values["api_url"],
            own_account=values["own_account"],
            expires_at=values["expires_at"],
            oauth=_grant(self._vault.decrypt(values["oauth"])) if values["oauth"] else None,
            webhook_auth=frozenset(WebhookAuth(kind) for kind in values["webhook_auth"]),
            webhook_registration=values["webhook_registration"],
            made_on_page=values["made_on_page"],
            network=_network(self._vault.decrypt(values["network"])) if values["network"] else None,
        )


_KNOWN_ITEMS = text("SELECT count(*) FROM work_item WHERE connection = :name")
_FORGET = tuple(
    text(f"DELETE FROM {table} WHERE {column} = :name")  # noqa: S608 - names of our own
    for table, column in (("outbox", "connection"), ("dirty_key", "connection"), ("inbox", "connection"),
                          ("connection", "name"))
)  # fmt: skip
"""What else names a connection goes with it (ON DELETE CASCADE)."""


def _network(stored: str) -> ConnectionNetwork:
    return ConnectionNetwork(**json.loads(stored))


def _token_expired(record: ConnectionRecord, due: datetime | None, refused: str | None) -> bool:
    if refused is not None and record.credential != refused:
        # Somebody has renewed it meanwhile, or connected anew; that may have ended, too.
        return due is not None and record.expires_at is not None and record.expires_at <= due
    return refused is not None or due is None or record.expires_at is None or record.expires_at <= due


def _grant(stored: str) -> OAuthGrant:
    values = json.loads(stored)
    return OAuthGrant(**values | {"kind": OAuthGrantType(values.get("kind", OAuthGrantType.REFRESH_TOKEN))})


def registration_of(record: ConnectionRecord) -> WebhookRegistration | None:
    """What was registered at the tool, as the record holds it."""
    return _registration(record.webhook_registration)


def _registration(stored: Mapping[str, Any] | None) -> WebhookRegistration | None:
    if not stored:
        return None
    ends = stored.get("expires_at")
    return WebhookRegistration(
        str(stored["id"]),
        WebhookAuth(stored["auth"]),
        str(stored["url"]),
        existed=True,
        expires_at=datetime.fromisoformat(ends) if ends else None,
        query=str(stored.get("query") or ""),
    )


def registration_values(registration: WebhookRegistration) -> dict[str, str | None]:
    """The inverse of :func:`registration_of`."""
    ends = registration.expires_at.isoformat() if registration.expires_at else None
    return {
        "id": registration.id,
        "auth": registration.auth.value,
        "url": registration.url,
        "expires_at": ends,
        "query": registration.query,
    }
