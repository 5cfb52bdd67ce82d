"""Passwords of local persons: Argon2id with the library's current parameters."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from connector.errors import ConfigurationError

MIN_LENGTH = 12
MAX_LENGTH = 1024
"""Longer ones are refused before they are hashed: hashing is expensive by design."""


def hash_password(password: str) -> str:
    """Raises ConfigurationError when it is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ConfigurationError(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    return PasswordHasher().hash(password)


def verify_password(password: str, hash_: str | None) -> bool:
    """Whether this is the password; takes as long for an unknown person or one without a password."""
    try:
        PasswordHasher().verify(hash_ or _dummy_hash(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return hash_ is not None and len(password) <= MAX_LENGTH


@cache
def _dummy_hash() -> str:
    """The hash of a password that nobody has."""
    return PasswordHasher().hash("\x00" * MIN_LENGTH)
