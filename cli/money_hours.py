"""``gatepost money hours``: what people logged in a tool, times a dated rate card, into the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.money_import import print_plan
from cli.operating_user import operating_user
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.finance.hours import measures_of_items, state_hours
from connector.finance.money_sweep import stored_card
from connector.settings import Settings
from governance.money import Period
from mapping.imports.profile import ProfileProblem
from mapping.imports.rate_card import RateCard, cost_of_hours, load_rate_card
from mapping.work_item import ConnectionName


def hours(
    connection: Annotated[str, typer.Argument(help="Name of the connection")],
    card: Annotated[
        str, typer.Option(help="Name of a stored rate card, or a YAML file: whose hours count, and what one costs")
    ],
    since: Annotated[str, typer.Option(help="First month, 2026-10")],
    post: Annotated[bool, typer.Option("--post", help="Post what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what logged hours cost by a rate card, and what changed since the last time; with --post, post it."""
    try:
        first = Period.parse(since)
    except ValueError:
        raise ConfigurationError(f'"{since}" is no month; write 2026-10.') from None
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_) if post else operating_user()
        rates = _rates(services, card)
        timesheet = Sites(services, system_clock).get(ConnectionName(connection)).timesheet
        if timesheet is None:
            raise ConfigurationError(f"{connection} keeps no hours that Gatepost can read.")
        entries = timesheet.time_entries(sorted(rates.people), first.first_day)
        items = {str(entry.item) for entry in entries} | {str(entry.parent) for entry in entries if entry.parent}
        with services.engine.connect() as reading:
            measures = measures_of_items(reading, connection, items)
        plan, number = state_hours(
            services.engine, services.waker, cost_of_hours(entries, rates, connection, measures), card=rates.name,
            connection_name=connection, first=first, by=by, run_by=operating_user(), at=datetime.now(UTC), post=post,
        )  # fmt: skip
    print_plan(plan)
    if plan.problems:
        raise ConfigurationError("Nothing was posted: correct these problems first.")
    if number:
        typer.echo(f"Posted as import {number}. Take it back with: gatepost money undo {number} --reason … --as …")
    elif not post and not plan.does_nothing:
        typer.echo("Nothing was posted yet. Post it with --post.")


def _rates(services: Services, card: str) -> RateCard:
    try:
        if card.endswith((".yaml", ".yml")):
            return load_rate_card(Path(card).read_text(encoding="utf-8"))
        with services.engine.connect() as connection:
            return stored_card(connection, card)
    except (ProfileProblem, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{card}: {error}") from None
