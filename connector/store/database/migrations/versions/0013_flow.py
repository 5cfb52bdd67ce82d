"""What people changed goes before what is looked at again in bulk; how old a code may work on this schema.

Revision ID: 0013
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# A process of the version before may still run beside the new one: what it reads and writes stays as it was
# (deploy/adr/0017).  It claims in the order of due_at, for which any index on the connection serves a while.
UP: LiteralString = """
CREATE TABLE schema_floor (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    oldest text NOT NULL
);
INSERT INTO schema_floor (oldest) VALUES ('0012');
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT ON schema_floor TO gatepost_app;
    END IF;
END $$;
CREATE INDEX dirty_key_order ON dirty_key (connection, (inbox_id IS NULL), due_at)
    WHERE state = 'waiting' AND claim_token IS NULL;
DROP INDEX dirty_key_claimable;
CREATE INDEX outbox_bulk ON outbox (connection, bulk_task) WHERE state = 'waiting' AND bulk_task IS NOT NULL;
"""

DOWN: LiteralString = """
CREATE INDEX dirty_key_claimable ON dirty_key (connection, due_at) WHERE state = 'waiting' AND claim_token IS NULL;
DROP INDEX dirty_key_order, outbox_bulk;
DROP TABLE schema_floor;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
