"""What an event says of its item, and where a command was given, as columns instead of texts.

Revision ID: 0016
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP: LiteralString = """
ALTER TABLE inbox ADD COLUMN item_deleted boolean NOT NULL DEFAULT false;
"""

DOWN: LiteralString = """
ALTER TABLE inbox DROP COLUMN item_deleted;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
