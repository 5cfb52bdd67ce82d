"""The tables and functions of Procrastinate, the task queue.

Its schema is taken from the installed package, whose version the lock file pins; a later change
of that schema is a new revision here with Procrastinate's own migration script.

Revision ID: 0002
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOWN = """
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
                 AND tablename LIKE 'procrastinate\\_%' LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', thing.tablename);
    END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = current_schema() AND p.proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                 WHERE n.nspname = current_schema() AND t.typname LIKE 'procrastinate\\_%'
                 AND (t.typtype = 'e' OR EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
    LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', thing.typname);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    _run(SchemaManager.get_schema())


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    # Several statements in one string, with percent signs in them: psycopg takes such a script only
    # without parameters, and SQLAlchemy always passes some.
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
