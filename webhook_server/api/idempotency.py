"""``Idempotency-Key``: a write that is repeated under the same key is done once and gets the same answer.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.  Responses are stored for a day, encrypted,
because one may contain a secret that is shown once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response
from sqlalchemy import ColumnElement, Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.bootstrap import system_clock
from connector.people.permissions import Viewer
from connector.store.database.tables import IDEMPOTENT_RESPONSE
from connector.vault import Vault
from webhook_server.api.problem import Problem, ProblemCode

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
MAX_KEY_LENGTH = 255
RETENTION = timedelta(days=1)
ABANDONED_AFTER = timedelta(minutes=2)
"""A request without a response after this time was interrupted; the next one under its key takes its place."""

STORED_HEADERS = ("Content-Type", "Location")


def caller_of(viewer: Viewer) -> str:
    """The owner of a key: the same key of two callers is two keys."""
    return f"person/{viewer.person}" if viewer.person is not None else viewer.login


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """The response under one key of one caller."""

    engine: Engine
    vault: Vault
    caller: str
    key: str

    def claim(self, request: bytes, body: bytes) -> Response | None:
        """Claim the key; returns the earlier response if there is one.

        Raises Problem: 422 when the key was used for another request, 409 while the request is in progress.
        """
        if not 1 <= len(self.key) <= MAX_KEY_LENGTH or not self.key.isprintable():
            raise Problem(422, f"The {KEY_HEADER} is not valid.", f"It has 1 to {MAX_KEY_LENGTH} printable characters.")
        digest = hashlib.sha256(request + b"\x00" + body).hexdigest()
        now = system_clock()
        with self.engine.begin() as transaction:
            transaction.execute(delete(IDEMPOTENT_RESPONSE).where(IDEMPOTENT_RESPONSE.c.created_at < now - RETENTION))
            row = {"caller": self.caller, "key": self.key, "request": digest, "created_at": now}
            claim = (
                insert(IDEMPOTENT_RESPONSE).values(row).on_conflict_do_nothing().returning(IDEMPOTENT_RESPONSE.c.key)
            )
            if transaction.execute(claim).first() is not None:
                return None
            query = select(IDEMPOTENT_RESPONSE).where(*self._matches_key()).with_for_update()
            found = transaction.execute(query).one()
            if found.request != digest:
                raise Problem(
                    422, f"This {KEY_HEADER} was used for another request.", "Use a new key for a new request.",
                    code=ProblemCode.KEY_USED_OTHERWISE,
                )  # fmt: skip
            if found.status is not None:
                return self._replay(found.status, found.headers, found.body)
            self._take_over(found.created_at, now)
            transaction.execute(update(IDEMPOTENT_RESPONSE).where(*self._matches_key()).values(created_at=now))
        return None

    def store(self, response: Response) -> None:
        """Store a response; a server error is not stored, so that the request may be repeated."""
        if response.status_code >= 500:
            self.release()
            return
        headers = {name: response.headers[name] for name in STORED_HEADERS if name in response.headers}
        encrypted = self.vault.encrypt(response.get_data(as_text=True)).decode()
        with self.engine.begin() as transaction:
            transaction.execute(
                update(IDEMPOTENT_RESPONSE)
                .where(*self._matches_key())
                .values(status=response.status_code, headers=headers, body=encrypted)
            )

    def release(self) -> None:
        with self.engine.begin() as transaction:
            transaction.execute(delete(IDEMPOTENT_RESPONSE).where(*self._matches_key()))

    def _take_over(self, created_at: datetime, now: datetime) -> None:
        if now - created_at < ABANDONED_AFTER:
            raise Problem(
                409, f"The request with this {KEY_HEADER} is in progress.", "Repeat it in a moment.",
                code=ProblemCode.KEY_IN_PROGRESS, headers={"Retry-After": "1"},
            )  # fmt: skip

    def _replay(self, status: int, headers: dict[str, str], body: str) -> Response:
        answer = Response(self.vault.decrypt(body.encode()), status)
        answer.headers.update({**headers, REPLAYED_HEADER: "true"})
        return answer

    def _matches_key(self) -> tuple[ColumnElement[bool], ...]:
        return IDEMPOTENT_RESPONSE.c.caller == self.caller, IDEMPOTENT_RESPONSE.c.key == self.key
