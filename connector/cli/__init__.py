"""The command line: ``gatepost``."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import OperationalError

from connector import log
from connector.cli import (
    alerts,
    audit,
    connect,
    connection,
    db,
    digest,
    key,
    mapping,
    parked,
    provision,
    rates,
    report,
    run,
    subscription,
    token,
    user,
)
from connector.cli.check import check
from connector.cli.demo import demo
from connector.cli.doctor import doctor
from connector.cli.init import init
from connector.cli.sandbox import sandbox
from connector.cli.sync import sync
from connector.errors import GatepostError

app = typer.Typer(
    name="gatepost",
    help="Financial stage-gate governance on top of Jira and ServiceNow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(run.serve)
app.command("web")(run.web)
app.command("worker")(run.worker)
app.add_typer(key.app, name="key")
app.command("version")(run.version)
app.command("init")(init)
app.command("doctor")(doctor)
app.command("sync")(sync)
app.command("check")(check)
app.command("explain")(report.explain)
app.command("history")(report.history)
app.command("totals")(report.totals)
app.command("figures")(report.figures)
app.add_typer(audit.app, name="audit")
app.add_typer(rates.app, name="rates")
app.add_typer(db.app, name="db")
app.add_typer(connect.app, name="connect")
app.add_typer(connection.app, name="connection")
app.add_typer(mapping.app, name="mapping")
app.add_typer(provision.app, name="provision")
app.add_typer(digest.app, name="digest")
app.add_typer(alerts.app, name="alerts")
app.add_typer(user.app, name="user")
app.add_typer(token.app, name="token")
app.add_typer(subscription.app, name="subscription")
app.add_typer(parked.app, name="parked")
app.command("sandbox")(sandbox)
app.command("demo")(demo)


@app.callback()
def _quiet() -> None:
    """Financial stage-gate governance on top of Jira and ServiceNow."""
    # What a command prints is its answer; a server configures its own log.
    log.configure_quiet()


def main() -> None:
    """Run a command.  Exit status 1: something was found wrong; 2: it could not be carried out."""
    try:
        app()
    except GatepostError as error:
        _refuse(type(error).__name__, str(error))
    except OperationalError as error:
        # Somebody who is woken by a database that is away needs its own last words, not the way to them.
        words = " ".join(str(error.orig).split())
        _refuse(
            "DatabaseAway",
            f"The database does not answer as it should ({words}). Look at DATABASE_URL and at the server.",
        )


def _refuse(name: str, told: str) -> None:
    Console(stderr=True).print(f"[bold red]{name}:[/] {escape(told)}", highlight=False, soft_wrap=True)
    sys.exit(2)
