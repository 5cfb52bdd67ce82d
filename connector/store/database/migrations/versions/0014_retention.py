"""The bodies of events in a table of their own, partitioned by day, so that old ones go by dropping a partition.

Revision ID: 0014
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op
from sqlalchemy import text

from connector.store.queue.event_bodies import unpack

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# inbox.body stays: a process of the version before writes and reads it while it still runs (deploy/adr/0018).  What
# stands there is emptied by age, for which the first index is; it shrinks to nothing within the time that bodies are
# kept.  The default partition takes what comes on a day without a partition; a plain index finds it there by age.
UP: LiteralString = """
CREATE TABLE inbox_body (
    inbox_id    bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    body        bytea NOT NULL
) PARTITION BY RANGE (received_at);
-- What comes is packed already; see connector/store/queue/event_bodies.py.
ALTER TABLE inbox_body ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX inbox_body_of ON inbox_body (inbox_id);
CREATE TABLE inbox_body_default PARTITION OF inbox_body DEFAULT;
CREATE INDEX inbox_body_default_received ON inbox_body_default (received_at);

DO $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    one   date;
BEGIN
    FOR n IN 0..7 LOOP
        one := today + n;
        EXECUTE format('CREATE TABLE %I PARTITION OF inbox_body FOR VALUES FROM (%L) TO (%L)',
                       'inbox_body_' || to_char(one, 'YYYYMMDD'), one || ' 00:00:00+00', one + 1 || ' 00:00:00+00');
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, DELETE ON inbox_body TO gatepost_app;
    END IF;
END $$;
SELECT gatepost_protect('inbox_body',
    '(SELECT gatepost_operates()) OR EXISTS (SELECT 1 FROM inbox seen WHERE seen.id = inbox_body.inbox_id)');

CREATE INDEX inbox_bodied ON inbox (received_at) WHERE body IS NOT NULL;
CREATE INDEX outbox_superseded ON outbox (settled_at) WHERE state = 'superseded';
"""

DOWN: LiteralString = """
DROP INDEX outbox_superseded, inbox_bodied;
DELETE FROM row_policy WHERE name = 'inbox_body';
DROP TABLE inbox_body;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    bind = op.get_bind()
    # The version before reads a body as it came.
    for row in bind.execute(text("SELECT inbox_id, received_at, body FROM inbox_body")).all():
        there = {"id": row.inbox_id, "at": row.received_at, "body": unpack(row.body)}
        bind.execute(text("UPDATE inbox SET body = :body WHERE id = :id AND received_at = :at"), there)
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
