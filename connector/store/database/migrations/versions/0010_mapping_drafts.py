"""Drafts of the mapping: one for each person, saved while it is written.

A draft is nobody's decision and no version: it takes no number, and it ends with its activation.

Revision ID: 0010
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP: LiteralString = """
CREATE TABLE mapping_draft (
    person_id bigint PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    source    text NOT NULL,
    based_on  integer REFERENCES mapping_version (number),
    revision  integer NOT NULL DEFAULT 1,
    saved_at  timestamptz NOT NULL DEFAULT now()
);
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON mapping_draft TO gatepost_app;
    END IF;
END $$;
"""

DOWN: LiteralString = """
DROP TABLE mapping_draft;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
