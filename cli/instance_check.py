"""``gatepost doctor --live-check`` for ServiceNow: try what no test can, on an instance that is not production."""

from __future__ import annotations

from collections import Counter

import typer
from rich.console import Console
from rich.markup import escape

from connector.sync.instance_check import InstanceCheck, StepResult

MARKS = {
    StepResult.PROVED: "[green]✓[/]",
    StepResult.REFUTED: "[red]✗[/]",
    StepResult.NOT_TRIED: "[yellow]–[/]",
    StepResult.BY_HAND: "[blue]»[/]",
}


def run_instance_check(console: Console, check: InstanceCheck, address: str, table: str, *, agreed: bool) -> None:
    """Print each step and its result, and what to send back; exits with 1 if the instance refuted one."""
    console.print(
        f"This makes a record of {escape(table)} on [bold]{escape(address)}[/] ({escape(check.instance())}), "
        "writes to it and deletes it. Use an instance that is not production."
    )
    if not agreed and not typer.confirm("Go on?"):
        raise typer.Exit(1)
    count: Counter[StepResult] = Counter()
    for step in check.run(table):
        count[step.result] += 1
        console.print(f"  {MARKS[step.result]} {step.key} {escape(step.title)}: {escape(step.observed)}")
    summary = ", ".join(f"{count[result]} {result.value}" for result in StepResult)
    console.print(f"{summary}. Send these lines back, with the instance's release; they hold no content of records.")
    if count[StepResult.REFUTED]:
        raise typer.Exit(1)
