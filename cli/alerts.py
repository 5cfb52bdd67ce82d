"""``gatepost alerts``: send a test alert, and list the last alerts."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.notifications.alerts import Alerts

app = typer.Typer(help="Alerts to operators when Gatepost needs attention.", no_args_is_help=True)

TEST_TITLE = "Gatepost: a test"
TEST_BODY = "This is a test; nothing has happened. Alerts of Gatepost at {address} are sent here."
STATE_LABELS = {"waiting": "not sent yet", "sent": "sent", "dropped": "not needed", "failed": "not delivered"}


@app.command()
def test() -> None:
    """Send a test to every address of GATEPOST_ALERTS.  Exit status 1 when one does not accept it."""
    # Here, because the library of addresses takes a while to load and no other command needs it.
    from connector.http.network import network_of
    from connector.notify.message_addresses import OperatorMessengers, WayOut

    settings = Settings()
    way_out = WayOut.from_settings(network_of(settings), settings.mail_proxy_address)
    messengers = OperatorMessengers(settings.alert_addresses, settings.mail_server, way_out)
    if not messengers.names:
        raise ConfigurationError("GATEPOST_ALERTS is not set: no alert is sent when a connection is paused.")
    accepted = {
        name: messengers.send(name, TEST_TITLE, TEST_BODY.format(address=settings.address)) for name in messengers.names
    }
    for name, ok in accepted.items():
        typer.echo(f"{'Accepted' if ok else 'Not accepted'} by {name}")
    if not all(accepted.values()):
        raise typer.Exit(1)


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=1000, help="How many")] = 20) -> None:
    """List the last alerts, the state of each, and why one could not be sent."""
    table = Table("Raised", "Alert", "About", "State", "Attempts", "Reason")
    with bootstrap(Settings(), application="gatepost alerts") as services:
        for alert in Alerts(services.engine).latest(limit):
            raised = f"{alert.raised_at:%Y-%m-%d %H:%M} UTC"
            state = STATE_LABELS.get(alert.state, alert.state)
            kind = alert.kind.replace("_", " ")
            table.add_row(raised, kind, alert.subject, state, str(alert.attempts), alert.reason or "")
    if not table.rows:
        typer.echo("No alerts yet.")
        return
    Console(highlight=False).print(table)
