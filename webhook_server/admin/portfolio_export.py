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
from connector.store.reporting.portfolio_lists import EffectLineFilters, PortfolioLists
from governance.constant_currency import RatesView, in_constant_currency
from governance.definitions.report import WORDS
from governance.line_rates import LineRates
from governance.rates import MissingRate, Rates
from governance.roll_up import AMOUNTS, Amounts
from webhook_server.admin.portfolio_request import PortfolioRequest

BATCH_ROWS = 2_000
"""Rows that are read and sent at once."""

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of texts that a spreadsheet treats as formulas."""

MEASURE_COLUMNS = (
    "key", "title", "portfolio", "program", "project", "package", "owner", "further roles", "stage", "gate",
    "implementation", "potential", "not in the totals", *(WORDS[name].heading for name in AMOUNTS), "currency",
    "reason", "blockers", "findings", "missing rate", "address",
)  # fmt: skip
"""Amounts in the words of the definition sheet."""
LINE_COLUMNS = (
    "key", "title", "version", "kind", "month", "account", "hard", "P&L line", "amount", "currency", "converted",
    "reporting currency", "rate", "address",
)  # fmt: skip


def export(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    wanted: EffectLineFilters,
    rows: str,
    rates: Rates,
) -> Response:
    """Raises NotFound for another name of rows."""
    if rows not in {"measures", "lines"}:
        raise NotFound("There are files of measures and of lines.")
    if rows == "lines" and asked.on is not None:
        raise NotFound("Effect lines of many measures are kept for today alone; a measure's page has those of a day.")
    written = _csv_rows(services, viewer, asked, wanted, rows, rates)
    answer = Response(stream_with_context(written), mimetype="text/csv; charset=utf-8")
    day = f"-{asked.on.at:%Y-%m-%d}" if asked.on is not None else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="portfolio-{rows}{day}.csv"'
    return answer


def _csv_rows(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    wanted: EffectLineFilters,
    rows: str,
    rates: Rates,
) -> Iterator[str]:
    # Without this mark spreadsheets read the file in the character set of their country.
    yield "\ufeff"
    with services.read_as(viewer) as connection:
        figures = asked.portfolio(connection, viewer).settings()
        currency = figures.currency if figures else ""
        lists = asked.lists(connection, viewer)
        yield _csv([MEASURE_COLUMNS if rows == "measures" else LINE_COLUMNS])
        after: str | None = None
        while True:
            if rows == "measures":
                page, piece = _measures(lists, after, currency, asked.rates, is_today=asked.on is None)
            else:
                page, piece = _lines(lists, wanted, after, currency, rates)
            yield _csv(piece)
            after = page
            if after is None:
                return


def _measures(
    lists: PortfolioLists, after: str | None, currency: str, view: RatesView, *, is_today: bool
) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.measures("key", after, BATCH_ROWS)
    return page.next_cursor, [
        (
            row.key,
            row.title,
            *row.hierarchy,
            row.owner,
            "; ".join(f"{key.replace('_', ' ')}: {name}" for key, name in row.further_roles) if is_today else "",
            row.step,
            row.gate,
            row.implementation,
            row.potential,
            row.left_out,
            *(getattr(_shown(row.amounts, view), name) for name in AMOUNTS),
            currency,
            row.deviation_reason,
            " ".join(row.blockers),
            " ".join(row.findings),
            row.missing_rate,
            row.url,
        )
        for row in page.rows
    ]


def _shown(amounts: Amounts, view: RatesView) -> Amounts:
    return in_constant_currency(amounts) if view is RatesView.BUDGET else amounts


def _lines(
    lists: PortfolioLists, line_filters: EffectLineFilters, after: str | None, currency: str, rates: Rates
) -> tuple[str | None, list[Sequence[object]]]:
    page = lists.lines(line_filters, after, BATCH_ROWS)
    piece: list[Sequence[object]] = []
    for row in page.rows:
        line = row.line
        conversion = LineRates(rates, row.rates).convert(line, currency)
        missing = isinstance(conversion, MissingRate)
        converted = None if isinstance(conversion, MissingRate) else conversion.money.amount
        rate = str(conversion) if isinstance(conversion, MissingRate) else conversion.rate
        piece.append(
            (
                row.key, row.title, line.version, line.kind, line.month, line.account, line.hard, line.pl_line,
                line.money.amount, line.money.currency, converted, "" if missing else currency, rate, row.url,
            )
        )  # fmt: skip
    return page.next_cursor, piece


def _csv(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> str:
    """Amounts as plain numbers; a text that would be read as a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
