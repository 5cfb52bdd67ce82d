"""Forms that wait until their person has confirmed who they are: encrypted, for one session, taken once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, delete, insert, select, text

from connector.errors import ConfigurationError
from connector.store.accounts.sessions import token_hash
from connector.store.database.reading import reading
from connector.store.database.tables import PENDING_FORM
from connector.vault import Vault

VALID_FOR = timedelta(minutes=30)
"""How long somebody may take to sign in again."""

MAX_FORMS = 20
"""Forms of one session that wait at a time, the newest: more tabs than this are no person's."""

MAX_CHARACTERS = 20_000
"""Of the names and values of one form; the longest of a page has a tenth of it."""

Fields = Sequence[tuple[str, str]]
"""Names and values of a form in their order; a name may occur more than once."""


class PendingForms:
    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def keep(self, session: int, path: str, fields: Fields, *, now: datetime) -> str:
        """Keep a form that was sent to this path; returns the token by which the same session takes it.

        Raises ConfigurationError for a form that is too long to be kept.
        """
        if len(path) + sum(len(name) + len(value) for name, value in fields) > MAX_CHARACTERS:
            raise ConfigurationError("This is too long to be kept while you sign in: sign in again first.")
        token = secrets.token_urlsafe(32)
        row = {
            "hash": token_hash(token),
            "session_id": session,
            "path": path,
            "fields": self._vault.encrypt(json.dumps([list(pair) for pair in fields])),
            "created_at": now,
        }
        with self._engine.begin() as transaction:
            transaction.execute(delete(PENDING_FORM).where(PENDING_FORM.c.created_at < now - VALID_FOR))
            transaction.execute(_KEEP_NEWEST, {"session": session, "most": MAX_FORMS - 1})
            transaction.execute(insert(PENDING_FORM).values(row))
        return token

    def path(self, token: str, session: int, *, now: datetime) -> str | None:
        """Where the form goes, if it is still waiting."""
        query = select(PENDING_FORM.c.path).where(*self._which(token, session, now))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def take(self, token: str, session: int, path: str, *, now: datetime) -> Fields | None:
        """The form, once; ``None`` when it is not waiting any more, or is not of this session and path."""
        taking = delete(PENDING_FORM).where(*self._which(token, session, now), PENDING_FORM.c.path == path)
        with self._engine.begin() as transaction:
            sealed = transaction.execute(taking.returning(PENDING_FORM.c.fields)).scalar()
        if sealed is None:
            return None
        try:
            return [(str(name), str(value)) for name, value in json.loads(self._vault.decrypt(sealed))]
        except ConfigurationError:
            # The key was changed in these minutes.
            return None

    @staticmethod
    def _which(token: str, session: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return (
            PENDING_FORM.c.hash == token_hash(token),
            PENDING_FORM.c.session_id == session,
            PENDING_FORM.c.created_at >= now - VALID_FOR,
        )


_KEEP_NEWEST = text("""
    DELETE FROM pending_form WHERE session_id = :session AND hash NOT IN (
        SELECT hash FROM pending_form WHERE session_id = :session ORDER BY created_at DESC LIMIT :most
    )
""")
