"""A measure's figures in the books of its legal entity, beside those of the group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from connector.measures.usable_rates import usable_rates
from governance.books import Books, BooksFigures, books_figures
from governance.effects import EffectLine
from governance.money import Period
from governance.plan_rates import FrozenRates
from governance.rates import Rates
from mapping.config import MappingConfig


@dataclass(frozen=True, slots=True)
class BothBooks:
    """The same lines twice."""

    group: BooksFigures
    local: BooksFigures
    legal_entity: str


def local_books(config: MappingConfig, legal_entity: str | None) -> Books | None:
    """The books of a legal entity; ``None`` where the mapping names none, or they are kept as the group's."""
    wanted = (legal_entity or "").casefold()
    found = next((rule for name, rule in config.legal_entities.items() if name.casefold() == wanted), None)
    if found is None:
        return None
    start = config.fiscal_year_start if found.fiscal_year_start is None else found.fiscal_year_start
    books = Books(found.currency or config.reporting_currency, start)
    return None if books == group_books(config) else books


def group_books(config: MappingConfig) -> Books:
    return Books(config.reporting_currency, config.fiscal_year_start)


def both_books(
    config: MappingConfig,
    legal_entity: str | None,
    lines: Iterable[EffectLine],
    rates: Rates,
    today: date,
    frozen: FrozenRates | None = None,
    closed: Period | None = None,
) -> BothBooks | None:
    """``None`` where there is nothing to show beside the group's figures; ``frozen`` are the rates of its plan.
    ``closed`` is the last month that the legal entity has closed."""
    local, counted = local_books(config, legal_entity), tuple(lines)
    if local is None or not counted:
        return None
    usable = usable_rates(rates, config, today)
    return BothBooks(
        books_figures(counted, group_books(config), today, usable, frozen, closed),
        books_figures(counted, local, today, usable, frozen, closed),
        legal_entity or "",
    )


def unnamed_entity(config: MappingConfig, legal_entity: str | None) -> bool:
    """Whether the mapping names the books of others, and not those of this one."""
    names = {name.casefold() for name in config.legal_entities}
    return bool(names) and bool(legal_entity) and str(legal_entity).casefold() not in names
