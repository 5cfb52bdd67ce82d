"""``gatepost meeting``: what a meeting decided, read back from the comments of its deck."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.paper_options import EVERYTHING
from cli.secret_input import TOKEN, read_secret
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.meeting import check, enter
from connector.papers.deck.comments import comments_of, report_of
from connector.papers.deck.unusable import UnusableTemplate
from connector.people.permissions import TokenScope, Viewer
from connector.settings import Settings
from connector.store.reporting.report_snapshots import ReportSnapshots

app = typer.Typer(help="Decisions of a meeting, from the comments of its deck.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Decisions of a meeting, from the comments of its deck."""


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="The deck with the comments, .pptx")],
    apply: Annotated[bool, typer.Option("--apply", help="Enter the decisions; without it nothing is changed")] = False,
    minutes: Annotated[str, typer.Option(help="Reference of the minutes: SC-14, item 3")] = "",
    met_on: Annotated[str, typer.Option(help="Day of the meeting, 2026-11-29; today by default")] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File with your API token of the scope statements:write; {TOKEN} by default, else asked for"
        ),
    ] = None,
) -> None:
    """Show what the comments of a deck decide, and with --apply enter it: given where you may, else left open."""
    now = system_clock()
    try:
        day = date.fromisoformat(met_on) if met_on else now.date()
    except ValueError as error:
        raise ConfigurationError(f'--met-on: "{met_on}" is no day; write 2026-11-29.') from error
    if apply and not minutes.strip():
        raise ConfigurationError("Name the minutes with --minutes: the audit and every timeline refer to them.")
    with bootstrap(Settings(), application="gatepost meeting") as services:
        try:
            found, number = comments_of(file), report_of(file)
        except UnusableTemplate as error:
            raise ConfigurationError(str(error)) from error
        viewer = _person(services, token_file) if apply else EVERYTHING
        kept = ReportSnapshots(services.engine).find(number) if number else None
        for one in found:
            where = f"slide {one.slide}"
            if not one.command:
                why = "is about no measure" if not one.measure else "begins with no decision"
                typer.echo(f'{where}: "{one.comment_text[:80]}" {why}; it is left alone.')
                continue
            result = (
                enter(
                    services, viewer, one.measure, one.command, minutes, day, now, report_id=kept.id if kept else None
                )
                if apply
                else check(services, viewer, one.measure, one.command, now)
            )
            typer.echo(f"{where}: {result.state.value}: {result.text}")
    if not found:
        typer.echo(f"{file} has no comments.")
    elif not apply:
        typer.echo("Nothing was changed. Enter them with: gatepost meeting read FILE --apply --minutes REFERENCE")


def _person(services: Services, token_file: Path | None) -> Viewer:
    """Raises ConfigurationError when the token is not good for writing."""
    token = read_secret(token_file, TOKEN, prompt="Your API token")
    viewer = services.tokens.viewer(token or "", now=system_clock())
    if viewer is None or TokenScope.STATEMENTS_WRITE not in viewer.scopes:
        raise ConfigurationError(
            "Decisions are entered with your own API token of the scope statements:write, and this is none. "
            "Create one on the page Account."
        )
    return viewer
