"""The second factor of people who sign in by password: codes of a program on their phone, and recovery codes.

Time-based one-time passwords (RFC 6238), six digits in periods of 30 seconds, as every such program makes them; pyotp
computes them.  The secret is encrypted; of recovery codes only hashes are stored.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pyotp
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from connector.errors import ConfigurationError
from connector.people.permissions import PersonId
from connector.store.accounts.sessions import token_hash
from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import RECOVERY_CODE, SECOND_FACTOR
from connector.vault import Vault

ISSUER = "Gatepost"
"""What the program on the phone shows beside the login."""

PERIODS = (0, -1, 1)
"""The present period and its neighbours: clocks differ, and people type."""

ENROLMENT_TIME = timedelta(minutes=30)
"""How long a new secret waits for its first code."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 random bits each, so that a plain hash is enough and nothing can be guessed."""


class CodeCheck(StrEnum):
    """What became of a code."""

    GOOD = "good"
    RECOVERY = "recovery"
    """A recovery code, which is used up now."""
    WRONG = "wrong"
    """Not a code of now, or one that was used already."""

    @property
    def is_good(self) -> bool:
        return self is not CodeCheck.WRONG


class SecondFactors:
    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def is_enrolled(self, person: PersonId) -> bool:
        query = select(SECOND_FACTOR.c.person_id).where(
            SECOND_FACTOR.c.person_id == person, SECOND_FACTOR.c.confirmed_at.is_not(None)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def recovery_codes_left(self, person: PersonId) -> int:
        query = select(func.count()).select_from(RECOVERY_CODE).where(RECOVERY_CODE.c.person_id == person)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def begin(self, person: PersonId, login: str, *, now: datetime) -> str:
        """A new secret, as the address that the program on the phone reads (``otpauth://``); not valid yet.

        Raises ConfigurationError when a second factor is confirmed already.
        """
        secret = pyotp.random_base32()
        with self._engine.begin() as transaction:
            row = self._locked(transaction, person)
            if row is not None and row.confirmed_at is not None:
                raise ConfigurationError("There is a second factor already. Remove it first.")
            transaction.execute(delete(SECOND_FACTOR).where(SECOND_FACTOR.c.person_id == person))
            values = {"person_id": person, "secret": self._vault.encrypt(secret), "created_at": now}
            transaction.execute(insert(SECOND_FACTOR).values(values))
        return _address(secret, login)

    def begun(self, person: PersonId, login: str, *, now: datetime) -> str | None:
        """The same address again, while it waits for its first code."""
        with self._engine.begin() as transaction:
            row = self._locked(transaction, person)
        if row is None or not _is_waiting(row, now):
            return None
        secret = self._secret(row.secret)
        return None if secret is None else _address(secret, login)

    def confirm(self, person: PersonId, code: str, *, by: str, now: datetime) -> tuple[str, ...] | None:
        """Enrol what :meth:`begin` made, when the first code is right; the recovery codes, shown once.

        ``None`` when the code is wrong.  The person's sessions are the caller's to end.
        """
        with self._engine.begin() as transaction:
            row = self._locked(transaction, person)
            if row is None or not _is_waiting(row, now):
                return None
            period = self._period_of(row.secret, code, now, row.last_period)
            if period is None:
                return None
            changed = update(SECOND_FACTOR).where(SECOND_FACTOR.c.person_id == person)
            transaction.execute(changed.values(confirmed_at=now, last_period=period))
            codes = _new_recovery_codes(transaction, person)
            audit.record(transaction, [_entry(by, "second_factor.enrolled", person, {})])
        return codes

    def check(self, person: PersonId, code: str, *, by: str, now: datetime) -> CodeCheck:
        """Whether this is a code of now, or a recovery code; each counts once."""
        with self._engine.begin() as transaction:
            row = self._locked(transaction, person)
            if row is None or row.confirmed_at is None:
                return CodeCheck.WRONG
            period = self._period_of(row.secret, code, now, row.last_period)
            if period is not None:
                changed = update(SECOND_FACTOR).where(SECOND_FACTOR.c.person_id == person)
                transaction.execute(changed.values(last_period=period))
                return CodeCheck.GOOD
            used = delete(RECOVERY_CODE).where(
                RECOVERY_CODE.c.person_id == person, RECOVERY_CODE.c.hash == token_hash(_plain(code))
            )
            if not transaction.execute(used).rowcount:
                return CodeCheck.WRONG
            audit.record(transaction, [_entry(by, "second_factor.recovery_code_used", person, {})])
        return CodeCheck.RECOVERY

    def renew_recovery_codes(self, person: PersonId, *, by: str) -> tuple[str, ...]:
        """New codes in place of all former ones; empty without a second factor."""
        with self._engine.begin() as transaction:
            row = self._locked(transaction, person)
            if row is None or row.confirmed_at is None:
                return ()
            codes = _new_recovery_codes(transaction, person)
            audit.record(transaction, [_entry(by, "second_factor.recovery_codes_renewed", person, {})])
        return codes

    def remove(self, person: PersonId, *, by: str) -> bool:
        """Remove it, by the person or by an administrator; whether there was one."""
        with self._engine.begin() as transaction:
            gone = delete(SECOND_FACTOR).where(SECOND_FACTOR.c.person_id == person)
            row = transaction.execute(gone.returning(SECOND_FACTOR.c.confirmed_at)).first()
            if row is None or row.confirmed_at is None:
                return False
            audit.record(transaction, [_entry(by, "second_factor.reset", person, {})])
        return True

    @staticmethod
    def _locked(transaction: Connection, person: PersonId) -> Row[Any] | None:
        query = select(SECOND_FACTOR).where(SECOND_FACTOR.c.person_id == person).with_for_update()
        return transaction.execute(query).first()

    def _period_of(self, sealed: bytes, code: str, now: datetime, last: int) -> int | None:
        """The period whose code this is, later than the last one that was used."""
        secret = self._secret(sealed)
        if secret is None:
            return None
        totp, given = pyotp.TOTP(secret), _plain(code)
        for offset in PERIODS:
            period = totp.timecode(now) + offset
            if hmac.compare_digest(totp.generate_otp(period).encode(), given.encode()) and period > last:
                return period
        return None

    def _secret(self, sealed: bytes) -> str | None:
        """``None`` when it was encrypted with a key that is lost: then an administrator has to reset it."""
        try:
            return self._vault.decrypt(sealed)
        except ConfigurationError:
            return None


def written_code(plain: str) -> str:
    """In groups of four, as people read and type it."""
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _address(secret: str, login: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def _is_waiting(row: Row[Any], now: datetime) -> bool:
    return row.confirmed_at is None and now - row.created_at <= ENROLMENT_TIME


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper()[:64] if letter.isalnum())


def _new_recovery_codes(transaction: Connection, person: PersonId) -> tuple[str, ...]:
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    transaction.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.person_id == person))
    transaction.execute(insert(RECOVERY_CODE), [{"person_id": person, "hash": token_hash(code)} for code in codes])
    return tuple(map(written_code, codes))


def _entry(by: str, action: str, person: PersonId, detail: dict[str, object]) -> dict[str, object]:
    return {"actor": by, "action": action, "subject": f"person/{person}", "detail": detail}
