"""What waits for somebody: indexes for what is asked of committees and delegates, and the digest that tells it.

Revision ID: 0011
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP: LiteralString = """
CREATE INDEX measure_program ON measure (program);
CREATE INDEX statement_delegations ON statement (verb) WHERE verb = 'delegate';

CREATE TABLE digest (
    person_id  bigint PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    target     bytea NOT NULL,
    often      text NOT NULL CHECK (often IN ('daily', 'weekly', 'off')),
    hour       smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row a person and day, made before anything is sent: whoever makes it is the one who sends.
CREATE TABLE digest_day (
    person_id  bigint NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    day        date NOT NULL,
    state      text NOT NULL CHECK (state IN ('claimed', 'sent', 'nothing', 'failed')),
    things     integer NOT NULL DEFAULT 0,
    tries      smallint NOT NULL DEFAULT 1,
    reason     text,
    claimed_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (person_id, day)
);

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON digest, digest_day TO gatepost_app;
    END IF;
END $$;
"""

DOWN: LiteralString = """
DROP TABLE digest_day, digest;
DROP INDEX statement_delegations, measure_program;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
