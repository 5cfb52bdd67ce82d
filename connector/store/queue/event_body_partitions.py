"""The days of the table ``inbox_body``: partitions that are made ahead of time and dropped when they are old.

An event never waits for any of this for more than a second: a partition is made as a table of its own and attached,
which lets events in meanwhile, and a change that does not get its lock gives way until the next round.  The partitions
belong to the owner of the schema, whose two functions (``event_bodies.sql`` of the migrations) make and drop them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from enum import Enum

from psycopg import errors
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

DEFAULT_PARTITION = "inbox_body_default"
"""Takes what comes on a day without a partition."""

LOCK_TIMEOUT = "1s"
"""How long a change of partitions waits for its lock; events that come meanwhile wait behind it."""

_NAME = re.compile(r"inbox_body_(\d{4})(\d{2})(\d{2})")


class PartitionResult(Enum):
    """What became of making or dropping a partition."""

    DONE = "done"
    LOCKED = "held"
    """Somebody else holds the table; it is tried again in the next round."""
    ROWS_IN_DEFAULT = "filled"
    """The default partition holds bodies of that day already; they stay there and are deleted by their age."""
    FORBIDDEN = "forbidden"
    """The login may not ask for it."""


def midnight(day: date) -> datetime:
    """The moment at which a day begins, in UTC as in the bounds of the partitions."""
    return datetime.combine(day, time(), UTC)


def partition_name(day: date) -> str:
    return f"inbox_body_{day:%Y%m%d}"


def partition_day(name: str) -> date | None:
    """The day of a partition by its name; ``None`` when it is none of ours."""
    found = _NAME.fullmatch(name)
    return date(*map(int, found.groups())) if found else None


def partition_days(connection: Connection) -> tuple[date, ...]:
    """The days that have a partition, the oldest first.  Partitions that others made are left alone."""
    found = (partition_day(name) for name in connection.execute(_PARTITIONS).scalars())
    return tuple(sorted(day for day in found if day is not None))


def create_partition(engine: Engine, day: date) -> PartitionResult:
    """Make the partition of a day."""
    try:
        with engine.begin() as transaction:
            transaction.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            made = transaction.execute(_CREATE, {"day": day}).scalar_one()
    except DBAPIError as error:
        return _failure_result(error)
    return PartitionResult.DONE if made else PartitionResult.ROWS_IN_DEFAULT


def drop_partition(engine: Engine, day: date) -> PartitionResult:
    """Drop the partition of a day with all that is in it."""
    try:
        with engine.begin() as transaction:
            transaction.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            transaction.execute(_DROP, {"day": day})
    except DBAPIError as error:
        return _failure_result(error)
    return PartitionResult.DONE


def _failure_result(error: DBAPIError) -> PartitionResult:
    """Raises the error itself when it is none of those that are looked for."""
    if isinstance(error.orig, errors.LockNotAvailable | errors.DeadlockDetected):
        return PartitionResult.LOCKED
    if isinstance(error.orig, errors.InsufficientPrivilege):
        return PartitionResult.FORBIDDEN
    if isinstance(error.orig, errors.CheckViolation):
        # A body of that day came into the default partition between the check and the lock.
        return PartitionResult.ROWS_IN_DEFAULT
    raise error


_PARTITIONS = text("""
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = CAST('inbox_body' AS regclass)
""")
_CREATE = text("SELECT gatepost_create_body_partition(:day)")
_DROP = text("SELECT gatepost_drop_body_partition(:day)")
