"""Jira, complete: how a connection signs in and which doors it has, limits by scope, sweeps, bulk edits, provisioning.

Revision ID: 0005
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP: LiteralString = """
ALTER TABLE connection
    ADD COLUMN deployment text NOT NULL DEFAULT 'cloud' CHECK (deployment IN ('cloud', 'datacenter')),
    ADD COLUMN auth text NOT NULL DEFAULT 'basic' CHECK (auth IN ('basic', 'scoped', 'oauth', 'bearer')),
    ADD COLUMN api_url text,
    ADD COLUMN own_account text,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN oauth bytea,
    ADD COLUMN doors text[] NOT NULL DEFAULT '{signature}',
    ADD COLUMN webhook jsonb;

CREATE TABLE parking (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    scope text NOT NULL CHECK (scope IN ('connection', 'endpoint', 'item')),
    subject text NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (connection, scope, subject)
);

CREATE TABLE sweep (
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('changed', 'full')),
    query text NOT NULL,
    since timestamptz,
    began_at timestamptz NOT NULL,
    page text,
    seen integer NOT NULL DEFAULT 0,
    marked integer NOT NULL DEFAULT 0,
    total integer,
    ended_at timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    error text,
    PRIMARY KEY (connection, kind)
);
CREATE TABLE sweep_seen (
    connection text NOT NULL,
    native_id text NOT NULL,
    PRIMARY KEY (connection, native_id)
);

CREATE TABLE provisioned (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL REFERENCES connection (name) ON DELETE CASCADE,
    kind text NOT NULL,
    target text NOT NULL,
    name text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (connection, kind, target)
);

ALTER TABLE outbox ADD COLUMN alike text, ADD COLUMN bulk_task text;
CREATE INDEX outbox_alike ON outbox (connection, alike) WHERE state = 'waiting' AND alike IS NOT NULL;
ALTER TABLE work_item ADD COLUMN unreachable_reason text;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gatepost_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON parking, sweep, sweep_seen, provisioned TO gatepost_app;
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO gatepost_app', current_schema());
    END IF;
END $$;
"""

DOWN: LiteralString = """
ALTER TABLE work_item DROP COLUMN unreachable_reason;
ALTER TABLE outbox DROP COLUMN alike, DROP COLUMN bulk_task;
DROP TABLE provisioned, sweep_seen, sweep, parking;
ALTER TABLE connection DROP COLUMN deployment, DROP COLUMN auth, DROP COLUMN api_url, DROP COLUMN own_account,
    DROP COLUMN expires_at, DROP COLUMN oauth, DROP COLUMN doors, DROP COLUMN webhook;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
