"""One measured figure, and whether it meets its target."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TARGET = re.compile(r"([≤≥]) ([\d,]+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Figure:
    """``target`` begins with ``≤`` or ``≥`` and a number in ``unit``; empty when nothing is promised."""

    name: str
    value: float
    unit: str
    target: str = ""

    @property
    def meets_target(self) -> bool | None:
        """Whether the target is met; None without a target."""
        match = _TARGET.match(self.target)
        if match is None:
            return None
        limit = float(match[2].replace(",", ""))
        return self.value <= limit if match[1] == "≤" else self.value >= limit

    @property
    def text(self) -> str:
        """For people: three significant digits, with thousands separators."""
        size = abs(self.value)
        places = 0 if size >= 100 or self.value == int(self.value) else 1 if size >= 10 else 2
        return f"{self.value:,.{places}f} {self.unit}"
