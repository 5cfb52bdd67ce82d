"""``gatepost evidence``: everything known of a measure in one archive, and the check of such an archive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, RowMapping, true
from typer.core import TyperGroup

from cli.known_day import OnDay, known_day
from cli.operating_user import operating_user, stated_author
from cli.paper_options import EVERYTHING, seen_as
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import NotKnownYet
from connector.papers.evidence.finding import Outcome
from connector.papers.evidence.make import ChainTooLong, PackRequest, PackTooLarge, make_pack
from connector.papers.evidence.verify import verify_pack
from connector.people.permissions import Action, Viewer, may
from connector.remedy import NOTHING_TO_DO
from connector.settings import Settings
from connector.store.database.row_level_access import visible_to
from connector.store.measures.measure_queries import find_measures


class _MeasureOrCommand(TyperGroup):
    """``gatepost evidence ITX-1`` is ``gatepost evidence make ITX-1``."""

    default_command = "make"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [self.default_command, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_MeasureOrCommand,
    help="Evidence pack: gatepost evidence MEASURE makes one, gatepost evidence verify FILE checks it.",
    no_args_is_help=True,
)


@app.command()
def make(
    measure: Annotated[str, typer.Argument(help="Key of the item, or id of the measure")],
    on: OnDay = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write, .zip; by default evidence-KEY-DAY.zip")
    ] = None,
    whole_chain: Annotated[
        bool, typer.Option("--whole-chain", help="With every entry of the audit from the measure's first one to today")
    ] = False,
    as_: Annotated[
        str | None, typer.Option("--as", help="Login of the account as which it is seen; without it everything is")
    ] = None,
) -> None:
    """Make one archive of everything known of a measure: `gatepost evidence MEASURE` does the same."""
    known_on = known_day(on)
    if output is not None and output.suffix != ".zip":
        raise ConfigurationError(f"{output} does not end in .zip. Programs tell an archive by that ending.")
    if whole_chain and known_on is not None:
        raise ConfigurationError("A whole chain goes up to today: leave out --on or --whole-chain.")
    now = system_clock()
    with bootstrap(Settings(), application="gatepost evidence") as services:
        viewer = _viewer(services, as_)
        if whole_chain and not viewer.sees_everything:
            raise ConfigurationError("A whole chain holds entries about every measure: this account does not see all.")
        asked = PackRequest(stated_author(as_) if as_ else operating_user(), viewer, known_on, whole_chain)
        with services.read_as(viewer) as reader:
            try:
                row = _row(reader, viewer, measure)
                day = known_on.at if known_on else now
                file = output or Path(f"evidence-{re.sub('[^A-Za-z0-9-]', '_', row['key'])}-{day:%Y-%m-%d}.zip")
                part = file.with_name(f".{file.name}.part")
                with part.open("w+b") as written:
                    pack = make_pack(services, reader, row, asked, now, written)
            except (NotKnownYet, ChainTooLong, PackTooLarge) as error:
                part.unlink(missing_ok=True)
                remedy = error.remedy if isinstance(error, ChainTooLong) else NOTHING_TO_DO
                raise ConfigurationError(str(error), remedy=remedy) from error
    part.replace(file)
    typer.echo(
        f"{file} is written: {pack.key} as known on {pack.as_of}, {pack.files} files, {pack.entries} audit entries"
    )
    typer.echo(f"SHA-256 of its manifest, which is in the audit: {pack.digest}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The evidence pack", exists=True, dir_okay=False, readable=True)],
    key: Annotated[
        str | None,
        typer.Option(help="What `gatepost audit key` printed where the pack was made: it has to be signed with it"),
    ] = None,
) -> None:
    """Check a pack without a database.  Exit status 1 when something in it was changed, added or removed."""
    with file.open("rb") as source:
        found = verify_pack(source, key)
    for outcome, label in _LABELS.items():
        for one in found.findings:
            if one.outcome is outcome:
                typer.echo(f"{label:<12} {one.text} {one.remedy.at_terminal}".rstrip())
    if found.is_broken:
        typer.echo(f"{file} is NOT as it was made.")
        raise typer.Exit(1)
    typer.echo(f"{file} is as it was made.")


_LABELS = {Outcome.BROKEN: "Broken:", Outcome.HOLDS: "Holds:", Outcome.NOT_CHECKED: "Not checked:"}
"""In the order in which they are printed."""


def _viewer(services: Services, login: str | None) -> Viewer:
    """Raises ConfigurationError for an account that does not read the audit."""
    viewer = seen_as(services, login)
    if viewer is not EVERYTHING and not may(viewer, Action.READ_AUDIT):
        raise ConfigurationError(f"{login} has no role that reads the audit, and an evidence pack holds part of it.")
    return viewer


def _row(reader: Connection, viewer: Viewer, name: str) -> RowMapping:
    visible = true() if viewer is EVERYTHING else visible_to(viewer)
    found = find_measures(reader, name, visible)
    if not found:
        raise ConfigurationError(
            f'Gatepost knows no measure "{name}". No event of that item has arrived yet, or no rule of the mapping '
            "matches it."
        )
    if len(found) > 1:
        named = ", ".join(str(one["id"]) for one in found)
        raise ConfigurationError(f"{name} is the key of several measures. Name one by its id: {named}")
    return found[0]
