"""``gatepost money fields``: what fields of the tools hold of the actuals, into the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.money_import import print_plan
from cli.operating_user import operating_user
from cli.stated_account import InTheNameOf, stated_account
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.fields import state_fields
from connector.settings import Settings


def fields(
    post: Annotated[bool, typer.Option("--post", help="Post what the dry run shows")] = False,
    as_: InTheNameOf = "",
) -> None:
    """Show the actuals that fields of the tools hold, and what changed since the last time; with --post, post it."""
    with bootstrap(Settings(), application="gatepost money") as services:
        by = stated_account(services, as_) if post else operating_user()
        config = services.active_config()
        if config is None:
            raise ConfigurationError("No mapping is active, so nothing says which fields hold actuals.")
        plan, number = state_fields(
            services.engine, services.waker, config, by=by, run_by=operating_user(), at=datetime.now(UTC), post=post
        )
    print_plan(plan)
    if plan.problems:
        raise ConfigurationError("Nothing was posted: correct these problems first.")
    if number:
        typer.echo(f"Posted as import {number}. Take it back with: gatepost money undo {number} --reason … --as …")
    elif not post and not plan.does_nothing:
        typer.echo("Nothing was posted yet. Post it with --post.")
