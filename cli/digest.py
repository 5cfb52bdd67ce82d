"""``gatepost digest``: what waits for somebody, as the message that they get."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.bootstrap import MappingCache, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.runtime.digest_sending import digests, message_for
from connector.settings import Settings

app = typer.Typer(help="What waits for people, by mail or chat.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """What waits for people, by mail or chat."""


@app.command()
def send(
    to: Annotated[str, typer.Option(help="Login of the person")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the message and send nothing")] = False,
) -> None:
    """Send somebody now what waits for them, to the address that they chose; beside what is sent by the clock."""
    # Here, because the library of addresses takes a while to load and no other command needs it.
    from connector.notify.message_addresses import Allowed, Messenger, masked

    with bootstrap(Settings(), application="gatepost digest") as services:
        person = services.people.named(to)
        if person is None:
            raise ConfigurationError(f"There is no person {to}. List them with: gatepost user list")
        message, _ = message_for(services, MappingCache(services.mappings), person.id, system_clock())
        if message is None:
            typer.echo(f"Nothing waits for {person.name}, so nothing is sent.")
            return
        if dry_run:
            typer.echo(f"{message.title}\n\n{message.body}")
            return
        wish = digests(services).get(person.id)
        if wish is None:
            raise ConfigurationError(f"{person.name} has chosen no address yet, on the page Digest.")
        settings = services.settings
        allowed = Allowed.of(settings.digest_schemes, settings.digest_hosts, settings.mail_server)
        taken = Messenger(allowed).send(wish.target, message.title, message.body)
        typer.echo(f"{'Sent' if taken else 'Not taken'}: {message.title}, to {masked(wish.target)}")
        if not taken:
            raise typer.Exit(1)
