"""The command line: ``gatepost``."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from connector import log
from connector.cli import (
    audit,
    connect,
    connection,
    db,
    digest,
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
app.command("key")(run.key)
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
        Console(stderr=True).print(f"[bold red]{type(error).__name__}:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(2)
