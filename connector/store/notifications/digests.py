"""Who wants a digest, where and when; and for each day, who sends it: the row is made before the message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.notify.digest import Often
from connector.people.permissions import PersonId
from connector.store.database.tables import DIGEST, DIGEST_DAY, PERSON
from connector.vault import Vault

MOST_TRIES = 3
AGAIN = timedelta(minutes=10)
"""How long after a message that was not taken it is tried again."""
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person asked for."""

    person: PersonId
    login: str
    target: str
    """As the person wrote it; secret, because an address of Slack or Teams is a key."""
    often: Often
    hour: int
    """In the person's own time zone."""
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one day's digest."""

    day: date
    state: str
    things: int
    reason: str | None
    at: datetime | None


class Digests:
    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def get(self, person: PersonId) -> Wish | None:
        """Raises ConfigurationError when the address was sealed with another key."""
        with self._engine.connect() as connection:
            row = connection.execute(_WISHES.where(DIGEST.c.person_id == person)).first()
        return self._wish(row) if row else None

    def wishes(self) -> Iterable[Wish]:
        """Of everybody who is active and wants one."""
        with self._engine.connect() as connection:
            rows = connection.execute(_WISHES.where(DIGEST.c.often != Often.OFF.value)).all()
        return [self._wish(row) for row in rows]

    def wish(self, person: PersonId, target: str, often: Often, hour: int) -> None:
        """Keep what somebody asks for, in place of what they asked for before."""
        row: dict[str, Any] = {"target": self._vault.seal(target), "often": often.value, "hour": hour}
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
            set_={"state": "claimed", "claimed_at": now, "tries": DIGEST_DAY.c.tries + 1, "settled_at": None},
            where=(
                (DIGEST_DAY.c.state == "failed")
                & (DIGEST_DAY.c.tries < MOST_TRIES)
                & (DIGEST_DAY.c.settled_at < now - AGAIN)
            ),
        )
        with self._engine.begin() as transaction:
            claimed = transaction.execute(again.returning(DIGEST_DAY.c.person_id)).first() is not None
            if claimed:
                transaction.execute(delete(DIGEST_DAY).where(DIGEST_DAY.c.day < day - KEPT))
        return claimed

    def settle(self, person: PersonId, day: date, state: str, now: datetime, *, things: int, reason: str = "") -> None:
        """What became of it: ``sent``, ``nothing`` waited, or it ``failed``."""
        values = {"state": state, "things": things, "reason": reason or None, "settled_at": now}
        with self._engine.begin() as transaction:
            transaction.execute(
                update(DIGEST_DAY).where(DIGEST_DAY.c.person_id == person, DIGEST_DAY.c.day == day).values(values)
            )

    def days(self, person: PersonId, limit: int = 7) -> tuple[Told, ...]:
        """The last days on which something was due, newest first."""
        query = select(DIGEST_DAY).where(DIGEST_DAY.c.person_id == person).order_by(DIGEST_DAY.c.day.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return tuple(Told(row.day, row.state, row.things, row.reason, row.settled_at) for row in rows)

    def _wish(self, row: Row[Any]) -> Wish:
        target = self._vault.open(row.target)
        return Wish(PersonId(row.person_id), row.login, target, Often(row.often), row.hour, row.time_zone)


_WISHES = (
    select(DIGEST, PERSON.c.login, PERSON.c.time_zone)
    .join_from(DIGEST, PERSON, PERSON.c.id == DIGEST.c.person_id)
    .where(PERSON.c.active)
    .order_by(DIGEST.c.person_id)
)
