"""``gatepost deck``: the steering committee's slides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.known_day import OnDay, known_day
from cli.paper_options import EVERYTHING, OnePortfolio, OneProgram, Rates, report_of
from connector.bootstrap import MappingCache, bootstrap
from connector.errors import ConfigurationError
from connector.papers.deck.contents import deck_of
from connector.papers.deck.own_template import deck_template
from connector.papers.deck.read import deck_figures
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.deck.write import write_deck
from connector.papers.read_sources import read_sources
from connector.papers.report import NoFigures
from connector.settings import Settings
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.report_snapshots import ReportSnapshots
from governance.constant_currency import RatesView
from governance.gates import Thresholds


def deck(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, .pptx")] = Path("committee.pptx"),
    on: OnDay = None,
    compare: Annotated[str | None, typer.Option(help="An earlier day: what changed since is shown as a bridge")] = None,
    template: Annotated[
        Path | None,
        typer.Option(help="A .pptx for this deck alone, in place of the stored one (gatepost papers template)"),
    ] = None,
    portfolio: OnePortfolio = None,
    program: OneProgram = None,
    rates: Rates = RatesView.MONTH,
) -> None:
    """Write the steering committee's deck as PowerPoint slides."""
    if output.suffix != ".pptx":
        raise ConfigurationError(f"{output} does not end in .pptx. PowerPoint tells a presentation by that ending.")
    known_on, earlier = known_day(on), known_day(compare)
    part = output.with_name(f".{output.name}.part")
    with bootstrap(Settings(), application="gatepost deck") as services, services.read_as(EVERYTHING) as reader:
        report = report_of(services, reader, known_on, PortfolioFilters(portfolio=portfolio, program=program), rates)
        active = MappingCache(services.mappings).active()
        sources = read_sources(services, reader, EVERYTHING, known_on)
        try:
            kept = ReportSnapshots(services.engine).keep(
                known_on.at if known_on else report.figures.refreshed_at,
                earlier.at if earlier else None,
                report.filters,
                rates,
                EVERYTHING.name,
                report.made_at,
            )
            made = deck_figures(
                report,
                active.policies.base.thresholds if active else Thresholds(),
                sources,
                compared_to=earlier,
                report_id=kept.id,
            )
            slides = write_deck(deck_of(made), deck_template(services.engine, template), part, kept.id)
        except (NoFigures, UnusableTemplate) as error:
            part.unlink(missing_ok=True)
            raise ConfigurationError(str(error)) from error
    part.replace(output)
    typer.echo(f"{output} is written, {slides} slides, report {kept.id}: {report.organization}, {report.as_of}")
