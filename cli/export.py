"""``gatepost export``: the reporting views as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from sqlalchemy import text

from cli.known_day import OnDay, known_day
from cli.paper_options import seen_as
from cli.progress import progress_bar
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.papers.parquet import write_parquet
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.feeds.sources import NotKept, Source
from connector.store.feeds.views import BY_NAME, VIEWS, PastKind, View

LONGER = text("SELECT set_config('statement_timeout', '30min', true)")
"""Nobody waits for a page here."""

app = typer.Typer(help="The reporting views as Parquet files.", no_args_is_help=True)


@app.command()
def parquet(
    folder: Annotated[Path, typer.Argument(help="Where the files go, one for each view", file_okay=False)],
    view: Annotated[
        list[str] | None,
        typer.Option("--view", help="Only this view, may be repeated; gatepost export views lists them"),
    ] = None,
    on: OnDay = None,
    as_: Annotated[
        str | None, typer.Option("--as", help="Login of the account as which it is read; without it everything is")
    ] = None,
) -> None:
    """Write the reporting views as Parquet files: the same rows and figures as over OData."""
    views, day = _chosen(view), known_day(on)
    if view is None and day is not None:
        views = [one for one in views if one.past is not PastKind.NOT_KEPT]
    console = Console(stderr=True, highlight=False)
    folder.mkdir(parents=True, exist_ok=True)
    with bootstrap(Settings(), application="gatepost export") as services:
        viewer = seen_as(services, as_)
        source = Source(frozenset(BY_NAME), day.at if day is not None else None)
        with services.read_as(viewer) as reader, progress_bar(console) as bar:
            reader.execute(LONGER)
            for one in views:
                task = bar.add_task(one.name, total=None)
                file, part = folder / f"{one.name}.parquet", folder / f".{one.name}.parquet.part"
                try:
                    rows = write_parquet(reader, source, one, part, partial(_show, bar, task))
                except NotKept as error:
                    part.unlink(missing_ok=True)
                    raise ConfigurationError(str(error)) from error
                part.replace(file)
                typer.echo(f"{file} is written: {rows} rows")


@app.command()
def views() -> None:
    """List the reporting views: what each one holds, and whether it answers for a day of the past."""
    table = Table("View", "Kind", "Scope of a token", "--on", "Holds")
    for one in VIEWS:
        table.add_row(one.name, one.kind, one.scope.value, "no" if one.past is PastKind.NOT_KEPT else "yes", one.about)
    Console(highlight=False).print(table)


def _show(bar: Progress, task: TaskID, _: str, done: int, __: int) -> None:
    bar.update(task, completed=done)


def _chosen(names: list[str] | None) -> list[View]:
    """Raises ConfigurationError for a view that is not there."""
    if names is None:
        return list(VIEWS)
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise ConfigurationError(
            f"There is no view {unknown[0]}.", remedy=Remedy(command="gatepost export views lists them.")
        )
    return [BY_NAME[name] for name in dict.fromkeys(names)]
