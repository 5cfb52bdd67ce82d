"""Alerts to whoever runs Gatepost, and events for subscribers that concern a connection and no measure.

Revision ID: 0015
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# An alert is open while its cause lasts, and of one cause only one is open: so it is raised once, however many
# workers see it.  A process of the version before raises none and makes deliveries with a measure, as before.
UP: LiteralString = """
CREATE TABLE alert (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL,
    subject       text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    raised_at     timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
    reason        text,
    told          text[] NOT NULL DEFAULT '{}',
    tries         integer NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    settled_at    timestamptz
);
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE ended_at IS NULL;
CREATE INDEX alert_waiting ON alert (subject, id) WHERE state = 'waiting';

ALTER TABLE subscription_delivery
    ALTER COLUMN measure_id DROP NOT NULL,
    ADD COLUMN connection text REFERENCES connection (name) ON DELETE CASCADE,
    ADD CONSTRAINT subscription_delivery_about
        -- the version before keeps to it: each of its deliveries is about a measure
        CHECK (num_nonnulls(measure_id, connection) = 1);
CREATE INDEX subscription_delivery_waiting_connection ON subscription_delivery (subscription_id, connection, id)
    WHERE state = 'waiting' AND connection IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON alert TO gatepost_app;
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    END IF;
END $$;

SELECT gatepost_protect('subscription_delivery',
    '(SELECT gatepost_all())
     OR (subscription_delivery.connection IS NOT NULL AND (SELECT gatepost_operates()))
     OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = subscription_delivery.measure_id)');
"""

# A subscription to nothing else goes as a whole: without these events it would ask for all others.
DOWN: LiteralString = """
SELECT gatepost_protect('subscription_delivery',
    '(SELECT gatepost_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = subscription_delivery.measure_id)');
DELETE FROM subscription WHERE events <> '{}' AND events <@ ARRAY['connection.paused', 'connection.resumed'];
UPDATE subscription SET events = array_remove(array_remove(events, 'connection.paused'), 'connection.resumed');
DELETE FROM subscription_delivery WHERE measure_id IS NULL;
DROP INDEX subscription_delivery_waiting_connection;
ALTER TABLE subscription_delivery
    DROP CONSTRAINT subscription_delivery_about, DROP COLUMN connection, ALTER COLUMN measure_id SET NOT NULL;
DROP TABLE alert;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
