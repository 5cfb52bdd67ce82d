"""API tokens: shown once, stored as a hash, with scopes and an end."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, TokenScope, Viewer
from connector.people.person import CreatedToken, TokenRow
from connector.people.token_scopes import held_scopes
from connector.store.accounts.people import VIEWER_COLUMNS, viewer_of
from connector.store.accounts.sessions import token_hash
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import API_TOKEN, PERSON
from connector.timestamp import timestamp_text

TOKEN_PREFIX = "gpt_"  # noqa: S105 - what a token begins with, no secret
"""Lets secret scanners and people recognise one."""

USED_UPDATE_INTERVAL = timedelta(minutes=1)


LONGEST_LIFE = timedelta(days=365)


class ApiTokens:
    def __init__(self, engine: Engine, *, provider_sign_in_valid: timedelta) -> None:
        self._engine = engine
        self._provider_sign_in_valid = provider_sign_in_valid
        """How long after their last sign-in at the identity provider the tokens of its people work: somebody who is
        gone from there cannot sign in, and nobody tells us."""

    def create(
        self,
        person: PersonId,
        name: str,
        scopes: Iterable[TokenScope],
        *,
        expires_at: datetime,
        by: str,
        now: datetime,
    ) -> CreatedToken:
        """Make a token that works as its person, within its scopes; returned once and stored nowhere.

        Raises ConfigurationError when it would live too long, or its person lacks a scope or has not signed in at the
        identity provider lately.
        """
        if expires_at > now + LONGEST_LIFE:
            raise ConfigurationError(f"A token lives {LONGEST_LIFE.days} days at most.")
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        asked = frozenset(scopes)
        wanted = sorted(scope.value for scope in asked)
        row = {
            "hash": token_hash(token),
            "person_id": person,
            "name": name,
            "scopes": wanted,
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._engine.begin() as transaction:
            self._check_person(transaction, person, asked, now)
            number = transaction.execute(insert(API_TOKEN).values(row).returning(API_TOKEN.c.id)).scalar_one()
            detail = {
                "name": name,
                "scopes": wanted,
                "number": number,
                "ends": timestamp_text(expires_at),
            }
            entry = {"actor": by, "action": "token.created", "subject": f"person/{person}", "detail": detail}
            audit.record(transaction, [entry])
        return CreatedToken(token, number, asked, expires_at)

    def viewer(self, token: str, *, now: datetime) -> Viewer | None:
        """Who works with this token, if it is still good and its person active; with no scope that the person lacks."""
        given = {"hash": token_hash(token), "now": now, "signed_in_since": now - self._provider_sign_in_valid}
        with reading(self._engine) as connection:
            row = connection.execute(_TOKEN, given).first()
            if row is None:
                return None
            viewer = viewer_of(connection, row)
        if row.used_at is None or now - row.used_at >= USED_UPDATE_INTERVAL:
            with self._engine.begin() as transaction:
                transaction.execute(update(API_TOKEN).where(API_TOKEN.c.id == row.token).values(used_at=now))
        scopes = frozenset(map(TokenScope, row.scopes)) & held_scopes(viewer.roles)
        return replace(viewer, scopes=scopes, token=row.token, token_expires_at=row.expires_at)

    def _check_person(
        self, transaction: Connection, person: PersonId, scopes: frozenset[TokenScope], now: datetime
    ) -> None:
        given = {"person": person, "signed_in_since": now - self._provider_sign_in_valid}
        row = transaction.execute(_PERSON, given).first()
        if row is None:
            raise ConfigurationError("Only an active person can have a token.")
        missing = sorted(scopes - held_scopes(viewer_of(transaction, row).roles))
        if missing:
            raise ConfigurationError(f"{row.login} has no role for the scope {', '.join(missing)}.")
        if not row.is_known_to_provider:
            raise ConfigurationError(
                f"{row.login} has to sign in through the identity provider first: tokens of its people work for "
                f"{self._provider_sign_in_valid.days} days after that."
            )

    def all(self, person: PersonId | None = None) -> tuple[TokenRow, ...]:
        """Of one person or of all, the newest first; those that have ended too."""
        query = select(API_TOKEN, PERSON.c.login).join(PERSON).order_by(API_TOKEN.c.id.desc())
        if person is not None:
            query = query.where(API_TOKEN.c.person_id == person)
        with reading(self._engine) as connection:
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


KNOWN_TO_PROVIDER = "(p.oidc_subject IS NULL OR coalesce(p.provider_sign_in_at > :signed_in_since, false))"
"""Whether a person has nothing to do with an identity provider, or has signed in there lately."""

_TOKEN = text(f"""
    SELECT t.id AS token, t.used_at, t.scopes, t.expires_at, {VIEWER_COLUMNS}
    FROM api_token t JOIN person p ON p.id = t.person_id
    WHERE t.hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND p.active AND {KNOWN_TO_PROVIDER}
""")  # noqa: S608 - our own columns
_PERSON = text(f"""
    SELECT {KNOWN_TO_PROVIDER} AS is_known_to_provider, {VIEWER_COLUMNS}
    FROM person p WHERE p.id = :person AND p.active
""")  # noqa: S608 - our own columns
