"""The command line: ``gatepost``.

Nothing is imported here that a command needs: ``gatepost version`` and ``gatepost --help`` answer at once, and every
other command imports its own module (``commands.py`` says which) when it is called.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from connector.errors import GatepostError

from .commands import ENTRIES
from .lazy import LazyGroup

if TYPE_CHECKING:
    from pydantic import ValidationError
    from sqlalchemy.exc import OperationalError

app = typer.Typer(
    name="gatepost",
    cls=LazyGroup,
    help="Financial stage-gate governance on top of Jira and ServiceNow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        from cli.version import version

        version()
        raise typer.Exit


@app.callback()
def _quiet(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Financial stage-gate governance on top of Jira and ServiceNow."""
    if not ENTRIES[context.invoked_subcommand or ""].logs:
        return
    # The output of a command is its result; a server configures its own log.
    from connector.runtime import log

    log.configure_quiet()


def main() -> None:
    """Run a command.  Exit status 1: a problem was found; 2: the command could not be carried out."""
    try:
        app()
    except SystemExit:
        # How every command ends.  Checked first, because the last clause imports SQLAlchemy.
        raise
    except GatepostError as error:
        _refuse(type(error).__name__, error.at_terminal)
    except _settings_error() as error:
        from cli.setting_problems import setting_problems

        _refuse("ConfigurationError", setting_problems(error))
    except _database_error() as error:
        # The database's own message is what an operator needs, not a traceback.
        message = " ".join(str(error.orig).split())
        _refuse(
            "DatabaseUnavailable",
            f"The database is not available ({message}). Check DATABASE_URL and the database server.",
        )


def _settings_error() -> type[ValidationError]:
    """Imported when a command has failed."""
    from pydantic import ValidationError

    return ValidationError


def _database_error() -> type[OperationalError]:
    """Imported when a command has failed, so that a command without a database does not import SQLAlchemy."""
    from sqlalchemy.exc import OperationalError

    return OperationalError


def _refuse(name: str, message: str) -> None:
    typer.echo(f"{typer.style(f'{name}:', fg=typer.colors.RED, bold=True)} {message}", err=True)
    sys.exit(2)
