"""What is wrong with a line that somebody states."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatedProblem:
    where: str
    """``line 7`` of a file, ``values[6]`` of a call of the API."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
