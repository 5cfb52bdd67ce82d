"""``gatepost papers template``: the organisation's own template, in which every deck is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.operating_user import operating_user
from connector.bootstrap import bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.settings import Settings
from connector.store.reporting.deck_templates import DeckTemplates

template = typer.Typer(help="The organisation's own template of every deck: set, show, remove.", no_args_is_help=True)
NAME = "gatepost papers template"


@template.callback()
def main() -> None:
    """The organisation's own template of every deck: set, show, remove."""


@template.command("set")
def set_template(file: Annotated[Path, typer.Argument(help="A .pptx with the organisation's slide master")]) -> None:
    """Check a template and store it: every deck is written in it from now on, also those of the calendar."""
    from connector.papers.deck.template_check import checked_template
    from connector.papers.deck.unusable import UnusableTemplate

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror or error}.") from error
    try:
        template = checked_template(file.name, content)
    except UnusableTemplate as error:
        raise ConfigurationError(str(error)) from error
    with bootstrap(Settings(), application=NAME) as services:
        DeckTemplates(services.engine).store(template, operating_user(), system_clock())
    typer.echo(f"{template.file_name} is stored: every deck that names no other template is written in it.")
    _say(template.front_layout, template.content_layout, template.notes)


@template.command()
def show() -> None:
    """Show which template is stored, by whom, and what it lacks."""
    with bootstrap(Settings(), application=NAME) as services:
        found = DeckTemplates(services.engine).stored()
    if found is None:
        typer.echo("No template is stored: decks are plain. Store one with: gatepost papers template set FILE")
        return
    typer.echo(
        f"{found.file_name}, {found.size:,} bytes, SHA-256 {found.sha256}, stored by {found.stored_by} on "
        f"{found.stored_at:%Y-%m-%d %H:%M} UTC."
    )
    _say(found.front_layout, found.content_layout, found.notes)


@template.command()
def remove() -> None:
    """Remove the stored template: decks are plain again."""
    with bootstrap(Settings(), application=NAME) as services:
        removed = DeckTemplates(services.engine).remove(operating_user())
    typer.echo("The template is removed: decks are plain." if removed else "No template was stored.")


def _say(front: str, content: str, notes: tuple[str, ...]) -> None:
    typer.echo(f'The first page takes its layout "{front}", the others "{content}".')
    for note in notes:
        typer.echo(note)
