"""As whom a login of the database sees the reporting views: what its person sees, and nothing without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.errors import ConfigurationError
from connector.remedy import Place, Remedy
from connector.store.accounts import access
from connector.store.database.reading import reading
from connector.store.database.tables import PERSON, REPORT_LOGIN


@dataclass(frozen=True, slots=True)
class ReportLogin:
    login: str
    person: str
    """Login of the person at Gatepost."""
    is_active: bool
    made_by: str
    made_at: datetime


class ReportLogins:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, login: str, person: str, *, by: str) -> None:
        """Let a login of the database see what a person sees.  Raises ConfigurationError for nobody."""
        if not login.strip() or login.startswith("gatepost_"):
            raise ConfigurationError("Name the login of the database that reads the views; none of Gatepost's own.")
        with self._engine.begin() as transaction:
            found = transaction.execute(
                select(PERSON.c.id).where(func.lower(PERSON.c.login) == person.lower(), PERSON.c.active)
            ).scalar()
            if found is None:
                raise ConfigurationError(
                    f'"{person}" is no active account of Gatepost.',
                    remedy=Remedy("The page People lists them.", "List them with: gatepost user list", Place.PEOPLE),
                )
            statement = insert(REPORT_LOGIN).values(login=login, person_id=found, made_by=by)
            transaction.execute(
                statement.on_conflict_do_update(
                    index_elements=["login"], set_={"person_id": found, "made_by": by, "made_at": func.now()}
                )
            )
            access.record(transaction, by, "report_login.set", found, {"login": login})

    def remove(self, login: str, *, by: str) -> bool:
        """Whether there was one; it sees nothing any more."""
        with self._engine.begin() as transaction:
            statement = delete(REPORT_LOGIN).where(REPORT_LOGIN.c.login == login).returning(REPORT_LOGIN.c.person_id)
            found = transaction.execute(statement).scalar()
            if found is not None:
                access.record(transaction, by, "report_login.removed", found, {"login": login})
        return found is not None

    def all(self) -> tuple[ReportLogin, ...]:
        query = (
            select(REPORT_LOGIN.c.login, PERSON.c.login.label("person"), PERSON.c.active, REPORT_LOGIN.c.made_by,
                   REPORT_LOGIN.c.made_at)
            .join(PERSON, PERSON.c.id == REPORT_LOGIN.c.person_id)
            .order_by(REPORT_LOGIN.c.login)
        )  # fmt: skip
        with reading(self._engine) as connection:
            return tuple(ReportLogin(*row) for row in connection.execute(query))
