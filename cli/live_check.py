"""``gatepost doctor --live-check``: what a real Jira or ServiceNow does, printed so that it can be sent back."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from cli.instance_check import run_instance_check
from cli.signed_in_site import SignIn, signed_in_site
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from mapping.work_item import ConnectionName


def live_check(
    console: Console, name: str, user: str, credential_file: Path | None, *, table: str, agreed: bool
) -> None:
    """Raises ConfigurationError and ToolError.  Exit status 1 when something is not as expected."""
    with bootstrap(Settings(), application="gatepost doctor") as services:
        site = signed_in_site(services, name, SignIn(user, credential_file))
        if site.instance_check is not None:
            record = services.connections.get(ConnectionName(name))
            address = record.base_url if record is not None else name
            run_instance_check(console, site.instance_check, address, table, agreed=agreed)
            return
        if site.live_check is None:
            raise ConfigurationError(
                f'"{name}" is no Jira Cloud: see docs/jira-live-check.md for what is tried by hand on Data Center.'
            )
        odd = 0
        console.print("It makes the project GPLIVE and a number field, and removes both again.")
        for result in site.live_check.run():
            mark = "[green]✓[/]" if result.is_as_expected else "[red]✗[/]"
            came = "" if result.is_as_expected else f", and it was: {result.got}"
            console.print(f"  {mark} {escape(result.step)}: {escape(result.expected)}{escape(came)}")
            odd += not result.is_as_expected
        console.print("Please send these lines back with the site's version and plan.")
    if odd:
        raise typer.Exit(1)
