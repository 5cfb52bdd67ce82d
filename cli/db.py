"""``gatepost db``: the schema, the size of the tables, and the cleanup of old data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from cli.report_logins import reader
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.database import migrate, postgres
from connector.store.database.application_login import make_login
from connector.store.database.engine import open_database
from connector.store.database.json_codec import to_json
from connector.store.database.postgres import APPLICATION_ROLE, DatabaseLogins
from connector.store.operations.database_sizes import DatabaseSizes, database_sizes
from connector.store.operations.retention import (
    CleanupResult,
    CleanupStatus,
    RetentionPeriods,
    clean_up,
    format_days,
    keep_partitions,
    preview_clean_up,
)

app = typer.Typer(help="The database: its schema, its size, its cleanup.", no_args_is_help=True)
app.add_typer(reader, name="reader")

MIN_WIDTH = 100
"""Least width of the terminal for the table of sizes."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and do nothing")]


@app.callback()
def _db() -> None:
    """The database: its schema, its size, its cleanup."""


@app.command()
def upgrade() -> None:
    """Bring the schema to this version; safe to run at any time and from several machines at once.

    As the owner of the schema: GATEPOST_MAINTENANCE_DATABASE_URL, or DATABASE_URL where there is only one login.
    """
    settings = Settings()
    with _owner(settings) as (engine, logins):
        if not migrate.may_upgrade(engine):
            raise ConfigurationError(
                f"{engine.url.username} does not own the schema. Give the owner's address in "
                "GATEPOST_MAINTENANCE_DATABASE_URL."
            )
        typer.echo(f"The schema is at revision {migrate.upgrade(engine)}.")
        if logins.maintenance != logins.application and make_login(engine, logins.application):
            typer.echo(f"{APPLICATION_ROLE} may log in now; the processes need no other login.")
        _report(keep_partitions(engine, _periods(settings), system_clock()), settings)


@app.command()
def partitions() -> None:
    """Create the partitions of the coming days and drop those past their retention, as the owner of the schema.

    A worker asks for the same each hour; this is for a database whose workers may not.
    """
    settings = Settings()
    with _owner(settings) as (engine, _):
        migrate.check(engine)
        done = keep_partitions(engine, _periods(settings), system_clock())
        if not _report(done, settings):
            typer.echo("There is nothing to do.")


@app.command()
def size(as_json: AsJson = False) -> None:
    """Show what takes the space, and what limits it.  Reads PostgreSQL's statistics, so it is quick at any size."""
    with _services() as services, services.engine.connect() as connection:
        sizes = database_sizes(connection, services.retention_periods)
    if as_json:
        typer.echo(json.dumps(to_json(sizes), indent=1))
        return
    console = Console(highlight=False)
    # A narrower terminal wraps the lines; nothing is cut off.
    console.width = max(console.width, MIN_WIDTH)
    console.print(size_table(sizes))
    typer.echo(
        f"Rows are estimates. The whole database takes {_bytes(sizes.database)}, including PostgreSQL's own data."
    )
    for hint in sizes.hints:
        typer.echo(f"* {hint.at_terminal}")


@app.command(name="clean")
def clean_(dry_run: DryRun = False) -> None:
    """Delete data past its retention and create partitions for the coming days.  A worker does so each hour."""
    with _services() as services:
        retention, now = services.retention_periods, system_clock()
        if dry_run:
            done = preview_clean_up(services.engine, retention, now)
        else:
            done = clean_up(services.engine, retention, now)
            while done.status is CleanupStatus.MORE:
                done = done.combined_with(clean_up(services.engine, retention, now))
    for line in cleanup_summary(done, retention, dry_run=dry_run):
        typer.echo(line)


def size_table(sizes: DatabaseSizes) -> Table:
    """The groups as a table, the largest first, with their total."""
    table = Table("What", show_footer=True, box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    table.columns[0].footer, table.columns[0].no_wrap = "total", True
    rows = sum(group.rows for group in sizes.groups)
    data, indexes = sum(group.data for group in sizes.groups), sum(group.indexes for group in sizes.groups)
    footers = {
        "Rows, about": f"{rows:,}",
        "Data": _bytes(data),
        "Indexes": _bytes(indexes),
        "All": _bytes(sizes.bytes),
    }
    for head, footer in {**footers, "Share": "100%"}.items():
        table.add_column(head, footer, justify="right", no_wrap=True)
    table.add_column("What limits it", min_width=14)
    for group in sizes.groups:
        share = group.bytes / sizes.bytes if sizes.bytes else 0
        table.add_row(
            group.name,
            f"{group.rows:,}",
            _bytes(group.data),
            _bytes(group.indexes),
            _bytes(group.bytes),
            f"{share:.0%}" if share >= 0.01 or not group.bytes else "<1%",
            group.bound,
        )
    return table


def cleanup_summary(cleaned: CleanupResult, retention: RetentionPeriods, *, dry_run: bool) -> list[str]:
    """What a cleanup has done, or would do, as sentences."""
    after = f"more than {retention.history_days} days after their end"
    facts = (
        (cleaned.partitions_created, "{verb} {days}.", "Would create partitions for", "Created partitions for"),
        (cleaned.partitions_dropped, "{verb} of {days}.", "Would drop the bodies", "Dropped the bodies"),
    )
    lines = [
        text.format(verb=future if dry_run else past, days=format_days(days))
        for days, text, future, past in facts
        if days
    ]
    delete, remove = ("Would delete", "Would remove") if dry_run else ("Deleted", "Removed")
    if cleaned.bodies_deleted:
        lines.append(f"{remove} {_counted(cleaned.bodies_deleted, 'body', 'bodies')} one by one.")
    if cleaned.events_deleted:
        lines.append(f"{delete} {_counted(cleaned.events_deleted, 'event', 'events')} {after}.")
    if cleaned.writes_deleted:
        lines.append(f"{delete} {_counted(cleaned.writes_deleted, 'write', 'writes')} {after}.")
    if cleaned.versions_deleted:
        versions = _counted(cleaned.versions_deleted, "superseded version", "superseded versions")
        lines.append(f"{delete} {versions} of what was known of measures, older than {retention.known_days} days.")
    if cleaned.status is CleanupStatus.BUSY:
        lines.append("A worker is cleaning up and does the rest." if lines else "A worker is cleaning up.")
    return [*lines, *(problem.at_terminal for problem in cleaned.problems)] or ["There is nothing to do."]


def _counted(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"


def _bytes(count: int) -> str:
    """In the unit that leaves one to four figures: ``812 kB``, ``1.4 GB``."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count / 1000:,.0f} kB"


@contextmanager
def _owner(settings: Settings) -> Iterator[tuple[Engine, DatabaseLogins]]:
    """The database as the owner of its schema opens it."""
    logins = postgres.locate_logins(settings.database_url, settings.maintenance_address, settings.data)
    engine = open_database(logins.maintenance, pool_size=2, application="gatepost db")
    try:
        yield engine, logins
    finally:
        engine.dispose()


def _periods(settings: Settings) -> RetentionPeriods:
    return RetentionPeriods(settings.event_body_days, settings.history_days, settings.known_days)


def _report(done: CleanupResult, settings: Settings) -> bool:
    """Print what was done; returns whether that was anything."""
    if done == CleanupResult(CleanupStatus.DONE):
        return False
    for line in cleanup_summary(done, _periods(settings), dry_run=False):
        typer.echo(line)
    return True


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost db")
