"""``gatepost key``: the key that encrypts credentials at rest."""

from __future__ import annotations

from typing import Annotated

import typer
from cryptography.fernet import Fernet

from cli.operating_user import operating_user

app = typer.Typer(help="The key that encrypts credentials at rest; without a subcommand, print a new one.")


@app.callback(invoke_without_command=True)
def key(context: typer.Context) -> None:
    """Print a new key for GATEPOST_SECRET_KEY."""
    if context.invoked_subcommand is None:
        typer.echo(Fernet.generate_key().decode())


@app.command()
def renew(
    lost: Annotated[
        bool,
        typer.Option("--lost", help="Discard secrets that no key decrypts; they have to be entered again"),
    ] = False,
) -> None:
    """Encrypt every stored secret again with the first key of GATEPOST_SECRET_KEY."""
    # Imported here, because a new key needs no database.
    from connector.bootstrap import bootstrap
    from connector.settings import Settings
    from connector.store.operations.secret_reencryption import reencrypt_secrets

    with bootstrap(Settings(), application="gatepost key") as services:
        done = reencrypt_secrets(services.engine, services.vault, by=operating_user(), discard_lost=lost)
    typer.echo(f"Stored secrets that were encrypted with the first key: {done.reencrypted}.")
    for secret in done.lost:
        typer.echo(f"Discarded: {secret}. Enter it again.")
