"""Who is signed in: sessions that end when idle or old, and the throttle on guessing passwords."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, insert, select, text, update

from connector.people.permissions import PersonId, Viewer
from connector.people.person import SessionRow
from connector.store.accounts.people import VIEWER_COLUMNS, viewer_of
from connector.store.database import audit
from connector.store.database.tables import FAILED_SIGN_IN, WEB_SESSION

SEEN_UPDATE_INTERVAL = timedelta(minutes=1)
"""How exactly the last use of a session is known: a page that is reloaded writes nothing."""

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

    def begin(self, person: PersonId, *, agent: str, by: str, now: datetime) -> str:
        """Sign a person in; the token is returned once and stands nowhere."""
        token = secrets.token_urlsafe(32)
        row = {
            "hash": token_hash(token),
            "person_id": person,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + self._longest,
            "agent": agent[:200],
        }
        with self._engine.begin() as transaction:
            transaction.execute(delete(WEB_SESSION).where(WEB_SESSION.c.expires_at < now - RETENTION))
            transaction.execute(insert(WEB_SESSION).values(row))
            entry = {
                "actor": by,
                "action": "session.started",
                "subject": f"person/{person}",
                "detail": {"agent": agent[:200]},
            }
            audit.record(transaction, [entry])
        return token

    def viewer(self, token: str, *, now: datetime) -> Viewer | None:
        """Who this is, if the session is still good and its person active."""
        with self._engine.connect() as connection:
            row = connection.execute(
                _SESSION, {"hash": token_hash(token), "now": now, "idle_since": now - self._idle}
            ).first()
        if row is None:
            return None
        if now - row.seen_at >= SEEN_UPDATE_INTERVAL:
            with self._engine.begin() as transaction:
                transaction.execute(update(WEB_SESSION).where(WEB_SESSION.c.id == row.session).values(seen_at=now))
        return viewer_of(row, session=row.session)

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
        with self._engine.connect() as connection:
            return tuple(
                SessionRow(row.id, row.person_id, row.created_at, row.seen_at, row.expires_at, row.agent)
                for row in connection.execute(query)
            )

    def last_seen(self) -> dict[PersonId, datetime]:
        """When each person was last here, as far as their sessions are still kept."""
        query = select(WEB_SESSION.c.person_id, func.max(WEB_SESSION.c.seen_at)).group_by(WEB_SESSION.c.person_id)
        with self._engine.connect() as connection:
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


class SignInThrottle:
    """Slows the guessing of passwords, per login and per address; in the database, so for all web servers at once."""

    WINDOW = timedelta(minutes=15)
    PER_LOGIN = 10
    PER_ADDRESS = 50

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def attempt(self, login: str, address: str, *, now: datetime) -> float | None:
        """Count one attempt; ``None`` when it may be made, else the seconds until the next may.

        An attempt that is not admitted does not count, so that further attempts do not extend the wait.
        """
        limits = {f"login:{login.strip().lower()[:200]}": self.PER_LOGIN, f"address:{address}": self.PER_ADDRESS}
        with self._engine.begin() as transaction:
            transaction.execute(delete(FAILED_SIGN_IN).where(FAILED_SIGN_IN.c.at < now - 4 * self.WINDOW))
            waits = []
            for subject, most in limits.items():
                transaction.execute(_LOCK_SUBJECT, {"subject": subject})
                query = select(FAILED_SIGN_IN.c.at).where(
                    FAILED_SIGN_IN.c.subject == subject, FAILED_SIGN_IN.c.at > now - self.WINDOW
                )
                tried = list(transaction.execute(query.order_by(FAILED_SIGN_IN.c.at.desc()).limit(most)).scalars())
                if len(tried) >= most:
                    waits.append((tried[-1] + self.WINDOW - now).total_seconds())
            if waits:
                return float(max(waits))
            transaction.execute(insert(FAILED_SIGN_IN), [{"subject": subject, "at": now} for subject in limits])
        return None

    def clear(self, login: str, address: str) -> None:
        """The attempt was good: what was counted for this login is forgotten, and its one of the address."""
        with self._engine.begin() as transaction:
            subject = f"login:{login.strip().lower()[:200]}"
            transaction.execute(delete(FAILED_SIGN_IN).where(FAILED_SIGN_IN.c.subject == subject))
            newest = (
                select(FAILED_SIGN_IN.c.id)
                .where(FAILED_SIGN_IN.c.subject == f"address:{address}")
                .order_by(FAILED_SIGN_IN.c.id.desc())
                .limit(1)
                .scalar_subquery()
            )
            transaction.execute(delete(FAILED_SIGN_IN).where(FAILED_SIGN_IN.c.id == newest))


_SESSION = text(f"""
    SELECT s.id AS session, s.seen_at, {VIEWER_COLUMNS}
    FROM web_session s JOIN person p ON p.id = s.person_id
    WHERE s.hash = :hash AND s.revoked_at IS NULL AND s.expires_at > :now AND s.seen_at > :idle_since AND p.active
""")  # noqa: S608 - our own columns
_LOCK_SUBJECT = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 4713))")
