"""A group of commands whose modules are imported only when one of them is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from .commands import COMMANDS, ENTRIES, CommandEntry


class LazyGroup(TyperGroup):
    """Lists every command from the table; imports only the one that is called, also for its ``--help``."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for entry in COMMANDS:
            self.commands[entry.name] = TyperCommand(entry.name, help=entry.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Any: Typer gives its contexts and commands no public type that fits here."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and load_command(ENTRIES[name or ""]), rest


def load_command(entry: CommandEntry) -> Any:
    """The command itself, a Click command or group.  Imports its module."""
    module, _, attribute = entry.location.partition(":")
    found = getattr(import_module(f".{module}", __package__), attribute)
    # Typer builds it as any command that an application registers.
    holder = typer.Typer(callback=lambda: None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=entry.name)
    else:
        holder.command(entry.name)(found)
    return get_group(holder).commands[entry.name]
