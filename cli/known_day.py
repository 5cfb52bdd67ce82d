"""The option ``--on`` of every command that can answer for a day of the past."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.measures.known_on import KnownOn, NotAMoment, parse_known_on

OnDay = Annotated[str | None, typer.Option(help="As known on a day, 2026-06-30, or at a moment, 2026-06-30T12:00Z")]
CompareDay = Annotated[
    str | None, typer.Option(help="An earlier day or moment to compare with: what became another one since")
]


def known_day(given: str | None) -> KnownOn | None:
    """Raises ConfigurationError for what is no day or moment of the past."""
    if given is None:
        return None
    try:
        return parse_known_on(given, system_clock())
    except NotAMoment as error:
        raise ConfigurationError(str(error)) from error
