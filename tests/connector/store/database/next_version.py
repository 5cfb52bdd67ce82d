"""A Gatepost of the next version: this one with one more migration."""

from __future__ import annotations

import shutil
from pathlib import Path

from connector.store.database import migrate
from tests.conftest import NEWEST

NEXT = f"{int(NEWEST) + 1:04}"
"""The next version's revision of the schema."""

_MIGRATION = """
from alembic import op

revision = "{next}"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE worker ADD COLUMN note text")


def downgrade() -> None:
    op.execute("ALTER TABLE worker DROP COLUMN note")
"""


def next_version(folder: Path) -> Path:
    """The next version's folder of migrations, for :data:`connector.store.database.migrate.FOLDER`."""
    made = folder / "migrations"
    shutil.copytree(migrate.FOLDER, made, ignore=shutil.ignore_patterns("__pycache__"))
    (made / "versions" / f"{NEXT}_next.py").write_text(_MIGRATION.format(next=NEXT, newest=NEWEST))
    return made
