"""``gatepost workbook``: the portfolio for whoever works in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.progress import progress_bar
from connector.bootstrap import MappingCache, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import NotAMoment, parse_known_on
from connector.measures.usable_rates import usable_rates
from connector.papers.report import NoFigures, Report
from connector.papers.workbook import TooManyMeasures, write_workbook
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.settings import Settings
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.constant_currency import RatesView
from governance.left_out import step_labels

EVERYTHING = Viewer(person=None, login="", name="command line", grants=(RoleGrant(Role.OFFICE),))


def workbook(
    file: Annotated[Path, typer.Argument(help="The file to write, .xlsx")],
    on: Annotated[
        str | None, typer.Option(help="As known on a day, 2026-06-30, or at a moment, 2026-06-30T12:00Z")
    ] = None,
    portfolio: Annotated[str | None, typer.Option(help="Only this portfolio")] = None,
    program: Annotated[str | None, typer.Option(help="Only this program")] = None,
    rates: Annotated[RatesView, typer.Option(help="At the rates of the months, or of each decision (budget)")] = (
        RatesView.MONTH
    ),
) -> None:
    """Write the portfolio as an Excel workbook whose sums are formulas."""
    if file.suffix != ".xlsx":
        raise ConfigurationError(f"{file} does not end in .xlsx. Spreadsheets tell a workbook by that ending.")
    now = system_clock()
    try:
        known_on = parse_known_on(on, now) if on is not None else None
    except NotAMoment as error:
        raise ConfigurationError(str(error)) from error
    console = Console(stderr=True, highlight=False)
    part = file.with_name(f".{file.name}.part")
    with bootstrap(Settings(), application="gatepost workbook") as services, services.read_as(EVERYTHING) as reader:
        active = MappingCache(services.mappings).active()
        config = active.config if active else None
        report = Report(
            connection=reader,
            viewer=EVERYTHING,
            organization=config.organization if config else "Gatepost",
            stages=step_labels({stage.key: stage.label for stage in active.policies.base.stages} if active else {}),
            rates=usable_rates(services.rates.rates(), config, now.date()),
            made_at=now,
            filters=PortfolioFilters(portfolio=portfolio, program=program),
            on=known_on,
            view=rates,
        )
        try:
            with progress_bar(console) as bar:
                tasks: dict[str, object] = {}

                def progress(what: str, done: int, total: int) -> None:
                    task = tasks.setdefault(what, bar.add_task(what, total=total or None))
                    bar.update(task, completed=done)  # type: ignore[arg-type]  # the id that the bar has given

                write_workbook(report, part, progress)
        except (NoFigures, TooManyMeasures) as error:
            part.unlink(missing_ok=True)
            raise ConfigurationError(str(error)) from error
    part.replace(file)
    typer.echo(f"{file} is written: {report.organization}, {report.as_of}")
