"""Versions of the mapping have a life: draft, validated, previewed, active, superseded.

And an item keeps the keys that it had: a key changes when an issue moves, and people go on using the old one.

Revision ID: 0004
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP: LiteralString = """
ALTER TABLE mapping_version DROP CONSTRAINT mapping_version_state_check;
ALTER TABLE mapping_version ADD CONSTRAINT mapping_version_state_check
    CHECK (state IN ('draft', 'validated', 'previewed', 'active', 'superseded'));
ALTER TABLE mapping_version ADD COLUMN superseded_at timestamptz, ADD COLUMN restores integer;
ALTER TABLE work_item ADD COLUMN old_keys text[] NOT NULL DEFAULT '{}';
CREATE INDEX work_item_old_keys ON work_item USING gin (old_keys);
CREATE INDEX work_item_read ON work_item (read_at DESC);
"""

DOWN: LiteralString = """
DROP INDEX work_item_read;
ALTER TABLE work_item DROP COLUMN old_keys;
ALTER TABLE mapping_version DROP COLUMN superseded_at, DROP COLUMN restores;
UPDATE mapping_version SET state = 'draft' WHERE state IN ('validated', 'previewed');
ALTER TABLE mapping_version DROP CONSTRAINT mapping_version_state_check;
ALTER TABLE mapping_version ADD CONSTRAINT mapping_version_state_check
    CHECK (state IN ('draft', 'active', 'superseded'));
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
