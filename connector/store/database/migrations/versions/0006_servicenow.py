"""ServiceNow, complete: the version of a record that was judged, more ways to sign in, one more proof of an event.

Revision ID: 0006
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP: LiteralString = """
ALTER TABLE outbox ADD COLUMN version text;

ALTER TABLE connection DROP CONSTRAINT connection_auth_check;
ALTER TABLE connection ADD CONSTRAINT connection_auth_check
    CHECK (auth IN ('basic', 'scoped', 'oauth', 'bearer', 'apikey'));
"""

DOWN: LiteralString = """
ALTER TABLE connection DROP CONSTRAINT connection_auth_check;
ALTER TABLE connection ADD CONSTRAINT connection_auth_check CHECK (auth IN ('basic', 'scoped', 'oauth', 'bearer'));

ALTER TABLE outbox DROP COLUMN version;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
