"""``gatepost workbook``: the portfolio for whoever works in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.known_day import OnDay, known_day
from cli.paper_options import EVERYTHING, OnePortfolio, OneProgram, Rates, report_of
from cli.progress import progress_bar
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.papers.read_sources import read_sources
from connector.papers.report import NoFigures
from connector.papers.workbook import TooManyMeasures, write_workbook
from connector.settings import Settings
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.constant_currency import RatesView


def workbook(
    file: Annotated[Path, typer.Argument(help="The file to write, .xlsx")],
    on: OnDay = None,
    compare: Annotated[str | None, typer.Option(help="An earlier day: a sheet shows what changed since")] = None,
    portfolio: OnePortfolio = None,
    program: OneProgram = None,
    rates: Rates = RatesView.MONTH,
) -> None:
    """Write the portfolio as an Excel workbook whose sums are formulas."""
    if file.suffix != ".xlsx":
        raise ConfigurationError(f"{file} does not end in .xlsx. Spreadsheets tell a workbook by that ending.")
    known_on, earlier = known_day(on), known_day(compare)
    console = Console(stderr=True, highlight=False)
    part = file.with_name(f".{file.name}.part")
    with bootstrap(Settings(), application="gatepost workbook") as services, services.read_as(EVERYTHING) as reader:
        report = report_of(services, reader, known_on, PortfolioFilters(portfolio=portfolio, program=program), rates)
        try:
            with progress_bar(console) as bar:
                tasks: dict[str, object] = {}

                def progress(what: str, done: int, total: int) -> None:
                    task = tasks.setdefault(what, bar.add_task(what, total=total or None))
                    bar.update(task, completed=done)  # type: ignore[arg-type]  # the id that the bar has given

                sources = read_sources(services, reader, EVERYTHING, known_on)
                write_workbook(report, part, progress, earlier, sources)
        except (NoFigures, TooManyMeasures) as error:
            part.unlink(missing_ok=True)
            raise ConfigurationError(str(error)) from error
    part.replace(file)
    typer.echo(f"{file} is written: {report.organization}, {report.as_of}")
