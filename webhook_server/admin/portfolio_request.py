"""What a request for a page of the portfolio asks for, and what all of these pages show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from werkzeug.exceptions import NotFound

from connector.bootstrap import MappingCache, Services
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import NAMES, Filters
from connector.store.reporting.portfolio_lists import LineFilters
from connector.store.reporting.portfolio_results import Choices, Shown
from governance.effects import Account, EffectKind, Version
from governance.hierarchy import NOWHERE
from governance.money import Period
from governance.sums import MONTHS
from webhook_server.admin import portfolio_view as show

Stages = Callable[[], dict[str, str]]
"""What stages are called now."""


def stages_of(services: Services) -> Stages:
    """Names of stages as the active mapping has them, read again only when another one is active."""
    mappings = MappingCache(services.mappings)

    def stages() -> dict[str, str]:
        active = mappings.active()
        return show.labels(active.policies.base if active else None)

    return stages


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for."""

    filters: Filters
    bridge: str

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Asked:
        bridge = values.get("bridge", "cause")
        return cls(Filters.parse(values), bridge if bridge in show.BRIDGES else "cause")

    @property
    def query(self) -> dict[str, str]:
        return self.filters.query | ({"bridge": self.bridge} if self.bridge != "cause" else {})

    @property
    def address(self) -> str:
        """Of the first page: the same for the same filters, in whatever order they came."""
        query = urlencode(self.query)
        return url_for("portfolio.index") + (f"?{query}" if query else "")


def common(asked: Asked, shown: Shown, stages: dict[str, str], choices: Choices) -> dict[str, Any]:
    first = Period(shown.year, shown.fiscal_year_start)
    return {
        "filters": asked.filters,
        "query": asked.query,
        "shown": shown,
        "stages": stages,
        "choices": choices,
        "names": NAMES,
        "nowhere": NOWHERE,
        "year": {"first": str(first), "last": str(first.plus(MONTHS - 1))},
    }


def shown_or_gone(found: Portfolio) -> Shown:
    shown = found.shown()
    if shown is None:
        raise NotFound("No figures have been made yet. Open the portfolio's first page; it says what is missing.")
    return shown


def line_filters(values: Mapping[str, str]) -> LineFilters:
    """What is not a version, kind, account or month filters nothing."""

    def one_of(name: str, there: type[Version | EffectKind | Account]) -> str | None:
        value = values.get(name, "")
        return value if value in {one.value for one in there} else None

    def month(name: str) -> Period | None:
        try:
            return Period.parse(values.get(name, ""))
        except ValueError:
            return None

    return LineFilters(
        one_of("version", Version),
        one_of("kind", EffectKind),
        one_of("account", Account),
        month("first"),
        month("last"),
    )
