"""The command line: ``gatepost``.

Nothing is imported here that a command needs: ``gatepost version`` and ``gatepost --help`` answer at once, and every
other command imports its own module (``commands.py`` says which) when it is called.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from connector.errors import GatepostError

from .commands import ENTRIES
from .lazy import LazyGroup

if TYPE_CHECKING:
    from sqlalchemy.exc import OperationalError

app = typer.Typer(
    name="gatepost",
    cls=LazyGroup,
    help="Financial stage-gate governance on top of Jira and ServiceNow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _quiet(context: typer.Context) -> None:
    """Financial stage-gate governance on top of Jira and ServiceNow."""
    if not ENTRIES[context.invoked_subcommand or ""].logs:
        return
    # What a command prints is its answer; a server configures its own log.
    from connector.runtime import log

    log.configure_quiet()


def main() -> None:
    """Run a command.  Exit status 1: something was found wrong; 2: it could not be carried out."""
    try:
        app()
    except SystemExit:
        # How every command ends.  What follows would import SQLAlchemy, only to see that this is none of its errors.
        raise
    except GatepostError as error:
        _refuse(type(error).__name__, str(error))
    except _database_away() as error:
        # Somebody who is woken by a database that is away needs its own last words, not the way to them.
        words = " ".join(str(error.orig).split())
        _refuse(
            "DatabaseAway",
            f"The database does not answer as it should ({words}). Look at DATABASE_URL and at the server.",
        )


def _database_away() -> type[OperationalError]:
    """Asked for when a command has failed, so that a command without a database does not import SQLAlchemy."""
    from sqlalchemy.exc import OperationalError

    return OperationalError


def _refuse(name: str, message: str) -> None:
    typer.echo(f"{typer.style(f'{name}:', fg=typer.colors.RED, bold=True)} {message}", err=True)
    sys.exit(2)
