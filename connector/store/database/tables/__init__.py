"""The tables as SQLAlchemy knows them; :mod:`connector.store.database.migrations` makes them.

A test compares the two, so that neither drifts.
"""

from connector.store.database.tables.accounts import (
    API_TOKEN,
    FAILED_SIGN_IN,
    PERSON,
    PERSON_ACCOUNT,
    ROLE_GRANT,
    ROLE_RULE,
    ROW_POLICY,
    WEB_SESSION,
)
from connector.store.database.tables.alerts import ALERT
from connector.store.database.tables.audit_anchors import AUDIT_ANCHOR
from connector.store.database.tables.columns import METADATA
from connector.store.database.tables.digests import DIGEST, DIGEST_DAY
from connector.store.database.tables.mapping_drafts import MAPPING_DRAFT
from connector.store.database.tables.measures import (
    AUDIT,
    AUDIT_HEAD,
    COMMAND,
    DECISION,
    DEPENDENCY,
    EFFECT_LINE,
    EXCHANGE_RATE,
    MAPPING_VERSION,
    MEASURE,
    PLAN_VERSION,
    STATUS_DAY,
    WORK_ITEM,
)
from connector.store.database.tables.queue import (
    CONNECTION,
    DIRTY_KEY,
    INBOX,
    INBOX_BODY,
    LAST_WRITTEN,
    OUTBOX,
    PROVISIONED_OBJECT,
    RATE_LIMIT,
    SCHEMA_COMPATIBILITY,
    SWEEP,
    SWEEP_SEEN,
    WORKER,
)
from connector.store.database.tables.rollups import (
    FIGURES_DUE,
    FIGURES_PROGRESS,
    FIGURES_SETTINGS,
    MEASURE_FIGURES,
    MEASURE_FINDING,
    MEASURE_SERIES,
    ROLLUP_CURVE,
    ROLLUP_GROUP,
    ROLLUP_MONTH,
)
from connector.store.database.tables.subscriptions import (
    IDEMPOTENT_RESPONSE,
    SUBMITTED_COMMAND,
    SUBSCRIPTION,
    SUBSCRIPTION_DELIVERY,
)

__all__ = [
    "ALERT",
    "API_TOKEN",
    "AUDIT",
    "AUDIT_ANCHOR",
    "AUDIT_HEAD",
    "COMMAND",
    "CONNECTION",
    "DECISION",
    "DEPENDENCY",
    "DIGEST",
    "DIGEST_DAY",
    "DIRTY_KEY",
    "EFFECT_LINE",
    "EXCHANGE_RATE",
    "FAILED_SIGN_IN",
    "FIGURES_DUE",
    "FIGURES_PROGRESS",
    "FIGURES_SETTINGS",
    "IDEMPOTENT_RESPONSE",
    "INBOX",
    "INBOX_BODY",
    "LAST_WRITTEN",
    "MAPPING_DRAFT",
    "MAPPING_VERSION",
    "MEASURE",
    "MEASURE_FIGURES",
    "MEASURE_FINDING",
    "MEASURE_SERIES",
    "METADATA",
    "OUTBOX",
    "PERSON",
    "PERSON_ACCOUNT",
    "PLAN_VERSION",
    "PROVISIONED_OBJECT",
    "RATE_LIMIT",
    "ROLE_GRANT",
    "ROLE_RULE",
    "ROLLUP_CURVE",
    "ROLLUP_GROUP",
    "ROLLUP_MONTH",
    "ROW_POLICY",
    "SCHEMA_COMPATIBILITY",
    "STATUS_DAY",
    "SUBMITTED_COMMAND",
    "SUBSCRIPTION",
    "SUBSCRIPTION_DELIVERY",
    "SWEEP",
    "SWEEP_SEEN",
    "WEB_SESSION",
    "WORKER",
    "WORK_ITEM",
]
