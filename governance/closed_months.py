"""The last closed month of each legal entity that closes its months here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.facts import Fact, known
from governance.money import Period


@dataclass(frozen=True, slots=True)
class ClosedMonths:
    by_entity: Mapping[str, Period] = field(default_factory=dict)
    """By name in small letters; the empty one is of what all legal entities closed together."""

    def through(self, legal_entity: Fact[str]) -> Period | None:
        """The last closed month; ``None`` where no month is closed here.

        Of a legal entity that is not known, or that closes nothing by itself, what all closed together counts.
        """
        found = [self.by_entity.get(name) for name in {"", (known(legal_entity) or "").casefold()}]
        return max((month for month in found if month is not None), default=None)

    @property
    def of_all(self) -> ClosedMonths:
        """Without what single legal entities have closed."""
        return ClosedMonths({name: month for name, month in self.by_entity.items() if not name})


NO_CLOSED_MONTHS = ClosedMonths()
