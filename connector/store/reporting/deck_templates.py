"""The template of the organisation's decks: stored once, used for every deck that names no other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import DECK_TEMPLATE


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """A file that was checked, with what the check found."""

    file_name: str
    content: bytes
    front_layout: str
    content_layout: str
    notes: tuple[str, ...]
    """What it lacks, in sentences."""

    @property
    def sha256(self) -> str:
        """Of its bytes, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """What is known of the template beside its bytes."""

    file_name: str
    size: int
    """Bytes."""
    sha256: str
    front_layout: str
    content_layout: str
    notes: tuple[str, ...]
    stored_by: str
    stored_at: datetime


class DeckTemplates:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stored(self) -> StoredTemplate | None:
        """``None`` while the organisation has none."""
        with reading(self._engine) as connection:
            row = connection.execute(_STORED).first()
        if row is None:
            return None
        return StoredTemplate(
            row.file_name, row.size, row.sha256, row.front_layout, row.content_layout, tuple(row.notes), row.stored_by,
            row.stored_at,
        )  # fmt: skip

    def digest(self) -> str:
        """SHA-256 of the template; empty while there is none."""
        with reading(self._engine) as connection:
            return str(connection.execute(select(DECK_TEMPLATE.c.sha256)).scalar() or "")

    def content(self) -> bytes | None:
        """Its bytes; ``None`` while the organisation has none."""
        with reading(self._engine) as connection:
            found = connection.execute(select(DECK_TEMPLATE.c.content)).scalar()
        return None if found is None else bytes(found)

    def store(self, template: NewTemplate, by: str, now: datetime) -> None:
        """In place of the one before."""
        values = {
            "file_name": template.file_name, "content": template.content, "sha256": template.sha256,
            "front_layout": template.front_layout, "content_layout": template.content_layout,
            "notes": list(template.notes), "stored_by": by, "stored_at": now,
        }  # fmt: skip
        statement = insert(DECK_TEMPLATE).values(is_stored=True, **values)
        with self._engine.begin() as transaction:
            before = transaction.execute(select(DECK_TEMPLATE.c.sha256).with_for_update()).scalar() or ""
            transaction.execute(statement.on_conflict_do_update(index_elements=["is_stored"], set_=values))
            detail = {"file": template.file_name, "sha256": template.sha256, "before": before}
            audit.record(transaction, [{"actor": by, "action": "deck_template.stored", "subject": _SUBJECT,
                                        "detail": detail}])  # fmt: skip

    def remove(self, by: str) -> bool:
        """Whether there was one."""
        with self._engine.begin() as transaction:
            removed = transaction.execute(
                delete(DECK_TEMPLATE).returning(DECK_TEMPLATE.c.file_name, DECK_TEMPLATE.c.sha256)
            ).first()
            if removed is not None:
                detail = {"file": removed.file_name, "sha256": removed.sha256}
                audit.record(transaction, [{"actor": by, "action": "deck_template.removed", "subject": _SUBJECT,
                                            "detail": detail}])  # fmt: skip
        return removed is not None


_SUBJECT = "deck template"
_STORED = select(
    DECK_TEMPLATE.c.file_name, func.length(DECK_TEMPLATE.c.content).label("size"), DECK_TEMPLATE.c.sha256,
    DECK_TEMPLATE.c.front_layout, DECK_TEMPLATE.c.content_layout, DECK_TEMPLATE.c.notes, DECK_TEMPLATE.c.stored_by,
    DECK_TEMPLATE.c.stored_at,
)  # fmt: skip
