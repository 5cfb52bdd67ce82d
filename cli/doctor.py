"""``gatepost doctor``: check the installation and its connections, with what to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.live_check import run_live_check
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.runtime.doctor import connection_checks, installation_checks
from connector.settings import Settings
from connector.sync.setup import Health

HEALTH_MARKS = {Health.GOOD: "[green]✓[/]", Health.WARNING: "[yellow]![/]", Health.BAD: "[red]✗[/]"}


def doctor(
    name: Annotated[str | None, typer.Argument(help="One connection; all by default")] = None,
    live_check: Annotated[
        bool, typer.Option("--live-check", help="Try Gatepost's assumptions on a ServiceNow that is not production")
    ] = False,
    table: Annotated[str, typer.Option(help="Table in which the live check makes its own record")] = "change_request",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the live check")] = False,
) -> None:
    """Check database, workers, and each connection: reachable, signed in, clock, permissions, webhook, limits."""
    console = Console(highlight=False, soft_wrap=True)
    worst = Health.GOOD
    with bootstrap(Settings(), application="gatepost doctor") as services:
        if live_check:
            if name is None:
                raise ConfigurationError("Name the connection: gatepost doctor --live-check servicenow-main")
            run_live_check(services, console, name, table, agreed=yes)
            return
        records = [record for record in services.connections.all() if name in {None, record.name}]
        if name is not None and not records:
            raise ConfigurationError(f'There is no connection "{name}". List them with: gatepost connection list')
        groups = [("Gatepost", installation_checks(services))]
        groups += [(f"{record.name} ({record.base_url})", connection_checks(services, record)) for record in records]
        for title, checks in groups:
            console.print(f"[bold]{escape(title)}[/]")
            for check in checks:
                hint = f"\n      {escape(check.hint)}" if check.hint else ""
                console.print(f"  {HEALTH_MARKS[check.health]} {escape(check.subject)}: {escape(check.message)}{hint}")
                worst = max(worst, check.health, key=list(Health).index)
    if worst is Health.BAD:
        raise typer.Exit(1)
