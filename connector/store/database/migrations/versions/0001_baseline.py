"""The schema: its tables, functions, triggers, roles and policies, from the SQL files in ``baseline``.

Revision ID: 0001
"""

from __future__ import annotations

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BASELINE = Path(__file__).parent.parent / "baseline"

TABLES = (
    "connections",
    "people",
    "access_changes",
    "mappings",
    "flow",
    "measures",
    "records",
    "ledger",
    "imports",
    "personal_data",
    "audit",
    "services",
    "rollups",
    "verdict_history",
    "reports",
    "scenarios",
    "interface",
    "messages",
    "papers",
    "erasure",
    "schema_compatibility",
)
"""In this order, because of what refers to what."""

RIGHTS = ("written_once", "application_role", "row_visibility", "event_bodies", "reporting", "policies")
"""Each file says what it needs: the role's rights are to the tables that are there by then."""


def upgrade() -> None:
    # The task queue's own schema is that of the installed package, whose version the lock file pins; a later change of
    # it is a new revision here with the queue's own migration script.
    _run(SchemaManager.get_schema())
    for subject in (*TABLES, *RIGHTS):
        _run((BASELINE / f"{subject}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("Nothing is before the first schema. Drop the database, or restore a backup.")


def _run(script: str) -> None:
    # Several statements in one string, with percent signs in them: psycopg takes such a script only without
    # parameters, and SQLAlchemy always passes some.
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
