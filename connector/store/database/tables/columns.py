"""What every description of a table shares."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, text

METADATA = MetaData()


def timestamp_column(name: str, *, now: bool = False, nullable: bool | None = None) -> Column[object]:
    default = text("now()") if now else None
    return Column(
        name, DateTime(timezone=True), nullable=not now if nullable is None else nullable, server_default=default
    )


def id_column() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)
