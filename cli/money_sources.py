"""``gatepost money sweep``, ``sources`` and ``card``: money of the tools into the ledger, and the rates of hours."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.money_import import print_plan
from cli.operating_user import operating_user
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.finance.money_sweep import GATEPOST, RATE_CARD, Sweeping, SweptSource, ledger_sources_of, sweep_money
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.ledger.imports import save_profile
from connector.store.ledger.money_sources import read_sources
from governance.time_text import moment_text
from mapping.config import MappingConfig
from mapping.imports.profile import ProfileProblem
from mapping.imports.rate_card import load_rate_card
from mapping.work_item import ConnectionName


def sweep(
    connection: Annotated[str, typer.Argument(help="A connection; all of them by default")] = "",
    post: Annotated[
        bool, typer.Option("--post", help="Post what the dry run shows, as a worker does each hour")
    ] = False,
) -> None:
    """Read plans, expense lines and hours that the mapping names, and show what changed; with --post, post it."""
    with bootstrap(Settings(), application="gatepost money") as services:
        config = _active(services)
        names = sorted({rule.connection for rule in config.ledger if connection in {"", rule.connection}})
        if not names:
            raise ConfigurationError("The active mapping sweeps no money there: name the connection under ledger.")
        failed = False
        for name in names:
            site = Sites(services, system_clock).get(ConnectionName(name))
            run = Sweeping(
                services.engine, services, site, config, datetime.now(UTC), GATEPOST, operating_user(), post=post
            )
            for rule in ledger_sources_of(config, site.name):
                for source in sweep_money(run, rule):
                    _print_source(source)
                    failed = failed or source.failed
    if failed:
        raise ConfigurationError("Not every source could be read and posted.")
    if not post:
        typer.echo("Nothing was posted yet. Post it with --post; a worker does so each hour.")


def _print_source(source: SweptSource) -> None:
    typer.echo(f"{source.stream}:")
    if source.error:
        typer.echo(source.error)
    elif source.plan is not None:
        print_plan(source.plan)
    for note in source.notes:
        typer.echo(note)
    if source.number:
        typer.echo(f"Posted as import {source.number}.")


def sources() -> None:
    """List the sources of money in the tools: when each was swept, and what became of it."""
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as reading:
        table = Table("Source", "Connection", "Swept", "Import", "What became of it")
        for one in read_sources(reading):
            table.add_row(
                one.stream, one.connection, moment_text(one.swept_at), str(one.import_id or ""),
                f"{'failed: ' if one.failed else ''}{' '.join(one.sentences[:3])}",
            )  # fmt: skip
    Console(highlight=False).print(table)


def card(
    file: Annotated[Path, typer.Argument(help="YAML: whose hours count, and what an hour costs from when on")],
    as_: InTheNameOf = "",
) -> None:
    """Store a dated rate card, by which a worker prices logged hours; each change is a number more."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_)
        try:
            source = file.read_text(encoding="utf-8")
            rates = load_rate_card(source)
        except (ProfileProblem, OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file.name}: {error}") from None
        digest = hashlib.sha256(rates.model_dump_json().encode()).hexdigest()
        with services.engine.begin() as transaction:
            stored = save_profile(transaction, f"{RATE_CARD}{rates.name}", digest, source, by)
    typer.echo(f"Rate card {rates.name} is stored, number {stored.number}: {len(rates.rates)} rates.")


def _active(services: Services) -> MappingConfig:
    config = services.active_config()
    if config is None:
        raise ConfigurationError(
            "There is no active mapping, which says what is swept.",
            remedy=Remedy(command="Activate one with: gatepost mapping activate"),
        )
    return config
