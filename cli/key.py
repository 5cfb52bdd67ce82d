"""``gatepost key``: the key that encrypts credentials at rest."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from cryptography.fernet import Fernet

app = typer.Typer(help="The key that encrypts credentials at rest; alone it prints a new one.")


@app.callback(invoke_without_command=True)
def key(context: typer.Context) -> None:
    """Print a new key for GATEPOST_SECRET_KEY."""
    if context.invoked_subcommand is None:
        typer.echo(Fernet.generate_key().decode())


@app.command()
def renew(
    lost: Annotated[
        bool,
        typer.Option("--lost", help="Give up what no key opens; what needed it waits until it is entered anew"),
    ] = False,
) -> None:
    """Encrypt every stored secret anew with the first key of GATEPOST_SECRET_KEY."""
    # Here, because a new key is made without a database and without all that needs one.
    from connector.bootstrap import bootstrap
    from connector.settings import Settings
    from connector.store.operations.secret_reencryption import reseal

    with bootstrap(Settings(), application="gatepost key") as services:
        done = reseal(services.engine, services.vault, by=getpass.getuser(), give_up=lost)
    typer.echo(f"Stored secrets that are encrypted with the first key now: {done.renewed}.")
    for one in done.given_up:
        typer.echo(f"Given up: {one}. Enter it anew.")
