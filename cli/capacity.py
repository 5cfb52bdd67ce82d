"""``gatepost capacity``: hours of teams, planned, needed by measures, and logged."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user
from cli.services import EVERYTHING
from cli.stated_account import InTheNameOf, stated_account
from cli.stated_file import read_stated, say_stored
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.capacity_file import read_capacity_file, save_hours
from connector.settings import Settings
from connector.store.reporting.capacity import capacity
from governance.money import Period
from mapping.policy import weekly_hours

app = typer.Typer(help="Hours of teams: planned, needed by measures, and logged.", no_args_is_help=True)
MONTHS = 9
COLUMNS = ("team", "month", "planned", "by_measures", "free", "logged", "requested", "load")


@app.command("list")
def list_all(
    first: Annotated[str, typer.Option(help="First month, 2026-10; without it five months ago")] = "",
    months: Annotated[int, typer.Option(min=1, max=36, help="So many months")] = MONTHS,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a CSV instead of a table")] = False,
) -> None:
    """Show planned and logged hours by team and month."""
    try:
        begin = Period.parse(first) if first else Period.of(datetime.now(UTC).date()).plus(-5)
    except ValueError:
        raise ConfigurationError(f'"{first}" is no month; write 2026-10.') from None
    with bootstrap(Settings(), application="gatepost capacity") as services, services.read_as(EVERYTHING) as reading:
        config = services.active_config()
        weekly = weekly_hours(config)
        rows = capacity(reading, begin, begin.plus(months - 1), weekly)
    cells = [
        (one.team, str(one.month), *map(_number, (one.planned, one.by_measures, one.free, one.logged, one.requested)),
         "" if one.load is None else f"{one.load:.4f}")
        for one in rows
    ]  # fmt: skip
    if as_csv:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([COLUMNS, *cells])
        typer.echo(out.getvalue(), nl=False)
        return
    if not rows:
        typer.echo("No hours are planned or logged in these months.")
        return
    table = Table("Team", "Month", "Planned h", "Measures plan h", "Free h", "Logged h", "Requested h", "Load")
    for row in cells:
        table.add_row(*(cell or "–" for cell in row))
    Console(soft_wrap=True).print(table)


@app.command("file")
def store_file(
    file: Annotated[Path, typer.Argument(help="CSV with the columns team, month, planned or logged, perhaps person")],
    post: Annotated[bool, typer.Option("--post", help="Store what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what a file of hours of teams holds; with --post, store it as a whole or not at all."""
    stated = read_stated(file, read_capacity_file)
    with bootstrap(Settings(), application="gatepost capacity") as services:
        login = stated_account(services, as_) if post else operating_user()
        result = save_hours(services.engine, stated, file.name, login, datetime.now(UTC), dry_run=not post)
    say_stored("hours", len(stated), result.changed, result.problems, post=post)


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
