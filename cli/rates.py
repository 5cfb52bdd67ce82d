"""``gatepost rates``: dated exchange rates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operating_user import operating_user, stated_author
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.files.limits import FileRefused
from connector.finance.files.read import read_file
from connector.settings import Settings
from governance.money import MAX_DIGITS, Period, is_reasonable
from governance.rates import Rate, RateKind
from mapping.imports.rate_files import read_rates

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


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with currency, to, month, rate; or eurofxref-hist.csv")],
    kind: Annotated[
        RateKind, typer.Option(help="average: for results; closing: for balances; budget: for plans")
    ] = RateKind.AVERAGE,
    currency: Annotated[
        list[str] | None, typer.Option(help="Of the reference rates only these; USD, GBP and CHF by default")
    ] = None,
    post: Annotated[bool, typer.Option("--post", help="Store what is shown")] = False,
) -> None:
    """Read rates by month from a table, or from the reference rates of the European Central Bank as they come."""
    wanted = frozenset(code.upper() for code in currency or ("USD", "GBP", "CHF"))
    over = Period.of(datetime.now(UTC).date()).plus(-1)
    try:
        found, problems = read_rates(read_file(file.name, file.read_bytes()), kind, wanted, over)
    except (FileRefused, OSError) as error:
        raise ConfigurationError(f"{file.name}: {error}") from None
    if problems:
        raise ConfigurationError("\n".join(f"{file.name}, {one}" for one in problems[:20]) + "\nNothing was stored.")
    with bootstrap(Settings(), application="gatepost rates") as services:
        known = {(one.currency, one.to_currency, one.since, one.kind): one.factor for one in services.rates.all()}
        new = [one for one in found if known.get((one.currency, one.to_currency, one.since, one.kind)) != one.factor]
        for rate in new:
            typer.echo(str(rate))
            if post:
                services.rates.save(rate, operating_user())
    told = "stored" if post else "would be stored; store them with --post"
    typer.echo(f"{len(found):,} rates: {len(found) - len(new):,} as they are, {len(new):,} {told}.")


@app.command("list")
def list_() -> None:
    """List all rates."""
    table = Table("From", "To", "Kind", "Since", "Rate", "Source")
    with bootstrap(Settings(), application="gatepost rates") as services:
        for rate in services.rates.all():
            factor = f"{rate.factor.normalize():f}"
            table.add_row(rate.currency, rate.to_currency, rate.kind.value, str(rate.since), factor, rate.source)
    Console(highlight=False).print(table)
