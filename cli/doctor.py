"""``gatepost doctor``: check the installation and its connections, with what to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.live_check import live_check
from cli.secret_input import CredentialFile
from connector.bootstrap import bootstrap
from connector.errors import NO_CONNECTION, ConfigurationError
from connector.runtime.doctor import connection_checks, installation_checks
from connector.settings import Settings
from connector.sync.setup import Health

HEALTH_MARKS = {Health.GOOD: "[green]✓[/]", Health.WARNING: "[yellow]![/]", Health.BAD: "[red]✗[/]"}


def doctor(
    name: Annotated[str | None, typer.Argument(help="One connection; all by default")] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live-check",
            help="Try on a real tool what Gatepost takes for granted, on a project or record that is removed again",
        ),
    ] = False,
    user: Annotated[str, typer.Option("--user", help="For --live-check: an administrator's user name")] = "",
    credential_file: CredentialFile = None,
    table: Annotated[str, typer.Option(help="For --live-check of ServiceNow: table of the record")] = "change_request",
    yes: Annotated[bool, typer.Option("--yes", help="For --live-check of ServiceNow: do not ask first")] = False,
) -> None:
    """Check database, workers, and each connection: reachable, signed in, clock, permissions, webhook, limits."""
    console = Console(highlight=False, soft_wrap=True)
    if live:
        live_check(console, name or "", user, credential_file, table=table, agreed=yes)
        return
    worst = Health.GOOD
    with bootstrap(Settings(), application="gatepost doctor") as services:
        records = [record for record in services.connections.all() if name in {None, record.name}]
        if name is not None and not records:
            raise ConfigurationError(f'There is no connection "{name}".', remedy=NO_CONNECTION)
        groups = [("Gatepost", installation_checks(services))]
        groups += [(f"{record.name} ({record.base_url})", connection_checks(services, record)) for record in records]
        for title, checks in groups:
            console.print(f"[bold]{escape(title)}[/]")
            for check in checks:
                do = f"\n      {escape(check.remedy.at_terminal)}" if check.remedy.at_terminal else ""
                console.print(f"  {HEALTH_MARKS[check.health]} {escape(check.subject)}: {escape(check.message)}{do}")
                worst = max(worst, check.health, key=list(Health).index)
    if worst is Health.BAD:
        raise typer.Exit(1)
