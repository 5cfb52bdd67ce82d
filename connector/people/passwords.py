"""Passwords of local persons: Argon2id with the library's current parameters."""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from connector.errors import ConfigurationError

MIN_LENGTH = 12
MAX_LENGTH = 1024
"""Longer ones are refused before they are hashed: hashing is expensive by design."""

MAX_JUDGED = 72
"""Characters by which a password is judged: the search takes longer with the square of the length."""
SHORTEST_WORD = 3
LEAST_SCORE = 3
"""Of 0 to 4: a hundred million guesses or more, where ten in a quarter of an hour are let through."""


def hash_password(password: str, *, login: str, name: str = "") -> str:
    """Raises ConfigurationError when it is too short, too long, one's own login, or easily guessed."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ConfigurationError(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if len(login) > SHORTEST_WORD and login.strip().casefold() in password.casefold():
        raise ConfigurationError("A password does not contain the login.")
    if _is_easily_guessed(password, login, name):
        raise ConfigurationError(
            "This password is too easily guessed: it is a common one, or made of common ones, of the login or of the "
            "name. Take four words or more that have nothing to do with one another."
        )
    return PasswordHasher().hash(password)


def verify_password(password: str, hash_: str | None) -> bool:
    """Whether this is the password; takes as long for an unknown person or one without a password."""
    try:
        PasswordHasher().verify(hash_ or _dummy_hash(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return hash_ is not None and len(password) <= MAX_LENGTH


def _is_easily_guessed(password: str, login: str, name: str) -> bool:
    """By the lists of common passwords, words and names, and the patterns of keyboards, that zxcvbn brings along."""
    # Here, because its lists take a while to load, and only a new password needs them.
    from zxcvbn import zxcvbn

    names = name.split()
    parts = (*re.split(r"[^\w]+", login), *names, "".join(names), "".join(reversed(names)), "gatepost")
    own = [word for word in parts if len(word) >= SHORTEST_WORD]
    found = zxcvbn(password[:MAX_JUDGED], user_inputs=[login, *own])
    return int(found["score"]) < LEAST_SCORE


@cache
def _dummy_hash() -> str:
    """The hash of a password that nobody has."""
    return PasswordHasher().hash("\x00" * MIN_LENGTH)
