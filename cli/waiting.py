"""``gatepost waiting``: where the benefit of measures waits, and what would free most of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.services import EVERYTHING
from connector.bootstrap import Services, bootstrap
from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.reporting.value_waits import WaitFilters, value_at_places
from connector.store.reporting.value_waits import proposals as read_proposals
from connector.store.reporting.waiting_csv import places_csv
from governance.waits import PlaceKind

app = typer.Typer(help="Where the benefit of measures waits, and what would free most of it.", no_args_is_help=True)
Kind = Annotated[str, typer.Option(help="gate, approval, person, team or vendor; without it all")]


@app.command()
def places(
    kind: Kind = "",
    csv: Annotated[bool, typer.Option("--csv", help="Print a CSV instead of a table")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many")] = 100,
) -> None:
    """Show what waits at each gate, approval, person, team and supplier, by the benefit of a day."""
    filters = _filters(kind)
    with bootstrap(Settings(), application="gatepost waiting") as services, services.read_as(EVERYTHING) as reading:
        currency = _currency(services)
        found = value_at_places(reading, currency, filters, limit)
    if csv:
        typer.echo(places_csv(found.places, currency), nl=False)
        return
    typer.echo(f"{found.a_day:,.2f} {currency} of benefit wait each day, of {found.measures} measures.")
    table = Table("Kind", "Where", f"{currency} a day", "Only there", "Measures", "Since")
    for one in found.places:
        table.add_row(
            one.kind.label, one.place, f"{one.a_day:,.2f}", f"{one.freed:,.2f}", str(one.measures),
            f"{one.since:%Y-%m-%d}",
        )  # fmt: skip
    Console(soft_wrap=True).print(table)


@app.command()
def proposals(kind: Kind = "") -> None:
    """Show what would free most of the benefit that waits, and what each proposal would cost elsewhere."""
    filters = _filters(kind)
    with bootstrap(Settings(), application="gatepost waiting") as services, services.read_as(EVERYTHING) as reading:
        currency = _currency(services)
        found = read_proposals(reading, currency, value_at_places(reading, currency, filters).places)
    if not found:
        typer.echo("Nothing waits for anybody.")
        return
    table = Table("Proposal", f"Frees {currency} a day", "Still waits elsewhere", "Costs elsewhere", "Because")
    for one in found:
        table.add_row(
            one.sentence, _number(one.frees), _number(one.after_others), _number(one.costs), one.cost_sentence
        )
    Console(soft_wrap=True).print(table)


def _filters(kind: str) -> WaitFilters:
    if kind and kind not in set(PlaceKind):
        raise ConfigurationError(f'"{kind}" is no kind of place: write {", ".join(PlaceKind)}.')
    return WaitFilters(PlaceKind(kind) if kind else None)


def _currency(services: Services) -> str:
    config = services.active_config()
    if config is None:
        raise ConfigurationError(
            "No mapping is active yet.", remedy=Remedy(command="Activate one with: gatepost mapping activate FILE")
        )
    return config.reporting_currency


def _number(value: Decimal | None) -> str:
    return "not known" if value is None else f"{value:,.2f}"
