"""Plain pages of the stand-ins: they show what was written, and let a person act as a user."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"

STATUS_VALUES = {"Open", "Not due", "Waiting", "Blocked", "Breach", "Green", "Amber", "Red", "Grey"}

BLOCKER = re.compile(r" · [A-Z][A-Z_]+$", re.MULTILINE)
"""The end of a sentence that says what holds an item up."""

GOVERNED_FIELDS = (
    "DoI stage",
    "Gate",
    "Gate blockers",
    "Gate findings",
    "Implementation status",
    "Potential status",
    "Why",
    "Plan net",
    "Forecast net",
    "Actual net",
    "Variance %",
)
"""Fields that a governance product writes; a page shows them before the others."""


def governed_first(fields: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The governed fields in their own order, and the rest."""
    known = dict(fields)
    first = [(name, known[name]) for name in GOVERNED_FIELDS if name in known]
    return first, [(name, value) for name, value in fields if name not in GOVERNED_FIELDS]


CURRENCY = "EUR"
"""Of every amount of the story; a number field has no currency of its own, and a site's screens say it beside it."""

AMOUNTS = re.compile(r"\b(net|benefit|cost|value|baseline|budget|capex|amount)\b", re.IGNORECASE)
"""Names of fields that hold money."""

NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")


def with_currency(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Amounts with their currency, as people read them on a screen."""
    return [
        (name, f"{value} {CURRENCY}" if AMOUNTS.search(name) and NUMBER.fullmatch(value) else value)
        for name, value in fields
    ]


def rendered_value(value: object) -> Markup:
    """A value for people: statuses as lozenges, several lines as a list."""
    text = "" if value is None else str(value)
    if text in STATUS_VALUES:
        return Markup('<span class="lozenge {}">{}</span>').format(text.lower(), text)
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 or BLOCKER.search(text):
        rows = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
        return Markup('<ul class="blockers">{}</ul>').format(rows)
    return Markup("{}").format(text) if text else Markup('<span class="soft">–</span>')
