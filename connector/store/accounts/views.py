"""Views of pages that somebody keeps under a name, on whichever machine they sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.errors import ConfigurationError
from connector.people.permissions import PersonId
from connector.store.database.reading import reading
from connector.store.database.tables import PERSON_VIEW

MAX_VIEWS = 50
"""Of one page and person: more is no list that anybody reads."""
MAX_NAME, MAX_ADDRESS = 60, 2_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """An address of our own under a name."""

    name: str
    address: str


class SavedViews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, person: PersonId, path: str) -> tuple[SavedView, ...]:
        """By name."""
        views = PERSON_VIEW.c
        query = select(views.name, views.address).where(views.person_id == person, views.path == path)
        with reading(self._engine) as connection:
            return tuple(SavedView(row.name, row.address) for row in connection.execute(query.order_by(views.name)))

    def keep(self, person: PersonId, path: str, view: SavedView, now: datetime) -> None:
        """The same name again is another address.  Raises ConfigurationError for what cannot be kept."""
        name = view.name.strip()
        if not name or len(name) > MAX_NAME or "\x00" in name:
            raise ConfigurationError(f"Give the view a name of up to {MAX_NAME} characters.")
        inside = view.address.startswith("/") and not view.address.startswith(("//", "/\\"))
        if not inside or len(view.address) > MAX_ADDRESS or not _is_of(view.address, path) or "\x00" in view.address:
            raise ConfigurationError("Only a view of the page itself can be kept.")
        views = PERSON_VIEW.c
        row = {"person_id": person, "path": path, "name": name, "address": view.address, "kept_at": now}
        with self._engine.begin() as transaction:
            kept = select(func.count()).where(views.person_id == person, views.path == path, views.name != name)
            if transaction.execute(kept).scalar_one() >= MAX_VIEWS:
                raise ConfigurationError(f"{MAX_VIEWS} views of this page are kept already: remove one first.")
            statement = insert(PERSON_VIEW).values(row)
            change = {"address": statement.excluded.address, "kept_at": statement.excluded.kept_at}
            transaction.execute(
                statement.on_conflict_do_update(index_elements=["person_id", "path", "name"], set_=change)
            )

    def remove(self, person: PersonId, path: str, name: str) -> None:
        views = PERSON_VIEW.c
        with self._engine.begin() as transaction:
            transaction.execute(
                delete(PERSON_VIEW).where(views.person_id == person, views.path == path, views.name == name)
            )


def _is_of(address: str, path: str) -> bool:
    return address.split("#")[0].split("?")[0] == path
