"""API tokens: shown once, stored as a hash, with scopes and an end."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, insert, select, text, update

from connector.people.permissions import PersonId, TokenScope, Viewer
from connector.people.person import TokenRow
from connector.store.accounts.people import VIEWER_COLUMNS, viewer_of
from connector.store.accounts.sessions import token_hash
from connector.store.database import audit
from connector.store.database.tables import API_TOKEN, PERSON

TOKEN_PREFIX = "gpt_"  # noqa: S105 - what a token begins with, no secret
"""Lets secret scanners and people recognise one."""

USED_UPDATE_INTERVAL = timedelta(minutes=1)


class ApiTokens:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        person: PersonId,
        name: str,
        scopes: Iterable[TokenScope],
        *,
        expires_at: datetime | None,
        by: str,
        now: datetime,
    ) -> str:
        """Make a token that works as its person, within its scopes; returned once and stored nowhere."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        wanted = sorted(scope.value for scope in scopes)
        row = {
            "hash": token_hash(token),
            "person_id": person,
            "name": name,
            "scopes": wanted,
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._engine.begin() as transaction:
            number = transaction.execute(insert(API_TOKEN).values(row).returning(API_TOKEN.c.id)).scalar_one()
            detail = {
                "name": name,
                "scopes": wanted,
                "number": number,
                "ends": expires_at.isoformat() if expires_at else None,
            }
            entry = {"actor": by, "action": "token.created", "subject": f"person/{person}", "detail": detail}
            audit.record(transaction, [entry])
        return token

    def viewer(self, token: str, *, now: datetime) -> Viewer | None:
        """Who works with this token, if it is still good and its person active."""
        with self._engine.connect() as connection:
            row = connection.execute(_TOKEN, {"hash": token_hash(token), "now": now}).first()
        if row is None:
            return None
        if row.used_at is None or now - row.used_at >= USED_UPDATE_INTERVAL:
            with self._engine.begin() as transaction:
                transaction.execute(update(API_TOKEN).where(API_TOKEN.c.id == row.token).values(used_at=now))
        return replace(viewer_of(row), scopes=frozenset(TokenScope(scope) for scope in row.scopes))

    def all(self, person: PersonId | None = None) -> tuple[TokenRow, ...]:
        """Of one person or of all, the newest first; those that have ended too."""
        query = select(API_TOKEN, PERSON.c.login).join(PERSON).order_by(API_TOKEN.c.id.desc())
        if person is not None:
            query = query.where(API_TOKEN.c.person_id == person)
        with self._engine.connect() as connection:
            return tuple(
                TokenRow(
                    row.id, row.person_id, row.login, row.name, frozenset(TokenScope(scope) for scope in row.scopes),
                    row.created_at, row.expires_at, row.used_at, row.revoked_at,
                )
                for row in connection.execute(query)
            )  # fmt: skip

    def revoke(self, number: int, *, by: str, person: PersonId | None = None) -> bool:
        """End a token by its number, of one person if that is named; whether there was one to end."""
        ending = update(API_TOKEN).where(API_TOKEN.c.id == number, API_TOKEN.c.revoked_at.is_(None))
        if person is not None:
            ending = ending.where(API_TOKEN.c.person_id == person)
        with self._engine.begin() as transaction:
            row = transaction.execute(ending.values(revoked_at=func.now()).returning(API_TOKEN)).first()
            if row is None:
                return False
            detail = {"name": row.name, "number": number}
            entry = {"actor": by, "action": "token.revoked", "subject": f"person/{row.person_id}", "detail": detail}
            audit.record(transaction, [entry])
        return True


_TOKEN = text(f"""
    SELECT t.id AS token, t.used_at, t.scopes, {VIEWER_COLUMNS}
    FROM api_token t JOIN person p ON p.id = t.person_id
    WHERE t.hash = :hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > :now) AND p.active
""")  # noqa: S608 - our own columns
