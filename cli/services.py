"""``gatepost services``: services with their unit cost, and files of demand and KPI values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user
from cli.stated_account import InTheNameOf, stated_account
from cli.stated_file import read_stated, say_stored
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.service_values import read_values_file, save_values
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.settings import Settings
from connector.store.service_portfolio.queries import SORTS, ServiceFilters, list_services

app = typer.Typer(help="Services: what a unit costs, the demand, and what is in the way.", no_args_is_help=True)
EVERYTHING = Viewer(person=None, login="", name="command line", grants=(RoleGrant(Role.OFFICE),))


@app.command("list")
def list_all(
    code: Annotated[str, typer.Option(help="Only those with this blocker or finding: COST_SPIKE")] = "",
    sort: Annotated[str, typer.Option(help="key, cost, trend or margin")] = "key",
    left: Annotated[
        bool, typer.Option("--left", help="Those that have left the mapping, with their last figures")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="At most so many")] = 200,
) -> None:
    """Show cost, demand, unit cost, margin and trend of each service, and what is in its way."""
    if sort not in SORTS:
        raise ConfigurationError(f'"{sort}" is no order: write {", ".join(SORTS)}.')
    with bootstrap(Settings(), application="gatepost services") as services, services.read_as(EVERYTHING) as reading:
        rows = list_services(
            reading, EVERYTHING, ServiceFilters(codes=[code] if code else [], left=left), sort, None, limit
        )[:limit]
    if not rows and left:
        typer.echo("No service has left the mapping.")
        return
    if not rows:
        typer.echo("No service. Define services in the mapping, or take them from ServiceNow.")
        return
    table = Table("Service", "Month", "Cost", "Demand", "Unit cost", "Margin", "Trend", "In the way", "Reported")
    for one in rows:
        report = one.report
        if report is None:
            table.add_row(one.definition.key, *["–"] * 8)
            continue
        amounts = (report.cost, report.demand, report.unit_cost, report.margin)
        trend = "–" if report.trend is None else f"{report.trend:+.1%}"
        table.add_row(
            one.definition.key, str(report.month), *map(_number, amounts), trend, report.hurdle or "–",
            " ".join(report.codes),
        )  # fmt: skip
    Console(soft_wrap=True).print(table)


@app.command()
def values(
    file: Annotated[Path, typer.Argument(help="CSV with the columns service, month and demand; or kpi and value")],
    post: Annotated[bool, typer.Option("--post", help="Store what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what a file of demand or KPI values holds; with --post, store it as a whole or not at all."""
    stated = read_stated(file, read_values_file)
    with bootstrap(Settings(), application="gatepost services") as services:
        login = stated_account(services, as_) if post else operating_user()
        result = save_values(services.engine, stated, file.name, login, datetime.now(UTC), dry_run=not post)
    say_stored("values", len(stated), result.changed, result.problems, post=post)


def _number(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
