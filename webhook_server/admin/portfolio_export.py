"""The portfolio as files: every row that the reader sees on the page, and no other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

from flask import Response, stream_with_context
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.people.permissions import Viewer
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import Filters
from connector.store.reporting.portfolio_lists import LineFilters, Lists
from governance.rates import MissingRate, Rates

PIECE = 2_000
"""Rows that are read and sent at once."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet takes for a formula."""

MEASURES = (
    "key", "title", "portfolio", "program", "project", "package", "owner", "stage", "gate", "work", "money", "plan",
    "forecast", "actual", "at completion", "variance", "waiting", "currency", "reason", "blockers", "findings",
    "left out because", "address",
)  # fmt: skip
LINES = (
    "key", "title", "version", "kind", "month", "account", "hard", "amount", "currency", "converted",
    "reporting currency", "rate", "address",
)  # fmt: skip


def export(services: Services, viewer: Viewer, filters: Filters, wanted: LineFilters, rows: str) -> Response:
    """Raises NotFound for rows that there are none of."""
    if rows not in {"measures", "lines"}:
        raise NotFound("There are files of measures and of lines.")
    written = _written(services, viewer, filters, wanted, rows)
    answer = Response(stream_with_context(written), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="portfolio-{rows}.csv"'
    return answer


def _written(services: Services, viewer: Viewer, filters: Filters, wanted: LineFilters, rows: str) -> Iterator[str]:
    rates = services.rates.rates()
    # Spreadsheets take a file without this mark for one of their own country's letters.
    yield "\ufeff"
    with services.reading(viewer) as connection:
        shown = Portfolio(connection, viewer, filters).shown()
        currency = shown.currency if shown else ""
        lists = Lists(connection, viewer, filters)
        yield _csv([MEASURES if rows == "measures" else LINES])
        after: str | None = None
        while True:
            if rows == "measures":
                page, piece = _measures(lists, after, currency)
            else:
                page, piece = _lines(lists, wanted, after, currency, rates)
            yield _csv(piece)
            after = page
            if after is None:
                return


def _measures(lists: Lists, after: str | None, currency: str) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.measures("key", after, PIECE)
    return page.after, [
        (
            row.key, row.title, *row.place, row.owner, row.step, row.gate, row.implementation, row.potential, row.plan,
            row.forecast, row.actual, row.completion, row.variance, row.waiting, currency, row.deviation_reason,
            " ".join(row.blockers), " ".join(row.findings), row.missing_rate, row.url,
        )
        for row in page.rows
    ]  # fmt: skip


def _lines(
    lists: Lists, wanted: LineFilters, after: str | None, currency: str, rates: Rates
) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.lines(wanted, after, PIECE)
    piece: list[Sequence[object]] = []
    for row in page.rows:
        line = row.line
        found = rates.convert(line.money, currency, line.month)
        missing = isinstance(found, MissingRate)
        converted = None if isinstance(found, MissingRate) else found.money.amount
        rate = str(found) if isinstance(found, MissingRate) else found.rate
        piece.append(
            (
                row.key, row.title, line.version, line.kind, line.month, line.account, line.hard, line.money.amount,
                line.money.currency, converted, "" if missing else currency, rate, row.url,
            )
        )  # fmt: skip
    return page.after, piece


def _csv(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> str:
    """Amounts as plain numbers; a text that would be a formula is made one that is not."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
