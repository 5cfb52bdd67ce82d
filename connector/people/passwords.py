"""Passwords of local persons: Argon2id with the library's present parameters."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from connector.errors import ConfigurationError

SHORTEST = 12
LONGEST = 1024
"""Longer ones are refused before they are hashed: hashing is made to cost much."""


def hashed(password: str) -> str:
    """Raises ConfigurationError when it is too short or too long to be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigurationError(f"A password has {SHORTEST} to {LONGEST} characters.")
    return PasswordHasher().hash(password)


def fits(password: str, hash_: str | None) -> bool:
    """Whether this is the password; takes as long for somebody who is not there or has none."""
    try:
        PasswordHasher().verify(hash_ or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return hash_ is not None and len(password) <= LONGEST


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has."""
    return PasswordHasher().hash("\x00" * SHORTEST)
