"""``Idempotency-Key``: a write that is sent again under the same key happens once, and is answered as before.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.  Answers are kept for a day, sealed,
because one may hold a secret that is shown once.
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
from connector.store.database.tables import KEPT_ANSWER
from connector.vault import Vault
from webhook_server.api.problem import Problem

KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
KEPT_FOR = timedelta(days=1)
GIVEN_UP = timedelta(minutes=2)
"""A request that has no answer after this long was broken off; the next one under its key takes its place."""

KEPT_HEADERS = ("Content-Type", "Location")


def caller_of(viewer: Viewer) -> str:
    """Keys of different callers never meet."""
    return f"person/{viewer.person}" if viewer.person is not None else viewer.login


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer under one key of one caller."""

    engine: Engine
    vault: Vault
    caller: str
    key: str

    def begin(self, request: bytes, body: bytes) -> Response | None:
        """Claim the key; the former answer when there is one.  Raises a problem when it stands for another request."""
        if not 1 <= len(self.key) <= LONGEST_KEY or not self.key.isprintable():
            raise Problem(422, f"The {KEY} does not hold.", f"It has 1 to {LONGEST_KEY} printable characters.")
        digest = hashlib.sha256(request + b"\x00" + body).hexdigest()
        now = system_clock()
        with self.engine.begin() as transaction:
            transaction.execute(delete(KEPT_ANSWER).where(KEPT_ANSWER.c.made_at < now - KEPT_FOR))
            row = {"caller": self.caller, "key": self.key, "request": digest, "made_at": now}
            claim = insert(KEPT_ANSWER).values(row).on_conflict_do_nothing().returning(KEPT_ANSWER.c.key)
            if transaction.execute(claim).first() is not None:
                return None
            query = select(KEPT_ANSWER).where(*self._here()).with_for_update()
            found = transaction.execute(query).one()
            if found.request != digest:
                raise Problem(
                    422, f"This {KEY} was sent before with another request.", "Take a new key for a new request."
                )
            if found.status is not None:
                return self._again(found.status, found.headers, found.body)
            self._take_over(found.made_at, now)
            transaction.execute(update(KEPT_ANSWER).where(*self._here()).values(made_at=now))
        return None

    def keep(self, answer: Response) -> None:
        """Keep an answer; one that says that we failed is not kept, so that it may be tried again."""
        if answer.status_code >= 500:
            self.forget()
            return
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        sealed = self.vault.seal(answer.get_data(as_text=True)).decode()
        with self.engine.begin() as transaction:
            transaction.execute(
                update(KEPT_ANSWER).where(*self._here()).values(status=answer.status_code, headers=headers, body=sealed)
            )

    def forget(self) -> None:
        with self.engine.begin() as transaction:
            transaction.execute(delete(KEPT_ANSWER).where(*self._here()))

    def _take_over(self, made_at: datetime, now: datetime) -> None:
        if now - made_at < GIVEN_UP:
            raise Problem(409, f"The request with this {KEY} is being worked on.", "Ask again in a moment.")

    def _again(self, status: int, headers: dict[str, str], body: str) -> Response:
        answer = Response(self.vault.open(body.encode()), status)
        answer.headers.update({**headers, REPLAYED: "true"})
        return answer

    def _here(self) -> tuple[ColumnElement[bool], ...]:
        return KEPT_ANSWER.c.caller == self.caller, KEPT_ANSWER.c.key == self.key
