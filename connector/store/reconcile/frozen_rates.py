"""The rates of a locked plan in its row, and read back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from governance.plan_rates import FrozenRates
from governance.rates import Rate, RateKind


def frozen_to_json(frozen: FrozenRates | None) -> object:
    if frozen is None:
        return None
    rates = [
        [rate.kind.value, rate.currency, rate.to_currency, str(rate.since), str(rate.factor), rate.source]
        for rate in frozen.rates
    ]
    return {"day": str(frozen.day), "rates": rates}


def frozen_from_json(stored: Any) -> FrozenRates | None:
    if not stored:
        return None
    rates = tuple(
        Rate(currency, to, date.fromisoformat(since), Decimal(factor), source, RateKind(kind))
        for kind, currency, to, since, factor, source in stored["rates"]
    )
    return FrozenRates(rates, date.fromisoformat(stored["day"]))


@lru_cache(maxsize=4_096)
def frozen_from_text(text: str | None) -> FrozenRates | None:
    """From the column as text: plans of one day and currency have the same rates, and are read once."""
    return frozen_from_json(json.loads(text)) if text else None
