"""How old the sources of an answer are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from connector.store.operations.source_ages import EVENT_DAYS, SourceAge
from webhook_server.api.values import Model


class SourceModel(Model):
    connection: str
    known_up_to: datetime | None = Field(
        description="Every change up to then is in the figures; null while the source was never read to the end."
    )
    last_event_at: datetime | None = Field(description=f"Null without one in the last {EVENT_DAYS} days.")
    late: bool = Field(description="Past the limit that is set; true as well when nothing is known.")


def source_models(sources: Sequence[SourceAge], limit: timedelta, now: datetime) -> list[SourceModel]:
    return [
        SourceModel(
            connection=source.connection, known_up_to=source.read_until, last_event_at=source.last_event_at,
            late=source.is_late(now, limit),
        )
        for source in sources
    ]  # fmt: skip
