"""Tokens that end with what they rested on: the password, a role."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import Connection, func, select, update

from connector.people.permissions import Role
from connector.store.database import audit
from connector.store.database.tables import API_TOKEN, ROLE_GRANT


class TokenEnd(StrEnum):
    """Why tokens of a person ended without being revoked one by one."""

    PASSWORD_CHANGED = "password changed"  # noqa: S105 - a reason
    ROLE_LOST = "role lost"


def end_tokens(transaction: Connection, person: int, reason: TokenEnd, *, by: str) -> None:
    """End all tokens of a person for good; each is in the audit.  Last in a transaction, as the audit asks."""
    ending = update(API_TOKEN).where(
        API_TOKEN.c.person_id == person, API_TOKEN.c.revoked_at.is_(None), API_TOKEN.c.expires_at > func.now()
    )
    ended = transaction.execute(ending.values(revoked_at=func.now()).returning(API_TOKEN.c.id, API_TOKEN.c.name)).all()
    entries = [
        {
            "actor": by,
            "action": "token.revoked",
            "subject": f"person/{person}",
            "detail": {"name": row.name, "number": row.id, "reason": reason.value},
        }
        for row in sorted(ended)
    ]
    if entries:
        audit.record(transaction, entries)


def end_tokens_of_lost_roles(transaction: Connection, person: int, taken: Iterable[Role], *, by: str) -> None:
    """The same, when one of the roles that were taken away is not given by another grant."""
    held = set(transaction.execute(select(ROLE_GRANT.c.role).where(ROLE_GRANT.c.person_id == person)).scalars())
    if {role.value for role in taken} - held:
        end_tokens(transaction, person, TokenEnd.ROLE_LOST, by=by)
