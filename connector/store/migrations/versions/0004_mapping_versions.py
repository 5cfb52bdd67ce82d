"""Versions of the mapping have a life: draft, validated, previewed, active, superseded.

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
CREATE INDEX work_item_read ON work_item (read_at DESC);
"""

DOWN: LiteralString = """
DROP INDEX work_item_read;
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
