"""``gatepost digest``: send somebody the message with their open tasks."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.bootstrap import MappingCache, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.remedy import Remedy
from connector.runtime.digest_sending import digest_for, digest_store
from connector.settings import Settings

app = typer.Typer(help="Open tasks of people, by mail or chat.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Open tasks of people, by mail or chat."""


@app.command()
def send(
    to: Annotated[str, typer.Option(help="Login of the person")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the message and send nothing")] = False,
) -> None:
    """Send somebody their open tasks now, to the address that they chose; in addition to the regular digest."""
    # Here, because the library of addresses takes a while to load and no other command needs it.
    from connector.notify.message_addresses import AllowedTargets, Messenger, masked_address

    with bootstrap(Settings(), application="gatepost digest") as services:
        person = services.people.find_by_login(to)
        if person is None:
            raise ConfigurationError(
                f"There is no person {to}.", remedy=Remedy(command="List them with: gatepost user list")
            )
        message, _ = digest_for(services, MappingCache(services.mappings), person.id, system_clock())
        if message is None:
            typer.echo(f"{person.name} has no open tasks, so nothing is sent.")
            return
        if dry_run:
            typer.echo(f"{message.title}\n\n{message.body}")
            return
        setting = digest_store(services).get(person.id)
        if setting is None:
            raise ConfigurationError(f"{person.name} has chosen no address yet, on the page Digest.")
        settings = services.settings
        allowed = AllowedTargets.from_settings(settings.digest_schemes, settings.digest_hosts, settings.mail_server)
        accepted = Messenger(allowed, services.message_way_out).send(setting.address, message.title, message.body)
        typer.echo(f"{'Sent' if accepted else 'Not accepted'}: {message.title}, to {masked_address(setting.address)}")
        if not accepted:
            raise typer.Exit(1)
