"""``gatepost mapping``: check and activate a mapping file."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.settings import Settings
from mapping.load import Loaded, load_mapping

app = typer.Typer(help="The mapping: which item becomes which measure.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The mapping file (YAML)", exists=True, dir_okay=False, readable=True)]


@app.command()
def check(file: File) -> None:
    """Report every problem of a mapping file with line and column.  Exit status 1 when there is one."""
    loaded = _load(file)
    if loaded is None:
        raise typer.Exit(1)
    rules = len(loaded.config.measures)
    typer.echo(f"{file}: {rules} {'rule' if rules == 1 else 'rules'}, no problems (version {loaded.version})")


@app.command()
def activate(
    file: File,
    reason: Annotated[str, typer.Option(help="Why, for the record")],
    author: Annotated[str | None, typer.Option(help="Who, for the record; you by default")] = None,
) -> None:
    """Make a mapping file the active mapping and judge every known item again under it."""
    loaded = _load(file)
    if loaded is None:
        raise typer.Exit(1)
    wanted = {rule.connection for rule in loaded.config.measures}
    with bootstrap(Settings(), application="gatepost mapping") as services:
        if missing := sorted(wanted - {record.name for record in services.connections.all()}):
            raise ConfigurationError(
                f"{file} names {', '.join(missing)}, which is no connection. Add it with: gatepost connection add"
            )
        stored = services.mappings.activate(
            file.read_text(encoding="utf-8"), str(loaded.version), author=author or getpass.getuser(), reason=reason
        )
    typer.echo(f"Mapping version {stored.number} is active ({stored.digest}).")


def _load(file: Path) -> Loaded | None:
    loaded = load_mapping(file.read_text(encoding="utf-8"), str(file))
    if isinstance(loaded, Loaded):
        return loaded
    console = Console(highlight=False, soft_wrap=True)
    for problem in loaded:
        console.print(str(problem), markup=False)
    console.print(f"{file}: {len(loaded)} {'problem' if len(loaded) == 1 else 'problems'}", markup=False)
    return None
