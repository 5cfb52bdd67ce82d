"""The template that a deck is written in: the one that is given with it, the organisation's own, or a plain one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from connector.papers.deck.template import Template, open_template
from connector.store.reporting.deck_templates import DeckTemplates


def deck_template(engine: Engine, given: Path | IO[bytes] | None = None) -> Template:
    """Raises UnusableTemplate."""
    if given is not None:
        return open_template(given)
    stored = DeckTemplates(engine).content()
    return open_template(BytesIO(stored) if stored is not None else None, "The template that is stored for every deck")
