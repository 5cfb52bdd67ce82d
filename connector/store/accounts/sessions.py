"""Who is signed in: sessions that end when idle or old."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, insert, select, text, update

from connector.people.authentication import Authentication, SignInMethod
from connector.people.permissions import PersonId, Viewer
from connector.people.person import SessionRow
from connector.store.accounts.people import VIEWER_COLUMNS, viewer_of
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import WEB_SESSION

SEEN_UPDATE_INTERVAL = timedelta(minutes=1)
"""How exactly the last use of a session is known: a page that is reloaded writes nothing."""

TOKEN_BYTES = 32

RETENTION = timedelta(days=30)
"""How long a session that has ended stays in the table."""


def token_hash(token: str) -> bytes:
    """What is stored of a token: it has 256 random bits, so a plain hash is enough and nothing can be guessed."""
    return hashlib.sha256(token.encode()).digest()


class Sessions:
    def __init__(self, engine: Engine, *, idle: timedelta, longest: timedelta) -> None:
        self._engine = engine
        self._idle = idle
        self._longest = longest

    def begin(
        self,
        person: PersonId,
        *,
        agent: str,
        by: str,
        now: datetime,
        method: SignInMethod,
        authenticated_at: datetime | None,
    ) -> str:
        """Sign a person in; the token is returned once and stands nowhere."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {
            "hash": token_hash(token),
            "person_id": person,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + self._longest,
            "agent": agent[:200],
            "method": method.value,
            "authenticated_at": authenticated_at,
        }
        with self._engine.begin() as transaction:
            transaction.execute(delete(WEB_SESSION).where(WEB_SESSION.c.expires_at < now - RETENTION))
            transaction.execute(insert(WEB_SESSION).values(row))
            entry = {
                "actor": by,
                "action": "session.started",
                "subject": f"person/{person}",
                "detail": {"agent": agent[:200], "method": method.value},
            }
            audit.record(transaction, [entry])
        return token

    def viewer(self, token: str, *, now: datetime) -> Viewer | None:
        """Who this is, if the session is still good and its person active."""
        with reading(self._engine) as connection:
            row = connection.execute(
                _SESSION, {"hash": token_hash(token), "now": now, "idle_since": now - self._idle}
            ).first()
            if row is None:
                return None
            authentication = Authentication(SignInMethod(row.method), row.authenticated_at, row.has_second_factor)
            viewer = viewer_of(connection, row, session=row.session, authentication=authentication)
        if now - row.seen_at >= SEEN_UPDATE_INTERVAL:
            with self._engine.begin() as transaction:
                transaction.execute(update(WEB_SESSION).where(WEB_SESSION.c.id == row.session).values(seen_at=now))
        return viewer

    def confirm(self, session: int, *, method: SignInMethod, by: str, now: datetime) -> str | None:
        """The person of this session has just shown again who they are; returns its new token, the former one ends.

        ``None`` when the session was ended meanwhile.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {"authenticated_at": now, "hash": token_hash(token)}
        with self._engine.begin() as transaction:
            changed = update(WEB_SESSION).where(WEB_SESSION.c.id == session, WEB_SESSION.c.revoked_at.is_(None))
            person = transaction.execute(changed.values(row).returning(WEB_SESSION.c.person_id)).scalar()
            if person is not None:
                detail = {"method": method.value}
                entry = {"actor": by, "action": "session.confirmed", "subject": f"person/{person}", "detail": detail}
                audit.record(transaction, [entry])
        return token if person is not None else None

    def active_sessions(self, person: PersonId, *, now: datetime) -> tuple[SessionRow, ...]:
        """The sessions that are good now, the last used first."""
        query = (
            select(WEB_SESSION)
            .where(
                WEB_SESSION.c.person_id == person,
                WEB_SESSION.c.revoked_at.is_(None),
                WEB_SESSION.c.expires_at > now,
                WEB_SESSION.c.seen_at > now - self._idle,
            )
            .order_by(WEB_SESSION.c.seen_at.desc())
        )
        with reading(self._engine) as connection:
            return tuple(
                SessionRow(row.id, row.person_id, row.created_at, row.seen_at, row.expires_at, row.agent)
                for row in connection.execute(query)
            )

    def last_seen(self) -> dict[PersonId, datetime]:
        """When each person was last here, as far as their sessions are still kept."""
        query = select(WEB_SESSION.c.person_id, func.max(WEB_SESSION.c.seen_at)).group_by(WEB_SESSION.c.person_id)
        with reading(self._engine) as connection:
            return {PersonId(person): seen for person, seen in connection.execute(query)}

    def end(self, person: PersonId, session: int | None = None, *, by: str, except_session: int | None = None) -> int:
        """End one session of a person, or all of them but one; returns how many ended."""
        ending = update(WEB_SESSION).where(WEB_SESSION.c.person_id == person, WEB_SESSION.c.revoked_at.is_(None))
        if session is not None:
            ending = ending.where(WEB_SESSION.c.id == session)
        if except_session is not None:
            ending = ending.where(WEB_SESSION.c.id != except_session)
        with self._engine.begin() as transaction:
            ended = transaction.execute(ending.values(revoked_at=func.now())).rowcount
            if ended:
                detail = {"sessions": ended}
                entry = {"actor": by, "action": "session.ended", "subject": f"person/{person}", "detail": detail}
                audit.record(transaction, [entry])
        return ended


_SESSION = text(f"""
    SELECT s.id AS session, s.seen_at, s.method, s.authenticated_at, EXISTS (
        SELECT 1 FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL
    ) AS has_second_factor, {VIEWER_COLUMNS}
    FROM web_session s JOIN person p ON p.id = s.person_id
    WHERE s.hash = :hash AND s.revoked_at IS NULL AND s.expires_at > :now AND s.seen_at > :idle_since AND p.active
""")  # noqa: S608 - our own columns
