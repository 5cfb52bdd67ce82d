"""Who wants a digest, where and when; and for each day, who sends it: the row is made before the message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.notify.digest import DigestFrequency
from connector.people.permissions import PersonId
from connector.store.database.reading import reading
from connector.store.database.tables import DIGEST, DIGEST_DAY, PERSON
from connector.vault import Vault

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=10)
"""How long after a message that was not taken it is tried again."""
RETENTION = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class DigestPreference:
    """What one person asked for."""

    person: PersonId
    login: str
    address: str
    """As the person wrote it; secret, because an address of Slack or Teams is a key."""
    frequency: DigestFrequency
    hour: int
    """In the person's own time zone."""
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class DigestResult:
    """What became of one day's digest."""

    day: date
    state: str
    item_count: int
    reason: str | None
    settled_at: datetime | None


class Digests:
    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def get(self, person: PersonId) -> DigestPreference | None:
        """Raises ConfigurationError when the address was sealed with another key."""
        with reading(self._engine) as connection:
            row = connection.execute(_PREFERENCES.where(DIGEST.c.person_id == person)).first()
        return self._preference(row) if row else None

    def active_preferences(self) -> Iterable[DigestPreference]:
        """Of everybody who is active and wants one."""
        with reading(self._engine) as connection:
            rows = connection.execute(_PREFERENCES.where(DIGEST.c.frequency != DigestFrequency.OFF.value)).all()
        return [self._preference(row) for row in rows]

    def save_preference(self, person: PersonId, address: str, frequency: DigestFrequency, hour: int) -> None:
        """Keep what somebody asks for, in place of what they asked for before."""
        row: dict[str, Any] = {"address": self._vault.encrypt(address), "frequency": frequency.value, "hour": hour}
        statement = insert(DIGEST).values(row | {"person_id": person})
        with self._engine.begin() as transaction:
            transaction.execute(
                statement.on_conflict_do_update(index_elements=["person_id"], set_=row | {"changed_at": text("now()")})
            )

    def claim(self, person: PersonId, day: date, now: datetime) -> bool:
        """Whether this caller, and nobody else, sends the message of a day.

        A message that was not taken may be claimed again, a few times.  One whose sender died is not: whether it
        went out is not known, and twice is worse than once.
        """
        row = {"person_id": person, "day": day, "state": "claimed", "claimed_at": now}
        statement = insert(DIGEST_DAY).values(row)
        again = statement.on_conflict_do_update(
            index_elements=["person_id", "day"],
            set_={"state": "claimed", "claimed_at": now, "attempts": DIGEST_DAY.c.attempts + 1, "settled_at": None},
            where=(
                (DIGEST_DAY.c.state == "failed")
                & (DIGEST_DAY.c.attempts < MAX_ATTEMPTS)
                & (DIGEST_DAY.c.settled_at < now - RETRY_AFTER)
            ),
        )
        with self._engine.begin() as transaction:
            claimed = transaction.execute(again.returning(DIGEST_DAY.c.person_id)).first() is not None
            if claimed:
                transaction.execute(delete(DIGEST_DAY).where(DIGEST_DAY.c.day < day - RETENTION))
        return claimed

    def settle(
        self, person: PersonId, day: date, state: str, now: datetime, *, item_count: int, reason: str = ""
    ) -> None:
        """What became of it: ``sent``, ``nothing`` waited, or it ``failed``."""
        values = {"state": state, "item_count": item_count, "reason": reason or None, "settled_at": now}
        with self._engine.begin() as transaction:
            transaction.execute(
                update(DIGEST_DAY).where(DIGEST_DAY.c.person_id == person, DIGEST_DAY.c.day == day).values(values)
            )

    def recent_results(self, person: PersonId, limit: int = 7) -> tuple[DigestResult, ...]:
        """The last days on which something was due, newest first."""
        query = select(DIGEST_DAY).where(DIGEST_DAY.c.person_id == person).order_by(DIGEST_DAY.c.day.desc())
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(limit)).all()
        return tuple(DigestResult(row.day, row.state, row.item_count, row.reason, row.settled_at) for row in rows)

    def _preference(self, row: Row[Any]) -> DigestPreference:
        address = self._vault.decrypt(row.address)
        return DigestPreference(
            PersonId(row.person_id), row.login, address, DigestFrequency(row.frequency), row.hour, row.time_zone
        )


_PREFERENCES = (
    select(DIGEST, PERSON.c.login, PERSON.c.time_zone)
    .join_from(DIGEST, PERSON, PERSON.c.id == DIGEST.c.person_id)
    .where(PERSON.c.active)
    .order_by(DIGEST.c.person_id)
)
