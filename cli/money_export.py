"""``gatepost money export``: the ledger as a file that is imported again without a change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.ledger_export import write_csv, write_workbook
from connector.settings import Settings


def export(out: Annotated[Path, typer.Argument(help="xlsx or csv file to write")]) -> None:
    """Write every entry with its amount in effect; changed amounts come back as corrections with money import."""
    kind = out.suffix.lower()
    if kind not in {".xlsx", ".csv"}:
        raise ConfigurationError(f"{out.name}: write an xlsx or a csv file.")
    with bootstrap(Settings(), application="gatepost money") as services, services.engine.connect() as connection:
        try:
            if kind == ".csv":
                # With the mark of its encoding: a spreadsheet would read names in the character set of its country.
                with out.open("w", encoding="utf-8-sig", newline="") as text:
                    many = write_csv(connection, text)
            else:
                with out.open("wb") as content:
                    many = write_workbook(connection, content)
        except OSError as error:
            raise ConfigurationError(f"{out} cannot be written: {error}") from None
    typer.echo(f"{many:,} entries written to {out}. Import it with: gatepost money import {out.name} --profile export")
