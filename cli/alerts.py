"""``gatepost alerts``: who is told when Gatepost needs somebody, and what they were told."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.notifications.alerts import Alerts

app = typer.Typer(help="Who is told when Gatepost needs somebody.", no_args_is_help=True)

TITLE = "Gatepost: a test"
BODY = "This is a test by hand; nothing has happened. Alerts of Gatepost at {address} come here."
STATES = {"waiting": "not sent yet", "sent": "sent", "dropped": "not needed", "failed": "given up"}


@app.command()
def test() -> None:
    """Send a test to every messenger of GATEPOST_ALERTS.  Exit status 1 when one does not take it."""
    # Here, because the library of addresses takes a while to load and no other command needs it.
    from connector.notify.message_addresses import Operators

    settings = Settings()
    messengers = Operators(settings.alert_addresses, settings.mail_server)
    if not messengers.names:
        raise ConfigurationError("GATEPOST_ALERTS is not set: nobody is told when a connection pauses.")
    taken = {name: messengers.send(name, TITLE, BODY.format(address=settings.address)) for name in messengers.names}
    for name, was in taken.items():
        typer.echo(f"{'Taken' if was else 'Not taken'} by {name}")
    if not all(taken.values()):
        raise typer.Exit(1)


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=1000, help="How many")] = 20) -> None:
    """List the last alerts, what became of each, and why one could not be sent."""
    table = Table("Raised", "Alert", "About", "State", "Tries", "Why")
    with bootstrap(Settings(), application="gatepost alerts") as services:
        for one in Alerts(services.engine).latest(limit):
            raised = f"{one.raised_at:%Y-%m-%d %H:%M} UTC"
            told = STATES.get(one.state, one.state)
            table.add_row(raised, one.kind.replace("_", " "), one.subject, told, str(one.tries), one.reason or "")
    if not table.rows:
        typer.echo("Nothing was to be told yet.")
        return
    Console(highlight=False).print(table)
