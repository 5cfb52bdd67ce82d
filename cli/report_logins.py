"""``gatepost db reader``: logins of the database that read the reporting views, and as whom they see them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.accounts.report_logins import ReportLogins

reader = typer.Typer(help="Logins of the database that read the reporting views.", no_args_is_help=True)

DatabaseLogin = Annotated[str, typer.Argument(help="The login of the database, a member of gatepost_reports")]


@reader.command("set")
def set_(
    login: DatabaseLogin,
    as_: Annotated[str, typer.Option("--as", help="Login of the Gatepost account whose part it sees")],
) -> None:
    """Let a login of the database read the views as a person sees them; the database administrator makes the login."""
    with bootstrap(Settings(), application="gatepost db reader") as services:
        ReportLogins(services.engine).set(login, as_, by=operating_user())
    typer.echo(f"{login} reads the reporting views as {as_} sees them.")


@reader.command("list")
def list_() -> None:
    """List the logins, and as whom each one sees the views."""
    table = Table("Database login", "Sees as", "Since", "Set by")
    with bootstrap(Settings(), application="gatepost db reader") as services:
        for one in ReportLogins(services.engine).all():
            person = one.person if one.is_active else f"{one.person} (disabled: sees nothing)"
            table.add_row(one.login, person, f"{one.made_at:%Y-%m-%d %H:%M}", one.made_by)
    Console(highlight=False).print(table)


@reader.command()
def remove(login: DatabaseLogin) -> None:
    """Let a login of the database see nothing any more; the login itself is the database administrator's to drop."""
    with bootstrap(Settings(), application="gatepost db reader") as services:
        if not ReportLogins(services.engine).remove(login, by=operating_user()):
            raise ConfigurationError(
                f"{login} reads nothing as it is.", remedy=Remedy(command="See who does: gatepost db reader list")
            )
    typer.echo(f"{login} sees nothing any more.")
