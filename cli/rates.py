"""``gatepost rates``: dated exchange rates."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import stated_author
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from governance.money import MAX_DIGITS, is_reasonable
from governance.rates import Rate, RateKind

app = typer.Typer(help="Exchange rates, each valid from its day on.", no_args_is_help=True)


@app.command()
def add(
    currency: Annotated[str, typer.Argument(help="From this currency (USD)")],
    to: Annotated[str, typer.Argument(help="To the reporting currency (EUR)")],
    since: Annotated[str, typer.Argument(help="First day of validity (2026-01-01)")],
    factor: Annotated[str, typer.Argument(help="Amount in the second currency for 1 of the first (0.92)")],
    source: Annotated[str, typer.Option(help="Where the rate comes from, for the record")],
    kind: Annotated[
        RateKind, typer.Option(help="average: for results; closing: for balances; budget: for plans")
    ] = RateKind.AVERAGE,
    author: Annotated[str | None, typer.Option(help="Who, for the record; you by default")] = None,
) -> None:
    """Add a rate, or replace the one of the same kind and day.

    A month is converted with the average rate of its first day, a balance with the closing rate of its last day.
    """
    codes = (currency.upper(), to.upper())
    for code in codes:
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise ConfigurationError(f'"{code}" is not a currency code of three letters, such as EUR.')
    if codes[0] == codes[1]:
        raise ConfigurationError(f"{codes[0]} needs no rate to itself.")
    try:
        rate = Rate(*codes, date.fromisoformat(since), Decimal(factor), source, kind)
    except (ValueError, InvalidOperation):
        raise ConfigurationError(
            f'"{since}" or "{factor}" is not valid: write a day as 2026-01-01, a rate as 0.92.'
        ) from None
    if not rate.factor.is_finite() or rate.factor <= 0:
        raise ConfigurationError("A rate is more than zero.")
    if not is_reasonable(rate.factor):
        raise ConfigurationError(f"A rate has at most {MAX_DIGITS} digits before the point.")
    with bootstrap(Settings(), application="gatepost rates") as services:
        services.rates.save(rate, stated_author(author))
    typer.echo(f"{rate} ({source})")


@app.command("list")
def list_() -> None:
    """List all rates."""
    table = Table("From", "To", "Kind", "Since", "Rate", "Source")
    with bootstrap(Settings(), application="gatepost rates") as services:
        for rate in services.rates.all():
            factor = f"{rate.factor.normalize():f}"
            table.add_row(rate.currency, rate.to_currency, rate.kind.value, str(rate.since), factor, rate.source)
    Console(highlight=False).print(table)
