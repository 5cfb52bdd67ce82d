"""One measured figure, what it is a multiple of, and whether it meets its target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from tests.bench.yardsticks import Yardstick, YardsticksRead

_TARGET = re.compile(r"([≤≥]) ([\d,]+(?:\.\d+)?)")
_SECONDS: Mapping[str, float] = {"s": 1, "ms": 1e-3, "µs": 1e-6}


class Basis(NamedTuple):
    """A yardstick of one line alone, which has measured it itself."""

    name: str
    seconds: float


Measure: TypeAlias = "Yardstick | Basis | None"


@dataclass(frozen=True, slots=True)
class Figure:
    """``target`` begins with ``≤`` or ``≥`` and a number, empty when nothing is promised.

    It is of the value itself where that means the same on any machine (a ratio, a count, megabytes); of a time it is how
    many of ``by`` that is, and of a rate how many of ``by`` one takes.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    by: Measure = None
    ratio: float | None = None
    """The time in multiples of ``by``, once that has been read."""

    def against(self, read: YardsticksRead) -> Figure:
        """The same with its ratio."""
        if self.by is None:
            return self
        one = self.by.seconds if isinstance(self.by, Basis) else read.seconds(self.by)
        return replace(self, ratio=self._seconds / one if one else None)

    @property
    def _seconds(self) -> float:
        if self.unit in _SECONDS:
            return self.value * _SECONDS[self.unit]
        return 1 / self.value if self.value else 0.0

    @property
    def meets_target(self) -> bool | None:
        """Whether the target is met; None without a target, and for a time before its yardstick was read."""
        match = _TARGET.match(self.target)
        value = self.value if self.by is None else self.ratio
        if match is None or value is None:
            return None
        limit = float(match[2].replace(",", ""))
        return value <= limit if match[1] == "≤" else value >= limit

    @property
    def text(self) -> str:
        """For people: three significant digits, with thousands separators."""
        return f"{short(self.value)} {self.unit}"

    @property
    def ratio_text(self) -> str:
        """``3.2 × commit``"""
        return "" if self.ratio is None else f"{short(self.ratio)} × {self.by_name}"

    @property
    def target_text(self) -> str:
        return f"{self.target} × {self.by_name}" if self.target and self.by is not None else self.target

    @property
    def by_name(self) -> str:
        """What it is a multiple of; empty for a figure that stands for itself."""
        if self.by is None:
            return ""
        return self.by.name if isinstance(self.by, Basis) else self.by.value


def short(value: float) -> str:
    """Three significant digits, with thousands separators."""
    size = abs(value)
    places = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
    return f"{value:,.{places}f}"
