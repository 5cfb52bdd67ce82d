"""``gatepost db``: the schema."""

from __future__ import annotations

import typer

from connector import postgres
from connector.settings import Settings
from connector.store import migrate
from connector.store.database import open_database

app = typer.Typer(help="The database schema.", no_args_is_help=True)


@app.callback()
def _db() -> None:
    """The database schema."""


@app.command()
def upgrade() -> None:
    """Bring the schema to this version; safe to run at any time and from several machines at once."""
    settings = Settings()
    engine = open_database(
        postgres.locate(settings.database_url, settings.data), pool_size=1, application="gatepost db"
    )
    typer.echo(f"The schema is at revision {migrate.upgrade(engine)}.")
    engine.dispose()
