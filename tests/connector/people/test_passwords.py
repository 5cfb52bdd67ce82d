"""New passwords: not short, not common, not one's own."""

from __future__ import annotations

import pytest

from connector.errors import ConfigurationError
from connector.people.passwords import MAX_LENGTH, hash_password, verify_password

LENGTH = "A password has 12 to 1024 characters."
LOGIN = "A password does not contain the login."
GUESSED = "This password is too easily guessed"


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", LENGTH),
        ("x" * (MAX_LENGTH + 1), LENGTH),
        ("ADA.ackermann@nordbank.example", LOGIN),
        ("my ada.ackermann@nordbank.example!", LOGIN),
        ("password1234", GUESSED),
        ("P@ssw0rd1234567", GUESSED),
        ("qwertyuiop123456", GUESSED),
        ("aaaaaaaaaaaaaaaaaaaa", GUESSED),
        ("123456789012", GUESSED),
        ("ackermann1985", GUESSED),
        ("AdaAckermann1", GUESSED),
        ("nordbank2026", GUESSED),
        ("gatepostgatepost", GUESSED),
    ],
)
def test_what_others_would_try_first_is_refused(password: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        hash_password(password, login="ada.ackermann@nordbank.example", name="Ada Ackermann")
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("password", ["correct horse battery staple", "hV7-pq2_Lm91xK", "Zug fährt nie um 7 Uhr " * 40])
def test_what_nobody_guesses_is_hashed(password: str) -> None:
    hash_ = hash_password(password, login="ada", name="Ada")
    assert verify_password(password, hash_)
    assert not verify_password(password + "x", hash_)
