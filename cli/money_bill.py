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
from connector.finance.files.bill import joined_parts
from connector.finance.files.limits import FileRefused
from connector.finance.given_file import given_file, is_bill_rules, stream_of
from connector.finance.money_import import MoneyImports
from connector.settings import Settings
from mapping.imports.profile import ProfileProblem


def bill(
    files: Annotated[list[Path], typer.Argument(help="FOCUS as CSV, gzip or Parquet; all parts of one bill together")],
    rules: Annotated[Path, typer.Option(help="YAML: which charges go to which measure or service")],
    post: Annotated[bool, typer.Option("--post", help="Post what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show what a cloud bill (FOCUS 1.0 to 1.3) would change in the ledger; with --post, change it."""
    now, name = datetime.now(UTC), files[0].name
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_) if post else operating_user()
        imports = MoneyImports(services.engine, services.waker)
        try:
            source = rules.read_text(encoding="utf-8")
            if not is_bill_rules(source):
                raise ProfileProblem(f"{rules.name} is no table of rules with a name")
            content = joined_parts([(one.name, one.read_bytes()) for one in files])
            given = given_file(name, content, source, by=by, at=now, run_by=operating_user())
        except (FileRefused, ProfileProblem, OSError, UnicodeDecodeError) as error:
            if post and isinstance(error, FileRefused):
                imports.failed(stream_of(source) or name, name, str(error), by=by, at=now)
            raise ConfigurationError(f"{name}: {error}") from None
        result = imports.run(given) if post else None
        plan = result.plan if result is not None else imports.dry_run(given)
    print_plan(plan)
    if plan.problems:
        raise ConfigurationError(f"{name} is not posted: correct these problems first.")
    if result is not None and result.number:
        number = result.number
        typer.echo(f"Posted as import {number}. Take it back with: gatepost money undo {number} --reason … --as …")
    elif result is None and not plan.does_nothing:
        typer.echo("Nothing was posted yet. Post it with --post.")
