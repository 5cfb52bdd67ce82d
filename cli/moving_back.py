"""What activating a mapping moves back at once: said before, and asked for."""

from __future__ import annotations

import typer

from connector.bootstrap import Services
from mapping.config import MappingConfig
from mapping.existing_breaches import newly_moving


def moves_text(count: int) -> str:
    """Under a preview: how many items are ahead of a shut gate now."""
    items = "1 item is" if count == 1 else f"{count} items are"
    return (
        f"{items} ahead of a shut gate and would be moved back. Activating only reports what is ahead already; to have "
        "it moved as well: gatepost mapping activate … --move-existing"
    )


def say_what_moves(services: Services, config: MappingConfig, *, move_existing: bool, yes: bool) -> None:
    """Where rules begin to move items back: how many are ahead of their gate, as far as is known, and whether to."""
    new = newly_moving(services.active_config(), config)
    if not new:
        return
    count = services.mappings.count_breaches(new)
    items = "1 item is" if count == 1 else f"{count} items are"
    if not move_existing:
        if count:
            typer.echo(f"{items} ahead of a shut gate already: reported, not moved. To move back: --move-existing")
        return
    if not yes:
        what = f"{items} known to be ahead of a shut gate." if count else "Nothing is known yet of what is ahead."
        typer.confirm(f"{what} Move back whatever is found ahead?", abort=True)
