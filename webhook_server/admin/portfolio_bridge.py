"""A bridge as the page's chart draws it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector.papers.bridge import Bridge, axis_minimum
from webhook_server.formats import Formats


def bridge_chart(figures: Bridge, currency: str, formats: Formats) -> dict[str, Any]:
    """For the chart only: the table shows the exact amounts."""
    bars: list[dict[str, Any]] = [{"name": figures.begin, "from": 0, "to": _float(figures.plan), "kind": "total"}]
    level = figures.plan
    for step in figures.steps:
        following = level + step.amount
        kind = "gain" if step.amount > 0 else "loss"
        bars.append({"name": step.name, "from": _float(level), "to": _float(following), "kind": kind})
        level = following
    bars.append({"name": "Latest estimate", "from": 0, "to": _float(figures.estimate), "kind": "total"})
    locale = str(formats.locale).replace("_", "-")
    return {"unit": currency, "locale": locale, "minimum": _float(axis_minimum(figures)), "bars": bars}


def _float(amount: Decimal) -> float:
    return round(float(amount), 2)
