"""``gatepost doctor --live-check NAME``: try what no test of ours can on an instance that is not production."""

from __future__ import annotations

from collections import Counter

import typer
from rich.console import Console
from rich.markup import escape

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError
from connector.sync.live_check import StepResult
from mapping.work_item import ConnectionName

MARKS = {
    StepResult.PROVED: "[green]✓[/]",
    StepResult.REFUTED: "[red]✗[/]",
    StepResult.NOT_TRIED: "[yellow]–[/]",
    StepResult.BY_HAND: "[blue]»[/]",
}


def run_live_check(services: Services, console: Console, name: str, table: str, *, agreed: bool) -> None:
    """Print each step and its result, and what to send back.  Raises ConfigurationError; exits with 1 if one failed."""
    record = services.connections.get(ConnectionName(name))
    if record is None:
        raise ConfigurationError(f'There is no connection "{name}". List them with: gatepost connection list')
    check = Sites(services, system_clock).get(ConnectionName(name)).live_check
    if check is None:
        raise ConfigurationError(f"{name} has no live check: there is one for ServiceNow only.")
    console.print(
        f"This makes a record of {escape(table)} on [bold]{escape(record.base_url)}[/] ({escape(check.instance())}), "
        "writes to it and deletes it. Use an instance that is not production."
    )
    if not agreed and not typer.confirm("Go on?"):
        raise typer.Exit(1)
    count: Counter[StepResult] = Counter()
    for step in check.run(table):
        count[step.result] += 1
        console.print(f"  {MARKS[step.result]} {step.key} {escape(step.title)}: {escape(step.observed)}")
    summary = ", ".join(f"{count[result]} {result.value}" for result in StepResult)
    console.print(
        f"{summary}. Send all of these lines back, with the instance's release; they hold no content of records."
    )
    if count[StepResult.REFUTED]:
        raise typer.Exit(1)
