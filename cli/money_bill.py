"""``gatepost money bill``: a bill of the cloud into the ledger, by a table of rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.money_import import print_plan
from cli.operating_user import operating_user
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.files.bill import read_bill_file
from connector.finance.files.limits import FileRefused
from connector.finance.money_import import GivenFile, MoneyImports
from connector.settings import Settings
from mapping.imports.focus import load_bill_rules, read_bill
from mapping.imports.profile import Profile, ProfileProblem


def bill(
    file: Annotated[Path, typer.Argument(help="FOCUS as CSV, gzip or Parquet")],
    rules: Annotated[Path, typer.Option(help="YAML: which charges go to which measure or service")],
    post: Annotated[bool, typer.Option("--post", help="Post what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what a cloud bill (FOCUS 1.0 to 1.3) would change in the ledger; with --post, change it."""
    now = datetime.now(UTC)
    try:
        content, source = file.read_bytes(), rules.read_text(encoding="utf-8")
        table = load_bill_rules(source)
        found = read_bill(*read_bill_file(content), table)
    except (FileRefused, ProfileProblem, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name}: {error}") from None
    profile = Profile.model_validate(
        {
            "name": table.name, "negative": "credit", "currency": "XXX", "subject": {"column": "rule", "by": "key"},
            "amounts": [{"column": "EffectiveCost", "version": "actual", "kind": table.kind, "month": "2000-01"}],
            "record": source[:500],
        }
    )  # fmt: skip
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_) if post else operating_user()
        given = GivenFile(
            file.name, content, profile, source, by, now, now.date(), lines=found.lines, run_by=operating_user()
        )
        imports = MoneyImports(services.engine, services.waker)
        result = imports.run(given) if post else None
        plan = result.plan if result is not None else imports.dry_run(given)
    print_plan(plan)
    if plan.problems:
        raise ConfigurationError(f"{file.name} is not posted: correct these problems first.")
    if result is not None and result.number:
        number = result.number
        typer.echo(f"Posted as import {number}. Take it back with: gatepost money undo {number} --reason … --as …")
    elif result is None and not plan.does_nothing:
        typer.echo("Nothing was posted yet. Post it with --post.")
