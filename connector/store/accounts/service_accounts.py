"""Service accounts: their secrets as hashes, the short-lived tokens that they get for them, and the audit of both."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from connector.errors import ConfigurationError
from connector.people.permissions import RoleGrant, TokenScope, Viewer
from connector.people.service_account import (
    OLD_SECRET_VALID_FOR,
    SERVICE_LOGIN,
    TOKEN_LIFE,
    GivenToken,
    NewSecret,
    ServiceAccount,
    TokenRefusal,
    check_life,
    check_service_account,
)
from connector.people.token_scopes import service_roles
from connector.remedy import Place, Remedy
from connector.store.accounts.sessions import token_hash
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import SERVICE_ACCOUNT, SERVICE_SECRET, SERVICE_TOKEN
from connector.timestamp import timestamp_text

CLIENT_PREFIX = "gpc_"
SECRET_PREFIX = "gpx_"  # noqa: S105 - what a secret begins with, no secret
SERVICE_TOKEN_PREFIX = "gps_"  # noqa: S105 - what a token begins with, no secret
"""Let secret scanners and people recognise one."""


class ServiceAccounts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        name: str,
        scopes: Iterable[TokenScope],
        *,
        hierarchy: tuple[str, ...] = (),
        legal_entity: str | None = None,
        lives: timedelta,
        by: str,
        now: datetime,
    ) -> NewSecret:
        """Make an account with its first secret, which lives so long.  Raises ConfigurationError."""
        wanted = frozenset(scopes)
        check_service_account(name, wanted, lives)
        row = {
            "name": name, "client_id": CLIENT_PREFIX + secrets.token_hex(12), "scopes": sorted(wanted),
            "hierarchy": list(hierarchy), "legal_entity": legal_entity, "created_by": by, "created_at": now,
        }  # fmt: skip
        try:
            with self._engine.begin() as transaction:
                number = transaction.execute(insert(SERVICE_ACCOUNT).values(row).returning(SERVICE_ACCOUNT.c.id))
                account = number.scalar_one()
                secret = _add_secret(transaction, account, lives, now)
                found = _get(transaction, name)
                detail = {
                    "name": name, "client_id": row["client_id"], "scopes": sorted(wanted), "place": found.place,
                    "ends": timestamp_text(found.expires_at),
                }  # fmt: skip
                _record(transaction, by, "service_account.created", account, detail)
        except IntegrityError as error:
            raise ConfigurationError(f"There is a service account {name} already.") from error
        return NewSecret(found, secret)

    def all(self) -> tuple[ServiceAccount, ...]:
        """By name; those that were revoked too."""
        with reading(self._engine) as connection:
            return tuple(map(_account, connection.execute(_ACCOUNTS.order_by(SERVICE_ACCOUNT.c.name))))

    def get(self, name: str) -> ServiceAccount:
        """Raises ConfigurationError when there is none of this name."""
        with reading(self._engine) as connection:
            return _get(connection, name)

    def rotate(self, name: str, *, lives: timedelta, at_once: bool, by: str, now: datetime) -> NewSecret:
        """Give a new secret; the others work for another day, or ``at_once`` not any more, nor do their tokens.

        Raises ConfigurationError for one that was revoked.
        """
        check_life(lives)
        with self._engine.begin() as transaction:
            account = _get(transaction, name)
            if account.revoked_at is not None:
                raise ConfigurationError(f"The service account {name} is revoked. Create another one.")
            ends = now if at_once else now + OLD_SECRET_VALID_FOR
            mine = SERVICE_SECRET.c.service_account_id == account.number
            if at_once:
                transaction.execute(delete(SERVICE_SECRET).where(mine))
            else:
                transaction.execute(
                    update(SERVICE_SECRET).where(mine, SERVICE_SECRET.c.expires_at > ends).values(expires_at=ends)
                )
            secret = _add_secret(transaction, account.number, lives, now)
            rotated = _get(transaction, name)
            detail = {"name": name, "at_once": at_once, "ends": timestamp_text(rotated.expires_at)}
            _record(transaction, by, "service_account.rotated", account.number, detail)
        return NewSecret(rotated, secret)

    def revoke(self, name: str, *, by: str, now: datetime) -> bool:
        """End an account with its secrets and tokens, for good; whether there was one to end."""
        ending = update(SERVICE_ACCOUNT).where(SERVICE_ACCOUNT.c.name == name, SERVICE_ACCOUNT.c.revoked_at.is_(None))
        with self._engine.begin() as transaction:
            row = transaction.execute(ending.values(revoked_at=now).returning(SERVICE_ACCOUNT.c.id)).first()
            if row is None:
                return False
            secrets_of = select(SERVICE_SECRET.c.id).where(SERVICE_SECRET.c.service_account_id == row.id)
            transaction.execute(delete(SERVICE_TOKEN).where(SERVICE_TOKEN.c.secret_id.in_(secrets_of)))
            _record(transaction, by, "service_account.revoked", row.id, {"name": name})
        return True

    def give_token(
        self, client_id: str, secret: str, scopes: Iterable[str], *, now: datetime
    ) -> GivenToken | TokenRefusal:
        """A bearer token for a client that shows its secret: for these scopes of its own, or for all without any."""
        with self._engine.begin() as transaction:
            row = transaction.execute(_SECRET, {"client_id": client_id, "hash": token_hash(secret), "now": now}).first()
            if row is None:
                return TokenRefusal.INVALID_CLIENT
            wanted = frozenset(scopes) or frozenset(row.scopes)
            if not wanted <= set(row.scopes):
                return TokenRefusal.INVALID_SCOPE
            token, ends = SERVICE_TOKEN_PREFIX + secrets.token_urlsafe(32), min(now + TOKEN_LIFE, row.expires_at)
            transaction.execute(delete(SERVICE_TOKEN).where(SERVICE_TOKEN.c.expires_at <= now))
            transaction.execute(
                insert(SERVICE_TOKEN).values(
                    hash=token_hash(token), secret_id=row.secret, scopes=sorted(wanted), created_at=now, expires_at=ends
                )
            )
            transaction.execute(update(SERVICE_ACCOUNT).where(SERVICE_ACCOUNT.c.id == row.account).values(used_at=now))
        return GivenToken(token, frozenset(map(TokenScope, wanted)), ends)

    def viewer(self, token: str, *, now: datetime) -> Viewer | None:
        """Who works with this token, while it, its secret and its account are good."""
        with reading(self._engine) as connection:
            row = connection.execute(_TOKEN, {"hash": token_hash(token), "now": now}).first()
        if row is None:
            return None
        held = frozenset(map(TokenScope, row.scopes))
        place, entity = tuple(row.hierarchy), row.legal_entity
        return Viewer(
            person=None,
            login=f"{SERVICE_LOGIN}{row.name}",
            name=row.name,
            grants=tuple(RoleGrant(role, place, entity) for role in sorted(service_roles(held))),
            scopes=held & frozenset(map(TokenScope, row.given)),
            token_expires_at=row.expires_at,
            service_account=row.account,
        )


def is_service_token(token: str) -> bool:
    return token.startswith(SERVICE_TOKEN_PREFIX)


def _add_secret(transaction: Connection, account: int, lives: timedelta, now: datetime) -> str:
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    row = {"service_account_id": account, "hash": token_hash(secret), "created_at": now, "expires_at": now + lives}
    transaction.execute(insert(SERVICE_SECRET).values(row))
    return secret


def _record(transaction: Connection, by: str, action: str, account: int, detail: Mapping[str, object]) -> None:
    entry = {"actor": by, "action": action, "subject": f"service_account/{account}", "detail": detail}
    audit.record(transaction, [entry])


def _get(connection: Connection, name: str) -> ServiceAccount:
    row = connection.execute(_ACCOUNTS.where(SERVICE_ACCOUNT.c.name == name)).first()
    if row is None:
        raise ConfigurationError(
            f'There is no service account "{name}".',
            remedy=Remedy(
                "The page Service accounts lists them.",
                "List them with: gatepost service-account list",
                Place.SERVICE_ACCOUNTS,
            ),
        )
    return _account(row)


def _account(row: Row[Any]) -> ServiceAccount:
    return ServiceAccount(
        number=row.id,
        name=row.name,
        client_id=row.client_id,
        scopes=frozenset(map(TokenScope, row.scopes)),
        hierarchy=tuple(row.hierarchy),
        legal_entity=row.legal_entity,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


_LAST_SECRET = (
    select(func.max(SERVICE_SECRET.c.expires_at))
    .where(SERVICE_SECRET.c.service_account_id == SERVICE_ACCOUNT.c.id)
    .scalar_subquery()
)
_ACCOUNTS = select(SERVICE_ACCOUNT, _LAST_SECRET.label("expires_at"))
_SECRET = text("""
    SELECT a.id AS account, a.scopes, s.id AS secret, s.expires_at
    FROM service_account a JOIN service_secret s ON s.service_account_id = a.id
    WHERE a.client_id = :client_id AND a.revoked_at IS NULL AND s.hash = :hash AND s.expires_at > :now
""")
_TOKEN = text("""
    SELECT a.id AS account, a.name, a.scopes, a.hierarchy, a.legal_entity, t.scopes AS given, t.expires_at
    FROM service_token t
    JOIN service_secret s ON s.id = t.secret_id
    JOIN service_account a ON a.id = s.service_account_id
    WHERE t.hash = :hash AND t.expires_at > :now AND a.revoked_at IS NULL AND s.expires_at > :now
""")
