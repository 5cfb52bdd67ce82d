"""Indexes for whoever runs Gatepost: rates by minute, what is parked, the audit by actor, action and time.

Revision ID: 0012
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# The action by its bytes, so that the beginning of one is a range of the index; comparing so is leakproof, and helps
# a reader's query before the policies have looked at the rows.
UP: LiteralString = """
CREATE INDEX inbox_received ON inbox (received_at);
CREATE INDEX inbox_parked ON inbox (connection, native_id) WHERE state = 'parked';
CREATE INDEX dirty_key_parked ON dirty_key (connection, native_id) WHERE state = 'parked';
CREATE INDEX outbox_parked ON outbox (connection, native_id) WHERE state = 'parked';
CREATE INDEX outbox_done ON outbox (settled_at) WHERE state = 'done';
CREATE INDEX subscription_delivery_parked ON subscription_delivery (subscription_id, id) WHERE state = 'parked';
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action text_pattern_ops, seq);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX measure_key ON measure (key);
"""

DOWN: LiteralString = """
DROP INDEX inbox_received, inbox_parked, dirty_key_parked, outbox_parked, outbox_done, subscription_delivery_parked,
    audit_actor, audit_action, audit_at, measure_key;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
