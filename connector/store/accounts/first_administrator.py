"""The first administrator of an empty installation, who comes by a link that works once.

Whoever can read what the server prints, or may run commands beside it, is its operator already.  The link carries the
proof of that: a time limit, signed with a key that only this installation has.  It needs no row of its own, because it
works only as long as there is nobody, and the first one is added under a lock.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, Role, RoleGrant
from connector.people.person import GrantSource
from connector.store.accounts import access
from connector.store.database.tables import PERSON
from connector.vault import Vault

PURPOSE = b"gatepost first administrator"
VALID_FOR = timedelta(hours=24)
FIRST_ADMINISTRATOR_LOCK = 7_310_026
"""Key of the advisory lock: of two who use the link at once, one is the first."""

SOMEBODY_IS_THERE = "This link was used already: there is an administrator. Sign in, or ask them to add you."


def first_link(address: str, vault: Vault, now: datetime) -> str:
    """The address at which the first administrator makes their own account; good for a day."""
    until = int((now + VALID_FOR).timestamp())
    return f"{address}/first-administrator?key={until}.{_signature(vault.derive_key(PURPOSE), until)}"


def is_first_key(key: str, vault: Vault, now: datetime) -> bool:
    """Whether this installation has made the key, and its day is not over."""
    until, _, signature = key.partition(".")
    if not until.isascii() or not until.isdigit() or len(until) > 12 or int(until) < now.timestamp():
        return False
    given = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(given, _signature(each, int(until)).encode()) for each in vault.derive_keys(PURPOSE))


def add_first_administrator(engine: Engine, login: str, name: str, password_hash: str) -> PersonId:
    """Add them with their own password and the role.  Raises ConfigurationError when somebody is there already."""
    login, name = login.strip(), name.strip()
    if not login or any(letter.isspace() for letter in login) or not name:
        raise ConfigurationError("A person has a login without spaces, best the e-mail address, and a name.")
    with engine.begin() as transaction:
        transaction.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FIRST_ADMINISTRATOR_LOCK})
        if transaction.execute(select(PERSON.c.id).limit(1)).first() is not None:
            raise ConfigurationError(SOMEBODY_IS_THERE)
        row = {"login": login, "name": name, "password_hash": password_hash, "password_is_first": False}
        person = PersonId(transaction.execute(insert(PERSON).values(row).returning(PERSON.c.id)).scalar_one())
        access.record(
            transaction, login, "person.added", person, {"login": login, "name": name, "by": "the first link"}
        )
        access.insert_grant(transaction, person, RoleGrant(Role.ADMINISTRATOR), GrantSource.HAND, login)
    return person


def _signature(key: bytes, until: int) -> str:
    return hmac.digest(key, str(until).encode(), "sha256").hex()
