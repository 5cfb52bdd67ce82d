"""What is wrong with a mapping file: where, what, and what to do.  Problems, not exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class MappingFileProblem:
    """One problem; line and column count from 1."""

    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    source: str = "mapping.yaml"

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}:{self.column}: "
        path = f"{self.path}: " if self.path else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{path}{self.message}{hint}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean "sponsor"?`` when something known is near, else the empty string."""
    by_fold = {item.casefold(): item for item in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f'Did you mean "{by_fold[close[0]]}"?' if close else ""
