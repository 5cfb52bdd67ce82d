"""Files of what somebody states, hours or values: read, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import typer

from connector.errors import ConfigurationError
from connector.finance.files.limits import FileRefused
from connector.finance.stated_problem import StatedProblem

Line = TypeVar("Line")


def read_stated(file: Path, read: Callable[[str, bytes], list[Line] | str]) -> list[Line]:
    """The lines of a file.  Raises ConfigurationError with the file and what is wrong with it."""
    try:
        stated = read(file.name, file.read_bytes())
    except (FileRefused, OSError) as error:
        raise ConfigurationError(f"{file.name}: {error}") from None
    if isinstance(stated, str):
        raise ConfigurationError(f"{file.name}: {stated}")
    return stated


def say_stored(what: str, read: int, changed: int, problems: Sequence[StatedProblem], *, post: bool) -> None:
    """Say what was stored, or would be; ``what`` are "hours" or "values".  Raises ConfigurationError for problems."""
    if problems:
        for problem in problems:
            typer.echo(str(problem), err=True)
        raise ConfigurationError("Nothing was stored: correct these lines first.")
    if post:
        typer.echo(f"{read} {what} read, {changed} of them new or changed.")
    else:
        typer.echo(f"{read} {what} read. Nothing was stored yet. Store them with --post.")
