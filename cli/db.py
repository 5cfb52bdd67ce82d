"""``gatepost db``: the schema, what takes the space, and what is let go."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from connector.bootstrap import Services, bootstrap, system_clock
from connector.settings import Settings
from connector.store.database import migrate, postgres
from connector.store.database.engine import open_database
from connector.store.database.json_codec import to_json
from connector.store.operations.database_sizes import Sizes, sizes
from connector.store.operations.retention import Cleaned, Keeping, Round, clean, days_in_words, foreseen

app = typer.Typer(help="The database: its schema, what takes the space, what is let go.", no_args_is_help=True)

LEAST_WIDTH = 100
"""Columns of the terminal in which the sizes have room."""

AsJson = Annotated[bool, typer.Option("--json", help="The figures as JSON")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing")]


@app.callback()
def _db() -> None:
    """The database: its schema, what takes the space, what is let go."""


@app.command()
def upgrade() -> None:
    """Bring the schema to this version; safe to run at any time and from several machines at once."""
    settings = Settings()
    engine = open_database(
        postgres.locate(settings.database_url, settings.data), pool_size=1, application="gatepost db"
    )
    typer.echo(f"The schema is at revision {migrate.upgrade(engine)}.")
    engine.dispose()


@app.command()
def size(as_json: AsJson = False) -> None:
    """Show what takes the space, and what bounds it.  Reads PostgreSQL's statistics, so it is quick at any size."""
    with _services() as services, services.engine.connect() as connection:
        found = sizes(connection, services.keeping)
    if as_json:
        typer.echo(json.dumps(to_json(found), indent=1))
        return
    console = Console(highlight=False)
    # A narrower terminal breaks the lines, and loses nothing of them.
    console.width = max(console.width, LEAST_WIDTH)
    console.print(shown(found))
    typer.echo(f"Rows are estimates. The whole database takes {_bytes(found.database)}, PostgreSQL's own with it.")
    for hint in found.hints:
        typer.echo(f"* {hint}")


@app.command(name="clean")
def clean_(dry_run: DryRun = False) -> None:
    """Let go now of what has had its time, and make the partitions of the days to come.  A worker does so each hour."""
    with _services() as services:
        keeping, now = services.keeping, system_clock()
        if dry_run:
            done = foreseen(services.engine, keeping, now)
        else:
            done = clean(services.engine, keeping, now)
            while done.round is Round.MORE:
                done = done.plus(clean(services.engine, keeping, now))
    for line in told(done, keeping, would=dry_run):
        typer.echo(line)


def shown(found: Sizes) -> Table:
    """The groups as a table, the largest first, with their total."""
    table = Table("What", show_footer=True, box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    table.columns[0].footer, table.columns[0].no_wrap = "total", True
    rows = sum(one.rows for one in found.groups)
    data, indexes = sum(one.data for one in found.groups), sum(one.indexes for one in found.groups)
    feet = {"Rows, about": f"{rows:,}", "Data": _bytes(data), "Indexes": _bytes(indexes), "All": _bytes(found.bytes)}
    for head, foot in {**feet, "Share": "100%"}.items():
        table.add_column(head, foot, justify="right", no_wrap=True)
    table.add_column("What bounds it", min_width=14)
    for one in found.groups:
        share = one.bytes / found.bytes if found.bytes else 0
        table.add_row(
            one.name,
            f"{one.rows:,}",
            _bytes(one.data),
            _bytes(one.indexes),
            _bytes(one.bytes),
            f"{share:.0%}" if share >= 0.01 or not one.bytes else "<1%",
            one.bound,
        )
    return table


def told(done: Cleaned, keeping: Keeping, *, would: bool) -> list[str]:
    """What a round has done, or would do, in sentences."""
    after = f"more than {keeping.history_days} days after their end"
    facts = (
        (done.made, "{verb} {days}.", "Would make partitions for", "Made partitions for"),
        (done.dropped, "{verb} of {days}.", "Would drop the bodies", "Dropped the bodies"),
    )
    lines = [
        words.format(verb=future if would else past, days=days_in_words(days))
        for days, words, future, past in facts
        if days
    ]
    delete, remove = ("Would delete", "Would remove") if would else ("Deleted", "Removed")
    if done.bodies:
        lines.append(f"{remove} {_many(done.bodies, 'body', 'bodies')} one by one.")
    if done.events:
        lines.append(f"{delete} {_many(done.events, 'event', 'events')} {after}.")
    if done.writes:
        lines.append(f"{delete} {_many(done.writes, 'write', 'writes')} {after}.")
    if done.round is Round.BUSY:
        lines.append("A worker cleans just now and does the rest." if lines else "A worker cleans just now.")
    return [*lines, *done.left] or ["Nothing is to be done." if would else "Nothing was to be done."]


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _bytes(count: int) -> str:
    """In the unit that leaves one to four figures: ``812 kB``, ``1.4 GB``."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count / 1000:,.0f} kB"


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost db")
