"""People by number and by login: the number stays when the login changes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select

from connector.store.database.reading import reading
from connector.store.database.tables import PERSON


def numbers_by_login(engine: Engine, logins: Collection[str]) -> dict[str, int]:
    with reading(engine) as connection:
        query = select(PERSON.c.login, PERSON.c.id).where(PERSON.c.login.in_(logins))
        return {row.login: row.id for row in connection.execute(query)}


def logins_by_number(engine: Engine, numbers: Collection[int]) -> dict[int, str]:
    with reading(engine) as connection:
        query = select(PERSON.c.login, PERSON.c.id).where(PERSON.c.id.in_(numbers))
        return {row.id: row.login for row in connection.execute(query)}
