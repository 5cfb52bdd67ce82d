"""A measure's figures as the totals have them, for its own page: the words and amounts of the portfolio."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from connector.people.permissions import Viewer
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from governance.definitions.report import REPORT, SINGLE, WORDS
from governance.left_out import LEFT_OUT_LABELS


def report_data(connection: Connection, viewer: Viewer, measure: str) -> dict[str, Any]:
    """``reported`` is ``None`` before the figures were made."""
    everything = PortfolioFilters()
    return {
        "reported": PortfolioLists(connection, viewer, everything).measure(measure),
        "figure_settings": Portfolio(connection, viewer, everything).settings(),
        "report": REPORT,
        "single_amounts": [(WORDS[name].heading, name) for name in SINGLE],
        "left_out_labels": LEFT_OUT_LABELS,
    }
