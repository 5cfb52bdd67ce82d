"""Drafts of the mapping: one for each person, kept while it is written, never over a newer one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.people.permissions import PersonId
from connector.store.database.reading import reading
from connector.store.database.tables import MAPPING_DRAFT, PERSON


@dataclass(frozen=True, slots=True)
class MappingDraft:
    person: PersonId
    author: str
    source: str
    based_on: int | None
    """The version that was active when it was begun."""
    revision: int
    """Counts up with each save: whoever saves says which one they began from."""
    saved_at: datetime


class DraftConflict(Exception):
    """The draft was saved elsewhere since it was opened, in another window or on another machine."""

    def __init__(self, present: MappingDraft) -> None:
        super().__init__(f"the draft has revision {present.revision}")
        self.present = present


class MappingDrafts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, person: PersonId) -> MappingDraft | None:
        with reading(self._engine) as connection:
            row = connection.execute(_QUERY.where(MAPPING_DRAFT.c.person_id == person)).first()
        return None if row is None else _draft(row)

    def all(self) -> tuple[MappingDraft, ...]:
        """Newest first."""
        with reading(self._engine) as connection:
            return tuple(_draft(row) for row in connection.execute(_QUERY.order_by(MAPPING_DRAFT.c.saved_at.desc())))

    def save(self, person: PersonId, source: str, *, based_on: int | None, revision: int) -> MappingDraft:
        """Keep a text; ``revision`` is the one it was made from, 0 for a first one.  Raises DraftConflict."""
        with self._engine.begin() as transaction:
            row = transaction.execute(_QUERY.where(MAPPING_DRAFT.c.person_id == person).with_for_update()).first()
            present = None if row is None else _draft(row)
            if present is not None and present.revision != revision:
                if present.source == source:
                    return present
                raise DraftConflict(present)
            values = {"source": source, "based_on": based_on, "revision": revision + 1, "saved_at": func.now()}
            statement = insert(MAPPING_DRAFT).values(person_id=person, **values)
            # Two windows that both save a first draft: the second one finds it, and gets DraftConflict.
            done = transaction.execute(
                statement.on_conflict_do_update(
                    index_elements=["person_id"], set_=values, where=MAPPING_DRAFT.c.revision == revision
                ).returning(MAPPING_DRAFT.c.revision)
            ).first()
        found = self.get(person)
        if found is None or done is None:
            raise DraftConflict(found or MappingDraft(person, "", "", None, 0, datetime.min))  # noqa: DTZ901 - nobody reads it
        return found

    def delete(self, person: PersonId) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(delete(MAPPING_DRAFT).where(MAPPING_DRAFT.c.person_id == person))


_QUERY = select(MAPPING_DRAFT, PERSON.c.name.label("author")).join(PERSON, PERSON.c.id == MAPPING_DRAFT.c.person_id)


def _draft(row: Row[tuple[object, ...]]) -> MappingDraft:
    return MappingDraft(PersonId(row.person_id), row.author, row.source, row.based_on, row.revision, row.saved_at)
