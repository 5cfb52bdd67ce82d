"""The tables as SQLAlchemy knows them; :mod:`connector.store.migrations` makes them.

A test compares the two, so that neither drifts.
"""

from connector.store.tables.basis import METADATA
from connector.store.tables.flow import (
    CONNECTION,
    DIRTY_KEY,
    INBOX,
    LAST_WRITTEN,
    OUTBOX,
    PARKING,
    PROVISIONED,
    SWEEP,
    SWEEP_SEEN,
    WORKER,
)
from connector.store.tables.records import (
    AUDIT,
    AUDIT_HEAD,
    DECISION,
    DEPENDENCY,
    EFFECT_LINE,
    MAPPING_VERSION,
    MEASURE,
    PLAN_VERSION,
    RATE,
    STATEMENT,
    STATUS_DAY,
    WORK_ITEM,
)

__all__ = [
    "AUDIT",
    "AUDIT_HEAD",
    "CONNECTION",
    "DECISION",
    "DEPENDENCY",
    "DIRTY_KEY",
    "EFFECT_LINE",
    "INBOX",
    "LAST_WRITTEN",
    "MAPPING_VERSION",
    "MEASURE",
    "METADATA",
    "OUTBOX",
    "PARKING",
    "PLAN_VERSION",
    "PROVISIONED",
    "RATE",
    "STATEMENT",
    "STATUS_DAY",
    "SWEEP",
    "SWEEP_SEEN",
    "WORKER",
    "WORK_ITEM",
]
