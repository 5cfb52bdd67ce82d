"""One measured figure, and whether it is where DESIGN §9 wants it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BAR = re.compile(r"([≤≥]) ([\d,]+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Figure:
    """``bar`` begins with ``≤`` or ``≥`` and a number in ``unit``; empty when nothing is promised."""

    name: str
    value: float
    unit: str
    bar: str = ""

    @property
    def held(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        found = _BAR.match(self.bar)
        if found is None:
            return None
        limit = float(found[2].replace(",", ""))
        return self.value <= limit if found[1] == "≤" else self.value >= limit

    @property
    def shown(self) -> str:
        """As a person reads it: three digits that count, thousands apart."""
        size = abs(self.value)
        places = 0 if size >= 100 or self.value == int(self.value) else 1 if size >= 10 else 2
        return f"{self.value:,.{places}f} {self.unit}"
